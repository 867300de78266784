"""Which candidates a cut leaves open, and what it takes to settle them."""

import numpy as np
import pytest

from annotation import assignments, frequencies, hits
from annotation.counting import unsettled
from annotation.models import Candidate, Grid, Origin, SelectionFrequency, Study, TargetClass
from annotation.stats.intervals import wilson
from tests import cast

pytestmark = pytest.mark.django_db
CUT = 0.5


@pytest.fixture
def target_class() -> TargetClass:
    return cast.target_class(cast.study())


def found(study: Study) -> unsettled.Unsettled:
    return unsettled.of_pool(frequencies.standard_filter(study), cut=CUT)


def test_those_whose_interval_straddles_the_cut_come_by_what_they_need(target_class: TargetClass) -> None:
    rows = {k: cast.measured(target_class, Origin.POOL, k) for k in range(11)}
    cast.measured(target_class, Origin.ORIGINAL, 5)
    of_pool = found(target_class.study)
    bounds = wilson(np.arange(11), 10)
    straddling = {rows[k].pk for k in range(11) if bounds.low[k] <= CUT <= bounds.high[k]}
    assert set(of_pool.candidate.tolist()) == straddling
    assert of_pool.num_settled == 11 - len(straddling)
    assert sorted(of_pool.num_more) == of_pool.num_more.tolist()
    assert of_pool.num_more[-1] == np.inf  # 5 of 10 lies on the cut itself
    least = int(of_pool.num_more[0])
    assert of_pool.within(least - 1) == []
    assert set(of_pool.within(least)) <= {rows[8].pk, rows[2].pk}


def test_grids_hold_candidates_of_one_class(target_class: TargetClass) -> None:
    other = cast.target_class(target_class.study, "1", "one")
    for each in (target_class, target_class, target_class, other):
        cast.measured(each, Origin.POOL, 7)
    of_pool = found(target_class.study)
    assert [of_pool.num_grids(1000, size) for size in (1, 2, 42)] == [4, 3, 2]
    assert of_pool.num_grids(1, 42) == 0


def test_nobody_is_asked_twice_while_workers_are_at_it(target_class: TargetClass) -> None:
    study = target_class.study
    first = cast.measured(target_class, Origin.POOL, 7)
    cast.measured(target_class, Origin.POOL, 7)
    terms = hits.Terms(num_assignments=1)
    done = hits.top_up(study=study, candidate_ids=[first.pk], terms=terms, now=cast.NOW)
    assert found(study).num_asked == 1
    assert first.pk not in found(study).candidate
    worker = cast.worker()
    held = assignments.claim(batch=done.batch, worker=worker, now=cast.NOW)
    assert held is not None
    assignments.submit(assignment_id=held.pk, worker_id=worker.pk, selected=[0], not_seen=[], now=cast.NOW)
    assert found(study).num_asked == 0
    assert first.pk in found(study).candidate


@pytest.mark.parametrize("is_claimed", [False, True])
def test_nobody_is_asked_any_more_about_what_was_stopped(target_class: TargetClass, is_claimed: bool) -> None:
    study, row = target_class.study, cast.measured(target_class, Origin.POOL, 7)
    done = hits.top_up(study=study, candidate_ids=[row.pk], terms=hits.Terms(num_assignments=1), now=cast.NOW)
    if is_claimed:
        assignments.claim(batch=done.batch, worker=cast.worker(), now=cast.NOW)
    hits.stop(grid_ids=done.batch.hits.values_list("grid_id", flat=True), now=cast.NOW)
    assert found(study).candidate.tolist() == [row.pk]
    assert found(study).num_asked == 0


def test_a_topped_up_candidate_counts_all_its_judgements(target_class: TargetClass) -> None:
    study = target_class.study
    shown = [cast.candidate(target_class) for _ in range(3)]
    batch = cast.batch(study, [cast.grid(target_class, shown)], num_assignments=2)
    for name in ("a", "b"):
        cast.handed_in(batch, cast.worker(name), cast.NOW, selected=[0])
    frequencies.recompute(target_class=target_class, now=cast.NOW)
    done = hits.top_up(study=study, candidate_ids=[shown[0].pk], terms=hits.Terms(num_assignments=1), now=cast.NOW)
    grid = Grid.objects.get(hits__batch=done.batch)
    assert grid.candidate_ids == [shown[0].pk]
    cast.handed_in(done.batch, cast.worker("c"), cast.NOW, selected=[0])
    frequencies.recompute(target_class=target_class, now=cast.NOW)
    row = SelectionFrequency.objects.standard().get(candidate=shown[0])
    assert (row.num_selected, row.num_seen) == (3, 3)


def test_an_empty_study_has_nothing_open(target_class: TargetClass) -> None:
    assert found(target_class.study).candidate.tolist() == []
    assert not Candidate.objects.exists()
