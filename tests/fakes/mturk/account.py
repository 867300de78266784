"""One requester's account: what it has put up, what became of it, and its money (in cents)."""

import hashlib
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes.mturk.protocol import refusal

TOKENS_LAST = timedelta(hours=24)
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
REQUESTER = "A1REQUESTERFAKE"


class Clock:
    """The time there, which can be put forward."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        return (datetime.now(UTC) + self._ahead).replace(microsecond=0)

    def advance(self, **by: float) -> None:
        self._ahead += timedelta(**by)


@dataclass
class Assignment:
    assignment_id: str
    worker_id: str
    accepted_at: datetime
    deadline: datetime
    status: str = "Accepted"  # Submitted, Approved, Rejected; Returned, Abandoned
    submitted_at: datetime | None = None
    auto_approval_at: datetime | None = None
    approved_at: datetime | None = None
    rejected_at: datetime | None = None
    answer: str = ""
    feedback: str = ""


@dataclass
class HIT:
    hit_id: str
    hit_type_id: str
    kind: dict[str, Any]
    created_at: datetime
    expires_at: datetime
    max_assignments: int
    question: str
    annotation: str | None
    is_disposed: bool = False
    was_over: bool = False
    assignments: dict[str, Assignment] = field(default_factory=dict)
    held: int = 0

    def count(self, *statuses: str) -> int:
        return sum(each.status in statuses for each in self.assignments.values())

    @property
    def reward(self) -> int:
        dollars, _, cents = self.kind["Reward"].partition(".")
        return int(dollars) * 100 + int(cents.ljust(2, "0") or 0)

    @property
    def cost(self) -> int:
        """Of one place, the fee with it."""
        return self.reward + fee_of(self.reward, 40 if self.max_assignments >= 10 else 20)

    @property
    def num_available(self) -> int:
        return self.max_assignments - self.count("Accepted", "Submitted", "Approved", "Rejected")

    def status(self, now: datetime) -> str:
        if self.is_disposed:
            return "Disposed"
        is_expired = now >= self.expires_at
        if not self.count("Accepted") and (is_expired or self.num_available <= 0):
            return "Reviewable"
        return "Unassignable" if is_expired or self.num_available <= 0 else "Assignable"


def fee_of(cents: int, percent: int) -> int:
    return max((cents * percent + 50) // 100, 1)


class Account:
    """The state, and what happens by itself as time goes on: abandoned places, automatic approval, expiry."""

    def __init__(self, *, clock: Clock, funds: int) -> None:
        self.clock = clock
        self.funds = funds
        self.on_hold = 0
        self.hit_types: dict[str, dict[str, Any]] = {}
        self.hits: dict[str, HIT] = {}
        self.hit_of: dict[str, HIT] = {}  # by assignment
        self.bonuses: list[dict[str, Any]] = []
        self.groups: dict[str, dict[str, Any]] = {}
        self.members: dict[tuple[str, str], dict[str, Any]] = {}  # by qualification type and worker
        self.notified: dict[str, dict[str, Any]] = {}  # by HIT type
        self.tell: Callable[[str, list[dict[str, str]]], None] = lambda queue, events: None
        self._tokens: dict[tuple[str, str], tuple[datetime, str]] = {}
        self._numbers = itertools.count(1)

    def new_id(self, first: str = "3") -> str:
        return identifier(f"{first}{next(self._numbers)}", first)

    # --- tokens -------------------------------------------------------------------------------------

    def used(self, operation: str, token: str | None) -> str | None:
        """What the token made within the last 24 hours."""
        at, made = self._tokens.get((operation, token or ""), (None, ""))
        return made if token and at and self.clock.now() - at < TOKENS_LAST else None

    def use(self, operation: str, token: str | None, made: str) -> None:
        if token:
            self._tokens[operation, token] = (self.clock.now(), made)

    # --- money --------------------------------------------------------------------------------------

    @property
    def available(self) -> int:
        return self.funds - self.on_hold

    def need(self, cents: int) -> None:
        if self.available < cents:
            self.settle_all()
        if self.available < cents:
            raise refusal(
                "InsufficientFunds",
                "This Requester has insufficient funds in their account to complete this transaction.",
            )

    def hold(self, hit: HIT) -> None:
        """Set aside what the HIT may still cost."""
        if self.clock.now() >= hit.expires_at or hit.is_disposed:
            places = hit.count("Accepted", "Submitted")
        else:
            places = hit.max_assignments - hit.count("Approved", "Rejected")
        held = places * hit.cost
        self.on_hold += held - hit.held
        hit.held = held

    # --- time ---------------------------------------------------------------------------------------

    def settle_all(self) -> None:
        for hit in self.hits.values():
            self.settle(hit)

    def settle(self, hit: HIT) -> HIT:
        now = self.clock.now()
        for each in hit.assignments.values():
            if each.status == "Accepted" and now >= each.deadline:
                each.status = "Abandoned"
                self.happened("AssignmentAbandoned", hit, each)
            elif each.status == "Submitted" and each.auto_approval_at and now >= each.auto_approval_at:
                self.pay(hit, each, at=each.auto_approval_at)
        is_over = hit.status(now) == "Reviewable"
        if is_over and not hit.was_over:
            if now >= hit.expires_at:
                self.happened("HITExpired", hit)
            self.happened("HITReviewable", hit)
        hit.was_over = is_over
        self.hold(hit)
        return hit

    def pay(self, hit: HIT, assignment: Assignment, *, at: datetime) -> None:
        assignment.status, assignment.approved_at = "Approved", at
        self.funds -= hit.cost
        self.hold(hit)
        self.happened("AssignmentApproved", hit, assignment)

    def happened(self, kind: str, hit: HIT, assignment: Assignment | None = None) -> None:
        told = self.notified.get(hit.hit_type_id, {})
        notification = told.get("Notification", {})
        if not told.get("Active") or kind not in notification.get("EventTypes", ()):
            return
        event = {
            "EventType": kind,
            "EventTimestamp": self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "HITTypeId": hit.hit_type_id,
            "HITId": hit.hit_id,
        }
        if assignment:
            event["AssignmentId"] = assignment.assignment_id
        self.tell(notification["Destination"], [event])

    # --- looking up ---------------------------------------------------------------------------------

    def hit(self, hit_id: str) -> HIT:
        if hit_id not in self.hits:
            raise refusal("HITDoesNotExist", f"Hit {hit_id} does not exist.")
        return self.settle(self.hits[hit_id])

    def assignment(self, assignment_id: str) -> tuple[HIT, Assignment]:
        if assignment_id not in self.hit_of:
            raise refusal("AssignmentDoesNotExist", f"Assignment {assignment_id} does not exist.")
        hit = self.settle(self.hit_of[assignment_id])
        return hit, hit.assignments[assignment_id]

    def listed(self) -> Iterator[HIT]:
        return (hit for hit in self.hits.values() if not hit.is_disposed)


def identifier(seed: str, first: str) -> str:
    """Thirty letters and digits, as the service's ids are; the same for the same seed."""
    number = int.from_bytes(hashlib.sha256(seed.encode()).digest())
    letters = []
    for _ in range(29):
        number, index = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[index])
    return first + "".join(letters)
