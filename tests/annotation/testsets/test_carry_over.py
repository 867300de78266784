"""A set built from another keeps what still fits of it, and draws only the rest."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from hypothesis import given
from hypothesis import strategies as some

from annotation import candidates, frequencies, testsets
from annotation.errors import CannotBuild
from annotation.models import Candidate, Exclusion, Origin, SelectionFrequency, Strategy, Study, TestSet
from annotation.stats import sampling, selection
from annotation.strategies import STRATEGIES, MatchedFrequency, Parameters, Threshold, TopImages
from annotation.strategies.base import ClassCounts
from tests import cast
from tests.cast import NOW

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
IMAGES_PER_CLASS = 6


@pytest.fixture
def study() -> Study:
    row = cast.study(seed=3)
    zero = cast.target_class(row)
    for count in (2, 5, 7, 9, 10):
        cast.measured(zero, Origin.ORIGINAL, count)
    for count in range(11):
        for _ in range(3):
            cast.measured(zero, Origin.POOL, count)
    return row


def build(study: Study, strategy: Strategy = Strategy.THRESHOLD, **choices: Any) -> TestSet:
    parameters = STRATEGIES[strategy].from_dict({"images_per_class": IMAGES_PER_CLASS})
    return testsets.build(study=study, strategy=strategy, parameters=parameters, seed=1, now=NOW, **choices)


def held(test_set: TestSet) -> list[int]:
    return list(test_set.images.order_by("number").values_list("candidate_id", flat=True))


def exclude(ids: Iterable[int]) -> None:
    rows = Candidate.objects.filter(pk__in=ids)
    candidates.exclude(candidates=rows, reason=Exclusion.Reason.WRONG_CLASS, now=LATER)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_what_is_excluded_is_replaced_and_the_rest_stays(study: Study, strategy: Strategy) -> None:
    first = build(study, strategy)
    gone, *stay = held(first)
    exclude([gone])
    second = testsets.rebuild(test_set=first, now=LATER)
    assert set(stay) < set(held(second))
    assert gone not in held(second)
    assert len(held(second)) == len(held(first))


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_where_nothing_has_changed_the_same_images_come_out(study: Study, strategy: Strategy) -> None:
    first = build(study, strategy)
    assert held(testsets.rebuild(test_set=first, now=LATER)) == held(first)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_two_rebuilds_of_a_set_are_one(study: Study, strategy: Strategy) -> None:
    first = build(study, strategy)
    exclude(held(first)[:3])
    again = [testsets.rebuild(test_set=first, now=LATER) for _ in range(2)]
    assert again[0] == again[1]
    assert (again[0].parent, again[0].revision) == (first, 2)


def test_a_rebuilt_set_has_the_recipe_of_the_other(study: Study, researcher: User) -> None:
    rules = frequencies.FilterRules(leaves_out_excluded=False)
    frequencies.define_filter(study=study, slug="everybody", name="Everybody", rules=rules, now=NOW)
    used = study.judgement_filters.get(slug="everybody")
    rows = list(SelectionFrequency.objects.filter(candidate__study=study))
    for row in rows:
        row.pk, row.judgement_filter = None, used
    SelectionFrequency.objects.bulk_create(rows)
    first = build(study, judgement_filter=used)
    exclude(held(first)[:1])
    second = testsets.rebuild(test_set=first, now=LATER, by=researcher)
    assert (second.strategy, second.seed, second.parameters) == (first.strategy, first.seed, first.parameters)
    assert second.parameters["judgement_filter"] == "everybody"
    assert (second.built_at, second.built_by, second.kept_from) == (LATER, researcher, first)


def test_the_manifest_says_whose_images_were_kept(study: Study) -> None:
    first = build(study)
    exclude(held(first)[:1])
    second = testsets.rebuild(test_set=first, now=LATER)
    assert testsets.manifest_of(first)["kept_from"] is None
    assert testsets.manifest_of(second)["kept_from"] == "digits-twin/easier@r1"


def test_an_image_that_fell_below_the_threshold_goes(study: Study) -> None:
    first = build(study)
    fallen = held(first)[0]
    SelectionFrequency.objects.filter(candidate=fallen).update(num_selected=6)
    second = testsets.rebuild(test_set=first, now=LATER)
    assert fallen not in held(second)
    assert set(held(first)[1:]) < set(held(second))


def test_an_image_whose_judgements_have_become_too_few_goes(study: Study) -> None:
    first = build(study)
    SelectionFrequency.objects.filter(candidate=held(first)[0]).update(num_selected=4, num_seen=4)
    assert held(first)[0] not in held(testsets.rebuild(test_set=first, now=LATER))


def test_an_image_whose_bin_is_full_goes(study: Study) -> None:
    first = build(study, Strategy.MATCHED_FREQUENCY)
    moved = first.images.order_by("num_selected")[0].candidate_id
    SelectionFrequency.objects.filter(candidate=moved).update(num_selected=0)
    assert moved not in held(testsets.rebuild(test_set=first, now=LATER))


def test_the_easiest_set_keeps_an_image_though_others_are_selected_more_by_now(study: Study) -> None:
    first = build(study, Strategy.TOP_IMAGES)
    better = [cast.measured(study.target_classes.get(), Origin.POOL, 20, 20).pk for _ in range(IMAGES_PER_CLASS)]
    assert held(testsets.rebuild(test_set=first, now=LATER)) == held(first)
    assert held(build(study, Strategy.TOP_IMAGES)) == better


def test_images_can_be_kept_from_a_set_of_another_name(study: Study) -> None:
    easiest, easier = build(study, Strategy.TOP_IMAGES), build(study)
    kept = build(study, keep_from=easiest)
    assert held(kept) == held(easiest)
    assert (kept.parent, kept.kept_from) == (easier, easiest)


def test_images_of_another_study_are_not_kept(study: Study) -> None:
    other = cast.study("other")
    cast.measured(cast.target_class(other), Origin.POOL, 10)
    with pytest.raises(CannotBuild, match="is of another study"):
        build(study, keep_from=build(other))


def test_the_original_is_imported_anew(study: Study) -> None:
    first = testsets.import_original(study=study, now=NOW)
    assert testsets.rebuild(test_set=first, now=LATER) == first
    exclude(held(first)[:1])
    second = testsets.rebuild(test_set=first, now=LATER)
    assert (second.revision, held(second)) == (2, held(first)[1:])


COUNTS = some.lists(some.tuples(some.integers(0, 10), some.booleans()), max_size=40)
ORIGINALS = some.lists(some.integers(0, 10), min_size=5, max_size=15)
STARTS = some.sampled_from(
    [
        MatchedFrequency(images_per_class=5),
        MatchedFrequency(images_per_class=5, allow_borrowing=False),
        Threshold(images_per_class=5),
        TopImages(images_per_class=5),
    ]
)


def class_counts(pool: list[tuple[int, bool]], originals: list[int]) -> ClassCounts:
    selected = np.array([count for count, _ in pool], dtype=np.int64)
    is_kept = np.array([kept for _, kept in pool], dtype=np.bool_)
    ten, old = np.full(len(pool), 10), np.array(originals, dtype=np.int64)
    return ClassCounts(selected, ten, old, np.full(len(old), 10), is_kept)


@given(pool=COUNTS, originals=ORIGINALS, parameters=STARTS, seed=some.integers(0, 100))
def test_nothing_is_drawn_while_something_kept_still_fits(
    pool: list[tuple[int, bool]], originals: list[int], parameters: Parameters, seed: int
) -> None:
    counts = class_counts(pool, originals)
    assert counts.is_kept is not None
    found = parameters.select(counts, rng=np.random.default_rng(seed))
    drawn = np.isin(np.arange(len(pool)), found.indices)
    assert len(set(found.indices.tolist())) == len(found.indices) <= 5
    for places in _places(counts, parameters):
        passed_over = counts.is_kept & places & ~drawn
        taken_anew = ~counts.is_kept & places & drawn
        assert not (passed_over.any() and taken_anew.any())


def _places(counts: ClassCounts, parameters: Parameters) -> list[Any]:
    """Sets of candidates that are as good as one another for a place of the set."""
    if isinstance(parameters, Threshold):
        return [selection.at_least(counts.num_selected, counts.num_seen, threshold=parameters.threshold)]
    if isinstance(parameters, MatchedFrequency):
        bins = selection.bins(counts.num_selected, counts.num_seen)
        return [bins == number for number in range(5)]
    return [counts.num_seen > 0]


@given(pool=COUNTS, originals=ORIGINALS, seed=some.integers(0, 100))
def test_no_bin_takes_more_than_it_wants_and_lends(
    pool: list[tuple[int, bool]], originals: list[int], seed: int
) -> None:
    counts = class_counts(pool, originals)
    old = selection.bins(counts.original_num_selected, counts.original_num_seen)
    wanted = sampling.round_to_total(selection.histogram(old), total=5)
    found = MatchedFrequency(images_per_class=5).select(counts, rng=np.random.default_rng(seed))
    bins = selection.bins(counts.num_selected, counts.num_seen)
    taken = selection.histogram(bins[found.indices])
    lent = np.bincount([each.used_bin for each in found.substitutions], minlength=5)
    assert np.all(taken <= wanted + lent)


@given(pool=COUNTS, originals=ORIGINALS, parameters=STARTS, seed=some.integers(0, 100))
def test_a_set_whose_images_are_all_there_is_drawn_again_as_it_is(
    pool: list[tuple[int, bool]], originals: list[int], parameters: Parameters, seed: int
) -> None:
    counts = class_counts([(count, False) for count, _ in pool], originals)
    first = parameters.select(counts, rng=np.random.default_rng(seed)).indices.tolist()
    kept = class_counts([(count, place in first) for place, (count, _) in enumerate(pool)], originals)
    assert parameters.select(kept, rng=np.random.default_rng(seed + 1)).indices.tolist() == first
