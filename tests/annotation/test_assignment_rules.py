"""The rules of claiming as a state machine: whatever happens in whatever order, slots stay what they are."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from annotation import assignments, bitmaps, hits
from annotation.errors import AlreadySubmitted, AssignmentRefused, BatchClosed, HoldsEnough, MetBefore, NotYours
from annotation.models import Assignment, Batch, Worker
from annotation.serving.slots import Answer
from tests import cast

LEASE = timedelta(seconds=1800)
SLUGS = count()
PEOPLE, BATCHES, SLOTS = st.integers(0, 2), st.integers(0, 1), st.integers(0, 7)
SELECTED = st.lists(st.integers(0, 2), unique=True).map(sorted)
Refusal = type[AssignmentRefused]


@dataclass
class Slot:
    """What the database should say of one assignment."""

    batch: int
    hit: int
    grid: int
    worker: int | None = None
    claimed_at: datetime | None = None
    lease_expires_at: datetime | None = None
    selected: list[int] | None = None
    draft: list[int] | None = None
    taken_from: list[int] = field(default_factory=list)

    def take(self, worker: int, now: datetime, until: datetime) -> None:
        if self.worker not in (None, worker):
            self.taken_from.append(self.worker)
        if self.worker != worker:
            self.draft, self.claimed_at = None, now
        self.worker, self.lease_expires_at = worker, until

    def give_back(self) -> None:
        self.worker = self.claimed_at = self.lease_expires_at = self.draft = None


class Serving(RuleBasedStateMachine):
    """Two batches of the same two grids, with one and with two slots each, three workers."""

    @initialize()
    def launch(self) -> None:
        target_class = cast.target_class(cast.study(f"rules-{next(SLUGS)}"))
        grids = [cast.grid(target_class, [cast.candidate(target_class)] * 3) for _ in range(2)]
        self.now = cast.NOW
        self.batches = [cast.batch(target_class.study, grids, num_assignments=slots) for slots in (1, 2)]
        self.workers = [cast.worker(f"{target_class.study.slug}-{number}") for number in range(3)]
        rows = Assignment.objects.filter(hit__batch__in=self.batches).order_by("pk")
        self.slots = {row.pk: Slot(row.hit.batch_id, row.hit_id, row.hit.grid_id) for row in rows.select_related("hit")}
        for number, person in [(0, 0), (1, 1), (1, 2)]:  # and everybody has begun, so that much can happen soon
            self.claim_for(number, person)

    @rule(minutes=st.sampled_from([20, 31]))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(number=BATCHES, whim=st.integers(0, 9))
    def expire(self, number: int, whim: int) -> None:
        if whim == 9:  # seldom: a closed batch has little more to tell
            self.batches[number] = hits.expire(batch=self.batches[number], now=self.now)

    @rule(number=BATCHES, person=PEOPLE)
    def claim(self, number: int, person: int) -> None:
        self.claim_for(number, person)

    @rule(number=BATCHES, person=PEOPLE)
    def claim_after_the_leases(self, number: int, person: int) -> None:
        """What takes slots over."""
        self.now += LEASE + timedelta(seconds=1)
        self.claim_for(number, person)

    @rule(number=SLOTS, person=PEOPLE)
    def claim_ahead(self, number: int, person: int) -> None:
        busy_with, slot, worker = self.pick(number, person)
        if slot.worker == worker.pk:
            self.claim_for([batch.pk for batch in self.batches].index(slot.batch), person, busy_with)

    def claim_for(self, number: int, person: int, besides: int | None = None) -> None:
        batch, worker = self.batches[number], self.workers[person]
        allowed, expected = self.offer(batch, worker, besides)
        with self.refused(expected):
            got = assignments.claim(batch=batch, worker=worker, now=self.now, besides=besides)
            self.check_claimed(got and got.pk, allowed, worker)

    def offer(self, batch: Batch, worker: Worker, besides: int | None = None) -> tuple[list[int], Refusal | None]:
        """The slots that a claim may lead to, or how it is refused."""
        own = [pk for pk, slot in self.slots.items() if self.is_open_work(slot, batch, worker)]
        own = [pk for pk in own if pk != besides and not self.is_of_the_grid(pk, besides)]
        running = sorted((self.slots[pk].claimed_at, pk) for pk in own if self.is_running(self.slots[pk]))
        if running:
            return [running[0][1]], None
        if batch.expired_at is not None:
            return [], BatchClosed
        if self.holds_enough(worker):
            return [], HoldsEnough
        free = [pk for pk, slot in self.slots.items() if self.is_free_for(slot, batch, worker)]
        return own or [pk for pk in free if not self.is_of_the_grid(pk, besides)], None

    def check_claimed(self, pk: int | None, allowed: list[int], worker: Worker) -> None:
        assert (pk is None) == (not allowed)
        if pk is not None:
            assert pk in allowed
            if not self.is_running(self.slots[pk]):
                self.slots[pk].take(worker.pk, self.now, self.now + LEASE)

    @rule(number=SLOTS, person=PEOPLE, selected=SELECTED)
    def keep_draft(self, number: int, person: int, selected: list[int]) -> None:
        pk, slot, worker = self.pick(number, person)
        with self.refused(self.refusal_of_holder(slot, worker)):
            assignments.keep_draft(assignment_id=pk, worker_id=worker.pk, selected=selected, now=self.now)
            slot.draft = selected
            if self.is_running(slot) and not self.is_closed(slot):
                slot.lease_expires_at = self.now + LEASE

    @rule(number=SLOTS, person=PEOPLE)
    def renew(self, number: int, person: int) -> None:
        pk, slot, worker = self.pick(number, person)
        expected: Refusal | None = None
        if self.is_closed(slot):
            expected = BatchClosed
        elif not self.is_running(slot):
            expected = HoldsEnough if self.holds_enough(worker) else MetBefore if self.has_met(slot, worker) else None
        with self.refused(self.refusal_of_holder(slot, worker) or expected):
            assignments.renew(assignment_id=pk, worker_id=worker.pk, now=self.now)
            slot.lease_expires_at = self.now + LEASE

    @rule(number=SLOTS, person=PEOPLE, selected=SELECTED)
    def submit(self, number: int, person: int, selected: list[int]) -> None:
        pk, slot, worker = self.pick(number, person)
        place = self.place_for(slot, worker)
        is_late = place is not slot or not self.is_running(slot)
        is_again = place is not None and place.selected is not None
        expected: Refusal | None = None
        if place is None:
            expected = NotYours
        elif is_again:
            expected = None if place.selected == selected else AlreadySubmitted
        elif is_late and self.is_closed(place):
            expected = BatchClosed
        with self.refused(expected):
            done = assignments.submit(
                assignment_id=pk, worker_id=worker.pk, selected=selected, not_seen=[], now=self.now
            )
            assert place is self.slots[done.pk]
            if not is_again:
                assert done.is_late == is_late
                if place.worker != worker.pk:
                    place.take(worker.pk, self.now, self.now)
                place.selected, place.draft = selected, None

    @rule(number=SLOTS, person=PEOPLE, selected=SELECTED)
    def submit_and_claim(self, number: int, person: int, selected: list[int]) -> None:
        pk, slot, worker = self.pick(number, person)
        is_usual = slot.worker == worker.pk and self.is_running(slot)
        done = assignments.submit_and_claim(Answer(pk, worker.pk, 0, selected, [], None), now=self.now)
        assert (done is not None) == is_usual
        if done is not None:
            slot.selected, slot.draft = selected, None
            allowed, _ = self.offer(next(batch for batch in self.batches if batch.pk == slot.batch), worker)
            self.check_claimed(done.next_id, allowed, worker)

    @rule(number=SLOTS, person=PEOPLE)
    def release(self, number: int, person: int) -> None:
        pk, slot, worker = self.pick(number, person)
        with self.refused(self.refusal_of_holder(slot, worker)):
            assignments.release(assignment_id=pk, worker_id=worker.pk, now=self.now)
            slot.give_back()

    @rule(number=SLOTS, person=PEOPLE)
    def rest(self, number: int, person: int) -> None:
        pk, slot, worker = self.pick(number, person)
        with self.refused(self.refusal_of_holder(slot, worker)):
            assignments.rest(assignment_id=pk, worker_id=worker.pk, now=self.now)
            for other in self.slots.values():
                if (other.batch, other.worker, other.selected) == (slot.batch, worker.pk, None):
                    other.give_back()

    @invariant()
    def the_database_says_the_same(self) -> None:
        rows = {row.pk: row for row in Assignment.objects.filter(pk__in=self.slots)}
        for pk, slot in self.slots.items():
            row = rows[pk]
            selected, draft = (
                None if bits is None else bitmaps.positions(bits, 3) for bits in (row.selected, row.draft)
            )
            held = (row.worker_id, row.claimed_at, row.lease_expires_at)
            assert held == (slot.worker, slot.claimed_at, slot.lease_expires_at)
            assert (selected, draft, row.taken_from or []) == (slot.selected, slot.draft, slot.taken_from)

    def pick(self, number: int, person: int) -> tuple[int, Slot, Worker]:
        """A slot and a worker: any for small numbers, else one that this worker has or had."""
        worker = self.workers[person]
        theirs = [pk for pk, slot in self.slots.items() if worker.pk in (slot.worker, *slot.taken_from)]
        among = theirs if theirs and number > 1 else sorted(self.slots)
        pk = among[number % len(among)]
        return pk, self.slots[pk], worker

    @contextmanager
    def refused(self, expected: Refusal | None) -> Iterator[None]:
        """What is done within must be refused so, or else go well."""
        with pytest.raises(expected) if expected else nullcontext():
            yield

    def refusal_of_holder(self, slot: Slot, worker: Worker) -> Refusal | None:
        if slot.worker != worker.pk:
            return NotYours
        return AlreadySubmitted if slot.selected is not None else None

    def place_for(self, slot: Slot, worker: Worker) -> Slot | None:
        """Where an answer of this worker for this slot belongs."""
        if slot.worker == worker.pk:
            return slot
        if worker.pk not in slot.taken_from:
            return None
        of_hit = [other for _, other in sorted(self.slots.items()) if other.hit == slot.hit]
        own = [other for other in of_hit if other.worker == worker.pk]
        free = [other for other in of_hit if other.selected is None and not self.is_running(other)]
        if not own and self.has_judged(worker, slot.grid):
            return None
        free.sort(key=lambda other: other.lease_expires_at or datetime.min.replace(tzinfo=UTC))
        return next(iter(own or free), None)

    def holds_enough(self, worker: Worker) -> bool:
        return sum(slot.worker == worker.pk and self.is_running(slot) for slot in self.slots.values()) >= 2

    def is_running(self, slot: Slot) -> bool:
        return slot.selected is None and slot.lease_expires_at is not None and slot.lease_expires_at > self.now

    def is_closed(self, slot: Slot) -> bool:
        return any(batch.pk == slot.batch and batch.expired_at is not None for batch in self.batches)

    def has_judged(self, worker: Worker, grid: int) -> bool:
        mine = [slot for slot in self.slots.values() if slot.worker == worker.pk and slot.grid == grid]
        return any(slot.selected is not None for slot in mine)

    def has_met(self, slot: Slot, worker: Worker) -> bool:
        mine = [other for other in self.slots.values() if other.worker == worker.pk and other.grid == slot.grid]
        return any(other.selected is not None or self.is_running(other) for other in mine)

    def is_of_the_grid(self, pk: int, besides: int | None) -> bool:
        return besides is not None and self.slots[pk].grid == self.slots[besides].grid

    def is_open_work(self, slot: Slot, batch: Batch, worker: Worker) -> bool:
        mine = slot.batch == batch.pk and slot.worker == worker.pk and slot.selected is None
        return mine and not self.has_judged(worker, slot.grid)

    def is_free_for(self, slot: Slot, batch: Batch, worker: Worker) -> bool:
        mine = [other for other in self.slots.values() if other.worker == worker.pk and other.grid == slot.grid]
        met = self.has_met(slot, worker) or any(other.hit == slot.hit for other in mine)
        return slot.batch == batch.pk and slot.selected is None and not self.is_running(slot) and not met


@pytest.mark.django_db
def test_slots_obey_their_rules_in_any_order_of_events() -> None:
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much]
    run_state_machine_as_test(
        Serving,
        settings=settings(max_examples=40, stateful_step_count=40, suppress_health_check=checks),
    )
