"""What of a change is explained by the choice of images: in a study where that is all there is, and where it can't be
said."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from annotation import frequencies, testsets
from annotation.models import Candidate, Origin, SelectionFrequency, Strategy, Study, TestSet, TestSetImage
from annotation.strategies import STRATEGIES
from evaluation import reports
from evaluation.reports import Selection
from evaluation.reports.correcting import Corrector
from evaluation.stats.scored_images import scored_images
from tests import cast
from tests.evaluation.reports import tabled

pytestmark = pytest.mark.django_db
NUM_CLASSES, NUM_ORIGINALS, NUM_POOL, WORKERS = 5, 1500, 4000, 10
SIDES = ((Origin.ORIGINAL, NUM_ORIGINALS, (6, 2)), (Origin.POOL, NUM_POOL, (3, 3)))


@pytest.fixture
def frequency() -> dict[int, float]:
    """The true frequency of each candidate."""
    return {}


@pytest.fixture
def study(frequency: dict[int, float]) -> Study:
    """A pool that is poorer than the original, judged by ten workers each."""
    of, rng = tabled.study(NUM_CLASSES), np.random.default_rng(5)
    for origin, num, shape in SIDES:
        rows, true = tabled.candidates(of, num, origin), rng.beta(*shape, num)
        frequency |= dict(zip([each.pk for each in rows], true.tolist(), strict=True))
        count(rows, rng.binomial(WORKERS, true).tolist(), of)
    return of


def count(rows: list[Candidate], selected: list[int], of: Study) -> None:
    used = frequencies.standard_filter(of)
    SelectionFrequency.objects.bulk_create(
        SelectionFrequency(judgement_filter=used, candidate=each, num_selected=k, num_seen=WORKERS)
        for each, k in zip(rows, selected, strict=True)
    )


def scored(of: Study, frequency: dict[int, float], *strategies: Strategy, keeps_pool: bool = True) -> list[TestSet]:
    """Sets drawn from the counts; classifiers are right as often as workers would select, wherever an image is from."""
    recipes = {each: STRATEGIES[each](images_per_class=200) for each in strategies}
    sets = [
        testsets.import_original(study=of, now=cast.NOW),
        *testsets.build_all(study=of, parameters=recipes, seed=1, now=cast.NOW),
    ]
    people, rng = tabled.people(of, ["one", "two", "three"]), np.random.default_rng(7)
    for each in sets:
        if not keeps_pool:  # as sets were built before
            each.figures.pop("pool", None)
        tabled.freeze(each)
        images = each.images.order_by("number").values_list("candidate_id", flat=True)
        true = np.array([frequency[pk] for pk in images])
        tabled.score(each, people, rng.random((3, len(true))) < 0.1 + 0.8 * true)
    return sets


def parts(of: Study, **selection: Any) -> dict[str, Any]:
    """What the change on each new set is made of."""
    content = reports.build(study=of, now=cast.NOW, selection=Selection(**selection)).content
    return {each["test_set"]: each["decomposition"] for each in content["comparisons"]}


def test_what_the_choice_costs_is_explained(study: Study, frequency: dict[int, float]) -> None:
    scored(study, frequency, *STRATEGIES)
    found = parts(study)
    calibrated, recalibrated = found["calibrated"], found["recalibrated"]
    assert calibrated["change"] < -0.06, "matched by noisy counts, the set is harder than it looks"
    assert calibrated["explained"] == pytest.approx(calibrated["change"], abs=0.03)
    for each in (calibrated, recalibrated):
        assert each["change"] == pytest.approx(each["explained"] + each["remainder"])
        assert each["explained_low"] < each["explained"] < each["explained_high"]
        assert each["remainder_low"] < 0 < each["remainder_high"]
        assert (each["correction"], each["why_not"]) == ("mixture", "")
    assert calibrated["change"] < recalibrated["change"] < 0, "half of ten judgements make up for a part of it"
    for name in ("easier", "easiest"):
        assert (found[name]["explained"], found[name]["correction"]) == (None, None)
        assert "not drawn to match" in found[name]["why_not"]
        assert found[name]["remainder"] == found[name]["change"]


def test_images_of_both_sets_are_named_by_their_places_among_judged_and_unjudged_ones() -> None:
    """Two of the original's six images were never judged, and three of its images are in the new set."""
    right = np.array([[1, 0, 1, 1, 0, 1], [1, 1, 0, 1, 0, 0], [0, 1, 1, 1, 0, 0]], dtype=np.bool_)
    is_judged = np.array([True, False, True, True, False, True])
    in_original, in_new = np.array([1, 2, 5]), np.array([0, 3, 4])
    new_right = np.zeros((3, 5), dtype=np.bool_)
    new_right[:, in_new] = right[:, in_original]
    before, after = (
        scored_images([1] * each.shape[1], 2, each.mean(axis=0)) for each in (right[:, is_judged], new_right)
    )
    original, paired = (
        SimpleNamespace(correct=right, is_judged=is_judged),
        SimpleNamespace(shared=(in_original, in_new)),
    )
    sets = Corrector(original)._sets(before, after, paired)  # type: ignore[arg-type]
    every = np.concatenate([sets.original.is_correct[:, 0], np.asarray(sets.unjudged)])
    assert len(every) == 6
    here, there = (np.asarray(each) for each in sets.shared)
    np.testing.assert_allclose(every[here], sets.new.is_correct[there, 0])
    np.testing.assert_allclose(every[here], right[:, in_original].mean(axis=0))


def test_a_real_loss_stays_in_the_remainder(study: Study, frequency: dict[int, float]) -> None:
    sets = scored(study, dict.fromkeys(frequency, 1.0), Strategy.MATCHED_FREQUENCY)
    for run in sets[1].runs.all():
        bits = np.random.default_rng(run.pk).random(run.score.num_images) < 0.8
        run.score.num_correct, run.score.is_correct = int(bits.sum()), np.packbits(bits).tobytes()
        run.score.save()
    found = parts(study)["calibrated"]
    assert found["change"] == pytest.approx(-0.1, abs=0.02)
    assert found["explained"] == pytest.approx(0, abs=0.02), "accuracy has nothing to do with the frequency here"
    assert found["remainder_high"] < 0


def test_candidates_that_came_later_are_not_the_pool_it_was_drawn_from(
    study: Study, frequency: dict[int, float]
) -> None:
    scored(study, frequency, Strategy.MATCHED_FREQUENCY)
    before = parts(study)["calibrated"]
    late = tabled.candidates(study, 500)
    Candidate.objects.filter(pk__in=[each.pk for each in late]).update(created_at=cast.NOW + timedelta(days=1))
    count(late, [0] * len(late), study)
    assert parts(study)["calibrated"] == before


def judge_again(candidates: Any) -> None:
    """One more worker has seen these images, and did not select them."""
    SelectionFrequency.objects.filter(candidate__in=list(candidates)).update(num_seen=WORKERS + 1)


def test_judgements_that_came_later_do_not_change_the_pool_it_was_drawn_from(
    study: Study, frequency: dict[int, float]
) -> None:
    _, new = scored(study, frequency, Strategy.MATCHED_FREQUENCY)
    before = parts(study)["calibrated"]
    assert before["explained"] is not None
    pool = study.candidates.filter(origin=Origin.POOL)
    drawn = set(new.images.values_list("candidate_id", flat=True))
    judge_again(pool.exclude(pk__in=drawn).order_by("pk")[:300])
    assert parts(study)["calibrated"] == before, "images that were not chosen"
    judge_again(drawn)
    assert parts(study)["calibrated"] == before, "images of the set"


def test_a_set_that_kept_no_pool_stands_for_that_of_today(study: Study, frequency: dict[int, float]) -> None:
    scored(study, frequency, Strategy.MATCHED_FREQUENCY, keeps_pool=False)
    found = parts(study)["calibrated"]
    assert found["explained"] == pytest.approx(found["change"], abs=0.03)
    late = tabled.candidates(study, 500)
    Candidate.objects.filter(pk__in=[each.pk for each in late]).update(created_at=cast.NOW + timedelta(days=1))
    count(late, [0] * len(late), study)
    assert parts(study)["calibrated"] == found, "candidates that came later are none of it"


def test_a_set_that_kept_no_pool_says_nothing_once_its_study_is_judged_again(
    study: Study, frequency: dict[int, float]
) -> None:
    scored(study, frequency, Strategy.MATCHED_FREQUENCY, keeps_pool=False)
    one = study.candidates.filter(origin=Origin.POOL).first()
    cast.handed_in(cast.batch(study, [cast.grid(one.target_class, [one])]), cast.worker(), cast.NOW)
    assert parts(study)["calibrated"]["explained"] is not None, "as many as when it was built"
    later = cast.NOW + timedelta(hours=1)
    cast.handed_in(cast.batch(study, [cast.grid(one.target_class, [one])]), cast.worker("w2"), later)
    found = parts(study)["calibrated"]
    assert found["explained"] is None
    assert "have been judged since the set was built" in found["why_not"]


@pytest.mark.parametrize("strategy", [Strategy.MATCHED_FREQUENCY, Strategy.MATCHED_POSTERIOR])
def test_judgements_that_have_changed_since_are_not_used(
    study: Study, frequency: dict[int, float], strategy: Strategy
) -> None:
    _, new = scored(study, frequency, strategy, keeps_pool=False)
    judge_again([new.images.first().candidate_id])
    found = parts(study)[new.name]
    assert found["explained"] is None
    assert "have changed since it was built" in found["why_not"]


def test_a_pool_that_has_changed_does_not_tell_which_judgements_were_held_out(
    study: Study, frequency: dict[int, float]
) -> None:
    _, new = scored(study, frequency, Strategy.MATCHED_POSTERIOR)
    drawn = set(new.images.values_list("candidate_id", flat=True))
    others = study.candidates.filter(origin=Origin.POOL).exclude(pk__in=drawn).order_by("pk")
    SelectionFrequency.objects.filter(candidate__in=list(others[:200])).update(num_selected=3)
    found = parts(study)["recalibrated"]
    assert found["explained"] is None
    assert "can't be told any more which judgements were held out" in found["why_not"]


def test_a_set_that_lacks_what_the_pool_is_full_of_cant_stand_for_it(study: Study, frequency: dict[int, float]) -> None:
    worst = study.candidates.filter(origin=Origin.ORIGINAL)
    SelectionFrequency.objects.filter(candidate__in=worst).update(num_selected=9)
    scored(study, frequency, Strategy.MATCHED_FREQUENCY)
    found = parts(study)["calibrated"]
    assert found["explained"] is None
    assert "% of the pool's images have counts that no image of the set has" in found["why_not"]


def given(num: int = 150, seen: int = 10, selected: tuple[int, int] = (7, 7), **fields: Any) -> Study:
    """A study whose sets were drawn elsewhere, or as the fields say."""
    of = tabled.study(1)
    sets = [
        tabled.frozen(of, strategy, tabled.candidates(of, num, origin), (min(seen, k), seen), **fields)
        for strategy, origin, k in zip(
            (Strategy.ORIGINAL, Strategy.MATCHED_FREQUENCY), (Origin.ORIGINAL, Origin.POOL), selected, strict=True
        )
    ]
    people = tabled.people(of, ["one", "two"])
    for each in sets:
        tabled.score(each, people, tabled.drawn(2, num))
    return of


def test_of_a_set_that_was_drawn_elsewhere_the_choice_is_unknown() -> None:
    found = parts(given(parameters={"given": True}))["calibrated"]
    assert "drawn elsewhere" in found["why_not"]
    assert found["remainder"] == found["change"]


def counted(of: Study) -> Study:
    """The counts of the sets are also those of the study."""
    for row in TestSetImage.objects.filter(test_set__study=of).select_related("candidate"):
        SelectionFrequency.objects.create(
            judgement_filter=frequencies.standard_filter(of), candidate=row.candidate,
            num_selected=row.num_selected, num_seen=row.num_seen,
        )  # fmt: skip
    return of


def test_images_that_have_nothing_in_common_with_the_originals_say_nothing_of_them() -> None:
    found = parts(counted(given(selected=(1, 9))))["calibrated"]
    assert found["explained"] is None
    assert found["why_not"].startswith("Only 0% of the original's images have counts that some image of the set has")


def test_equal_counts_explain_nothing() -> None:
    found = parts(counted(given()))["calibrated"]
    assert found["explained"] == pytest.approx(0, abs=0.001)
    assert found["change"] == pytest.approx(found["remainder"], abs=0.001)


@pytest.mark.parametrize(
    ("num", "seen", "reason"),
    [
        (60, 10, "Images of the calibrated set with judgements: only 60; a correction needs 100."),
        (120, 3, "Judgements of an image of the calibrated set that can be used: 3; a correction needs 4."),
    ],
)
def test_few_images_and_few_judgements_correct_nothing(num: int, seen: int, reason: str) -> None:
    found = parts(counted(given(num, seen)))["calibrated"]
    assert (found["explained"], found["why_not"].startswith(reason)) == (None, True), found["why_not"]
