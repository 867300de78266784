"""A paid batch at each platform's local server: what the tests of postings and payments have in common."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from annotation import assignments, postings
from annotation.access import Secret
from annotation.models import Batch, Place, Posting, Worker
from annotation.payments import paying
from annotation.payments.bonuses import LedgerBook
from annotation.platforms.mturk import Access as MTurkAccess
from annotation.platforms.mturk import MTurkPlatform
from annotation.platforms.paid import PaidPlatform
from annotation.platforms.prolific import Access as ProlificAccess
from annotation.platforms.prolific import ProlificPlatform
from annotation.platforms.prolific.transport import Transport
from tests import cast
from tests.fakes.mturk import ACCESS_KEY, REGION, SECRET_KEY, MTurkServer
from tests.fakes.mturk import Fault as MTurkFault
from tests.fakes.prolific import Account, Fault, Participant, ProlificServer

CODE = "C0DE42"
DAY = timedelta(days=1)
REASON = "None of the bows in the control images were selected, though they are large and in the middle of the picture."
TEXT = postings.Text(
    title="Find the bows",
    description="Look at grids of pictures.",
    address="https://twin.example/start/",
    seconds_allowed=3600,
    seconds_estimated=540,
    lasts_seconds=7 * 86_400,
    completion_code=CODE,
)


@dataclass
class Desk:
    """One platform's server, how to reach it, and what its people do; `faults` are named as each server names them."""

    name: str
    currency: str
    server: Any
    reach: dict[str, Any]
    add_fault: Callable[[str, str], None]
    operations: dict[str, str]
    people: list[str] = field(default_factory=list)
    is_by_hit: bool = False
    """Whether each HIT is posted by itself."""
    has_two_sides: bool = True
    """Whether the platform knows anything that is not known here."""

    def platform(self, **given: Any) -> PaidPlatform:
        """Remembers nothing, as in another process."""
        return platform_of(self.name, **(self.reach | given))

    def batch(self, num_grids: int = 2, num_assignments: int = 2, slug: str = "digits-twin", **fields: Any) -> Batch:
        target_class = cast.target_class(cast.study(slug))
        grids = [cast.grid(target_class, [cast.candidate(target_class)]) for _ in range(num_grids)]
        terms = {"platform": self.name, "pay_minor_units": 100, "currency": self.currency}
        return cast.batch(target_class.study, grids, num_assignments, **terms | fields)

    def post(self, batch: Batch, **given: Any) -> list[Posting]:
        postings.prepare(batch=batch, platform=self.platform(), now=cast.NOW, **given)
        done = postings.post_next(batch=batch, platform=self.platform(), text=TEXT, now=cast.NOW)
        assert (done.problems, done.num_left) == ([], 0)
        return list(batch.postings.all())

    def worker(self, number: int = 0) -> Worker:
        external_id = f"A{number:023d}" if self.name == "mturk" else f"{number + 10:024x}"
        found, _ = Worker.objects.get_or_create(
            platform=self.name, external_id=external_id, defaults={"created_at": cast.NOW}
        )
        return found

    def take(self, posting: Posting, number: int = 0) -> str:
        """A worker takes a place and hands in there; the id of the submission."""
        worker = self.worker(number)
        if self.name == "mturk":
            with self.server.lock:
                taken = self.server.workers.accept(posting.external_id, worker.external_id)
                self.server.workers.submit([("assignmentId", taken.assignment_id), ("completion_code", CODE)])
            return str(taken.assignment_id)
        who = Participant(self.server.account, worker.external_id)
        submission = who.take_place(posting.external_id)
        who.start(submission)
        who.complete(submission, CODE)
        return submission.id

    def work(self, posting: Posting, number: int = 0) -> str:
        """The same, and the grid is handed in here too."""
        worker = self.worker(number)
        if posting.hit is not None:
            slot = posting.hit.assignments.filter(worker=None).first()
            assert slot is not None
            type(slot).objects.filter(pk=slot.pk).update(
                worker=worker, claimed_at=cast.NOW, lease_expires_at=cast.NOW + DAY
            )
            assignments.submit(assignment_id=slot.pk, worker_id=worker.pk, selected=[0], not_seen=[], now=cast.NOW)
        else:
            for _ in range(posting.num_grids):
                cast.handed_in(posting.batch, worker, cast.NOW)
        return self.take(posting, number)

    def learn(self, batch: Batch, **given: Any) -> list[Place]:
        done = postings.learn(batch=batch, platform=self.platform(), now=self.later(0), **given)
        assert done.problems == []
        return list(Place.objects.filter(posting__batch=batch).order_by("id"))

    def later(self, days: float) -> Any:
        """That long after the platform's present."""
        now = self.server.clock.now() if self.name == "mturk" else self.server.account.now
        return now + timedelta(days=days)

    def pay(self, batch: Batch, days: float = 2) -> paying.Payday:
        return paying.pay_due(batch=batch, platform=self.platform(), now=self.later(days))

    def advance(self, seconds: int) -> None:
        if self.name == "mturk":
            self.server.advance(seconds=seconds)

    def fault(self, what: str, *kinds: str) -> None:
        """Of the next calls that do this: `before` or `after` the effect the answer is lost; or `throttled`."""
        for kind in kinds:
            self.add_fault(self.operations[what], kind)

    @property
    def spent(self) -> int:
        """By the platform's own account, its fees with it."""
        if self.name == "mturk":
            return 1_000_000 - int(self.server.account.funds)
        return 1_000_000 - int(self.server.account.total_balance)

    @property
    def num_up(self) -> int:
        if self.name == "mturk":
            return len(self.server.account.hits)
        return sum(each.status != "UNPUBLISHED" for each in self.server.account.studies.values())


def platform_of(name: str, **reach: Any) -> PaidPlatform:
    """As a process makes it that knows no more than this; `ahead` are seconds that the clock there is before ours."""
    if name == "mturk":
        return MTurkPlatform(
            MTurkAccess(endpoint=reach["endpoint"], region=REGION, access_key=ACCESS_KEY, secret_key=SECRET_KEY)
        )
    access = ProlificAccess(
        endpoint=reach["endpoint"], token=Secret("a-token"), workspace=reach["workspace"], project=reach["project"]
    )
    clock = reach.get("clock") or (lambda: cast.NOW)
    return ProlificPlatform(access, book=LedgerBook(), clock=clock, transport=Transport(access))


@contextmanager
def mturk() -> Iterator[Desk]:
    with MTurkServer(funds=1_000_000) as server:
        names = {"before": "reset before", "after": "reset after", "throttled": "throttled"}
        operations = {
            "post": "CreateHITWithHITType", "approve": "ApproveAssignment", "bonus": "SendBonus",
            "close": "UpdateExpirationForHIT", "reject": "RejectAssignment", "list": "ListAssignmentsForHIT",
        }  # fmt: skip
        yield Desk(
            name="mturk",
            currency="USD",
            server=server,
            reach={"endpoint": server.address},
            add_fault=lambda operation, kind: server.faults.add(operation, MTurkFault(names[kind])),
            operations=operations,
            is_by_hit=True,
        )
    assert server.defects == []


@contextmanager
def prolific() -> Iterator[Desk]:
    account = Account(balance=1_000_000)
    with ProlificServer(account) as server:
        kinds = {"before": Fault.RESET_BEFORE, "after": Fault.RESET_AFTER, "throttled": Fault.THROTTLED}
        operations = {
            "post": "create-study", "approve": "transition-submission", "bonus": "pay-bonus-payments",
            "close": "publish-study", "reject": "transition-submission", "list": "get-submissions",
        }  # fmt: skip
        yield Desk(
            name="prolific",
            currency="GBP",
            server=server,
            reach={
                "endpoint": server.address,
                "workspace": account.workspace,
                "project": account.project,
                "clock": lambda: account.now,
            },
            add_fault=lambda operation, kind: server.faults.plan(operation, kinds[kind]),
            operations=operations,
        )
    assert server.broken_promises == []


OUTSIDE = {"mturk": mturk, "prolific": prolific}
