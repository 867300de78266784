"""Who comes from MTurk: what it adds to the address of a HIT's page. Anybody can write such an address by hand."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

from annotation.errors import NotYours
from annotation.platforms.local import INCOMPLETE
from annotation.platforms.mturk.access import LOOPBACK

NOT_ACCEPTED = "ASSIGNMENT_ID_NOT_AVAILABLE"
ENTITY = re.compile(r"[A-Z0-9]{1,64}")  # of HITs and assignments, as the service describes them
WORKER = re.compile(r"A[A-Z0-9]{1,63}")
HAND_OVER = "/mturk/externalSubmit"


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """What the address claims, of the right shape; whether it is true, the list of submissions tells."""

    worker_id: str
    posting_id: str
    submission_id: str
    return_to: str
    """The site where the work is handed in: one of `sites`."""


def is_preview(query: Mapping[str, str]) -> bool:
    """Whether somebody only looks, and has not accepted the HIT."""
    return query.get("assignmentId", NOT_ACCEPTED) in ("", NOT_ACCEPTED)


def arrival(query: Mapping[str, str]) -> Arrival:
    """Raises `NotYours` where a parameter is missing, is none of MTurk's ids, or names a site that is none of its."""
    worker_id, hit_id, assignment_id = (query.get(name, "") for name in ("workerId", "hitId", "assignmentId"))
    return_to = query.get("turkSubmitTo", "").rstrip("/")
    has_ids = WORKER.fullmatch(worker_id) and ENTITY.fullmatch(hit_id) and ENTITY.fullmatch(assignment_id)
    if not has_ids or return_to not in sites():
        raise NotYours(str(INCOMPLETE))
    return Arrival(worker_id=worker_id, posting_id=hit_id, submission_id=assignment_id, return_to=return_to)


def sites() -> list[str]:
    """Where work may be handed in: the settings', and the endpoint itself where it is on this machine."""
    endpoint = urlsplit(settings.MTURK_ENDPOINT_URL)
    own = [f"{endpoint.scheme}://{endpoint.netloc}"] if endpoint.hostname in LOOPBACK else []
    return [site.rstrip("/") for site in settings.MTURK_WORKER_SITES] + own
