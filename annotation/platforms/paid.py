"""What a platform that finds and pays workers must offer: calls over there, each with one effect. No database here.

Whoever calls writes down the intent first, with its token, and the outcome after. A call that is cut short is asked
for again by its token (`find`), so that nothing is put up twice and nobody is paid twice.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from annotation.errors import AnnotationError

UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


class PlatformError(AnnotationError):
    """A platform did not do what it was asked to; the base of those below, never raised itself."""


class PlatformRefused(PlatformError):
    """It said no, and will say no again; the message is its reason, and what to do."""


class NoAccess(PlatformRefused):
    """It does not take the credentials, or has no money for this."""


class PlatformBusy(PlatformError):
    """It asks to come again later: too many requests, or trouble of its own. Nothing was done."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after  # seconds, where it says so


class Uncertain(PlatformError):
    """It did not answer in time: it may have done it, or not. Ask by the token before trying again."""


class Unit(StrEnum):
    """What is put up as one posting."""

    HIT = "hit"
    """Each grid by itself, with its places."""
    BATCH = "batch"
    """All grids of a batch; a place is a worker, who does so many grids."""


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What a platform can do, for pages, documents and checks before launching."""

    unit: Unit
    currencies: tuple[str, ...]
    """Of pay; empty: any."""
    is_in_frame: bool
    """Whether workers see the grid inside the platform's own page."""
    has_notifications: bool
    has_bonuses: bool
    can_reject: bool
    can_reverse_rejection: bool
    can_pause: bool
    can_block: bool
    """Keep single workers away from what is posted."""
    has_sandbox: bool
    """Somewhere to try it without money."""
    longest_token: int
    shortest_reason: int = 1
    """Of a rejection, in characters."""
    pays_by_token: bool = True
    """Whether it knows a bonus again by its token; one that does not notes its orders in a book."""


@dataclass(frozen=True, kw_only=True)
class Posting:
    """What workers are offered."""

    token: str
    """Unique; by it the posting is found again."""
    is_recent: bool = False
    """Whether it was written down within the last hours, so that it can't have been put up longer ago than that."""
    title: str
    description: str
    keywords: tuple[str, ...] = ()
    address: str
    """Where workers start, an https address; platforms add who comes."""
    num_places: int
    pay_minor_units: int
    """For one place."""
    currency: str
    seconds_allowed: int
    """For one place, once it is taken."""
    seconds_estimated: int
    lasts_seconds: int
    """How long places can be taken."""
    completion_code: str = ""
    allowed_group: str = ""
    """Only workers of this group of the platform, by its id there; empty: everyone."""
    blocked_group: str = ""
    stopped_group: str = ""
    """Of workers whom the study gives no more grids: blocked as well."""


class PostingState(StrEnum):
    """As far as workers are concerned."""

    DRAFT = "draft"
    OPEN = "open"
    PAUSED = "paused"
    CLOSED = "closed"


@dataclass(frozen=True, kw_only=True)
class Posted:
    """A posting as the platform has it."""

    external_id: str
    token: str
    """Empty where it was not put up by Twinset."""
    state: PostingState
    num_places: int


class SubmissionState(StrEnum):
    """What has become of one place."""

    WORKING = "working"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    REJECTED = "rejected"
    RETURNED = "returned"
    """Given back, or taken away when the time was over: nothing is owed."""


@dataclass(frozen=True, kw_only=True)
class Submission:
    """One worker in one place, as the platform has it."""

    external_id: str
    posting_id: str
    worker_id: str
    state: SubmissionState
    submitted_at: datetime | None
    completion_code: str = ""


@dataclass(frozen=True, kw_only=True)
class Payment:
    """A bonus as the platform has it."""

    token: str
    worker_id: str
    submission_id: str
    minor_units: int


@dataclass(frozen=True, kw_only=True)
class Notification:
    """Something changed over there: a reason to ask, never the answer itself, for it may come late, twice or forged."""

    external_id: str
    """The same for a notification that comes again."""
    posting_id: str
    submission_id: str
    happened_at: datetime | None


class PaidPlatform(Protocol):
    """One paid workforce. Every method may raise `PlatformError`; those that change something are safe to repeat."""

    name: str
    capabilities: Capabilities

    def balance(self) -> tuple[int, str]:
        """What can still be spent: smallest units, and their currency."""
        ...

    def fee(self, *, pay_minor_units: int, num_places: int) -> int:
        """What the platform takes on top for so many places at this pay, in smallest units."""
        ...

    def post(self, posting: Posting) -> Posted:
        """Put it up; one with this token that is there already is returned as it is."""
        ...

    def find(self, token: str) -> Posted | None:
        """The posting of this token."""
        ...

    def postings(self) -> Iterator[Posted]:
        """All that this account has, of whoever put them up; the newest need not come first."""
        ...

    def extend(self, posted_id: str, *, num_places: int, token: str) -> Posted:
        """Raise the places to that many in all; never lowers them."""
        ...

    def pause(self, posted_id: str) -> None:
        """Let nobody take a place until `resume`; who has one goes on."""
        ...

    def resume(self, posted_id: str) -> None:
        """Let places be taken again."""
        ...

    def close(self, posted_id: str) -> None:
        """Let nobody take a place any more; who has one goes on. Closing again changes nothing."""
        ...

    def submissions(self, posted_id: str) -> Iterator[Submission]:
        """All places ever taken."""
        ...

    def approve(self, submission_id: str) -> None:
        """Pay it. Approving what is approved changes nothing; also takes back a rejection, where that is possible."""
        ...

    def reject(self, submission_id: str, *, reason: str) -> None:
        """Refuse to pay; the worker is told the reason."""
        ...

    def bonus(self, payment: Payment, *, currency: str, reason: str) -> None:
        """Pay something on top; a payment of the same token is made once."""
        ...

    def bonuses(self, posted_id: str) -> Iterator[Payment]:
        """All that were paid for it."""
        ...

    def group(self, name: str, *, description: str) -> str:
        """The id of the group of workers of this name, which is made where there is none."""
        ...

    def block(self, worker_id: str, *, group: str) -> None:
        """Keep the worker away from postings that block this group; again changes nothing."""
        ...

    def unblock(self, worker_id: str, *, group: str) -> None:
        """Let the worker come again; it is no error where they could."""
        ...


def visible(text: str) -> str:
    """What can be seen of a text: a run of line breaks and the like is one blank."""
    return UNSEEN.sub(" ", text).strip()
