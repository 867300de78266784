"""Errors as RFC 9457 problem details (`application/problem+json`), for every status a view can refuse with."""

import logging
import re
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.views import exception_handler as drf_exception_handler

from annotation.errors import AnnotationError, MissingContent

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"

_statuses: dict[type[Exception], HTTPStatus] = {}


class ProblemSerializer(serializers.Serializer[Any]):
    """What a refusal looks like."""

    type = serializers.CharField(help_text="about:blank, or a name of the broken rule such as urn:twinset:cannot-build")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = serializers.DictField(  # type: ignore[assignment]  # a serializer keeps its fields apart
        required=False, help_text="For invalid values: what is wrong with each field."
    )


def register(error: type[Exception], status: HTTPStatus = HTTPStatus.CONFLICT) -> None:
    """Answer this domain error, and what derives from it, with a problem of this status."""
    _statuses[error] = status


def exception_handler(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """Turn what a view raised into a problem; unknown errors stay errors (500, logged)."""
    status = _status_of(error)
    if status is not None:
        if status is HTTPStatus.NOT_FOUND:
            logger.error("%s", error)  # a file that a row names is gone: somebody must look
        return problem(status, str(error), type=f"urn:twinset:{_kebab(type(error).__name__)}")
    if isinstance(error, SuspiciousOperation):  # Django's own limits on a body
        is_size = isinstance(error, RequestDataTooBig)
        return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE if is_size else HTTPStatus.BAD_REQUEST, str(error))
    response = drf_exception_handler(error, context)
    return None if response is None else _from_rest_framework(error, response)


def problem(status: HTTPStatus, detail: str, **more: Any) -> JsonResponse:
    """One problem as a response; plain JSON whatever the view would have rendered."""
    body = {"type": "about:blank", "title": status.phrase, "status": int(status), "detail": detail} | more
    return JsonResponse(body, status=status, content_type=MEDIA_TYPE)


class UnknownAddress(APIView):
    """Whatever lies under /api/ and is nothing: a problem, not a page; signed-out people learn nothing."""

    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise exceptions.NotFound("There is nothing at this address. Addresses end in a slash; see /api/schema/.")


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's `handler500`: a problem for programs, the page for people."""
    if request.path.startswith("/api/"):
        return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "Something failed on our side; it has been logged.")
    return defaults.server_error(request)


def _status_of(error: Exception) -> HTTPStatus | None:
    return next((_statuses[kind] for kind in type(error).__mro__ if kind in _statuses), None)


def _from_rest_framework(error: Exception, response: Response) -> JsonResponse:
    status = HTTPStatus(response.status_code)
    if isinstance(error, exceptions.ValidationError):
        errors = response.data if isinstance(response.data, dict) else {"non_field_errors": response.data}
        answer = problem(status, "The request has invalid values.", errors=errors)
    else:
        answer = problem(status, str((response.data or {}).get("detail", status.phrase)))
    for name, value in response.items():
        if name != "Content-Type":
            answer[name] = value
    return answer


def _kebab(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


register(AnnotationError)
register(MissingContent, HTTPStatus.NOT_FOUND)
