"""Who comes from Prolific: what it adds to the address of a study. Anybody can write such an address by hand."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from django.conf import settings

from annotation.errors import NotYours
from annotation.platforms.local import INCOMPLETE

LOOPBACK = ("127.0.0.1", "localhost", "::1")
COMPLETION_PATH = "/submissions/complete"
PROLIFIC_ID = re.compile(r"[0-9a-f]{24}")


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """What the address claims, of the right shape; whether it is true, the list of submissions tells."""

    worker_id: str
    posting_id: str
    submission_id: str


def is_preview(query: Mapping[str, str]) -> bool:
    """Whether somebody only looks: the address names nobody."""
    return "PROLIFIC_PID" not in query


def arrival(query: Mapping[str, str]) -> Arrival:
    """Raises `NotYours` where a parameter is missing, or is none of Prolific's ids."""
    found = [query.get(name, "").lower() for name in ("PROLIFIC_PID", "STUDY_ID", "SESSION_ID")]
    if not all(PROLIFIC_ID.fullmatch(value) for value in found):
        raise NotYours(str(INCOMPLETE))
    return Arrival(worker_id=found[0], posting_id=found[1], submission_id=found[2])


def completion_address(code: str) -> str:
    """Where the worker hands in the code; where Prolific's local server stands in, on that."""
    endpoint = urlsplit(settings.PROLIFIC_ENDPOINT)
    address = settings.PROLIFIC_COMPLETION_URL
    if endpoint.hostname in LOOPBACK:
        address = f"{endpoint.scheme}://{endpoint.netloc}{COMPLETION_PATH}"
    return f"{address}?{urlencode({'cc': code})}"
