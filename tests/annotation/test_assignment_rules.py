"""The rules of claiming as a state machine: whatever happens in whatever order, slots stay what they are."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from annotation import assignments, bitmaps, hits
from annotation.errors import AlreadySubmitted, BatchClosed, NotYours
from annotation.models import Assignment, Batch, Worker
from tests import cast

LEASE = timedelta(seconds=1800)
SLUGS = count()
PEOPLE, BATCHES, SLOTS = st.integers(0, 2), st.integers(0, 1), st.integers(0, 7)


@dataclass
class Slot:
    """What the database should say of one assignment."""

    batch: int
    hit: int
    grid: int
    worker: int | None = None
    lease_expires_at: object = None
    selected: list[int] | None = None


class Serving(RuleBasedStateMachine):
    """Two batches of the same two grids, two slots each, three workers."""

    @initialize()
    def launch(self) -> None:
        target_class = cast.target_class(cast.study(f"rules-{next(SLUGS)}"))
        grids = [cast.grid(target_class, [cast.candidate(target_class)] * 3) for _ in range(2)]
        self.now = cast.NOW
        self.batches = [cast.batch(target_class.study, grids) for _ in range(2)]
        self.workers = [cast.worker(f"{target_class.study.slug}-{number}") for number in range(3)]
        rows = Assignment.objects.filter(hit__batch__in=self.batches).order_by("pk")
        self.slots = {row.pk: Slot(row.hit.batch_id, row.hit_id, row.hit.grid_id) for row in rows.select_related("hit")}

    @rule(minutes=st.sampled_from([1, 20, 31]))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(number=BATCHES)
    def expire(self, number: int) -> None:
        self.batches[number] = hits.expire(batch=self.batches[number], now=self.now)

    @rule(number=BATCHES, person=PEOPLE)
    def claim(self, number: int, person: int) -> None:
        batch, worker = self.batches[number], self.workers[person]
        own = [pk for pk, slot in self.slots.items() if self.is_open_work(slot, batch, worker)]
        running = [pk for pk in own if self.is_running(self.slots[pk])]
        if not running and batch.expired_at is not None:
            with pytest.raises(BatchClosed):
                assignments.claim(batch=batch, worker=worker, now=self.now)
            return
        got = assignments.claim(batch=batch, worker=worker, now=self.now)
        allowed = running or own or [pk for pk, slot in self.slots.items() if self.is_free_for(slot, batch, worker)]
        assert (got is None) == (not allowed)
        if got is not None:
            assert got.pk in allowed
            if not running:
                self.slots[got.pk].worker, self.slots[got.pk].lease_expires_at = worker.pk, self.now + LEASE

    @rule(number=SLOTS, person=PEOPLE, selected=st.lists(st.integers(0, 2), unique=True).map(sorted))
    def submit(self, number: int, person: int, selected: list[int]) -> None:
        pk, slot, worker = self.pick(number, person)
        ids = {"assignment_id": pk, "worker_id": worker.pk}
        if slot.worker != worker.pk:
            expected: type[Exception] | None = NotYours
        elif slot.selected is not None:
            expected = None if slot.selected == selected else AlreadySubmitted
        else:
            expected = BatchClosed if not self.is_running(slot) and self.is_closed(slot) else None
        if expected:
            with pytest.raises(expected):
                assignments.submit(**ids, selected=selected, not_seen=[], now=self.now)
        else:
            done = assignments.submit(**ids, selected=selected, not_seen=[], now=self.now)
            assert slot.selected is not None or done.is_late == (not self.is_running(slot))
            slot.selected = selected

    @rule(number=SLOTS, person=PEOPLE)
    def release(self, number: int, person: int) -> None:
        pk, slot, worker = self.pick(number, person)
        if slot.worker != worker.pk or slot.selected is not None:
            with pytest.raises((NotYours, AlreadySubmitted)):
                assignments.release(assignment_id=pk, worker_id=worker.pk, now=self.now)
        else:
            assignments.release(assignment_id=pk, worker_id=worker.pk, now=self.now)
            slot.worker = slot.lease_expires_at = None

    @invariant()
    def the_database_says_the_same(self) -> None:
        rows = {row.pk: row for row in Assignment.objects.filter(pk__in=self.slots)}
        for pk, slot in self.slots.items():
            row = rows[pk]
            stored = None if row.selected is None else bitmaps.positions(row.selected, 3)
            assert (row.worker_id, row.lease_expires_at, stored) == (slot.worker, slot.lease_expires_at, slot.selected)

    def pick(self, number: int, person: int) -> tuple[int, Slot, Worker]:
        pk = sorted(self.slots)[number]
        return pk, self.slots[pk], self.workers[person]

    def is_running(self, slot: Slot) -> bool:
        return slot.selected is None and slot.lease_expires_at is not None and slot.lease_expires_at > self.now

    def is_closed(self, slot: Slot) -> bool:
        return any(batch.pk == slot.batch and batch.expired_at is not None for batch in self.batches)

    def has_judged(self, worker: Worker, grid: int) -> bool:
        mine = [slot for slot in self.slots.values() if slot.worker == worker.pk and slot.grid == grid]
        return any(slot.selected is not None for slot in mine)

    def is_open_work(self, slot: Slot, batch: Batch, worker: Worker) -> bool:
        mine = slot.batch == batch.pk and slot.worker == worker.pk and slot.selected is None
        return mine and not self.has_judged(worker, slot.grid)

    def is_free_for(self, slot: Slot, batch: Batch, worker: Worker) -> bool:
        mine = [other for other in self.slots.values() if other.worker == worker.pk and other.grid == slot.grid]
        met = any(other.selected is not None or self.is_running(other) or other.hit == slot.hit for other in mine)
        return slot.batch == batch.pk and slot.selected is None and not self.is_running(slot) and not met


@pytest.mark.django_db
def test_slots_obey_their_rules_in_any_order_of_events() -> None:
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much]
    run_state_machine_as_test(
        Serving,
        settings=settings(max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=checks),
    )
