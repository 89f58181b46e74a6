"""The network of one integration run: closed, and with a private way to each AWS service that the run needs.

There is no internet gateway, no peering and no route out. What the service and the suite may reach is each other, the
endpoints declared here, and S3 through its gateway.
"""

from __future__ import annotations

import ipaddress
import json
from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from twinlock.model.integration import Ground

NETWORK = ipaddress.ip_network("10.64.0.0/16")
ZONES = ("a", "b")
"""Two zones, as production has."""

HTTPS = 443
SERVICE_PORT = 8080
"""Where a service listens."""

ENDPOINTS = ("ecr.api", "ecr.dkr", "kms", "logs", "sts")
"""AWS services that every run needs, beside S3, from which ECR serves the layers of images."""


class IntegrationNetwork(pulumi.ComponentResource):
    """VPC, subnets, endpoints, security groups and flow log of one run.

    Attributes:
        subnets: Ids of the private subnets.
        service: Id of the service's security group.
        suite: Id of the suite's security group.
    """

    def __init__(  # noqa: PLR0913 - each is said by another part of the manifest
        self,
        name: str,
        ground: Ground,
        *,
        services: Iterable[str],
        flow_log_role: pulumi.Input[str],
        log_group: pulumi.Input[str],
        tags: Mapping[str, str],
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Declare the network.

        Args:
            name: The run's name.
            ground: Where it stands.
            services: Further AWS services that need an endpoint (`sqs`).
            flow_log_role: ARN of the role under which flow logs are delivered.
            log_group: ARN of the group that takes the flow log.
            tags: The run's tags, on everything that can carry tags.
            opts: Pulumi's options, with the account's AWS provider.
        """
        super().__init__("twinlock:aws:IntegrationNetwork", name, None, opts)
        self._name, self._region, self._tags = name, ground.region, tags
        self._child = pulumi.ResourceOptions(parent=self)
        vpc = self._vpc(flow_log_role, log_group)
        subnets, routes = self._subnets(vpc)
        endpoints = self._group(vpc, "endpoints", "Endpoints of AWS services")
        service = self._group(vpc, "service", "The service under test")
        suite = self._group(vpc, "suite", "The suite that tests it")
        self._allow("suite-to-service", suite, service, SERVICE_PORT)
        storage = self._storage(vpc, routes)
        policy = _endpoint_policy(ground)
        for task, group in (("service", service), ("suite", suite)):
            self._allow(f"{task}-to-endpoints", group, endpoints, HTTPS)
            self._allow_storage(f"{task}-to-s3", group, storage)
        for aws_service in sorted({*ENDPOINTS, *services}):
            self._endpoint(vpc, aws_service, [subnet.id for subnet in subnets], endpoints, policy)
        self.subnets: Sequence[pulumi.Output[str]] = [subnet.id for subnet in subnets]
        self.service: pulumi.Output[str] = service.id
        self.suite: pulumi.Output[str] = suite.id
        self.register_outputs({"subnets": self.subnets, "service": self.service, "suite": self.suite})

    def _vpc(self, flow_log_role: pulumi.Input[str], log_group: pulumi.Input[str]) -> aws.ec2.Vpc:
        vpc = aws.ec2.Vpc(
            self._name,
            cidr_block=str(NETWORK),
            # Private names of endpoints resolve only with both.
            enable_dns_support=True,
            enable_dns_hostnames=True,
            assign_generated_ipv6_cidr_block=False,
            tags=self._tags,
            opts=self._child,
        )
        # A VPC's own group lets everything out until it is emptied.
        aws.ec2.DefaultSecurityGroup(
            self._name, vpc_id=vpc.id, ingress=[], egress=[], tags=self._tags, opts=self._child
        )
        aws.ec2.FlowLog(
            self._name,
            vpc_id=vpc.id,
            traffic_type="ALL",
            log_destination_type="cloud-watch-logs",
            log_destination=log_group,
            iam_role_arn=flow_log_role,
            max_aggregation_interval=60,
            tags=self._tags,
            opts=self._child,
        )
        return vpc

    def _subnets(self, vpc: aws.ec2.Vpc) -> tuple[list[aws.ec2.Subnet], aws.ec2.RouteTable]:
        routes = aws.ec2.RouteTable(self._name, vpc_id=vpc.id, routes=[], tags=self._tags, opts=self._child)
        subnets = []
        for zone, network in zip(ZONES, NETWORK.subnets(new_prefix=20), strict=False):
            subnet = aws.ec2.Subnet(
                f"{self._name}:{zone}",
                vpc_id=vpc.id,
                cidr_block=str(network),
                availability_zone=f"{self._region}{zone}",
                map_public_ip_on_launch=False,
                assign_ipv6_address_on_creation=False,
                tags=self._tags,
                opts=self._child,
            )
            aws.ec2.RouteTableAssociation(
                f"{self._name}:{zone}", subnet_id=subnet.id, route_table_id=routes.id, opts=self._child
            )
            subnets.append(subnet)
        return subnets, routes

    def _group(self, vpc: aws.ec2.Vpc, purpose: str, description: str) -> aws.ec2.SecurityGroup:
        """Declare a group without rules: nothing goes in or out but what a rule names."""
        return aws.ec2.SecurityGroup(
            f"{self._name}:{purpose}",
            name=f"{self._name}-{purpose}",
            description=description,
            vpc_id=vpc.id,
            revoke_rules_on_delete=True,
            tags=self._tags,
            opts=self._child,
        )

    def _allow(self, name: str, source: aws.ec2.SecurityGroup, target: aws.ec2.SecurityGroup, port: int) -> None:
        """Let one group reach another on one port: both sides must say so."""
        aws.vpc.SecurityGroupEgressRule(
            f"{self._name}:{name}",
            security_group_id=source.id,
            referenced_security_group_id=target.id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            tags=self._tags,
            opts=self._child,
        )
        aws.vpc.SecurityGroupIngressRule(
            f"{self._name}:{name}",
            security_group_id=target.id,
            referenced_security_group_id=source.id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            tags=self._tags,
            opts=self._child,
        )

    def _allow_storage(self, name: str, source: aws.ec2.SecurityGroup, storage: aws.ec2.VpcEndpoint) -> None:
        aws.vpc.SecurityGroupEgressRule(
            f"{self._name}:{name}",
            security_group_id=source.id,
            prefix_list_id=storage.prefix_list_id,
            ip_protocol="tcp",
            from_port=HTTPS,
            to_port=HTTPS,
            tags=self._tags,
            opts=self._child,
        )

    def _storage(self, vpc: aws.ec2.Vpc, routes: aws.ec2.RouteTable) -> aws.ec2.VpcEndpoint:
        # ECR keeps the layers of images in a bucket of its own; no other bucket can be reached.
        layers = f"arn:aws:s3:::prod-{self._region}-starport-layer-bucket/*"
        statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": layers}
        return aws.ec2.VpcEndpoint(
            f"{self._name}:s3",
            vpc_id=vpc.id,
            service_name=f"com.amazonaws.{self._region}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=[routes.id],
            policy=_document(statement),
            tags=self._tags,
            opts=self._child,
        )

    def _endpoint(
        self,
        vpc: aws.ec2.Vpc,
        service: str,
        subnets: Sequence[pulumi.Output[str]],
        group: aws.ec2.SecurityGroup,
        policy: str,
    ) -> None:
        aws.ec2.VpcEndpoint(
            f"{self._name}:{service}",
            vpc_id=vpc.id,
            service_name=f"com.amazonaws.{self._region}.{service}",
            vpc_endpoint_type="Interface",
            private_dns_enabled=True,
            subnet_ids=subnets,
            security_group_ids=[group.id],
            policy=policy,
            tags=self._tags,
            opts=self._child,
        )


def _endpoint_policy(ground: Ground) -> str:
    """Return the policy of an endpoint: own credentials only, and only what belongs to the accounts of the run.

    Without it, whoever controls the service could carry data out with credentials of an account of theirs.
    """
    return _document(
        {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "*",
            "Resource": "*",
            "Condition": {
                "StringEquals": {"aws:PrincipalAccount": ground.account},
                "StringEqualsIfExists": {"aws:ResourceAccount": sorted({ground.account, ground.images})},
            },
        }
    )


def _document(statement: Mapping[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, sort_keys=True)
