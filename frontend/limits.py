"""How often one worker may ask. Far above what a person can do: it stops programs that run wild."""

import functools
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Concatenate, ParamSpec

import redis
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse

from annotation.errors import NotYours
from annotation.platforms import local

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

WINDOW_SECONDS = 60


def limited(name: str, per_minute: int) -> Callable[[View[P]], View[P]]:
    """Answer 429 to a worker who asks for this more often. Counts live in Redis; without it all may pass."""

    def decorate(view: View[P]) -> View[P]:
        @functools.wraps(view)
        def wrapper(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if request.method != "HEAD" and _count(name, str(kwargs["token"])) > per_minute:
                return _too_many()
            return view(request, *args, **kwargs)

        return wrapper

    return decorate


def _count(name: str, token: str) -> int:
    """How often this worker has asked within the present minute, this time included."""
    try:
        worker_id = local.read_assignment_token(token).worker_id
        key = f"asked-{name}-{worker_id}-{int(time.time()) // WINDOW_SECONDS}"
        if cache.add(key, 1, timeout=2 * WINDOW_SECONDS):
            return 1
        return int(cache.incr(key))
    except (NotYours, redis.RedisError, ValueError):  # forged: the view says so; ValueError: just forgotten by Redis
        return 0


def _too_many() -> HttpResponse:
    seconds = WINDOW_SECONDS - int(time.time()) % WINDOW_SECONDS
    problem = {"heading": "Too fast", "what": f"That was too often. Try again in {seconds} seconds."}
    return JsonResponse(problem, status=HTTPStatus.TOO_MANY_REQUESTS, headers={"Retry-After": str(seconds)})
