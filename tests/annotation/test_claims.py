"""Which grid a worker gets: never an image they have met, whichever grid showed it, and on from where they were."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest

from annotation import assignments, bitmaps
from annotation.errors import HoldsEnough, MetBefore
from annotation.models import Assignment, Batch, Candidate, Grid, TargetClass, Worker
from tests import cast

pytestmark = pytest.mark.django_db
LATER = timedelta(seconds=1801)


@pytest.fixture
def target_class() -> TargetClass:
    return cast.target_class(cast.study())


@pytest.fixture
def worker() -> Worker:
    return cast.worker()


def candidates(target_class: TargetClass, count: int) -> list[Candidate]:
    return [cast.candidate(target_class) for _ in range(count)]


def grid(target_class: TargetClass, measured: Iterable[Candidate], controls: Iterable[Candidate] = ()) -> Grid:
    """A grid that measures some of its candidates; the others are positive controls."""
    known, counted = list(controls), list(measured)
    row = cast.grid(target_class, known + counted)
    size = row.num_positions
    row.measured = bitmaps.pack(range(len(known), size), size)
    row.positive_controls = bitmaps.pack(range(len(known)), size)
    row.save()
    return row


def claim(batch: Batch, worker: Worker, now: datetime) -> Assignment | None:
    return assignments.claim(batch=batch, worker=worker, now=now)


def hand_in(assignment: Assignment | None, now: datetime) -> Assignment:
    assert assignment is not None
    assert assignment.worker_id is not None
    return assignments.submit(
        assignment_id=assignment.pk, worker_id=assignment.worker_id, selected=[0], not_seen=[], now=now
    )


def numbers(batch: Batch, worker: Worker, now: datetime) -> list[int]:
    """The numbers of the grids that the worker gets, in order, until there is none."""
    found = []
    while (claimed := claim(batch, worker, now)) is not None:
        now += timedelta(seconds=1)
        found.append(hand_in(claimed, now).hit.grid.number)
    return found


def test_a_grid_that_shares_a_judged_candidate_is_not_offered(
    target_class: TargetClass, worker: Worker, now: datetime
) -> None:
    first, second, third = candidates(target_class, 3)
    rows = [grid(target_class, [first, second]), grid(target_class, [third]), grid(target_class, [second, third])]
    batch = cast.batch(target_class.study, rows)
    assert numbers(batch, worker, now) == [0, 1]


def test_a_top_up_in_another_batch_counts_what_was_judged_in_the_first(
    target_class: TargetClass, worker: Worker, now: datetime
) -> None:
    shown = candidates(target_class, 3)
    batch = cast.batch(target_class.study, [grid(target_class, shown)])
    top_up = cast.batch(target_class.study, [grid(target_class, shown[2:] + candidates(target_class, 1))])
    hand_in(claim(batch, worker, now), now)
    assert claim(top_up, worker, now) is None
    assert claim(top_up, cast.worker("other"), now) is not None


def test_a_grid_that_shares_with_one_held_elsewhere_waits_for_the_lease_s_end(
    target_class: TargetClass, worker: Worker, now: datetime
) -> None:
    shown = candidates(target_class, 2)
    batch = cast.batch(target_class.study, [grid(target_class, shown)])
    top_up = cast.batch(target_class.study, [grid(target_class, shown[1:])])
    assert claim(batch, worker, now) is not None
    assert claim(top_up, worker, now) is None
    assert claim(top_up, worker, now + LATER) is not None


def test_an_image_met_as_a_control_is_not_shown_again(target_class: TargetClass, worker: Worker, now: datetime) -> None:
    known, first, second, third = candidates(target_class, 4)
    rows = [grid(target_class, [first], [known]), grid(target_class, [second], [known]), grid(target_class, [known])]
    batch = cast.batch(target_class.study, [*rows, grid(target_class, [third])])
    assert numbers(batch, worker, now) == [0, 3]


def test_ended_work_that_shares_a_judged_candidate_is_not_given_back(
    target_class: TargetClass, worker: Worker, now: datetime
) -> None:
    shown = candidates(target_class, 2)
    batch = cast.batch(target_class.study, [grid(target_class, shown)])
    top_up = cast.batch(target_class.study, [grid(target_class, shown[1:])])
    mine = claim(batch, worker, now)
    assert mine is not None
    hand_in(claim(top_up, worker, now + LATER), now + LATER)
    assert claim(batch, worker, now + LATER) is None
    with pytest.raises(MetBefore):
        assignments.renew(assignment_id=mine.pk, worker_id=worker.pk, now=now + LATER)


def test_work_goes_on_after_the_last_grid_and_comes_back_to_those_left_behind(
    target_class: TargetClass, worker: Worker, now: datetime
) -> None:
    rows = [grid(target_class, candidates(target_class, 1)) for _ in range(4)]
    batch = cast.batch(target_class.study, rows, num_assignments=1)
    other = cast.worker("other")
    left = claim(batch, other, now)
    assert left is not None
    hand_in(claim(batch, worker, now), now)
    assignments.release(assignment_id=left.pk, worker_id=other.pk, now=now)
    assert numbers(batch, worker, now) == [2, 3, 0]


def test_a_slot_nobody_had_goes_before_one_whose_time_ran_out(
    target_class: TargetClass, worker: Worker, now: datetime
) -> None:
    batch = cast.batch(target_class.study, [grid(target_class, candidates(target_class, 1))])
    late = claim(batch, worker, now)
    assert late is not None
    other = claim(batch, cast.worker("other"), now + LATER)
    assert other is not None
    assert other.pk != late.pk
    assert hand_in(late, now + LATER).is_late


@pytest.mark.parametrize("is_returned", [True, False])
def test_late_work_goes_back_to_its_own_slot_once_the_next_holder_has_left_it(
    target_class: TargetClass, worker: Worker, now: datetime, is_returned: bool
) -> None:
    batch = cast.batch(target_class.study, [grid(target_class, candidates(target_class, 1))], num_assignments=1)
    mine = claim(batch, worker, now)
    other = cast.worker("other")
    theirs = claim(batch, other, now + LATER)
    assert mine is not None
    assert theirs == mine
    if is_returned:
        assignments.release(assignment_id=mine.pk, worker_id=other.pk, now=now + LATER)
    done = hand_in(mine, now + 2 * LATER)
    stored = Assignment.objects.get(pk=mine.pk)
    assert (done.pk, stored.worker_id, stored.is_late) == (mine.pk, worker.pk, True)
    assert hand_in(mine, now + 2 * LATER).submitted_at == stored.submitted_at


# --- claiming ahead ---


def three_grids(target_class: TargetClass) -> Batch:
    return cast.batch(target_class.study, [grid(target_class, candidates(target_class, 1)) for _ in range(3)])


def ahead(batch: Batch, worker: Worker, now: datetime, of: Assignment) -> Assignment | None:
    return assignments.claim(batch=batch, worker=worker, now=now, besides=of.pk)


def held(batch: Batch, worker: Worker, now: datetime) -> tuple[Assignment, Assignment]:
    """The grid a worker is busy with and the one they claimed ahead a minute later."""
    mine = claim(batch, worker, now)
    assert mine is not None
    following = ahead(batch, worker, now + timedelta(minutes=1), mine)
    assert following is not None
    return mine, following


def test_claiming_ahead_twice_is_claiming_once_and_it_comes_next(
    target_class: TargetClass, worker: Worker, now: datetime
) -> None:
    batch = three_grids(target_class)
    mine, following = held(batch, worker, now)
    assert following.hit_id != mine.hit_id
    assert ahead(batch, worker, now, mine) == following
    hand_in(mine, now)
    assert claim(batch, worker, now) == following


def test_an_invitation_opened_again_leads_to_the_grid_in_progress(
    target_class: TargetClass, worker: Worker, now: datetime
) -> None:
    batch = three_grids(target_class)
    mine, following = held(batch, worker, now)
    assignments.renew(assignment_id=mine.pk, worker_id=worker.pk, now=now + timedelta(minutes=20))
    assert claim(batch, worker, now + timedelta(minutes=20)) == mine
    assignments.release(assignment_id=mine.pk, worker_id=worker.pk, now=now + timedelta(minutes=20))
    assert claim(batch, worker, now + timedelta(minutes=20)) == following


def test_nobody_claims_ahead_of_two_grids(target_class: TargetClass, worker: Worker, now: datetime) -> None:
    mine, _ = held(three_grids(target_class), worker, now)
    with pytest.raises(HoldsEnough):
        ahead(three_grids(target_class), worker, now, mine)


def test_what_shares_with_the_grid_before_a_worker_is_not_claimed_ahead(
    target_class: TargetClass, worker: Worker, now: datetime
) -> None:
    shown = candidates(target_class, 2)
    batch = cast.batch(target_class.study, [grid(target_class, shown), grid(target_class, shown[1:])])
    mine = claim(batch, worker, now)
    assert mine is not None
    assert ahead(batch, worker, now, mine) is None
    assert ahead(batch, worker, now + LATER, mine) is None


def test_who_rests_while_the_page_asks_for_the_next_grid_is_left_alone(
    target_class: TargetClass, worker: Worker, now: datetime
) -> None:
    batch = three_grids(target_class)
    mine = claim(batch, worker, now)
    assert mine is not None
    assignments.rest(assignment_id=mine.pk, worker_id=worker.pk, now=now)
    assert ahead(batch, worker, now, mine) is None
    assert not Assignment.objects.filter(worker=worker).exists()


def test_who_rests_gives_back_what_was_claimed_ahead_and_keeps_what_is_handed_in(
    target_class: TargetClass, worker: Worker, now: datetime
) -> None:
    batch = three_grids(target_class)
    first, second = held(batch, worker, now)
    hand_in(first, now)
    ahead(batch, worker, now, second)
    elsewhere = claim(three_grids(target_class), worker, now + LATER)
    assignments.rest(assignment_id=second.pk, worker_id=worker.pk, now=now + LATER)
    assert set(Assignment.objects.filter(worker=worker)) == {first, elsewhere}
