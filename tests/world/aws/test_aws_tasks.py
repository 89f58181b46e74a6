"""Tasks of ECS run: the image's files as a process, with the task role's identity, and nothing of the world's own."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shlex
import sys
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from botocore.exceptions import ClientError
from tests.world.aws.conftest import ACCOUNT, Cloud, Sent, allow, document

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.world.conftest import RunningWorld

REGION: Final = "eu-west-1"
PULLING: Final = [
    allow("ecr:GetAuthorizationToken"),
    allow(["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/*"),
]
LOGGING: Final = allow(["logs:CreateLogStream", "logs:PutLogEvents"], f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:*")
TRUST: Final = {
    "Effect": "Allow",
    "Principal": {"Service": "ecs-tasks.amazonaws.com"},
    "Action": "sts:AssumeRole",
    "Condition": {
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
        "ArnLike": {"aws:SourceArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:*"},
    },
}
PULL: Final = "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref"
FAST: Final = {"Delay": 0.05, "MaxAttempts": 400}
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="127.0.0.0/8 is loopback on Linux alone")


def digest(data: bytes) -> str:
    """Return the digest of a blob."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def archive(files: dict[str, str]) -> bytes:
    """Return a layer of these files."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(text.encode()), 0o755
            tar.addfile(entry, io.BytesIO(text.encode()))
    return gzip.compress(made.getvalue(), mtime=0)


@dataclass
class Tasks:
    """What tests of tasks do in a world that runs them."""

    cloud: Cloud
    run: str
    network: dict[str, Any]
    repository: str
    execution: str
    group: str
    families: list[str] = field(default_factory=list)

    @property
    def ecs(self) -> Any:  # noqa: ANN401 - boto3
        """ECS as the account's administrator."""
        return self.cloud.world.aws("ecs")

    def push(self, files: dict[str, str], **config: Any) -> str:  # noqa: ANN401 - JSON
        """Push an image of these files, and return its name by digest."""
        ecr = self.cloud.world.aws("ecr")
        layer, settings = archive(files), json.dumps({"config": config}).encode()
        for blob in (layer, settings):
            upload = ecr.initiate_layer_upload(repositoryName=self.repository)["uploadId"]
            asked = {"repositoryName": self.repository, "uploadId": upload}
            ecr.upload_layer_part(**asked, partFirstByte=0, partLastByte=len(blob) - 1, layerPartBlob=blob)
            ecr.complete_layer_upload(**asked, layerDigests=[digest(blob)])
        manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": {"digest": digest(settings), "size": len(settings)},
                "layers": [{"digest": digest(layer), "size": len(layer)}],
            }
        )
        ecr.put_image(repositoryName=self.repository, imageManifest=manifest, imageTag=self.cloud.name("tag"))
        return f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{self.repository}@{digest(manifest.encode())}"

    def define(self, image: str, *, role: str = "", execution: str | None = None, **container: Any) -> str:  # noqa: ANN401 - JSON
        """Register a task definition of one container, and return its ARN."""
        log = {"awslogs-group": self.group, "awslogs-region": REGION, "awslogs-stream-prefix": "main"}
        made = self.ecs.register_task_definition(
            family=self.cloud.name("family"),
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="256",
            memory="512",
            executionRoleArn=execution or self.execution,
            containerDefinitions=[
                {
                    "name": "main",
                    "image": image,
                    "essential": True,
                    "logConfiguration": {"logDriver": "awslogs", "options": log},
                    **container,
                }
            ],
            **({"taskRoleArn": role} if role else {}),
        )
        return str(made["taskDefinition"]["taskDefinitionArn"])

    def start(self, definition: str, **asked: Any) -> str:  # noqa: ANN401 - boto3
        """Start a task, and return its ARN."""
        made = self.ecs.run_task(
            **{
                "cluster": self.run,
                "taskDefinition": definition,
                "launchType": "FARGATE",
                "networkConfiguration": self.network,
                **asked,
            }
        )
        assert made["failures"] == []
        return str(made["tasks"][0]["taskArn"])

    def told(self, task: str) -> dict[str, Any]:
        """Return what ECS tells of a task."""
        found: dict[str, Any] = self.ecs.describe_tasks(cluster=self.run, tasks=[task])["tasks"][0]
        return found

    def running(self, task: str) -> dict[str, Any]:
        """Return a task once it runs."""
        self.ecs.get_waiter("tasks_running").wait(cluster=self.run, tasks=[task], WaiterConfig=FAST)
        return self.told(task)

    def stopped(self, task: str) -> dict[str, Any]:
        """Return a task once it has stopped."""
        self.ecs.get_waiter("tasks_stopped").wait(cluster=self.run, tasks=[task], WaiterConfig=FAST)
        return self.told(task)

    def log(self, task: str, name: str = "main") -> list[str]:
        """Return what a task has said."""
        stream = f"main/{name}/{task.rpartition('/')[2]}"
        found = self.cloud.world.aws("logs").get_log_events(logGroupName=self.group, logStreamName=stream)
        return [event["message"] for event in found["events"]]

    def said(self, program: str, definition: dict[str, Any] | None = None, **asked: Any) -> tuple[int, list[str]]:  # noqa: ANN401 - boto3
        """Run a program of Python to its end, and return its exit code and what it said."""
        image = self.push({"app/main.py": program}, Cmd=["python", "main.py"], WorkingDir="/app")
        task = self.start(self.define(image, **(definition or {})), **asked)
        return int(self.stopped(task)["containers"][0]["exitCode"]), self.log(task)


@pytest.fixture(scope="module")
def serving(start_world: Callable[..., RunningWorld], tmp_path_factory: pytest.TempPathFactory) -> RunningWorld:
    """A world that runs tasks, with an interpreter to lend them."""
    tools = tmp_path_factory.mktemp("tools")
    (tools / "python").write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    (tools / "python").chmod(0o755)
    return start_world(None, None, "--tasks", "--task-path", str(tools))


@pytest.fixture(scope="module")
def tasks(serving: RunningWorld) -> Tasks:
    """A cluster with a network, a repository of images, a log group, and a role that brings tasks up."""
    return make(serving)


def make(serving: RunningWorld) -> Tasks:
    """Make what tasks need."""
    cloud = Cloud(serving, None)  # type: ignore[arg-type] # no token is signed here
    ec2 = serving.aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/24")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/25")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="tasks", Description="tasks", VpcId=vpc)["GroupId"]
    serving.aws("ecs").create_cluster(clusterName="run")
    serving.aws("ecr").create_repository(repositoryName="app")
    serving.aws("logs").create_log_group(logGroupName="/run")
    execution = cloud.role(TRUST, policies={"up": document(*PULLING, LOGGING)})
    network = {"awsvpcConfiguration": {"subnets": [subnet], "securityGroups": [group]}}
    return Tasks(cloud, "run", network, "app", execution, "/run")


def refused(call: Callable[..., Any], **asked: Any) -> tuple[str, str]:  # noqa: ANN401 - boto3
    """Return code and message of a refusal."""
    with pytest.raises(ClientError) as caught:
        call(**asked)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_task_runs_its_image_to_its_end(tasks: Tasks) -> None:
    """Its files, its command, its variables and those of its start; its exit code and its words are told."""
    program = "import os, sys\nprint(os.environ['A'], os.environ['B'], os.environ['C'], *sys.argv[1:])\nsys.exit(3)\n"
    image = tasks.push(
        {"app/main.py": program}, Entrypoint=["python", "main.py"], Cmd=["of the image"], WorkingDir="/app", Env=["A=1"]
    )
    definition = tasks.define(image, environment=[{"name": "B", "value": "2"}, {"name": "C", "value": "3"}])
    override = {"name": "main", "environment": [{"name": "C", "value": "4"}], "command": ["of the start"]}
    task = tasks.start(definition, overrides={"containerOverrides": [override]}, tags=[{"key": "run", "value": "1"}])
    told = tasks.stopped(task)
    container = told["containers"][0]
    assert (told["lastStatus"], told["desiredStatus"], told["stopCode"], told["stoppedReason"]) == (
        "STOPPED",
        "STOPPED",
        "EssentialContainerExited",
        "Essential container in task exited",
    )
    assert (container["name"], container["lastStatus"], container["exitCode"]) == ("main", "STOPPED", 3)
    assert told["createdAt"] <= told["pullStartedAt"] <= told["startedAt"] <= told["stoppedAt"]
    assert tasks.log(task) == ["1 2 4 of the start"]


def test_a_task_is_the_role_it_was_given(tasks: Tasks) -> None:
    """It finds its role's keys, and each of its calls is judged by that role's policies."""
    url = tasks.cloud.world.aws("sqs").create_queue(QueueName="orders")["QueueUrl"]
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders"
    role = tasks.cloud.role(TRUST, policies={"send": document(allow("sqs:SendMessage", queue))})
    program = (
        "import boto3, os\n"
        "print(boto3.client('sts').get_caller_identity()['Arn'])\n"
        f"sqs = boto3.client('sqs')\nsqs.send_message(QueueUrl={url!r}, MessageBody='hello')\n"
        f"try:\n    sqs.receive_message(QueueUrl={url!r})\n"
        "except Exception as error:\n    print(error)\n"
    )
    code, said = tasks.said(program, {"role": role})
    identity = said[0].removeprefix(f"arn:aws:sts::{ACCOUNT}:assumed-role/{role.rpartition('/')[2]}/")
    assert (code, len(identity)) == (0, 36)
    assert "\n".join(said[1:]) == (
        "An error occurred (AccessDeniedException) when calling the ReceiveMessage operation: "
        f"User: {said[0]} is not authorized to perform: sqs:ReceiveMessage on resource: {queue} because no "
        "identity-based policy allows the sqs:ReceiveMessage action"
    )
    found = tasks.cloud.world.aws("sqs").receive_message(QueueUrl=url)["Messages"]
    assert [message["Body"] for message in found] == ["hello"]


SERVER: Final = (
    "import http.server, os\n"
    "server = http.server.HTTPServer((os.environ['HOST'], 8080), http.server.SimpleHTTPRequestHandler)\n"
    "print('listening on', server.server_address[0], flush=True)\n"
    "server.serve_forever()\n"
)
PATIENT: Final = (
    "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up', flush=True)\ntime.sleep(600)\n"
)


def address(told: dict[str, Any]) -> str:
    """Return a task's private address."""
    found: str = told["containers"][0]["networkInterfaces"][0]["privateIpv4Address"]
    return found


def spoken(tasks: Tasks, task: str, words: str) -> None:
    """Return once a task has said these words."""
    while words not in "".join(tasks.log(task)):
        assert tasks.told(task)["lastStatus"] == "RUNNING"


def test_tasks_listen_on_addresses_of_their_own(tasks: Tasks) -> None:
    """Two services on one port: each has an address of loopback, which is all that its `0.0.0.0` means."""
    image = tasks.push({"app/main.py": SERVER, "app/a.txt": "a"}, Cmd=["python", "main.py"], WorkingDir="/app")
    definition = tasks.define(image, environment=[{"name": "HOST", "value": "0.0.0.0"}])  # noqa: S104 - of the task's network
    started = [tasks.start(definition) for _ in range(2)]
    found = [address(tasks.running(task)) for task in started]
    assert len(set(found)) == 2
    assert all(one.startswith("127.") for one in found)
    for task, one in zip(started, found, strict=True):
        spoken(tasks, task, f"listening on {one}")
        assert tasks.cloud.world.client.get(f"http://{one}:8080/a.txt").text == "a"
        interface = tasks.cloud.world.aws("ec2").describe_network_interfaces(
            Filters=[{"Name": "private-ip-address", "Values": [one]}]
        )["NetworkInterfaces"]
        assert len(interface) == 1
        told = tasks.ecs.stop_task(cluster="run", task=task, reason="the test is over")["task"]
        assert (told["desiredStatus"], told["stopCode"]) == ("STOPPED", "UserInitiated")
    ended = [tasks.stopped(task) for task in started]
    assert [(told["stoppedReason"], told["containers"][0]["exitCode"]) for told in ended] == [
        ("the test is over", 143)
    ] * 2
    left = tasks.cloud.world.aws("ec2").describe_network_interfaces()["NetworkInterfaces"]
    assert [one for one in left if one["PrivateIpAddress"].startswith("127.")] == []


def test_what_does_not_end_is_killed(tasks: Tasks) -> None:
    """SIGTERM, then after `stopTimeout` SIGKILL, also for what went into the background."""
    program = (
        "import subprocess\n"
        "child = subprocess.Popen(['sleep', '600'], start_new_session=True)\nprint('child', child.pid, flush=True)\n"
    )
    image = tasks.push({"main.py": program + PATIENT}, Cmd=["python", "main.py"])
    task = tasks.start(tasks.define(image, stopTimeout=0))
    tasks.running(task)
    spoken(tasks, task, "up")
    child = int(tasks.log(task)[0].split()[1])
    assert Path(f"/proc/{child}").exists()
    tasks.ecs.stop_task(cluster="run", task=task)
    told = tasks.stopped(task)
    assert (told["stoppedReason"], told["containers"][0]["exitCode"]) == ("Task stopped by user", 137)
    assert not Path(f"/proc/{child}").exists()


def test_a_task_finds_nothing_of_the_worlds(tasks: Tasks) -> None:
    """No variable of the world's own process, no key of an account: its own directory and what ECS gives."""
    role = tasks.cloud.role(TRUST)
    program = (
        "import json, os\n"
        "found = {'env': dict(os.environ), 'at': os.getcwd(), 'fds': os.listdir('/proc/self/fd')}\n"
        "print(json.dumps(found))\n"
    )
    image = tasks.push({"main": f"#!{sys.executable}\n{program}"}, Cmd=["/main"])
    task = tasks.start(tasks.define(image, role=role))
    tasks.stopped(task)
    found = json.loads("".join(tasks.log(task)))
    ours = tasks.cloud.world.state / "tasks" / task.rpartition("/")[2]
    shown = {name: value for name, value in found["env"].items() if name not in {"PATH", "LC_CTYPE"}}
    keys = shown.pop("AWS_CONTAINER_CREDENTIALS_FULL_URI")
    url = tasks.cloud.world.ready["aws"]["url"]
    assert shown == {
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": url,
        "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE",
        "AWS_REGION": REGION,
        "HOME": f"{ours}/home",
        "LC_ALL": "C.UTF-8",
        "TMPDIR": f"{ours}/temp",
    }
    assert found["at"] == f"{ours}/root"
    assert len(found["fds"]) == 4  # standard input, output, error, and the listing's own
    assert not ours.exists()
    assert keys.startswith(f"{url}/_credentials/")
    assert tasks.cloud.world.client.get(keys).status_code == 404


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (
            f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/app@sha256:{'0' * 64}",
            "{image}: not found",
        ),
        (
            f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/none:latest",
            "{image}: not found",
        ),
        (
            "python:3.12-slim",
            "this world has no registry but its own ECR",
        ),
    ],
)
def test_an_image_that_is_not_there(tasks: Tasks, image: str, reason: str) -> None:
    """The task stops before it starts, and says what it could not pull."""
    told = tasks.stopped(tasks.start(tasks.define(image)))
    assert (told["stopCode"], told["stoppedReason"]) == (
        "TaskFailedToStart",
        f"{PULL} {image}: {reason.format(image=image)}",
    )
    assert told["containers"][0]["reason"] == told["stoppedReason"]
    assert "exitCode" not in told["containers"][0]


def test_the_execution_role_brings_a_task_up(tasks: Tasks) -> None:
    """Its policies are asked for the registry, the image and the log; the task role's are not."""
    image = tasks.push({"main": "#!/bin/sh\n"}, Cmd=["/main"])
    repository = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/app"
    host = f"https://{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/v2/app"
    registry = allow("ecr:GetAuthorizationToken")
    manifest = allow("ecr:BatchGetImage", repository)
    layers = allow("ecr:GetDownloadUrlForLayer", repository)
    forbidden = f"from HEAD request to {host}/manifests/{image.partition('@')[2]}: 403 Forbidden"
    expected = [
        ((), "unable to retrieve ecr registry auth: service call has been retried 1 time(s): AccessDeniedException: "),
        ((registry,), f"failed to resolve ref {image}: unexpected status {forbidden}"),
        ((registry, manifest), f"CannotPullContainerError: unexpected status from GET request to {host}/blobs: 403 "),
        ((registry, manifest, layers), "failed to create Cloudwatch log stream: AccessDeniedException: User: "),
    ]
    for statements, reason in expected:
        role = tasks.cloud.role(TRUST, policies={"up": document(*(statements or (allow("sqs:ListQueues"),)))})
        told = tasks.stopped(tasks.start(tasks.define(image, execution=role, role=tasks.execution)))
        assert told["stopCode"] == "TaskFailedToStart"
        assert reason in told["stoppedReason"]
    role = tasks.cloud.role(TRUST, policies={"up": document(registry, manifest, layers, LOGGING)})
    assert tasks.stopped(tasks.start(tasks.define(image, execution=role)))["containers"][0]["exitCode"] == 0


def test_a_log_needs_its_group(tasks: Tasks) -> None:
    """As with Fargate, the task stops where there is none, unless the driver is told to make it."""
    image = tasks.push({"main": "#!/bin/sh\necho made\n"}, Cmd=["/main"])
    options = {"awslogs-group": "/none", "awslogs-region": REGION, "awslogs-stream-prefix": "main"}
    told = tasks.stopped(
        tasks.start(tasks.define(image, logConfiguration={"logDriver": "awslogs", "options": options}))
    )
    assert told["stoppedReason"] == (
        "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed "
        "to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. : exit "
        "status 1"
    )
    made = {"logDriver": "awslogs", "options": {**options, "awslogs-group": "/made", "awslogs-create-group": "true"}}
    execution = tasks.cloud.role(TRUST, policies={"up": document(*PULLING, allow("logs:*"))})
    task = tasks.start(tasks.define(image, execution=execution, logConfiguration=made))
    tasks.stopped(task)
    tasks.group, kept = "/made", tasks.group
    try:
        assert tasks.log(task) == ["made"]
    finally:
        tasks.group = kept


@pytest.mark.parametrize(
    ("container", "reason"),
    [
        (
            {"command": ["/none"]},
            'unable to start container process: exec: "/none": executable file not found in $PATH',
        ),
        (
            {"command": ["./none"]},
            'unable to start container process: exec: "./none": executable file not found in $PATH',
        ),
        ({"secrets": [{"name": "A", "valueFrom": "b"}]}, "this world does not run `secrets` of a container"),
        ({"logConfiguration": {"logDriver": "splunk"}}, "this world does not run the log driver splunk"),
    ],
)
def test_what_cannot_run_says_so(tasks: Tasks, container: dict[str, Any], reason: str) -> None:
    """The task stops with a reason; nothing is run that would be something else."""
    image = tasks.push({"main": "#!/bin/sh\n"}, Cmd=["/main"])
    told = tasks.stopped(tasks.start(tasks.define(image, **container)))
    assert (told["lastStatus"], told["stopCode"]) == ("STOPPED", "TaskFailedToStart")
    assert told["stoppedReason"].endswith(reason)


def test_a_task_needs_what_fargate_needs(tasks: Tasks) -> None:
    """Roles that ECS may assume, a network that is there, and a number of tasks that makes sense."""
    image = tasks.push({"main": "#!/bin/sh\n"}, Cmd=["/main"])
    stranger = tasks.cloud.role({**TRUST, "Principal": {"Service": "ec2.amazonaws.com"}})
    foreign = {**TRUST, "Condition": {"StringEquals": {"aws:SourceAccount": "222222222222"}}}
    run = tasks.ecs.run_task
    asked = {"cluster": "run", "launchType": "FARGATE", "networkConfiguration": tasks.network}
    for role in (stranger, tasks.cloud.role(foreign)):
        code, message = refused(run, **asked, taskDefinition=tasks.define(image, role=role))
        assert (code, message.partition("'")[0]) == ("ClientException", "ECS was unable to assume the role ")
    definition = tasks.define(image)
    none = {"awsvpcConfiguration": {"subnets": ["subnet-0"], "securityGroups": []}}
    assert refused(run, **{**asked, "networkConfiguration": none}, taskDefinition=definition)[1] == (
        "Error retrieving subnet information for [subnet-0]: The subnet ID 'subnet-0' does not exist "
        "(ErrorCode: InvalidSubnetID.NotFound)"
    )
    assert refused(run, **asked, taskDefinition=definition, count=11)[0] == "InvalidParameterException"
    assert refused(run, cluster="run", taskDefinition=definition)[0] == "NotImplemented"
    assert refused(tasks.ecs.stop_task, cluster="run", task="0" * 32) == (
        "InvalidParameterException",
        "The referenced task was not found.",
    )
    assert tasks.ecs.describe_tasks(cluster="run", tasks=["0" * 32])["failures"] == [
        {"arn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/run/{'0' * 32}", "reason": "MISSING"}
    ]
    bare = tasks.ecs.register_task_definition(
        family="bare",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "main", "image": image}],
    )["taskDefinition"]["taskDefinitionArn"]
    assert refused(run, **asked, taskDefinition=bare) == (
        "ClientException",
        "Fargate requires task definition to have execution role ARN to support ECR images.",
    )


def test_a_cluster_with_tasks_stays(tasks: Tasks) -> None:
    """It is deleted once they have stopped."""
    image = tasks.push({"main.py": PATIENT}, Cmd=["python", "main.py"])
    tasks.ecs.create_cluster(clusterName="brief")
    task = tasks.start(tasks.define(image, stopTimeout=0), cluster="brief")
    assert refused(tasks.ecs.delete_cluster, cluster="brief")[0] == "ClusterContainsTasksException"
    tasks.ecs.stop_task(cluster="brief", task=task)
    tasks.ecs.get_waiter("tasks_stopped").wait(cluster="brief", tasks=[task], WaiterConfig=FAST)
    assert tasks.ecs.delete_cluster(cluster="brief")["cluster"]["status"] == "INACTIVE"


def test_layers_are_what_their_digests_say(tasks: Tasks) -> None:
    """ECR calculates digests itself, keeps what was uploaded, and gives it to who may read it."""
    ecr = tasks.cloud.world.aws("ecr")
    upload = {"repositoryName": "app", "uploadId": ecr.initiate_layer_upload(repositoryName="app")["uploadId"]}
    assert refused(ecr.complete_layer_upload, **upload, layerDigests=[digest(b"layer")])[0] == "EmptyUploadException"
    ecr.upload_layer_part(**upload, partFirstByte=0, partLastByte=4, layerPartBlob=b"layer")
    assert refused(ecr.complete_layer_upload, **upload, layerDigests=[digest(b"other")])[0] == "InvalidLayerException"
    ecr.complete_layer_upload(**upload, layerDigests=[digest(b"layer")])
    link = ecr.get_download_url_for_layer(repositoryName="app", layerDigest=digest(b"layer"))["downloadUrl"]
    assert tasks.cloud.world.client.get(link).content == b"layer"
    assert tasks.cloud.world.client.get(link[:-1]).status_code == 404
    asked = {"repositoryName": "app", "layerDigest": digest(b"other")}
    assert refused(ecr.get_download_url_for_layer, **asked)[0] == "LayerInaccessibleException"
    manifest = json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "layers": []})
    forged = {"repositoryName": "app", "imageManifest": manifest, "imageTag": "forged"}
    assert refused(ecr.put_image, **forged, imageDigest=digest(b"x"))[0] == "ImageDigestDoesNotMatchException"
    assert ecr.put_image(**forged)["image"]["imageId"]["imageDigest"] == digest(manifest.encode())


@pytest.mark.parametrize(
    ("operation", "asked", "code"),
    [
        ("UploadLayerPart", {"uploadId": "x", "partFirstByte": 0, "partLastByte": 1, "layerPartBlob": "a"}, "Serial"),
        ("UploadLayerPart", {"uploadId": "x", "partFirstByte": 0, "partLastByte": 1, "layerPartBlob": 7}, "Serial"),
        ("CompleteLayerUpload", {"uploadId": "x", "layerDigests": [7]}, "Serial"),
        ("GetDownloadUrlForLayer", {"layerDigest": []}, "Serial"),
        ("PutImage", {"imageManifest": "[" * 5000}, "InvalidParameter"),
        ("PutImage", {"repositoryName": "none", "imageManifest": "{}"}, "RepositoryNotFound"),
    ],
)
def test_uploads_that_make_no_sense(tasks: Tasks, operation: str, asked: dict[str, Any], code: str) -> None:
    """They are refused, whatever is wrong with them."""
    target = f"AmazonEC2ContainerRegistry_V20150921.{operation}"
    headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": target}
    body = json.dumps({"repositoryName": "app", **asked}).encode()
    answer = tasks.cloud.send(tasks.cloud.session(document(allow("*"))), Sent("ecr", "POST", "/", headers, body))
    assert (answer.status_code, answer.json()["__type"].startswith(code)) == (400, True)


def test_no_task_outlives_its_world(start_world: Callable[..., RunningWorld]) -> None:
    """A world that is stopped leaves neither a process nor a file of a task behind."""
    serving = start_world(None, None, "--tasks")
    tasks = make(serving)
    program = "import os\nprint('pid', os.getpid(), flush=True)\n"
    image = tasks.push({"main.py": program + PATIENT}, Cmd=[sys.executable, "main.py"])
    task = tasks.start(tasks.define(image))
    tasks.running(task)
    spoken(tasks, task, "up")
    process = int(tasks.log(task)[0].split()[1])
    assert serving.stop() == 0
    assert not Path(f"/proc/{process}").exists()
    assert list((serving.state / "tasks").iterdir()) == []


def test_a_world_without_tasks_says_so(world: RunningWorld) -> None:
    """A task that nobody runs would never end."""
    assert refused(world.aws("ecs").run_task, taskDefinition="any") == (
        "NotImplemented",
        "This world runs no tasks: serve it with --tasks",
    )
