"""How often one person may ask. Far above what people do: it stops programs that run wild."""

import functools
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Concatenate, ParamSpec

import redis
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext, ngettext
from rest_framework.throttling import BaseThrottle

from annotation.errors import NotYours
from annotation.platforms import local
from frontend.views.refusals import wants_json

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

WINDOW_SECONDS = 60


Asker = Callable[[HttpRequest, str], object]
"""Who asks, by the request and the token in its address; raises `NotYours` for a forged one."""


def worker_of_grid(request: HttpRequest, token: str) -> object:
    return local.read_assignment_token(token).worker_id


def enrolled_worker(request: HttpRequest, token: str) -> object:
    return local.read_enrolment_token(token)[0]


def practising_worker(request: HttpRequest, token: str) -> object:
    try:
        return local.read_practice_token(token)[0]
    except NotYours:
        return enrolled_worker(request, token)


def address(request: HttpRequest, token: str) -> object:
    """For those who are nobody yet; believes as many proxies as the API does."""
    return BaseThrottle().get_ident(request)  # type: ignore[arg-type]  # it reads nothing but META


def signed_in(request: HttpRequest, token: str) -> object:
    """For pages of researchers, whose addresses have no token."""
    return request.user.pk


def limited(
    name: str, per_minute: int, method: str = "POST", by: Asker = worker_of_grid
) -> Callable[[View[P]], View[P]]:
    """Answer 429 to whoever sends this more often. Counts live in Redis; without it all may pass."""

    def decorate(view: View[P]) -> View[P]:
        @functools.wraps(view)
        def wrapper(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            token = str(kwargs.get("token", ""))
            if request.method == method and (refusal := refused(name, request, token, per_minute=per_minute, by=by)):
                return refusal
            return view(request, *args, **kwargs)

        return wrapper

    return decorate


def refused(
    name: str, request: HttpRequest, token: str, *, per_minute: int, by: Asker = worker_of_grid
) -> HttpResponse | None:
    """The answer to whoever does this more often; for a view of which only a part is limited."""
    is_too_often = settings.WORKER_LIMITS and _count(name, request, token, by) > per_minute
    return _too_many(request) if is_too_often else None


def _count(name: str, request: HttpRequest, token: str, by: Asker) -> int:
    """How often they have asked within the present minute, this time included."""
    try:
        key = f"asked-{name}-{by(request, token)}-{int(time.time()) // WINDOW_SECONDS}"
        try:
            return int(cache.incr(key))
        except ValueError:  # the first time within this minute
            cache.add(key, 0, timeout=2 * WINDOW_SECONDS)
            return int(cache.incr(key))
    except (NotYours, redis.RedisError, ValueError):  # forged: the view says so; ValueError: just forgotten by Redis
        return 0


def _too_many(request: HttpRequest) -> HttpResponse:
    seconds = WINDOW_SECONDS - int(time.time()) % WINDOW_SECONDS
    what = ngettext(
        "That was too often. Go back, wait %(seconds)d second and try again.",
        "That was too often. Go back, wait %(seconds)d seconds and try again.",
        seconds,
    ) % {"seconds": seconds}
    status, headers = HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": str(seconds)}
    if wants_json(request):
        return JsonResponse({"heading": gettext("Too fast"), "what": what}, status=status, headers=headers)
    return HttpResponse(what, status=status, headers=headers, content_type="text/plain")
