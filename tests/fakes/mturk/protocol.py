"""JSON 1.1 as botocore's model of the service describes it: requests and answers are both held to it."""

import json
import re
import time
from datetime import UTC, datetime
from typing import Any

from botocore.loaders import create_loader
from botocore.model import ServiceModel, Shape
from botocore.validate import ParamValidator

MODEL = ServiceModel(create_loader().load_service_model("mturk", "service-2"), "mturk")
TARGET = f"{MODEL.metadata['targetPrefix']}."
CONTENT_TYPE = "application/x-amz-json-1.1"


class TurkError(Exception):
    """An answer that says no."""

    def __init__(self, kind: str, message: str, *, turk_code: str = "", status: int = 400) -> None:
        super().__init__(message)
        self.kind, self.message, self.turk_code, self.status = kind, message, turk_code, status

    def content(self) -> bytes:
        told = f"{self.message} ({int(time.time() * 1000)} s)"
        body = {"__type": self.kind, "Message": told}
        if self.kind in MODEL.shape_names and MODEL.shape_for(self.kind).metadata.get("exception"):
            body["TurkErrorCode"] = self.turk_code
            assert_valid({key: body[key] for key in ("Message", "TurkErrorCode")}, MODEL.shape_for(self.kind))
        return json.dumps(body).encode()


class Defect(AssertionError):
    """The fake itself answered what the service never would."""


def refusal(code: str, message: str) -> TurkError:
    return TurkError("RequestError", message, turk_code=f"AWS.MechanicalTurk.{code}")


def invalid(name: str, value: object) -> TurkError:
    return TurkError("ParameterValidationError", f'The value "{value}" is not valid for the parameter {name}.')


def read(operation: str, body: bytes) -> dict[str, Any]:
    """The parameters of a request, with times as times."""
    try:
        given = json.loads(body or b"{}")
    except ValueError as error:
        raise TurkError("SerializationException", "The request is not JSON.") from error
    shape = MODEL.operation_model(operation).input_shape
    report = ParamValidator().validate(given, shape)
    if report.has_errors():
        raise TurkError("ValidationException", report.generate_report())
    _check(given, shape, "")
    decoded: dict[str, Any] = _decoded(given, shape)
    return decoded


def write(operation: str, answer: dict[str, Any]) -> bytes:
    shape = MODEL.operation_model(operation).output_shape
    assert_valid(answer, shape)
    return json.dumps(_encoded(answer, shape)).encode()


def assert_valid(answer: Any, shape: Shape) -> None:
    report = ParamValidator().validate(answer, shape)
    if report.has_errors():
        raise Defect(report.generate_report())
    try:
        _check(_encoded(answer, shape), shape, "")
    except TurkError as error:
        raise Defect(error.message) from error


def _check(value: Any, shape: Shape, name: str) -> None:
    """What botocore's validator leaves to the service: patterns, choices, lengths, how times are written."""
    if shape.type_name == "structure":
        for key, each in value.items():
            _check(each, shape.members[key], key)
    elif shape.type_name == "list":
        for each in value:
            _check(each, shape.member, name)
    elif not _is_one(value, shape):
        raise invalid(name, value)


def _is_one(value: Any, shape: Shape) -> bool:
    most = shape.metadata.get("max")
    if shape.type_name == "string":
        if (pattern := shape.metadata.get("pattern")) and not re.fullmatch(pattern, value):
            return False
        return (not shape.enum or value in shape.enum) and (most is None or len(value) <= most)
    if shape.type_name in ("integer", "long"):
        return most is None or value <= most
    return shape.type_name != "timestamp" or (isinstance(value, int | float) and not isinstance(value, bool))


def _decoded(value: Any, shape: Shape) -> Any:
    if shape.type_name == "structure":
        return {key: _decoded(each, shape.members[key]) for key, each in value.items()}
    if shape.type_name == "list":
        return [_decoded(each, shape.member) for each in value]
    return datetime.fromtimestamp(value, tz=UTC) if shape.type_name == "timestamp" else value


def _encoded(value: Any, shape: Shape) -> Any:
    if shape.type_name == "structure":
        return {key: _encoded(each, shape.members[key]) for key, each in value.items()}
    if shape.type_name == "list":
        return [_encoded(each, shape.member) for each in value]
    return value.timestamp() if shape.type_name == "timestamp" else value
