"""How often people may ask. Counts live in the cache, which may lose them at any moment."""

from __future__ import annotations

import hashlib
import logging
from typing import TYPE_CHECKING

from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from annotation.api.authentication import credentials_of

if TYPE_CHECKING:  # views import their throttles
    from rest_framework.views import APIView

logger = logging.getLogger(__name__)


class WindowThrottle(SimpleRateThrottle):
    """Counts requests per window in one atomic step, so that requests at the same moment all count."""

    num_requests: int
    duration: int

    def allow_request(self, request: Request, view: APIView) -> bool:
        key = self.get_cache_key(request, view)
        if key is None:
            return True
        window, passed = divmod(int(self.timer()), self.duration)
        self.remaining_seconds = self.duration - passed
        try:
            return self._count(f"{key}_{window}", self.duration) <= self.num_requests
        except RedisError:
            logger.warning("The cache is down: requests go uncounted.")
            return True

    def _count(self, key: str, duration: int) -> int:
        self.cache.add(key, 0, timeout=2 * duration)
        return int(self.cache.incr(key))

    def wait(self) -> float:
        return self.remaining_seconds


class UserThrottle(WindowThrottle):
    """Requests of one signed-in person, or of one address for people who are not."""

    scope = "user"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        ident = request.user.pk if request.user.is_authenticated else self.get_ident(request)
        return self.cache_format % {"scope": self.scope, "ident": ident}


class ReplayThrottle(UserThrottle):
    """Decisions computed again for one person: each takes seconds where the judgements are many."""

    scope = "replays"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        return super().get_cache_key(request, view) if request.method == "POST" else None


class TokenAddressThrottle(WindowThrottle):
    """Attempts at a token from one address."""

    scope = "tokens_per_address"

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}


class TokenUsernameThrottle(WindowThrottle):
    """Attempts at a token for one username, from wherever."""

    scope = "tokens_per_username"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        if request.method != "POST":
            return None
        username, _ = credentials_of(request)
        ident = hashlib.sha256(username.encode()).hexdigest()
        return self.cache_format % {"scope": self.scope, "ident": ident}
