"""A worker joins a study, not a batch: which of its batches the next grid comes from."""

from datetime import datetime, timedelta

import pytest

from annotation import assignments, hits
from annotation.errors import HoldsEnough
from annotation.models import Assignment, Batch, Study, TargetClass, Worker
from tests import cast

pytestmark = pytest.mark.django_db
LATER = timedelta(seconds=1801)


@pytest.fixture
def target_class() -> TargetClass:
    return cast.target_class(cast.study())


@pytest.fixture
def study(target_class: TargetClass) -> Study:
    return target_class.study


@pytest.fixture
def worker() -> Worker:
    return cast.worker()


def batch(of: TargetClass, num_grids: int = 1, **fields: bool) -> Batch:
    rows = [cast.grid(of, [cast.candidate(of)]) for _ in range(num_grids)]
    return cast.batch(of.study, rows, num_assignments=1, **fields)


def claimed_in(study: Study, worker: Worker, now: datetime) -> Assignment:
    found = assignments.claim_in(study=study, worker=worker, now=now)
    assert found is not None
    return found


def hand_in(held: Assignment, now: datetime) -> None:
    assert held.worker_id is not None
    assignments.submit(assignment_id=held.pk, worker_id=held.worker_id, selected=[], not_seen=[], now=now)


def test_the_oldest_batch_with_a_free_slot_comes_first(
    target_class: TargetClass, worker: Worker, now: datetime
) -> None:
    batches = [batch(target_class), batch(target_class), batch(target_class)]
    found = []
    for _ in batches:
        held = claimed_in(target_class.study, worker, now)
        found.append(held.hit.batch)
        hand_in(held, now)
    assert found == batches
    assert assignments.claim_in(study=target_class.study, worker=worker, now=now) is None


def test_what_is_held_comes_back_before_anything_new(target_class: TargetClass, worker: Worker, now: datetime) -> None:
    batch(target_class)
    newer = batch(target_class)
    held = assignments.claim(batch=newer, worker=worker, now=now)
    assert claimed_in(target_class.study, worker, now) == held


def test_what_is_held_in_a_closed_batch_comes_back(target_class: TargetClass, worker: Worker, now: datetime) -> None:
    closed = batch(target_class)
    held = assignments.claim(batch=closed, worker=worker, now=now)
    hits.expire(batch=closed, now=now)
    batch(target_class)
    assert claimed_in(target_class.study, worker, now) == held


def test_a_closed_batch_is_passed_over(target_class: TargetClass, worker: Worker, now: datetime) -> None:
    hits.expire(batch=batch(target_class), now=now)
    opened = batch(target_class)
    assert claimed_in(target_class.study, worker, now).hit.batch == opened


def test_time_that_ran_out_in_a_closed_batch_is_no_way_back_into_it(
    target_class: TargetClass, worker: Worker, now: datetime
) -> None:
    closed = batch(target_class)
    assignments.claim(batch=closed, worker=worker, now=now)
    hits.expire(batch=closed, now=now)
    assert assignments.claim_in(study=target_class.study, worker=worker, now=now + LATER) is None


def test_a_study_without_batches_has_nothing(study: Study, worker: Worker, now: datetime) -> None:
    assert assignments.claim_in(study=study, worker=worker, now=now) is None


def test_grids_of_another_study_are_not_offered(study: Study, worker: Worker, now: datetime) -> None:
    batch(cast.target_class(cast.study("other")))
    assert assignments.claim_in(study=study, worker=worker, now=now) is None


@pytest.mark.parametrize("is_simulated", [True, False])
def test_simulated_and_real_workers_get_batches_of_their_own_kind(
    target_class: TargetClass, now: datetime, is_simulated: bool
) -> None:
    batch(target_class, is_simulated=not is_simulated)
    of_my_kind = batch(target_class, is_simulated=is_simulated)
    worker = cast.worker(is_simulated=is_simulated)
    assert claimed_in(target_class.study, worker, now).hit.batch == of_my_kind


def test_who_holds_enough_in_other_studies_is_told(target_class: TargetClass, worker: Worker, now: datetime) -> None:
    for slug in ("second", "third"):
        claimed_in(batch(cast.target_class(cast.study(slug))).study, worker, now)
    batch(target_class)
    with pytest.raises(HoldsEnough, match="Submit or return one"):
        assignments.claim_in(study=target_class.study, worker=worker, now=now)


# --- the next one ---


def test_the_next_grid_is_of_the_same_batch_while_it_has_one(
    target_class: TargetClass, worker: Worker, now: datetime
) -> None:
    batch(target_class)
    newer = batch(target_class, num_grids=2)
    for _ in range(2):
        held = assignments.claim_next(batch=newer, worker=worker, now=now)
        assert held is not None
        assert held.hit.batch == newer
        hand_in(held, now)


@pytest.mark.parametrize("is_closed", [True, False])
def test_after_the_last_grid_of_a_batch_the_study_s_others_follow(
    target_class: TargetClass, worker: Worker, now: datetime, is_closed: bool
) -> None:
    first, second = batch(target_class), batch(target_class)
    hand_in(claimed_in(target_class.study, worker, now), now)
    if is_closed:
        first = hits.expire(batch=first, now=now)
    held = assignments.claim_next(batch=first, worker=worker, now=now)
    assert held is not None
    assert held.hit.batch == second


def test_after_the_last_grid_of_the_last_batch_there_is_none(
    target_class: TargetClass, worker: Worker, now: datetime
) -> None:
    only = batch(target_class)
    hand_in(claimed_in(target_class.study, worker, now), now)
    assert assignments.claim_next(batch=only, worker=worker, now=now) is None
