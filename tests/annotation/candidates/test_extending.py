"""A pool is extended while it is being judged: what was measured, and what was drawn from it, stays as it is."""

from typing import Any

import pytest

from annotation import bitmaps, candidates, frequencies, grids, testsets
from annotation.models import Candidate, Grid, Origin, SelectionFrequency, Strategy, Study, TestSet
from annotation.sources.base import CandidateRecord
from annotation.strategies import STRATEGIES
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    study = cast.study(seed=3)
    for class_id in ("0", "1"):
        cast.target_class(study, class_id, class_id)
    return study


def extend(study: Study, first: int, num: int, origin: Origin = Origin.POOL, classes: str = "01") -> set[int]:
    """Take in so many images for each class, no two the same; the ids of their candidates."""
    before = set(Candidate.objects.values_list("pk", flat=True))
    records = [
        CandidateRecord(
            f"{class_id}/{number}.png", class_id, lambda seed=int(class_id) * 10_000 + number: cast.png(seed)
        )
        for number in range(first, first + num)
        for class_id in classes
    ]
    report = candidates.ingest(study=study, origin=origin, records=records, now=cast.NOW)
    assert report.num_created == len(records)
    return set(Candidate.objects.values_list("pk", flat=True)) - before


def measured_in(rows: list[Grid]) -> list[int]:
    return [
        row.candidate_ids[position] for row in rows for position in bitmaps.positions(row.measured, row.num_positions)
    ]


def test_grids_that_were_composed_stay_as_they_are_and_new_ones_measure_what_is_new(study: Study) -> None:
    extend(study, 0, 10, Origin.ORIGINAL)
    extend(study, 100, 50)
    grids.compose(study=study, now=cast.NOW)
    before = list(Grid.objects.order_by("pk").values())
    new = extend(study, 200, 45) | extend(study, 300, 3, Origin.ORIGINAL)
    composed = grids.compose(study=study, now=cast.NOW).grids
    assert list(Grid.objects.filter(pk__in=[row["id"] for row in before]).order_by("pk").values()) == before
    assert sorted(measured_in(composed)) == sorted(new)
    everything = measured_in(list(Grid.objects.all()))
    assert sorted(everything) == sorted(Candidate.objects.values_list("pk", flat=True))


def test_an_import_that_is_run_again_composes_nothing_new(study: Study) -> None:
    extend(study, 0, 10, Origin.ORIGINAL)
    grids.compose(study=study, now=cast.NOW)
    again = [CandidateRecord("0/0.png", "0", lambda: cast.png(0))]
    assert candidates.ingest(study=study, origin=Origin.ORIGINAL, records=again, now=cast.NOW).num_existing == 1
    assert grids.compose(study=study, now=cast.NOW).grids == []


# --- what was drawn ---------------------------------------------------------------------------------------


@pytest.fixture
def judged(study: Study) -> Study:
    """Originals and a pool with judgements, as of `cast`, whose images have no files."""
    for target_class in study.target_classes.all():
        for count in (2, 5, 7, 9, 10):
            cast.measured(target_class, Origin.ORIGINAL, count)
        for count in range(33):
            cast.measured(target_class, Origin.POOL, count % 11)
    return study


def build(study: Study, strategy: Strategy) -> TestSet:
    values = STRATEGIES[strategy].from_dict({"images_per_class": 5})
    return testsets.build(study=study, strategy=strategy, parameters=values, seed=7, now=cast.NOW)


def drawn(test_set: TestSet, class_id: str | None = None) -> list[dict[str, Any]]:
    rows = test_set.images.order_by("candidate_id")
    if class_id is not None:
        rows = rows.filter(target_class__class_id=class_id)
    return list(rows.values("candidate_id", "target_class_id", "num_selected", "num_seen"))


def test_what_was_counted_stays_when_the_pool_is_extended(judged: Study) -> None:
    counted = SelectionFrequency.objects.order_by("candidate_id")
    before = list(counted.values_list("candidate_id", "num_selected", "num_seen"))
    extend(judged, 0, 20)
    frequencies.recompute_study(study=judged, now=cast.NOW)
    assert list(counted.values_list("candidate_id", "num_selected", "num_seen")) == before


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_set_draws_the_same_images_until_new_ones_are_judged(judged: Study, strategy: Strategy) -> None:
    before = build(judged, strategy)
    extend(judged, 0, 20)
    assert drawn(build(judged, strategy)) == drawn(before)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_new_judged_images_of_a_class_leave_the_draws_of_the_others(judged: Study, strategy: Strategy) -> None:
    before = build(judged, strategy)
    extended = judged.target_classes.get(class_id="1")
    for count in range(22):
        cast.measured(extended, Origin.POOL, count % 11)
    after = build(judged, strategy)
    assert drawn(after, "0") == drawn(before, "0")
    assert drawn(after, "1") != drawn(before, "1") or strategy == Strategy.TOP_IMAGES


def test_a_frozen_set_stays_whatever_comes(judged: Study) -> None:
    frozen = testsets.freeze(test_set=build(judged, Strategy.THRESHOLD), now=cast.NOW)
    before, content = drawn(frozen), frozen.content_sha256
    extend(judged, 0, 20)
    build(judged, Strategy.THRESHOLD)
    frozen.refresh_from_db()
    assert (drawn(frozen), frozen.content_sha256) == (before, content)
