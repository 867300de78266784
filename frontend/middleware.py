"""What a request passes on its way to a view, as far as it differs from Django's own.

Workers have no account, no session and no messages: on their pages these would only cost time, for every grid.
"""

import functools
import json
from collections.abc import Awaitable, Callable
from typing import Any

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware, LoginRequiredMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

View = Callable[..., HttpResponseBase]

WORKERS = ("/work/", "/done/", "/join/", "/me/", "/practice/", "/start/")


class NotForWorkers(MiddlewareMixin):
    """Put before a middleware: it is passed by on workers' pages."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if request.path_info.startswith(WORKERS):
            return self.get_response(request)
        return super().__call__(request)


class Sessions(NotForWorkers, SessionMiddleware):
    pass


class Authentication(NotForWorkers, AuthenticationMiddleware):
    pass


class Messages(NotForWorkers, MessageMiddleware):
    pass


class LoginRequired(LoginRequiredMiddleware):
    """Deny by default: a view is for signed-in people unless it says otherwise, and nobody is signed in as a worker."""

    def process_view(
        self, request: HttpRequest, view_func: View, view_args: tuple[Any, ...], view_kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        if not getattr(view_func, "login_required", True):
            return None
        if not hasattr(request, "user"):
            return self.handle_no_permission(request, view_func)
        return super().process_view(request, view_func, view_args, view_kwargs)


class ContentSecurityPolicy(CSPMiddleware):
    """The policy of the settings, and each that replaces parts of it, is written once."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        parts = self.get_policy_parts(request, response)
        is_special = parts.config or parts.update or parts.nonce or HEADER in response
        if is_special or hasattr(response, "_csp_exempt") or settings.DEBUG:
            return super().process_response(request, response)
        response[HEADER] = _policy(json.dumps(parts.replace))
        return response


@functools.cache
def _policy(replaced: str) -> str:
    return build_policy(replace=json.loads(replaced))
