import json
from typing import Any

import pytest

from annotation import testsets
from annotation.errors import CannotBuild
from annotation.models import Exclusion, Origin, SelectionFrequency, Strategy, Study, TestSet
from annotation.strategies import STRATEGIES, Parameters
from tests import cast
from tests.cast import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    """Two classes, each with originals at 2, 5, 7, 9, 10 of 10 and a pool of three at every count."""
    row = cast.study(seed=3)
    for class_id in ("0", "1"):
        target_class = cast.target_class(row, class_id, class_id)
        for count in (2, 5, 7, 9, 10):
            cast.measured(target_class, Origin.ORIGINAL, count)
        for count in range(11):
            for _ in range(3):
                cast.measured(target_class, Origin.POOL, count)
    return row


def build(study: Study, strategy: Strategy, *, seed: int = 0, **parameters: Any) -> TestSet:
    parameters_class: type[Parameters] = STRATEGIES[strategy]
    values = parameters_class.from_dict({"images_per_class": 5} | parameters)
    return testsets.build(study=study, strategy=strategy, parameters=values, seed=seed, now=NOW)


def counts(test_set: TestSet) -> list[int]:
    return sorted(test_set.images.filter(target_class__number=0).values_list("num_selected", flat=True))


def test_calibrated_has_the_frequencies_of_the_original(study: Study) -> None:
    bins = [count // 2 if count < 10 else 4 for count in counts(build(study, Strategy.MATCHED_FREQUENCY))]
    assert bins == [1, 2, 3, 4, 4]


def test_easier_holds_only_images_at_seven_tenths_or_more(study: Study) -> None:
    test_set = build(study, Strategy.THRESHOLD, images_per_class=12)
    assert counts(test_set) == [7, 7, 7, 8, 8, 8, 9, 9, 9, 10, 10, 10]
    assert test_set.shortages == []


def test_easiest_holds_the_most_selected_images_and_equals_go_by_id(study: Study) -> None:
    test_set = build(study, Strategy.TOP_IMAGES)
    assert counts(test_set) == [9, 9, 10, 10, 10]
    nines = study.candidates.filter(
        origin=Origin.POOL, target_class__number=0, selection_frequencies__num_selected=9
    ).order_by("id")
    assert set(nines[:2].values_list("id", flat=True)) < set(test_set.images.values_list("candidate_id", flat=True))


def test_more_judgements_of_the_same_frequency_go_first(study: Study) -> None:
    surer = cast.measured(study.target_classes.get(number=0), Origin.POOL, 20, 20)
    test_set = build(study, Strategy.TOP_IMAGES, images_per_class=1)
    assert test_set.images.get(target_class__number=0).candidate == surer


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_images_are_numbered_by_class_then_candidate(study: Study, strategy: Strategy) -> None:
    rows = list(build(study, strategy).images.order_by("number").values_list("target_class__number", "candidate_id"))
    assert rows == sorted(rows)
    assert len(rows) == 10


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_two_builds_from_the_same_seed_hold_the_same_images(study: Study, strategy: Strategy) -> None:
    first = build(study, strategy, seed=5)
    ours = testsets.manifest_of(first)
    first.delete()
    assert testsets.manifest_of(build(study, strategy, seed=5)) == ours


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_order_in_which_rows_were_written_does_not_matter(study: Study, strategy: Strategy) -> None:
    before = testsets.manifest_of(build(study, strategy, seed=5))["images"]
    rows = list(SelectionFrequency.objects.order_by("-candidate_id"))
    SelectionFrequency.objects.all().delete()
    SelectionFrequency.objects.bulk_create(
        SelectionFrequency(
            judgement_filter_id=row.judgement_filter_id,
            candidate_id=row.candidate_id,
            num_selected=row.num_selected,
            num_seen=row.num_seen,
        )
        for row in rows
    )
    assert testsets.manifest_of(build(study, strategy, seed=5))["images"] == before


@pytest.mark.parametrize("strategy", [Strategy.MATCHED_FREQUENCY, Strategy.THRESHOLD])
def test_another_seed_draws_other_images(study: Study, strategy: Strategy) -> None:
    drawn = [build(study, strategy, seed=seed).images.values_list("candidate_id", flat=True) for seed in (1, 2)]
    assert set(drawn[0]) != set(drawn[1])


def test_a_class_draws_the_same_images_whatever_the_others_hold(study: Study) -> None:
    before = (
        build(study, Strategy.THRESHOLD).images.filter(target_class__number=1).values_list("candidate_id", flat=True)
    )
    expected = list(before)
    SelectionFrequency.objects.filter(candidate__target_class__number=0).delete()
    after = build(study, Strategy.THRESHOLD).images.filter(target_class__number=1)
    assert list(after.values_list("candidate_id", flat=True)) == expected


def test_short_bins_borrow_upwards_and_say_so(study: Study) -> None:
    low = study.candidates.filter(origin=Origin.POOL, selection_frequencies__num_selected__in=(2, 3))
    low.delete()
    test_set = build(study, Strategy.MATCHED_FREQUENCY)
    assert [(row["class_id"], row["wanted_bin"], row["used_bin"]) for row in test_set.substitutions] == [
        ("0", 1, 2),
        ("1", 1, 2),
    ]
    used = {row["candidate"] for row in test_set.substitutions}
    assert used < set(test_set.images.values_list("candidate_id", flat=True))
    assert test_set.shortages == []


def test_without_borrowing_a_short_bin_is_a_shortage(study: Study) -> None:
    study.candidates.filter(origin=Origin.POOL, selection_frequencies__num_selected__in=(2, 3)).delete()
    test_set = build(study, Strategy.MATCHED_FREQUENCY, allow_borrowing=False)
    assert [(row["class_id"], row["bin"], row["num_missing"]) for row in test_set.shortages] == [
        ("0", 1, 1),
        ("1", 1, 1),
    ]
    assert "no candidates left" in test_set.shortages[0]["reason"]


def test_too_few_annotated_originals_are_a_shortage_of_the_class(study: Study) -> None:
    study.candidates.filter(origin=Origin.ORIGINAL, target_class__number=1)[0].selection_frequencies.all().delete()
    test_set = build(study, Strategy.MATCHED_FREQUENCY)
    assert [(row["class_id"], row["bin"], row["num_missing"]) for row in test_set.shortages] == [("1", None, 5)]
    assert "only 4 of the class's original images" in test_set.shortages[0]["reason"]


@pytest.mark.parametrize("strategy", [Strategy.THRESHOLD, Strategy.TOP_IMAGES])
def test_too_few_candidates_are_a_shortage(study: Study, strategy: Strategy) -> None:
    test_set = build(study, strategy, images_per_class=40)
    assert [row["num_missing"] + len(counts(test_set)) for row in test_set.shortages] == [40, 40]


def test_a_class_without_candidates_is_a_shortage(study: Study) -> None:
    cast.target_class(study, "2", "two")
    for strategy in STRATEGIES:
        assert [row["class_id"] for row in build(study, strategy).shortages] == ["2"]


def test_excluded_and_hardly_seen_candidates_are_never_drawn(study: Study) -> None:
    target_class = study.target_classes.get(number=0)
    excluded = cast.measured(target_class, Origin.POOL, 10)
    Exclusion.objects.create(candidate=excluded, reason=Exclusion.Reason.DUPLICATE, excluded_at=NOW)
    hardly_seen = cast.measured(target_class, Origin.POOL, 4, 4)
    for strategy in STRATEGIES:
        drawn = build(study, strategy, images_per_class=33).images.values_list("candidate_id", flat=True)
        assert not {excluded.pk, hardly_seen.pk} & set(drawn)


def test_before_the_first_judgement_the_error_says_what_to_do() -> None:
    target_class = cast.target_class(cast.study())
    cast.candidate(target_class)
    with pytest.raises(CannotBuild, match="collect judgements and run recompute_frequencies"):
        build(target_class.study, Strategy.TOP_IMAGES)
    assert not TestSet.objects.exists()


def test_asking_for_more_judgements_than_any_image_has_is_refused(study: Study) -> None:
    with pytest.raises(CannotBuild, match="the most seen has 10"):
        build(study, Strategy.THRESHOLD, min_judgements=11)


def test_parameters_of_another_strategy_are_refused(study: Study) -> None:
    with pytest.raises(CannotBuild, match="TopImages are not the parameters of easier"):
        testsets.build(study=study, strategy=Strategy.THRESHOLD, parameters=testsets.TopImages(), seed=0, now=NOW)
    with pytest.raises(CannotBuild, match="not built from frequencies"):
        testsets.build(study=study, strategy=Strategy.ORIGINAL, parameters=testsets.TopImages(), seed=0, now=NOW)


@pytest.mark.parametrize("seed", [-1, 2**63])
def test_a_seed_the_database_cannot_hold_is_refused(study: Study, seed: int) -> None:
    with pytest.raises(CannotBuild, match="seed must lie"):
        build(study, Strategy.TOP_IMAGES, seed=seed)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_stored_parameters_build_the_same_set_again(study: Study, strategy: Strategy) -> None:
    test_set = build(study, strategy, min_judgements=2)
    stored = json.loads(json.dumps(TestSet.objects.get(pk=test_set.pk).parameters))
    assert testsets.read_parameters(strategy, stored).to_dict() == stored


def test_the_set_of_a_simulated_study_says_so(study: Study) -> None:
    assert not build(study, Strategy.TOP_IMAGES).is_simulated
    cast.batch(study, [], is_simulated=True)
    assert build(study, Strategy.TOP_IMAGES).is_simulated
    assert testsets.import_original(study=study, now=NOW).is_simulated


def test_the_original_holds_every_original_image_judged_or_not(study: Study) -> None:
    unseen = cast.candidate(study.target_classes.get(number=1), Origin.ORIGINAL)
    excluded = cast.candidate(study.target_classes.get(number=1), Origin.ORIGINAL)
    Exclusion.objects.create(candidate=excluded, reason=Exclusion.Reason.UNUSABLE, excluded_at=NOW)
    original = testsets.import_original(study=study, now=NOW)
    assert (original.name, original.revision, original.images.count()) == ("original", 1, 11)
    last = original.images.order_by("number").last()
    assert last is not None
    assert (last.candidate, last.num_selected, last.num_seen) == (unseen, 0, 0)


def test_importing_the_original_again_makes_a_revision_only_when_it_changed(study: Study) -> None:
    first = testsets.import_original(study=study, now=NOW)
    assert testsets.import_original(study=study, now=NOW) == first
    cast.candidate(study.target_classes.get(number=0), Origin.ORIGINAL)
    second = testsets.import_original(study=study, now=NOW)
    assert (second.revision, second.parent) == (2, first)


def test_a_study_without_originals_cannot_import_them() -> None:
    with pytest.raises(CannotBuild, match="import them first"):
        testsets.import_original(study=cast.study(), now=NOW)


def test_one_study_never_draws_from_another(study: Study) -> None:
    other = cast.target_class(cast.study("other"))
    cast.measured(other, Origin.POOL, 10)
    assert not build(study, Strategy.TOP_IMAGES).images.filter(candidate__study=other.study).exists()
