"""Errors as RFC 9457 problem details (`application/problem+json`)."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_exception_handler

from annotation.errors import AnnotationError


class DomainProblem(exceptions.APIException):
    """A rule of the domain was broken; the message of the error is the detail."""

    status_code = HTTPStatus.CONFLICT


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn what a view raised into a problem; unknown errors stay errors (500, logged)."""
    if isinstance(error, AnnotationError):
        error = DomainProblem(str(error))
    response = drf_exception_handler(error, context)
    if response is None:
        return None
    status = HTTPStatus(response.status_code)
    problem: dict[str, Any] = {"type": "about:blank", "title": status.phrase, "status": int(status)}
    if isinstance(error, exceptions.ValidationError):
        problem |= {"detail": "The request has invalid values.", "errors": response.data}
    elif isinstance(error, Http404 | PermissionDenied):
        problem["detail"] = "Not found." if isinstance(error, Http404) else "Not allowed."
    else:
        problem["detail"] = str(getattr(error, "detail", error))
    response.data = problem
    response.content_type = "application/problem+json"
    return response
