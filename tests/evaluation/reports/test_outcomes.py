import numpy as np
import pytest
from pytest_django import DjangoAssertNumQueries

from annotation.errors import MissingContent
from annotation.models import Study, TestSet
from evaluation import outcomes, predictions, runs, scores
from evaluation.models import Classifier, PredictionSet, Run, Score
from tests import cast
from tests.evaluation import reported, scored

pytestmark = pytest.mark.django_db

ALL_RIGHT = [0, 1, 2]


def finished(classifier: Classifier, test_set: TestSet, answers: list[int], **wanted: str) -> Run:
    """A run whose largest logit is that of the class answered, image by image."""
    run = runs.request(classifier=classifier, test_set=test_set, now=cast.NOW, shard_size=len(answers), **wanted)
    logits = np.eye(3, dtype=np.float32)[answers]
    predictions.store(shard=run.shards.get(), logits=logits, now=cast.NOW)
    run.shards.update(finished_at=cast.NOW)
    scores.compute(run=run, now=cast.NOW)
    runs.close(run=run, now=cast.NOW)
    return run


def forgotten(run: Run) -> Run:
    """As its score was before it kept which images were right."""
    Score.objects.filter(run=run).update(is_correct=None, is_correct_top5=None)
    return run


@pytest.fixture
def study() -> Study:
    return scored.study()


@pytest.fixture
def test_set(study: Study) -> TestSet:
    return scored.frozen_set(study, per_class=1)


def test_rows_are_the_classifiers_as_given_and_columns_the_images(study: Study, test_set: TestSet) -> None:
    answers = {"a": [0, 0, 2], "b": [1, 1, 1], "c": ALL_RIGHT}
    people = [scored.classifier(study, name) for name in answers]
    for each, answered in zip(people, answers.values(), strict=True):
        finished(each, test_set, answered)
    found = outcomes.of(test_set=test_set, classifiers=people[::-1])
    assert found is not None
    assert found.correct.tolist() == [[True] * 3, [False, True, False], [True, False, True]]
    assert found.correct_top5 is not None
    assert found.correct_top5.all()


def test_of_nobody_there_is_an_empty_table(test_set: TestSet) -> None:
    found = outcomes.of(test_set=test_set, classifiers=[])
    assert found is not None
    assert found.correct.shape == (0, 3)


def test_another_condition_is_another_table(study: Study, test_set: TestSet) -> None:
    reader = scored.classifier(study)
    finished(reader, test_set, ALL_RIGHT)
    finished(reader, test_set, [0, 0, 0], condition="fog:3")
    found = outcomes.of(test_set=test_set, classifiers=[reader], condition="fog:3")
    assert found is not None
    assert found.correct.tolist() == [[True, False, False]]


def test_a_classifier_without_a_score_makes_it_unknown(study: Study, test_set: TestSet) -> None:
    reader, other = scored.classifier(study), scored.classifier(study, "other")
    finished(reader, test_set, ALL_RIGHT)
    runs.request(classifier=other, test_set=test_set, now=cast.NOW)
    assert outcomes.of(test_set=test_set, classifiers=[reader, other]) is None


def test_a_score_from_before_gets_it_from_its_predictions(study: Study, test_set: TestSet) -> None:
    reader, other = scored.classifier(study), scored.classifier(study, "other")
    before = forgotten(finished(reader, test_set, [0, 0, 2]))
    finished(other, test_set, ALL_RIGHT)
    found = outcomes.of(test_set=test_set, classifiers=[reader, other])
    assert found is not None
    assert found.correct.tolist() == [[True, False, True], [True] * 3]
    assert Score.objects.get(run=before).is_correct is not None


def test_a_score_without_predictions_makes_it_unknown() -> None:
    study, sets = reported.scored_study({"forest": (90, 80, 88)})
    assert outcomes.of(test_set=sets[0], classifiers=list(study.classifiers.all())) is None


def test_predictions_that_are_lost_are_no_small_matter(study: Study, test_set: TestSet) -> None:
    reader = scored.classifier(study)
    run = forgotten(finished(reader, test_set, ALL_RIGHT))
    PredictionSet.objects.filter(shard__run=run).update(sha256="f" * 64)
    with pytest.raises(MissingContent, match="restore it from a backup"):
        outcomes.of(test_set=test_set, classifiers=[reader])


def test_it_takes_the_same_queries_for_many(
    study: Study, test_set: TestSet, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    people = [scored.classifier(study, f"reader {number}") for number in range(5)]
    for each in people:
        finished(each, test_set, ALL_RIGHT)
    with django_assert_num_queries(2):
        outcomes.of(test_set=test_set, classifiers=people)
