"""What is wrong with a request on which moto failed, by AWS's own description of its service.

Asked only after a failure, since the descriptions take time to load: AWS refuses such a request before any of its code
runs, and moto runs into it. Where nothing is wrong with the request, the failure is moto's.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl
from xml.parsers.expat import ExpatError, ParserCreate

import botocore.session
from botocore.exceptions import UnknownServiceError
from botocore.validate import ParamValidator

from twinlock_world.aws import call as calls

if TYPE_CHECKING:
    from botocore.model import OperationModel, ServiceModel, StructureShape

_MISSING: Final = "The request must contain the parameter {}"

_MALFORMED: Final = calls.Refusal(
    400, "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema"
)


def misuse(call: calls.Call, request: calls.Request) -> calls.Refusal | None:
    """Return how AWS refuses a request that its service does not describe; None for one that it does."""
    model = _model(call.service)
    if model is None:
        return calls.UNKNOWN_OPERATION
    match model.metadata["protocol"]:
        case "json":
            return _json(model, request)
        case "query" | "ec2":
            return _query(model, request)
        case "rest-xml":
            return _rest(model, request)
        case _:
            return None


def _rest(model: ServiceModel, request: calls.Request) -> calls.Refusal | None:
    """Judge a request of S3 by its method, whether it is about an object, and what its query asks for."""
    about_object = request.raw_path.partition("?")[0].strip("/").count("/") > 0
    asked = {name for name, _ in parse_qsl(request.query, keep_blank_values=True)}
    for name in model.operation_names:
        operation = model.operation_model(name)
        http, shape = operation.http, _input(operation)
        path, _, query = str(http["requestUri"]).partition("?")
        needed = {part.partition("=")[0] for part in query.split("&") if part}
        for member in shape.required_members if shape else ():
            words = shape.members[member].serialization if shape else {}
            needed |= {str(words["name"])} if words.get("location") == "querystring" else set()
        if (http["method"], "{Key+}" in path) == (request.method, about_object) and needed <= asked:
            return None if about_object or _is_xml(request.body) else _MALFORMED
    return calls.Refusal(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")


def _is_xml(body: bytes) -> bool:
    try:
        ParserCreate().Parse(body or b"<none/>", True)  # noqa: FBT003 - expat takes it by position: this is all
    except ExpatError:
        return False
    return True


def _json(model: ServiceModel, request: calls.Request) -> calls.Refusal | None:
    prefix, _, name = request.headers.get("x-amz-target", "").rpartition(".")
    if prefix != model.metadata.get("targetPrefix") or name not in model.operation_names:
        return calls.Refusal(400, "UnknownOperationException", "")
    try:
        given = json.loads(request.body or b"{}")
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        return calls.Refusal(400, "SerializationException", "Start of structure or map found where not expected.")
    shape = _input(model.operation_model(name))
    report = ParamValidator().validate(given, shape) if shape else None
    if report is None or not report.has_errors():
        return None
    return calls.Refusal(400, "ValidationException", report.generate_report())


def _query(model: ServiceModel, request: calls.Request) -> calls.Refusal | None:
    given = calls.form(request)
    name = given.get("Action", "")
    if name not in model.operation_names:
        return calls.Refusal(400, "InvalidAction", f"The action {name} is not valid for this web service.")
    shape = _input(model.operation_model(name))
    for member in shape.required_members if shape else ():
        called = _called(shape, member, model.metadata["protocol"]) if shape else member
        if not any(key == called or key.startswith(f"{called}.") for key in given):
            return calls.Refusal(400, "MissingParameter", _MISSING.format(called))
    return None


def _called(shape: StructureShape, member: str, protocol: str) -> str:
    """Return what a member is called in a query, as botocore's serializers write it."""
    words = shape.members[member].serialization
    if protocol == "ec2":
        name = str(words.get("name", member))
        return str(words.get("queryName", name[:1].upper() + name[1:]))
    return str(words.get("name", member))


def _input(operation: OperationModel) -> StructureShape | None:
    return operation.input_shape


@cache
def _model(service: str) -> ServiceModel | None:
    try:
        return botocore.session.Session().get_service_model(service)
    except UnknownServiceError:
        return None
