"""What an account at Prolific holds: its money, studies, submissions, groups. In memory; one lock for all of it.

Ids are as Prolific's: 24 hexadecimal digits that begin with a time, here a count.
"""

import itertools
import math
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

RATE = 0.428
"""Fee and tax on top of what workers get."""
TAKES_A_PLACE = {"RESERVED", "ACTIVE", "AWAITING REVIEW", "APPROVED"}


class Refusal(Exception):
    """A request that Prolific answers with an error."""

    def __init__(self, status: int, detail: Any, *, code: int = 140000) -> None:
        super().__init__(detail)
        self.status, self.detail, self.code = status, detail, code


@dataclass
class FakeStudy:
    id: str
    fields: dict[str, Any]
    created_at: datetime
    status: str = "UNPUBLISHED"
    published_at: datetime | None = None

    @property
    def places(self) -> int:
        return int(self.fields["total_available_places"])

    @property
    def cost_of_place(self) -> int:
        return with_fee(int(self.fields["reward"]))


@dataclass
class FakeSubmission:
    id: str
    study: FakeStudy
    participant: str
    started_at: datetime
    status: str = "RESERVED"
    completed_at: datetime | None = None
    code: str | None = None
    return_requested: datetime | None = None
    bonuses: list[int] = field(default_factory=list)
    message: str = ""


@dataclass
class FakeGroup:
    id: str
    name: str
    members: dict[str, datetime] = field(default_factory=dict)


@dataclass
class FakeOrder:
    """Bonuses that were set up: (submission, amount)."""

    id: str
    study: FakeStudy
    lines: list[tuple[FakeSubmission, int]]


def with_fee(amount: int) -> int:
    return amount + math.ceil(amount * RATE)


class Account:
    """One workspace with one project. `now` is set by the test; nothing here reads a clock."""

    def __init__(self, *, balance: int = 100_000, currency: str = "GBP", token: str = "a-token") -> None:
        self.lock = threading.RLock()
        self._ids = itertools.count(1)
        self.now = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
        self.token, self.currency, self.total_balance = token, currency, balance
        self.workspace, self.project = self.new_id(), self.new_id()
        self.studies: dict[str, FakeStudy] = {}
        self.submissions: dict[str, FakeSubmission] = {}
        self.groups: dict[str, FakeGroup] = {}
        self.orders: dict[str, FakeOrder] = {}
        self.ordered: list[FakeOrder] = []
        """Accepted, and carried out by `settle`."""
        self.settles_at_once = True
        self.events: list[dict[str, Any]] = []
        """What happened, for the hooks to tell."""

    def new_id(self) -> str:
        with self.lock:
            return f"{0x65000000 + next(self._ids):08x}c0ffee0000000000"

    def pass_time(self, by: timedelta) -> None:
        self.now += by

    # --- money ------------------------------------------------------------------------------------

    @property
    def available_balance(self) -> int:
        return self.total_balance - sum(self._set_aside(study) for study in self.studies.values())

    def _set_aside(self, study: FakeStudy) -> int:
        if study.status == "UNPUBLISHED":
            return 0
        of_study = self.of_study(study)
        settled = sum(each.status == "APPROVED" for each in of_study)
        if study.status == "COMPLETED":
            taken = sum(each.status in TAKES_A_PLACE for each in of_study)
            return (taken - settled) * study.cost_of_place
        return (study.places - settled) * study.cost_of_place

    def settle(self) -> None:
        """Carry out the bonuses that were ordered, as Prolific does minutes later."""
        with self.lock:
            for order in self.ordered:
                for submission, amount in order.lines:
                    submission.bonuses.append(amount)
                    self.total_balance -= with_fee(amount)
            self.ordered.clear()

    # --- studies and submissions ------------------------------------------------------------------

    def of_study(self, study: FakeStudy) -> list[FakeSubmission]:
        return [each for each in self.submissions.values() if each.study is study]

    def places_taken(self, study: FakeStudy) -> int:
        return sum(each.status in TAKES_A_PLACE for each in self.of_study(study))

    def set_study_status(self, study: FakeStudy, status: str) -> None:
        if study.status != status:
            study.status = status
            self._tell("study.status.change", study.id, status=status, metadata={})

    def set_submission_status(self, submission: FakeSubmission, status: str) -> None:
        if submission.status == status:
            return
        submission.status = status
        kind = "submission.status.change"
        self._tell(kind, submission.id, status=status, participant_id=submission.participant)
        self.review_places(submission.study)

    def review_places(self, study: FakeStudy) -> None:
        """A study rests when its places are taken, is complete when they are paid, and wakes when one is free."""
        if study.status not in ("ACTIVE", "AWAITING REVIEW"):
            return
        states = [each.status for each in self.of_study(study)]
        if self.places_taken(study) < study.places:
            self.set_study_status(study, "ACTIVE")
        elif states.count("APPROVED") >= study.places:
            self.set_study_status(study, "COMPLETED")
        elif not {"RESERVED", "ACTIVE"} & set(states):
            self.set_study_status(study, "AWAITING REVIEW")

    def approve(self, submission: FakeSubmission) -> None:
        self.total_balance -= submission.study.cost_of_place
        self.set_submission_status(submission, "APPROVED")

    def _tell(self, kind: str, resource: str, **more: Any) -> None:
        self.events.append({"resource_id": resource, "event_type": kind} | more)
