"""Signing in by name and password. Attempts that fail are counted, so that nobody tries passwords one after another."""

import hashlib
import logging
import math
import time
from dataclasses import dataclass
from typing import Any

import redis
from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import AuthenticationForm
from django.core.cache import cache

from frontend import limits

logger = logging.getLogger(__name__)

TOO_OFTEN = "too_often"


@dataclass(frozen=True)
class Count:
    """Attempts that have failed within the present window, of one address or for one name; lives in Redis."""

    of: str
    most: int
    seconds: int

    @property
    def _key(self) -> str:
        digest = hashlib.sha256(self.of.encode()).hexdigest()
        return f"sign-in-{digest}-{int(time.time()) // self.seconds}"

    def add(self) -> bool:
        """Count an attempt before it is made, so that many at once all count; whether it may be made."""
        try:
            cache.add(self._key, 0, timeout=2 * self.seconds)
            return int(cache.incr(self._key)) <= self.most
        except (redis.RedisError, ValueError):  # without Redis all may pass; ValueError: it has just forgotten
            return True

    def forgive(self) -> None:
        """The attempt was right."""
        try:
            cache.decr(self._key)
        except (redis.RedisError, ValueError):
            return

    @property
    def minutes_left(self) -> int:
        return math.ceil((self.seconds - int(time.time()) % self.seconds) / 60)


class SignInForm(AuthenticationForm):
    def clean(self) -> dict[str, Any]:
        username, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if not username or not password:
            return super().clean()
        address = limits.address(self.request, "") if self.request else ""
        counts = [Count(f"address {address}", 10, 60), Count(f"name {username}", 60, 3600)]
        if over := next((count for count in counts if not count.add()), None):
            logger.warning("Sign-in refused, as too many attempts have failed: from %s, or for the name.", address)
            minutes = over.minutes_left
            raise forms.ValidationError(
                f"That was tried too often. Wait {minutes} minute{'' if minutes == 1 else 's'}, then try again.",
                code=TOO_OFTEN,
            )
        fields = super().clean()
        for count in counts:
            count.forgive()
        return fields


class AdminSignInForm(SignInForm, AdminAuthenticationForm):
    """The same for the administration."""
