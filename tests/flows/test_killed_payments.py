"""A process that posts a batch and pays it is killed at every point between intent and outcome, on each platform."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from django.contrib.auth.models import User

from annotation import launches
from annotation.models import Batch, Launch, LedgerEntry, Place, Posting
from annotation.payments import ledger
from tests import cast
from tests.annotation.payments.desks import Desk
from tests.annotation.payments.own_desk import PLATFORMS
from tests.flows.conftest import ROOT, child_environment
from tests.flows.paying_process import BONUS

NUM_WORKERS, NUM_PLACES = 2, 3
MOST_STARTS = 5
HERE = "http://127.0.0.1:1"  # that the platforms are on this machine, for what is checked before a launch
KEYS = {"MTURK_ENDPOINT_URL": HERE, "MTURK_ACCESS_KEY": "a-key", "MTURK_SECRET_KEY": "a-secret"} | {
    "PROLIFIC_ENDPOINT": HERE, "PROLIFIC_TOKEN": "a-token", "PROLIFIC_WORKSPACE": "w", "PROLIFIC_PROJECT": "p",
}  # fmt: skip
OF_GROUP = "drafting.kept_from:1"
GOING_LIVE = [
    *(f"drafting.{verb}:1" for verb in ("confirmed", "went_live")),
    "hits.launch:1",
    "postings.prepare:1",
    *("change:1", "change:2", "change:3"),  # the group of who is stopped, then two for what is put up
    OF_GROUP,
    "putting_up.adopt:1",
]
PAYING = [
    *(f"change:{number}" for number in range(1, 5)),  # two approvals, a bonus, closing
    *(f"ledger.intend:{number}" for number in range(1, 4)),
    *(f"ledger.done:{number}" for number in range(1, 4)),
    "book.order:1",
    "postings.decided:1",
    "putting_up._told:1",
]


class Payer:
    """Starts a process for a batch, and kills it where it stands still."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        assert self._answer() == "ready"

    def start(self, desk: Desk, row: Launch | Batch, *, stop: str = "") -> bool:
        """Whether it got as far as the point where it was to stop, and was killed there."""
        assert self.process.stdin is not None
        given = {
            "what": type(row).__name__.lower(),
            "pk": row.pk,
            "name": desk.name,
            "reach": {name: each for name, each in desk.reach.items() if name != "clock"},
            "now": desk.later(2 if isinstance(row, Batch) else 0).isoformat(),
            "stop": stop,
        }
        self.process.stdin.write(f"{json.dumps(given)}\n")
        self.process.stdin.flush()
        child = int(self._answer())
        answer = self._answer()
        if answer == "here":
            os.kill(child, signal.SIGKILL)
            assert self._answer() == "ended"
            return True
        assert answer == "ended", answer
        return False

    def finish(self, desk: Desk, row: Launch | Batch, *, is_done: Callable[[], bool]) -> None:
        """Start it again until it is done; a day later each time, since some things are known only then."""
        for _ in range(MOST_STARTS):
            self.start(desk, row)
            if is_done():
                return
            if desk.name == "prolific":
                desk.server.account.now += timedelta(days=2)
        pytest.fail(f"{row} is not done after {MOST_STARTS} starts")

    def _answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


@pytest.fixture
def payer(transactional_db: None, empty_queue: redis.Redis, tmp_path: Path) -> Iterator[Payer]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.flows.paying_process"],
        cwd=ROOT,
        env=child_environment(tmp_path / "storage") | KEYS,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield Payer(process)
        process.kill()


def before_and_after(desk: Desk, places: list[str]) -> list[str]:
    """One's own people are at no platform that anything is told to."""
    own = [place for place in places if desk.has_two_sides or not place.startswith(("change", OF_GROUP))]
    return [f"{when}:{place}" for place in own for when in ("before", "after")]


def a_batch(desk: Desk, number: int) -> Batch:
    """One grid, and a budget for just what it may cost."""
    platform = desk.platform()
    cost = NUM_PLACES * (100 + platform.fee(pay_minor_units=100, num_places=1))
    cost += BONUS + platform.fee(pay_minor_units=BONUS, num_places=1)
    return desk.batch(1, NUM_PLACES, slug=f"twin-{number}", budget_minor_units=cost)


def a_launch(desk: Desk, number: int, researcher: User) -> Launch:
    """Of one grid that waits."""
    batch = a_batch(desk, number)
    study, budget = batch.study, batch.budget_minor_units
    batch.delete()
    study.researchers.add(researcher)
    plan = launches.Plan(
        platform=desk.name,
        num_assignments=NUM_PLACES,
        pay_minor_units=100,
        currency=desk.currency,
        budget_minor_units=budget,
    )
    return launches.draft(study=study, plan=plan, by=researcher, now=cast.NOW)


def is_up(launch: Launch) -> bool:
    return [each.state for each in Posting.objects.filter(batch__launch=launch)] == ["open"]


def is_over(batch: Batch) -> bool:
    is_closed = [(each.state, each.pending) for each in batch.postings.all()] == [("closed", "")]
    return is_closed and ledger.spend(batch).paid == NUM_WORKERS * 100 + BONUS and not ledger.unsettled(batch)


def books_are_right(desk: Desk, batches: list[Batch]) -> None:
    """Everybody once, within the budget of each, and the sums are the platform's own."""
    spends = [ledger.spend(batch) for batch in batches]
    assert {each.paid for each in spends} == {NUM_WORKERS * 100 + BONUS}
    assert all(each.budget is not None and each.committed <= each.budget for each in spends)
    assert sum(each.paid + each.fees for each in spends) == sum(each.committed for each in spends)
    if desk.has_two_sides:
        assert sum(each.committed for each in spends) == desk.spent
    done = Counter(LedgerEntry.objects.filter(step="done", kind="approve").values_list("assignment", flat=True))
    assert set(done.values()) == {1}
    assert [each.state for each in Place.objects.all()] == ["approved"] * NUM_WORKERS * len(batches)


@pytest.mark.parametrize("name", sorted(PLATFORMS))
def test_platforms_killed_while_a_launch_goes_live(payer: Payer, researcher: User, name: str) -> None:
    with PLATFORMS[name]() as desk:
        stops = before_and_after(desk, GOING_LIVE)
        rows = [a_launch(desk, number, researcher) for number in range(len(stops))]
        for row, stop in zip(rows, stops, strict=True):
            assert payer.start(desk, row, stop=stop), stop
            payer.finish(desk, row, is_done=lambda row=row: is_up(row))
        assert Batch.objects.count() == len(rows)
        assert not desk.has_two_sides or desk.num_up == len(rows)
        tokens = [each.token for each in desk.platform().postings()]
        assert sorted(tokens) == sorted(Posting.objects.values_list("token", flat=True))


@pytest.mark.parametrize("name", sorted(PLATFORMS))
def test_platforms_killed_while_workers_are_paid(payer: Payer, name: str) -> None:
    with PLATFORMS[name]() as desk:
        stops = before_and_after(desk, PAYING)
        batches = [a_batch(desk, number) for number in range(len(stops))]
        for batch, stop in zip(batches, stops, strict=True):
            [posting] = desk.post(batch)
            for number in range(NUM_WORKERS):
                desk.work(posting, number)
            assert payer.start(desk, batch, stop=stop), stop
            payer.finish(desk, batch, is_done=lambda batch=batch: is_over(batch))
        books_are_right(desk, batches)
