from collections import Counter
from datetime import datetime

import numpy as np
import pytest

from annotation import bitmaps, candidates, grids
from annotation.errors import CannotCompose
from annotation.models import Candidate, Exclusion, Grid, Origin, Study, TargetClass
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    """Two classes that are each other's nearest; 20 originals and 80 of the pool in each."""
    row = cast.study(seed=5)
    zero, nine = cast.target_class(row, "0", "zero"), cast.target_class(row, "9", "nine")
    for one, other in ((zero, nine), (nine, zero)):
        one.nearest = other
        one.save()
        for number in range(100):
            cast.candidate(one, Origin.ORIGINAL if number % 5 == 0 else Origin.POOL)
    return row


def ids(grid: Grid, bitmap: bytes) -> list[int]:
    return [grid.candidate_ids[position] for position in bitmaps.positions(bitmap, grid.num_positions)]


def test_every_candidate_is_measured_in_exactly_one_grid(study: Study, now: datetime) -> None:
    composition = grids.compose(study=study, now=now)
    measured = [pk for grid in composition.grids for pk in ids(grid, grid.measured)]
    assert sorted(measured) == sorted(Candidate.objects.values_list("pk", flat=True))
    assert composition.warnings == []


def test_each_grid_has_its_controls_and_at_most_48_positions(study: Study, now: datetime) -> None:
    for grid in grids.compose(study=study, now=now).grids:
        positive, negative = ids(grid, grid.positive_controls), ids(grid, grid.negative_controls)
        known = Candidate.objects.in_bulk(positive + negative)
        assert (len(positive), len(negative)) == (3, 3)
        assert {known[pk].target_class_id for pk in positive} == {grid.target_class_id}
        assert {known[pk].target_class_id for pk in negative} == {grid.target_class.nearest_id}
        assert all(row.origin == Origin.ORIGINAL for row in known.values())
        assert not set(positive) & set(ids(grid, grid.measured))
        assert grid.num_positions <= 48


def shared(one: Grid, other: Grid) -> set[int]:
    return set(one.candidate_ids) & set(other.candidate_ids)


def test_few_grids_show_an_image_of_another_so_that_a_worker_can_do_many(study: Study, now: datetime) -> None:
    composed = grids.compose(study=study, now=now).grids
    partners = [sum(bool(shared(one, other)) for other in composed if other != one) for one in composed]
    assert np.mean(partners) <= 3  # of 5 others: the partner of its class, and one or two of the nearest


def test_no_original_is_lent_twice_while_others_have_not_been(study: Study, now: datetime) -> None:
    lent = [pk for grid in grids.compose(study=study, now=now).grids for pk in set(grid.candidate_ids)]
    appearances = Counter(lent)
    assert max(appearances.values()) == 2
    assert sum(count - 1 for count in appearances.values()) == 6 * 6


def test_new_grids_take_their_controls_from_older_ones_too(study: Study, now: datetime) -> None:
    first = grids.compose(study=study, now=now).grids
    for _ in range(5):
        cast.candidate(TargetClass.objects.get(class_id="0"))
    (grid,) = grids.compose(study=study, now=now).grids
    assert bitmaps.count(grid.positive_controls) == bitmaps.count(grid.negative_controls) == 3
    known = {pk for each in first for pk in ids(each, each.measured)}
    assert set(ids(grid, grid.positive_controls)) | set(ids(grid, grid.negative_controls)) <= known


def test_grids_of_a_class_differ_by_at_most_one_in_size(study: Study, now: datetime) -> None:
    composed = grids.compose(study=study, now=now).grids
    for target_class in study.target_classes.all():
        sizes = [grid.num_positions for grid in composed if grid.target_class == target_class]
        assert len(sizes) == 3
        assert max(sizes) - min(sizes) <= 1


def test_the_same_seed_composes_the_same_grids(study: Study, now: datetime) -> None:
    first = [grid.candidate_ids for grid in grids.compose(study=study, now=now).grids]
    Grid.objects.all().delete()
    assert [grid.candidate_ids for grid in grids.compose(study=study, now=now).grids] == first
    Grid.objects.all().delete()
    study.seed = 6
    study.save()
    assert [grid.candidate_ids for grid in grids.compose(study=study, now=now).grids] != first


def test_composing_again_composes_only_what_is_new(study: Study, now: datetime) -> None:
    grids.compose(study=study, now=now)
    assert grids.compose(study=study, now=now).grids == []
    late = cast.candidate(TargetClass.objects.get(class_id="0"))
    (grid,) = grids.compose(study=study, now=now).grids
    assert ids(grid, grid.measured) == [late.pk]
    assert grid.number == Grid.objects.filter(target_class=grid.target_class).count() - 1


def test_excluded_candidates_are_left_out(study: Study, now: datetime) -> None:
    some = Candidate.objects.filter(pk__in=Candidate.objects.values_list("pk", flat=True)[:10])
    candidates.exclude(candidates=some, reason=Exclusion.Reason.UNUSABLE, now=now)
    shown = {pk for grid in grids.compose(study=study, now=now).grids for pk in grid.candidate_ids}
    assert not shown & set(some.values_list("pk", flat=True))


def test_an_empty_class_and_missing_controls_are_said(now: datetime) -> None:
    row = cast.study()
    cast.candidate(cast.target_class(row, "0", "zero"))
    cast.target_class(row, "1", "one")
    warnings = "\n".join(grids.compose(study=row, now=now).warnings)
    assert "one: no candidates" in warnings
    assert "zero: some grids have 0 of 3 positive controls" in warnings
    assert "no nearest class is set" in warnings


def test_a_design_without_room_for_candidates_is_refused() -> None:
    with pytest.raises(CannotCompose, match="no room"):
        grids.GridDesign(num_positions=6)


def test_a_study_without_classes_is_told_what_to_do(now: datetime) -> None:
    with pytest.raises(CannotCompose, match="add them first"):
        grids.compose(study=cast.study(), now=now)


def test_candidates_are_measured_again_in_grids_of_their_own(study: Study, now: datetime) -> None:
    first = grids.compose(study=study, now=now).grids
    chosen = sorted(Candidate.objects.order_by("id").values_list("pk", flat=True))[:60:2]
    again = grids.compose_again(study=study, candidate_ids=chosen, now=now).grids
    assert sorted(pk for grid in again for pk in ids(grid, grid.measured)) == chosen
    for grid in again:
        assert len(set(grid.candidate_ids)) == grid.num_positions
        assert len(ids(grid, grid.positive_controls)) == 3
        assert grid.number >= sum(each.target_class_id == grid.target_class_id for each in first)


def test_after_a_measurement_again_an_original_is_lent_as_often_as_before(study: Study, now: datetime) -> None:
    grids.compose(study=study, now=now)
    originals = Candidate.objects.filter(origin=Origin.ORIGINAL).order_by("id").values_list("pk", flat=True)
    grids.compose_again(study=study, candidate_ids=originals, now=now)
    for target_class in study.target_classes.all():
        for _ in range(50):
            cast.candidate(target_class)
    for grid in grids.compose(study=study, now=now).grids:
        assert len(set(grid.candidate_ids)) == grid.num_positions  # none is lent twice to one grid


def test_excluded_candidates_are_not_measured_again(study: Study, now: datetime) -> None:
    grids.compose(study=study, now=now)
    out = Candidate.objects.earliest("id").pk
    candidates.exclude(candidates=Candidate.objects.filter(pk=out), reason=Exclusion.Reason.DUPLICATE, now=now)
    assert grids.compose_again(study=study, candidate_ids=[out], now=now).grids == []
