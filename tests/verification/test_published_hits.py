"""Eight published HIT specifications come out: what they hold, and that grids composed here are made like them."""

from collections import Counter
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from annotation import assignments, bitmaps, grids, hits
from annotation.models import Candidate, Grid, Origin, Study
from tests import cast
from tests.verification import published_hits
from tests.verification.published_hits import Published

pytestmark = [pytest.mark.reference, pytest.mark.django_db]


@pytest.fixture
def published(reference_dir: Path) -> Published:
    return published_hits.read(reference_dir)


@pytest.fixture
def study(published: Published, now: datetime) -> Study:
    return published_hits.study_of(published, now)


def of_class(study: Study, published: Published, found: list[Grid]) -> list[Grid]:
    return [grid for grid in found if grid.target_class.class_id == published.wnid]


def check_made_as_published(grid: Grid, known: dict[int, Candidate]) -> None:
    """48 positions, each with one image and one purpose: 42 measured, 3 known positives and 3 known negatives."""
    parts = [
        [known[grid.candidate_ids[place]] for place in bitmaps.positions(bitmap, grid.num_positions)]
        for bitmap in (grid.measured, grid.positive_controls, grid.negative_controls)
    ]
    measured, positive, negative = parts
    assert [len(part) for part in parts] == [42, 3, 3]
    assert {row.pk for part in parts for row in part} == set(grid.candidate_ids)
    assert len(set(grid.candidate_ids)) == grid.num_positions == grids.GridDesign().num_positions
    assert {row.target_class for row in (*measured, *positive)} == {grid.target_class}
    assert {row.target_class for row in negative} == {grid.target_class.nearest}
    assert {row.origin for row in (*positive, *negative)} == {Origin.ORIGINAL}


def test_what_the_published_specifications_hold(published: Published) -> None:
    times = Counter(name for spec in published.specs for name in spec.measured)
    assert (len(published.specs), len(published.pool)) == (8, 333)
    assert Counter(times.values()) == {1: 330, 2: 3}
    assert not set(times) & set(published.wnid_of)  # no original is measured
    for spec in published.specs:
        assert (spec.wnid, len(spec.measured), len(spec.positive), len(spec.negative)) == (published.wnid, 42, 3, 3)
        assert sorted(spec.shown) == sorted(spec.measured + spec.positive + spec.negative)
        assert len(set(spec.shown)) == 48
        assert {published.wnid_of[name] for name in spec.positive} == {published.wnid}
        assert {published.wnid_of[name] for name in spec.negative} == {published.nearest_wnid}


def test_composed_grids_are_made_as_the_published_ones(published: Published, study: Study, now: datetime) -> None:
    composed = of_class(study, published, grids.compose(study=study, now=now).grids)
    known = Candidate.objects.select_related("target_class").in_bulk()
    assert len(composed) == 9
    for grid in composed:
        check_made_as_published(grid, known)


def test_every_candidate_is_measured_once_here_where_three_were_twice(
    published: Published, study: Study, now: datetime
) -> None:
    found = grids.compose(study=study, now=now).grids
    times = Counter(
        grid.candidate_ids[place] for grid in found for place in bitmaps.positions(grid.measured, grid.num_positions)
    )
    assert times == dict.fromkeys(Candidate.objects.values_list("pk", flat=True), 1)
    assert {row.source for row in Candidate.objects.filter(origin=Origin.POOL)} == set(published.pool)


def test_positions_are_shuffled_from_the_seed(published: Published, study: Study, now: datetime) -> None:
    first = [(grid.candidate_ids, grid.measured) for grid in grids.compose(study=study, now=now).grids]
    found = of_class(study, published, list(Grid.objects.all()))
    controls = [sorted(set(range(48)) - set(bitmaps.positions(grid.measured, 48))) for grid in found]
    assert len({tuple(each) for each in controls}) == 9
    assert np.histogram(controls, bins=6, range=(0, 48))[0].min() >= 3  # of 54, everywhere in the grid
    Grid.objects.all().delete()
    assert [(grid.candidate_ids, grid.measured) for grid in grids.compose(study=study, now=now).grids] == first
    Grid.objects.all().delete()
    Study.objects.update(seed=study.seed + 1)
    study.refresh_from_db()
    assert grids.compose(study=study, now=now).grids[0].candidate_ids != first[0][0]


def test_the_published_specifications_are_grids_here_and_can_be_launched(
    published: Published, study: Study, now: datetime
) -> None:
    rows = published_hits.as_grids(published, study, now)
    known = Candidate.objects.select_related("target_class").in_bulk()
    for grid in Grid.objects.all():
        check_made_as_published(grid, known)
    batch = hits.launch(study=study, grids=rows, terms=hits.Terms(num_assignments=10), now=now)
    assert batch.hits.count() == 8
    assert sum(hit.assignments.count() for hit in batch.hits.all()) == 80


def test_nobody_is_shown_an_image_twice_though_the_published_ones_share_some(
    published: Published, study: Study, now: datetime
) -> None:
    rows = published_hits.as_grids(published, study, now)
    batch = hits.launch(study=study, grids=rows, terms=hits.Terms(num_assignments=1), now=now)
    worker, met = cast.worker(), Counter[int]()
    while (mine := assignments.claim(batch=batch, worker=worker, now=now)) is not None:
        met.update(mine.hit.grid.candidate_ids)
        assert mine.worker_id is not None
        assignments.submit(assignment_id=mine.pk, worker_id=mine.worker_id, selected=[], not_seen=[], now=now)
    assert set(met.values()) == {1}
    assert 48 < len(met) < 8 * 48
    assert hits.num_workers_needed(batch) > 1


def test_beside_the_published_grids_only_what_they_do_not_measure_is_composed(
    published: Published, study: Study, now: datetime
) -> None:
    published_hits.as_grids(published, study, now)
    left = grids.compose(study=study, now=now).grids
    ids = {grid.candidate_ids[place] for grid in left for place in bitmaps.positions(grid.measured, grid.num_positions)}
    assert ids == set(Candidate.objects.filter(origin=Origin.ORIGINAL).values_list("pk", flat=True))
