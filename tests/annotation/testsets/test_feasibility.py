"""What a set lacks before it is drawn: the same as the draw misses, with what should fill it."""

import pytest

from annotation import candidates, frequencies, grids, testsets
from annotation.grids import GridDesign
from annotation.models import IMPORTED, Candidate, Exclusion, Origin, Strategy, Study, TargetClass
from annotation.strategies import Parameters
from annotation.testsets import feasibility
from annotation.testsets.feasibility import Feasibility
from tests import cast
from tests.cast import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    return cast.study()


@pytest.fixture
def zero(study: Study) -> TargetClass:
    """Originals in the two upper fifths; a pool with little up there."""
    row = cast.target_class(study)
    for count in (7, 7, 9, 9, 10, 10):
        cast.measured(row, Origin.ORIGINAL, count)
    for count in (0, 1, 2, 3, 5, 7, 9, 9):
        cast.measured(row, Origin.POOL, count)
    return row


def check(study: Study, parameters: Parameters) -> Feasibility:
    return feasibility.check(judgement_filter=frequencies.standard_filter(study), parameters=parameters, num_measured=6)


def calibrated(images_per_class: int = 6, **fields: int) -> testsets.MatchedFrequency:
    return testsets.MatchedFrequency(images_per_class=images_per_class, **fields)


def test_wanted_valid_and_missing_are_said_for_each_bin(study: Study, zero: TargetClass) -> None:
    [found] = check(study, calibrated()).classes
    assert [(each.num_wanted, each.num_valid, each.num_missing) for each in found.bins] == [
        (0, 2, 0), (0, 2, 0), (0, 1, 0), (2, 1, 1), (4, 2, 2)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("strategy", "parameters"),
    [
        (Strategy.MATCHED_FREQUENCY, calibrated()),
        (Strategy.MATCHED_FREQUENCY, testsets.MatchedFrequency(images_per_class=6, allow_borrowing=False)),
        (Strategy.THRESHOLD, testsets.Threshold(images_per_class=6)),
        (Strategy.TOP_IMAGES, testsets.TopImages(images_per_class=10)),
    ],
)
def test_what_is_missing_is_what_the_build_notes(
    study: Study, zero: TargetClass, strategy: Strategy, parameters: Parameters
) -> None:
    found = check(study, parameters)
    built = testsets.build(study=study, strategy=strategy, parameters=parameters, seed=0, now=NOW)
    assert found.num_missing == sum(row["num_missing"] for row in built.shortages) > 0


def test_candidates_and_grids_follow_from_the_rates_seen(study: Study, zero: TargetClass) -> None:
    [found] = check(study, calibrated()).classes
    # Two of eight lie in the highest fifth, where two are missing; three of eight in the two upper, which lack three.
    assert found.num_candidates == 8
    assert (found.num_waiting, found.num_new, found.num_grids) == (0, 8, 2)


@pytest.mark.parametrize(("num_positions", "num_measured"), [(8, 6), (24, 18), (48, 42), (100, 94)])
def test_hits_are_counted_as_the_grids_that_were_composed(
    study: Study, zero: TargetClass, num_positions: int, num_measured: int
) -> None:
    others = [cast.target_class(study, str(number), f"class {number}") for number in (1, 2)]
    for each, number in zip(others, (18, 94), strict=True):
        for _ in range(number):
            cast.candidate(each)
    grids.compose(
        study=study,
        now=NOW,
        design=GridDesign(num_positions, 3 if num_positions > 8 else 1, 3 if num_positions > 8 else 1),
    )
    found = feasibility.check(judgement_filter=frequencies.standard_filter(study), parameters=calibrated(30))
    assert found.num_measured == num_measured
    first = found.classes[0]
    assert first.num_grids == -(-int(first.num_candidates) // num_measured) > 0


def test_a_study_without_grids_is_planned_with_usual_ones_and_judgements_from_elsewhere_are_none(
    study: Study, zero: TargetClass
) -> None:
    made = grids.put_together(study=study, measured={zero.pk: [each.pk for each in zero.candidates.all()[:3]]}, now=NOW)
    cast.batch(study, made, platform=IMPORTED, imported_from="raters.csv", expired_at=NOW)
    assert grids.num_measured_of(study) == GridDesign().num_measured


def test_candidates_that_wait_for_judgements_are_not_asked_for_again(study: Study, zero: TargetClass) -> None:
    for _ in range(5):
        cast.candidate(zero)
    [found] = check(study, calibrated()).classes
    assert (found.num_waiting, found.num_new, found.num_grids) == (5, 3, 2)
    assert found.left_out == {feasibility.NOT_JUDGED: 5}


def test_each_candidate_is_left_out_for_its_first_reason(study: Study, zero: TargetClass) -> None:
    excluded = cast.measured(zero, Origin.POOL, 1, num_seen=2)
    Candidate.objects.filter(pk=excluded.pk).update(image=None)
    candidates.exclude(
        candidates=Candidate.objects.filter(pk=excluded.pk), reason=Exclusion.Reason.WRONG_CLASS, now=NOW
    )
    nameless = cast.measured(zero, Origin.POOL, 1, num_seen=2)
    Candidate.objects.filter(pk=nameless.pk).update(image=None)
    cast.measured(zero, Origin.POOL, 1, num_seen=2)
    [found] = check(study, testsets.Threshold(images_per_class=6)).classes
    assert found.left_out == {
        "excluded: is not of the class": 1,
        feasibility.NO_PICTURE: 1,
        feasibility.TOO_FEW: 1,
        feasibility.DOES_NOT_FIT: 5,
    }


def test_excluded_candidates_stay_in_the_rates(study: Study, zero: TargetClass) -> None:
    before = check(study, calibrated()).num_new
    lowest = Candidate.objects.filter(target_class=zero, selection_frequencies__num_selected__lte=3, origin=Origin.POOL)
    candidates.exclude(candidates=lowest, reason=Exclusion.Reason.UNUSABLE, now=NOW)
    assert check(study, calibrated()).num_new == before


def test_what_was_never_seen_is_not_promised(study: Study, zero: TargetClass) -> None:
    Candidate.objects.filter(selection_frequencies__num_selected__gte=7, origin=Origin.POOL).delete()
    found = check(study, calibrated())
    assert found.unreachable == found.classes
    assert (found.num_new, found.num_grids) == (0, 0)


def test_a_class_goes_by_the_rates_of_the_study_where_it_has_none(study: Study, zero: TargetClass) -> None:
    one = cast.target_class(study, "1", "one")
    for _ in range(6):
        cast.measured(one, Origin.ORIGINAL, 10)
    [_, found] = check(study, calibrated(4)).classes
    assert found.num_candidates == 16  # a quarter of the study's lies in the highest fifth


def test_a_class_without_originals_says_so(study: Study, zero: TargetClass) -> None:
    cast.target_class(study, "1", "one")
    found = check(study, calibrated())
    assert "only 0 of the class's original images" in found.classes[1].refusal
    assert [each.target_class.name for each in found.lacking] == ["one", "zero"]


def test_a_study_without_classes_lacks_nothing() -> None:
    assert check(cast.study("empty"), calibrated()).classes == ()


def test_it_takes_few_statements_however_many_classes(
    study: Study, zero: TargetClass, django_assert_max_num_queries: object
) -> None:
    for number in range(1, 20):
        cast.measured(cast.target_class(study, str(number), f"class {number}"), Origin.POOL, 5)
    frequencies.standard_filter(study)
    assert callable(django_assert_max_num_queries)
    with django_assert_max_num_queries(3):
        check(study, calibrated())


def test_before_anything_is_judged_all_is_missing_and_no_price_is_named(study: Study) -> None:
    row = cast.target_class(study)
    for origin in (*[Origin.ORIGINAL] * 6, *[Origin.POOL] * 4):
        cast.candidate(row, origin)
    for parameters in (calibrated(), testsets.Threshold(images_per_class=6)):
        found = check(study, parameters)
        assert (found.num_wanted, found.num_missing, found.num_waiting, found.has_rates) == (6, 6, 4, False)
