"""Services whose resources stand in a request by name: a table of parameters and the ARNs that follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from moto.kms.models import kms_backends

from twinlock_world.aws.needs.need import Need

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from twinlock_world.aws.operation import Operation, Place

_PARAMETERS: Final[Mapping[str, Mapping[str, str]]] = {
    "ecr": {"repositoryName": "repository/{}", "repositoryNames": "repository/{}", "resourceArn": "{}"},
    "elasticloadbalancing": {
        "LoadBalancerArn": "{}",
        "LoadBalancerArns": "{}",
        "TargetGroupArn": "{}",
        "ListenerArn": "{}",
        "RuleArn": "{}",
        "ResourceArns": "{}",
    },
    "kms": {"KeyId": "key/{}", "TargetKeyId": "key/{}", "AliasName": "{}", "SourceKeyId": "key/{}"},
    "lambda": {"FunctionName": "function:{}"},
    "logs": {"logGroupName": "log-group:{}", "logGroupIdentifier": "log-group:{}", "resourceArn": "{}"},
    "secretsmanager": {"SecretId": "secret:{}", "Name": "secret:{}"},
    "sns": {"TopicArn": "{}", "Name": "{}", "ResourceArn": "{}"},
    "sqs": {"QueueUrl": "{}", "QueueName": "{}"},
    "ssm": {"Name": "parameter/{}", "Names": "parameter/{}", "Path": "parameter/{}", "ResourceId": "parameter/{}"},
}
_WITHOUT_RESOURCE: Final = frozenset(
    {
        "ecr:DescribeRegistry",
        "ecr:GetAuthorizationToken",
        "kms:ListAliases",
        "kms:ListKeys",
        "logs:DescribeLogGroups",
        "secretsmanager:ListSecrets",
        "sqs:ListQueues",
        "ssm:DescribeParameters",
        "ssm:StartSession",
    }
)
_STREAMS: Final = frozenset({"CreateLogStream", "DeleteLogStream", "GetLogEvents", "PutLogEvents"})
_MADE: Final = {"CreateLoadBalancer": "loadbalancer/app/{}/*", "CreateTargetGroup": "targetgroup/{}/*"}
_TAGGING: Final = {
    "ecr": ("tags", "ecr:TagResource"),
    "kms": ("Tags", "kms:TagResource"),
    "logs": ("tags", "logs:TagResource"),
    "secretsmanager": ("Tags", "secretsmanager:TagResource"),
    "sqs": ("tags", "sqs:TagQueue"),
    "ssm": ("Tags", "ssm:AddTagsToResource"),
}
"""What making something with tags needs besides, and which parameter holds them."""


def needs(operation: Operation, place: Place) -> Iterator[Need]:
    """Yield what a request to one of these services needs; one to any other is judged on everything."""
    action = f"{operation.service}:{operation.name}"
    resources = ("*",) if action in _WITHOUT_RESOURCE else tuple(_resources(operation, place)) or ("*",)
    if action == "kms:ReEncrypt":
        yield from (Need(f"kms:ReEncrypt{way}", resource) for way in ("From", "To") for resource in resources)
        return
    yield from (Need(action, resource) for resource in resources)
    parameter, tagging = _TAGGING.get(operation.service, ("", ""))
    if operation.parameters.get(parameter) and operation.name.startswith(("Create", "Put")):
        yield from (Need(tagging, resource) for resource in resources)


def _resources(operation: Operation, place: Place) -> Iterator[str]:
    for parameter, tail in _PARAMETERS.get(operation.service, {}).items():
        for value in (operation.text(parameter), *operation.texts(parameter)):
            if value:
                yield place.arn("kms", value) if parameter == "AliasName" else _resource(operation, place, tail, value)
    made = _MADE.get(operation.name)
    if made is not None and operation.service == "elasticloadbalancing":
        yield place.arn(operation.service, made.format(operation.text("Name")))


def _resource(operation: Operation, place: Place, tail: str, value: str) -> str:
    if value.startswith("arn:"):
        value, tail = value.removesuffix(":*"), "{}"
    match operation.service:
        case "sqs":
            value = value.rstrip("/").rpartition("/")[2]
        case "ssm" if tail != "{}":
            value = value.lstrip("/")
            tail = "document/{}" if "Document" in operation.name else tail
        case "kms":
            return _key(value, place)
        case "secretsmanager" if tail != "{}":
            value = value if operation.name != "CreateSecret" else f"{value}-??????"
        case _:
            pass
    arn = place.arn(operation.service, tail.format(value))
    if operation.service == "logs" and operation.name in _STREAMS:
        return f"{arn}:log-stream:{operation.text('logStreamName')}"
    return arn


def _key(value: str, place: Place) -> str:
    """Return the ARN of a key, be it named by id, ARN or alias; an alias that is none stays one."""
    name = value.partition(":key/")[2] or value.rpartition(":")[2].removeprefix("key/")
    if value.startswith("arn:") and ":key/" in value:
        return value
    if name.startswith("alias/"):
        found = kms_backends[place.account][place.region].get_key_id_from_alias(name)
        return place.arn("kms", f"key/{found}" if found else name)
    return place.arn("kms", f"key/{name}")
