"""The figures of the pool beside the original."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from scipy.stats import ks_2samp

from annotation import candidates
from annotation.candidates import comparing
from annotation.models import Candidate, Collection, Exclusion, Origin, Study, TargetClass
from tests import cast
from tests.annotation.candidates.comparing.pool import START, images

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    return cast.study()


@pytest.fixture
def zero(study: Study) -> TargetClass:
    return cast.target_class(study)


def figures(found: comparing.Comparison, name: str) -> comparing.NumberFigures:
    return next(each for each in found.numbers if each.quantity.name == name)


def category(found: comparing.Comparison, name: str) -> comparing.CategoryFigures:
    return next(each for each in found.categories if each.category.name == name)


def compare(study: Study, **options: Any) -> comparing.Comparison:
    return comparing.compare(study=study, seed=0, **options)


def test_a_planted_shift_is_found_and_nothing_else(study: Study, zero: TargetClass) -> None:
    originals = images(zero, Origin.ORIGINAL, 150, seed=1)
    pool = images(zero, Origin.POOL, 400, seed=2, days=700)
    found = compare(study)
    assert [each.quantity.name for each in found.moved] == ["taken", "uploaded"]
    assert found.moved_categories == []
    taken = figures(found, "taken")
    expected = ks_2samp(*([row.taken_at.timestamp() for row in rows] for rows in (originals, pool)))
    assert taken.shift is not None
    assert taken.shift.distance == pytest.approx(expected.statistic)
    assert taken.shift.adjusted >= taken.shift.p
    assert (taken.original.num_known, taken.pool.num_known) == (150, 400)
    assert taken.pool.median - taken.original.median == pytest.approx(700 * 86_400, rel=0.2)


@pytest.mark.parametrize("seed", [10, 20, 30])
def test_where_nothing_moved_nothing_is_said(study: Study, zero: TargetClass, seed: int) -> None:
    images(zero, Origin.ORIGINAL, 150, seed=seed)
    images(zero, Origin.POOL, 300, seed=seed + 1)
    found = compare(study)
    assert found.is_compared
    assert found.moved == found.moved_categories == []
    assert found.classes is not None
    assert (found.classes.num_compared, found.classes.num_moved, found.classes.farthest) == (1, 0, [])


def test_each_quantity_is_what_it_says(study: Study, zero: TargetClass) -> None:
    picture = {"width": 500, "height": 250, "num_bytes": 125_000, "mean_red": 200, "mean_green": 100, "mean_blue": 50}
    images(zero, Origin.ORIGINAL, 1, seed=1, taken_at=START, **picture)
    found = compare(study)
    medians = {each.quantity.name: each.original.median for each in found.numbers}
    assert medians == pytest.approx(
        {
            "taken": START.timestamp(), "uploaded": medians["uploaded"], "megapixels": 0.125, "longer-side": 500,
            "aspect": 2, "file-size": 125, "bits-per-pixel": 8, "brightness": 124.2, "colour-cast": 150, "warmth": 150,
        }
    )  # fmt: skip


def test_too_few_are_shown_and_not_compared(study: Study, zero: TargetClass) -> None:
    images(zero, Origin.ORIGINAL, 19, seed=1)
    images(zero, Origin.POOL, 300, seed=2, days=5000)
    found = compare(study)
    assert not found.is_compared
    assert figures(found, "taken").original.num_known == 19
    assert "taken" in comparing.histograms(study=study, seed=0)


def test_what_is_not_known_is_counted_and_left_out(study: Study, zero: TargetClass) -> None:
    images(zero, Origin.ORIGINAL, 30, seed=1)
    images(zero, Origin.ORIGINAL, 10, seed=2, taken_at=None, mean_red=None, mean_green=None, mean_blue=None)
    images(zero, Origin.POOL, 30, seed=3)
    found = compare(study)
    assert figures(found, "taken").original.share_unknown == pytest.approx(0.25)
    assert figures(found, "brightness").original.num_known == 30
    assert found.num_unmeasured == 10


def test_candidates_without_a_picture_have_dates_only(study: Study, zero: TargetClass) -> None:
    Candidate.objects.create(
        study=study, target_class=zero, origin=Origin.POOL, source="a.jpg", taken_at=START, created_at=cast.NOW
    )
    found = compare(study)
    assert figures(found, "taken").pool.num_known == 1
    assert figures(found, "megapixels").pool.num_known == 0
    assert found.num_unmeasured == 0


def test_the_excluded_take_no_part(study: Study, zero: TargetClass) -> None:
    images(zero, Origin.ORIGINAL, 3, seed=1)
    [gone, *_] = images(zero, Origin.POOL, 4, seed=2)
    candidates.exclude(candidates=Candidate.objects.filter(pk=gone.pk), reason=Exclusion.Reason.OTHER, now=cast.NOW)
    assert compare(study).looked.num_included == {Origin.ORIGINAL: 3, Origin.POOL: 3}


def test_another_study_takes_no_part(study: Study, zero: TargetClass) -> None:
    images(cast.target_class(cast.study("other")), Origin.POOL, 4, seed=1)
    assert compare(study).looked.num_included == {Origin.ORIGINAL: 0, Origin.POOL: 0}


def test_of_many_an_honest_sample_is_looked_at_that_is_always_the_same(
    study: Study, zero: TargetClass, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing.looking, "MOST_LOOKED_AT", 50)
    images(zero, Origin.ORIGINAL, 40, seed=1)
    images(zero, Origin.POOL, 200, seed=2)
    first, again, other = compare(study), compare(study), comparing.compare(study=study, seed=1)
    assert first.looked.is_sample
    assert (first.looked.num_looked_at(Origin.ORIGINAL), first.looked.num_looked_at(Origin.POOL)) == (40, 50)
    assert first.looked.num_included[Origin.POOL] == 200
    assert figures(first, "taken") == figures(again, "taken")
    assert figures(first, "taken").original == figures(other, "taken").original
    assert figures(first, "taken").pool != figures(other, "taken").pool


def test_the_window_is_that_of_the_originals(study: Study, zero: TargetClass) -> None:
    for day in range(101):
        images(zero, Origin.ORIGINAL, 1, seed=day, taken_at=START + timedelta(days=day), uploaded_at=None)
    images(zero, Origin.POOL, 5, seed=200, days=9000)
    window = compare(study).window
    assert window.uploaded is None
    assert window.taken is not None
    span = window.taken
    days = [(each - START).days for each in (span.earliest, span.low, span.high, span.latest)]
    assert days == [0, 5, 95, 100]
    assert span.num_known == 101


def test_places_are_hosts_and_no_folders(study: Study, zero: TargetClass) -> None:
    shelf = Collection.objects.create(
        study=study, origin=Origin.POOL, kind="folder", address="/photographs", requested_at=cast.NOW
    )
    addresses = {"source": "https://farm3.example.org/1.jpg", "page_url": "https://who:secret@Photos.example/7"}
    images(zero, Origin.POOL, 1, seed=1, **addresses)
    images(zero, Origin.POOL, 2, seed=2, collection=shelf)
    images(zero, Origin.POOL, 1, seed=3)
    bucket = images(zero, Origin.ORIGINAL, 1, seed=4)[0]
    Candidate.objects.filter(pk=bucket.pk).update(source="s3://a-bucket/1.jpg")
    found = category(compare(study), "place")
    assert found.pool == {"photos.example": 1}
    assert found.original == {"a-bucket": 1}
    assert found.num_unknown == {Origin.ORIGINAL: 0, Origin.POOL: 3}


def test_other_licences_and_formats_are_a_shift(study: Study, zero: TargetClass) -> None:
    images(zero, Origin.ORIGINAL, 60, seed=1, licence="CC BY 2.0")
    images(zero, Origin.POOL, 60, seed=2, licence="CC BY 2.0")
    images(zero, Origin.POOL, 60, seed=3, licence="CC BY-NC 2.0", format="PNG")
    found = compare(study)
    assert {each.category.name for each in found.moved_categories} == {"format", "licence"}
    licence = category(found, "licence")
    assert licence.shift is not None
    assert licence.shift.distance == pytest.approx(0.5)
    assert licence.cramers_v == pytest.approx(0.5)  # chi-square 45 of 180
    assert list(licence.pool.items()) == [("CC BY 2.0", 60), ("CC BY-NC 2.0", 60)]


def test_the_busiest_owners_are_counted(study: Study, zero: TargetClass) -> None:
    for number in range(12):
        images(zero, Origin.POOL, 3 if number else 10, seed=number, owner=f"owner {number}")
    images(zero, Origin.POOL, 5, seed=20)
    owners = compare(study).owners
    assert owners[Origin.POOL] == comparing.Owners(43, 12, 37)
    assert owners[Origin.POOL].share_of_most_frequent == pytest.approx(37 / 43)
    assert owners[Origin.ORIGINAL].share_of_most_frequent is None


def test_the_class_that_moved_is_named(study: Study, zero: TargetClass) -> None:
    one = cast.target_class(study, "1", "one")
    two = cast.target_class(study, "2", "two")
    for place, each in enumerate((zero, one, two)):
        images(each, Origin.ORIGINAL, 19 if each == two else 60, seed=place)
        images(each, Origin.POOL, 100, seed=place + 10, days=0 if each == zero else 1000)
    found = compare(study).classes
    assert found is not None
    assert (found.num_compared, found.num_moved) == (2, 1)  # of the third too few originals are there
    assert [(each.quantity.name, each.target_class) for each in found.farthest] == [("taken", one), ("uploaded", one)]
    shown = found.farthest[0]
    assert (shown.num_original, shown.num_pool) == (60, 100)
    assert shown.pool_median > shown.original_median
    alone = compare(study, target_class=one)
    assert alone.classes is None
    assert alone.looked.num_included == {Origin.ORIGINAL: 60, Origin.POOL: 100}
    assert figures(alone, "taken").shift is not None
    assert figures(alone, "taken").shift.distance == pytest.approx(shown.shift.distance)


def test_a_histogram_holds_every_known_value(study: Study, zero: TargetClass) -> None:
    images(zero, Origin.ORIGINAL, 50, seed=1, width=500, height=500)
    images(zero, Origin.POOL, 80, seed=2)
    found = comparing.histograms(study=study, seed=0)
    for name in ("megapixels", "taken", "aspect"):
        histogram = found[name]
        assert len(histogram.edges) == len(histogram.pool) + 1
        assert (np.sum(histogram.original), np.sum(histogram.pool)) == pytest.approx((1, 1))


def test_where_all_are_alike_there_is_one_bin(study: Study, zero: TargetClass) -> None:
    for origin in Origin:
        images(zero, origin, 3, seed=1 if origin == Origin.POOL else 2, width=500, height=500, mean_red=0, mean_blue=0)
    found = comparing.histograms(study=study, seed=0)
    for name in ("longer-side", "warmth"):
        histogram = found[name]
        assert (list(histogram.original), list(histogram.pool)) == ([1], [1])


def test_without_images_there_is_nothing_to_compare(study: Study) -> None:
    found = compare(study)
    assert not found.is_compared
    assert found.window == comparing.Window(None, None)
    assert comparing.histograms(study=study, seed=0) == {}
    assert all(np.isnan(each.pool.median) for each in found.numbers)


def test_it_takes_few_statements(study: Study, zero: TargetClass, django_assert_num_queries: Any) -> None:
    images(zero, Origin.ORIGINAL, 30, seed=1)
    images(zero, Origin.POOL, 30, seed=2)
    with django_assert_num_queries(5):
        compare(study)
