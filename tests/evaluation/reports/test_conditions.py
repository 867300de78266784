import pytest
from pytest_django import DjangoAssertNumQueries

from annotation.models import Study, TestSet
from evaluation.models import Classifier, Run, Score
from evaluation.reports.conditions import conditions
from evaluation.reports.content import ConditionContent
from evaluation.stats.accuracy import clopper_pearson
from tests import cast
from tests.evaluation import reported

pytestmark = pytest.mark.django_db

NAMES = ["original", "calibrated", "easier"]


def changed(classifier: Classifier, test_set: TestSet, condition: str, num_correct: int, state: str) -> None:
    """A run under a condition that has ended in this state."""
    run = Run.objects.create(
        classifier=classifier,
        test_set=test_set,
        condition=condition,
        state=state,
        requested_at=cast.NOW,
        ended_at=cast.NOW,
    )
    Score.objects.create(run=run, num_correct=num_correct, num_images=reported.NUM_IMAGES, computed_at=cast.NOW)


@pytest.fixture
def study() -> Study:
    """Two classifiers on three sets, with fog on two of the sets and noise on one."""
    of, sets = reported.scored_study({"forest": (90, 80, 88), "stump": (20, 18, None)})
    forest, stump = (of.classifiers.get(name=name) for name in ("forest", "stump"))
    changed(forest, sets[0], "gaussian_noise:2", 60, "finished")
    changed(forest, sets[1], "fog:3", 70, "finished")
    changed(stump, sets[0], "fog:3", 22, "finished")
    changed(forest, sets[0], "fog:3", 80, "finished")
    return of


def found(study: Study) -> list[ConditionContent]:
    sets = list(study.test_sets.order_by("pk"))
    return conditions(test_sets=sets, names=NAMES, classifiers=list(study.classifiers.order_by("name")))


def changes(study: Study) -> dict[tuple[str, str], dict[str, float]]:
    return {
        (each["condition"], each["test_set"]): {row["classifier"]: row["change"] for row in each["results"]}
        for each in found(study)
    }


def test_each_condition_and_set_has_its_classifiers_in_order(study: Study) -> None:
    told = [(*place, list(rows)) for place, rows in changes(study).items()]
    assert told == [
        ("fog:3", "original", ["forest", "stump"]),
        ("fog:3", "calibrated", ["forest"]),
        ("gaussian_noise:2", "original", ["forest"]),
    ]


def test_the_change_is_from_the_same_set_as_it_is(study: Study) -> None:
    assert changes(study)["fog:3", "original"] == pytest.approx({"forest": -0.1, "stump": 0.02})
    assert changes(study)["fog:3", "calibrated"] == pytest.approx({"forest": -0.1})


def test_the_accuracy_is_that_under_the_condition(study: Study) -> None:
    row = found(study)[0]["results"][0]
    expected = clopper_pearson(80, 100)
    assert (row["num_correct"], row["num_images"], row["accuracy"]) == (80, 100, 0.8)
    assert (row["low"], row["high"]) == (float(expected.low), float(expected.high))


def test_a_run_without_its_clean_fellow_is_not_told(study: Study) -> None:
    changed(study.classifiers.get(name="stump"), study.test_sets.get(strategy="threshold"), "fog:3", 10, "finished")
    assert ("fog:3", "easier") not in changes(study)


def test_a_run_that_came_to_nothing_is_not_told(study: Study) -> None:
    changed(study.classifiers.get(name="stump"), study.test_sets.get(strategy="original"), "fog:5", 10, "failed")
    assert "fog:5" not in {condition for condition, _ in changes(study)}


def test_classifiers_that_are_not_asked_for_are_not_told(study: Study) -> None:
    sets = list(study.test_sets.order_by("pk"))
    [section] = conditions(test_sets=sets, names=NAMES, classifiers=[study.classifiers.get(name="stump")])
    assert [row["classifier"] for row in section["results"]] == ["stump"]


def test_it_is_one_query(study: Study, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    sets, people = list(study.test_sets.all()), list(study.classifiers.all())
    with django_assert_num_queries(1):
        assert conditions(test_sets=sets, names=NAMES, classifiers=people)


def test_without_such_runs_there_is_nothing() -> None:
    of, sets = reported.scored_study({"forest": (90, 80, 88)})
    assert conditions(test_sets=sets, names=NAMES, classifiers=list(of.classifiers.all())) == []
