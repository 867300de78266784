"""Requests to Flickr's API: one at a time, evenly spread, tried again a few times and never led to another host.

The key travels in the body, so that no log of addresses has it; an exception that leaves here holds no trace of it.
"""

import hashlib
import json
import math
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import urllib3
from django.core.cache import cache
from redis import RedisError
from urllib3.exceptions import HTTPError

from annotation.access import UnfitAnswer, body_of
from annotation.errors import SourceBusy
from annotation.sources.base import printable
from annotation.sources.flickr import failures
from annotation.sources.flickr.access import Access
from annotation.sources.flickr.failures import Failure, Trouble
from annotation.sources.flickr.photos import Listing, Malformed, read_listing

PAUSES = (2.0, 8.0, 30.0)
"""Before each further try, where Flickr does not say how long."""
PATIENCE = 60.0
"""Who asks for more is left alone, and whoever collects comes back later."""
SECONDS_REMEMBERED = 60
"""A part of the hour beyond its end: clocks differ."""
FIXED = {"method": "flickr.photos.search", "format": "json", "nojsoncallback": "1"}


class Pace:
    """The hour in as many parts as requests are allowed, each of them for one request, whichever process makes it.

    Who has taken a part is kept in Redis. Where that forgets it, a request comes too early, and the next are in order.
    """

    def __init__(self, access: Access, *, sleep: Callable[[float], None], clock: Callable[[], float]) -> None:
        self._between = 3600 / access.requests_per_hour
        self._name = f"flickr:{hashlib.sha256(access.key.reveal().encode()).hexdigest()[:16]}:{self._between}"
        self._sleep = sleep
        self._clock = clock

    def wait(self) -> None:
        """Until the first part begins that nobody else has taken."""
        now = self._clock()
        part = math.floor(now / self._between)
        while not self._take(part, ends_in=(part + 1) * self._between - now):
            part += 1
        missing = part * self._between - now
        if missing > 0:
            self._sleep(missing)

    def _take(self, part: int, *, ends_in: float) -> bool:
        try:
            return bool(cache.add(f"{self._name}:{part}", 1, timeout=math.ceil(ends_in) + SECONDS_REMEMBERED))
        except RedisError as error:
            raise SourceBusy(
                "Flickr is not asked while Redis does not answer, which keeps how often it was.", seconds=PATIENCE
            ) from error


class Client:
    """The connection to the API. Clock and sleep come in, so that a test need not wait; all machines share a clock."""

    def __init__(
        self,
        access: Access,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
        read_seconds: float = 20,
        whole_seconds: float = 40,
    ) -> None:
        parts = urlsplit(access.endpoint)
        self._target = parts.path or "/"
        self._key = access.key
        self._sleep = sleep
        self._clock = clock
        self._pace = Pace(access, sleep=sleep, clock=clock)
        self._whole_seconds = whole_seconds
        self._pool = urllib3.connection_from_url(
            f"{parts.scheme}://{parts.netloc}", timeout=urllib3.Timeout(connect=5, read=read_seconds), retries=False
        )

    def search(self, asked: Mapping[str, str]) -> Listing:
        """A page of photos; `SourceBusy` where Flickr wants no requests for a while."""
        pauses = iter(PAUSES)
        while True:
            self._pace.wait()
            outcome = self._answer(asked)
            if isinstance(outcome, Listing):
                return outcome
            if not isinstance(outcome, Trouble):
                raise outcome
            pause = next(pauses, None)
            if pause is None or (outcome.seconds or 0) > PATIENCE:
                raise outcome.finally_
            self._sleep(pause if outcome.seconds is None else max(outcome.seconds, PAUSES[0]))

    def _answer(self, asked: Mapping[str, str]) -> Listing | Failure:
        """The answer, or what is wrong with it: as a value, so that no traceback leads back to the key."""
        try:
            response = self._pool.request(
                "POST",
                self._target,
                body=urlencode({**FIXED, **asked, "api_key": self._key.reveal()}),
                headers={
                    "Content-Type": "application/x-www-form-urlencoded",
                    "Accept": "application/json",
                    "Accept-Encoding": "identity",
                    "User-Agent": "Twinset",
                },
                redirect=False,
                retries=False,
                preload_content=False,
            )
            status, headers = response.status, {name.lower(): value for name, value in response.headers.items()}
            content = body_of(response, whole_seconds=self._whole_seconds, clock=self._clock)
        except HTTPError as error:
            return failures.of_connection(error)
        except UnfitAnswer as error:
            return failures.malformed(str(error))
        return failures.of_status(status, headers) or self._read(content)

    def _read(self, content: bytes) -> Listing | Failure:
        try:
            told = json.loads(content)
        except (ValueError, RecursionError):
            return failures.malformed("it is no JSON")
        if not isinstance(told, dict):
            return failures.malformed("it has no fields")
        if told.get("stat") == "fail":
            return self._failed(told)
        try:
            return read_listing(told)
        except Malformed as error:
            return failures.malformed(str(error))

    def _failed(self, told: dict[str, Any]) -> Failure:
        """Its own words are shown, without the key, should they repeat it."""
        code = told.get("code")
        message = printable(str(told.get("message", ""))[:200]).replace(self._key.reveal(), "…")
        return failures.of_code(code if type(code) is int else -1, message)
