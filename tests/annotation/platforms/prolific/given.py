"""What the tests of Prolific begin with."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from annotation.access import Secret
from annotation.platforms.paid import Payment, Posting
from annotation.platforms.prolific import Access, ProlificPlatform
from annotation.platforms.prolific.transport import Transport
from tests.fakes.prolific import Account, Participant, ProlificServer
from tests.fakes.prolific.account import FakeSubmission

TOKEN = "planted-token-9f3e"
CODE = "C0DE42"
REASON = "None of the bows in the control images were selected, though they are large and in the middle of the picture."


class MemoryBook:
    """A book that forgets nothing as long as the test lasts."""

    def __init__(self) -> None:
        self.orders: dict[str, datetime] = {}
        self.payments: list[Payment] = []
        self.is_taken = False

    def ordered_at(self, token: str) -> datetime | None:
        return self.orders.get(token)

    def order(self, token: str, *, was: datetime | None, now: datetime) -> bool:
        if self.is_taken or self.orders.get(token) != was:
            return False
        self.orders[token] = now
        return True

    def withdraw(self, token: str, *, now: datetime) -> None:
        assert self.orders.pop(token) == now

    def settled(self, submission_id: str) -> Sequence[Payment]:
        return [each for each in self.payments if each.submission_id == submission_id]


def access(server: ProlificServer, **changes: Any) -> Access:
    account = server.account
    known = {
        "endpoint": server.address,
        "token": Secret(account.token),
        "workspace": account.workspace,
        "project": account.project,
    }
    return Access(**(known | changes))


def platform(server: ProlificServer, book: MemoryBook, *, read_seconds: float = 15, **changes: Any) -> ProlificPlatform:
    known = access(server, **changes)
    transport = Transport(known, read_seconds=read_seconds)
    return ProlificPlatform(known, book=book, clock=lambda: server.account.now, transport=transport)


def posting(**changes: Any) -> Posting:
    known = {
        "token": "batch-7",
        "title": "Find the bows",
        "description": "Look at grids of pictures.\n\nSelect all that show a bow.",
        "address": "https://twin.example/join/abc/",
        "num_places": 3,
        "pay_minor_units": 120,
        "currency": "GBP",
        "seconds_allowed": 3600,
        "seconds_estimated": 540,
        "lasts_seconds": 86_400,
        "completion_code": CODE,
    }
    return Posting(**(known | changes))


def person(account: Account) -> Participant:
    return Participant(account, account.new_id())


def submitted(account: Account, study_id: str, *, who: Participant | None = None) -> FakeSubmission:
    """A place that somebody took, worked in and handed in."""
    who = who or person(account)
    submission = who.take_place(study_id)
    who.start(submission)
    who.complete(submission, CODE)
    return submission


def payment(submission: FakeSubmission, **changes: Any) -> Payment:
    known = {
        "token": "bonus-1",
        "worker_id": submission.participant,
        "submission_id": submission.id,
        "minor_units": 50,
    }
    return Payment(**(known | changes))
