"""What an AWS account of a world still holds of integration runs: nothing, once they are over.

Used by the demo. A run takes down its own environment; that it did is asked of AWS, not of the run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3

if TYPE_CHECKING:
    from twinlock.provider.world_file import Keys


def left(keys: Keys, region: str, endpoint: str) -> tuple[str, ...]:
    """Return what is left, each as `kind name`; all that the account was born with aside."""
    session = boto3.Session(keys.access_key, keys.secret_key, region_name=region)
    ec2 = session.client("ec2", endpoint_url=endpoint)
    ecr = session.client("ecr", endpoint_url=endpoint)
    ecs = session.client("ecs", endpoint_url=endpoint)
    logs = session.client("logs", endpoint_url=endpoint)
    sqs = session.client("sqs", endpoint_url=endpoint)
    clusters = ecs.describe_clusters(clusters=ecs.list_clusters()["clusterArns"])["clusters"]
    found = {
        "network": [vpc["VpcId"] for vpc in ec2.describe_vpcs()["Vpcs"] if not vpc["IsDefault"]],
        # ECS remembers for a while what it has deleted.
        "cluster": [cluster["clusterName"] for cluster in clusters if cluster["status"] == "ACTIVE"],
        "queue": sqs.list_queues().get("QueueUrls", []),
        "images": [each["repositoryName"] for each in ecr.describe_repositories()["repositories"]],
        "log": [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]],
    }
    return tuple(f"{kind} {name}" for kind, names in found.items() for name in names)
