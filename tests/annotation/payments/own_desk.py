"""One's own people, and simulated ones, at the same desk as those of paid platforms: no server, only a till."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from annotation.models import Place, Posting, Worker
from annotation.platforms import paid
from annotation.platforms.own import LOCAL, SIMULATED, OwnPlatform
from annotation.platforms.paid import PaidPlatform, PlatformBusy, Posted, Uncertain
from tests import cast
from tests.annotation.payments.desks import OUTSIDE, Desk


@dataclass
class Till:
    """Who hands over the money by hand, and notes to whom; `faults` are what gets in between."""

    posted: set[str] = field(default_factory=set)
    paid: dict[str, int] = field(default_factory=dict)
    bonuses: dict[str, int] = field(default_factory=dict)
    faults: dict[str, list[str]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def plan(self, operation: str, kind: str) -> None:
        self.faults.setdefault(operation, []).append(kind)

    @contextmanager
    def asked(self, operation: str) -> Iterator[None]:
        with self.lock:
            planned = self.faults.get(operation, [])
            kind = planned.pop(0) if planned else ""
        if kind == "throttled":
            raise PlatformBusy("Later.", retry_after=5)
        if kind == "before":
            raise Uncertain("No answer.")
        yield
        if kind == "after":
            raise Uncertain("No answer.")


class TilledPlatform(OwnPlatform):
    """As it is, beside a till that notes each payment it is asked for."""

    def __init__(self, name: str, till: Till) -> None:
        super().__init__(name)
        self.till = till

    def post(self, posting: paid.Posting) -> Posted:
        with self.till.asked("post"):
            self.till.posted.add(posting.token)
            return super().post(posting)

    def close(self, posted_id: str) -> None:
        with self.till.asked("close"):
            super().close(posted_id)

    def submissions(self, posted_id: str) -> Iterator[paid.Submission]:
        with self.till.asked("list"):
            yield from super().submissions(posted_id)

    def approve(self, submission_id: str) -> None:
        with self.till.asked("approve"):
            super().approve(submission_id)
            self.till.paid[submission_id] = Place.objects.get(external_id=submission_id).posting.pay_minor_units

    def reject(self, submission_id: str, *, reason: str) -> None:
        with self.till.asked("reject"):
            super().reject(submission_id, reason=reason)

    def bonus(self, payment: paid.Payment, *, currency: str, reason: str) -> None:
        with self.till.asked("bonus"):
            super().bonus(payment, currency=currency, reason=reason)
            self.till.bonuses[payment.token] = payment.minor_units


class OwnDesk(Desk):
    """Whose people work here, so that their work is their place."""

    def platform(self, **given: Any) -> PaidPlatform:
        return TilledPlatform(self.name, self.server)

    def worker(self, number: int = 0) -> Worker:
        found, _ = Worker.objects.get_or_create(
            platform=self.name,
            external_id=f"w{number}",
            defaults={"created_at": cast.NOW, "is_simulated": self.name == SIMULATED},
        )
        return found

    def take(self, posting: Posting, number: int = 0) -> str:
        done = posting.hit.assignments.filter(worker=self.worker(number)).first() if posting.hit else None
        return str(done.pk) if done else ""

    def later(self, days: float) -> Any:
        return cast.NOW + timedelta(days=days)

    @property
    def spent(self) -> int:
        return sum(self.server.paid.values()) + sum(self.server.bonuses.values())

    @property
    def num_up(self) -> int:
        return len(self.server.posted)


@contextmanager
def own(name: str) -> Iterator[Desk]:
    till = Till()
    yield OwnDesk(
        name=name,
        currency="EUR",
        server=till,
        reach={},
        add_fault=till.plan,
        operations={name: name for name in ("post", "approve", "bonus", "close", "reject", "list")},
        is_by_hit=True,
        has_two_sides=False,
    )


PLATFORMS: dict[str, Callable[[], AbstractContextManager[Desk]]] = {
    **OUTSIDE,
    LOCAL: partial(own, LOCAL),
    SIMULATED: partial(own, SIMULATED),
}
