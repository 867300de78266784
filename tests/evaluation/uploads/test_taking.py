import numpy as np
import pytest

from evaluation import predictions, reports, runs, scores
from evaluation.errors import CannotRequest, InvalidClassifier, InvalidPredictions
from evaluation.models import Classifier, PredictionSet, Run
from tests import cast
from tests.evaluation import scored
from tests.evaluation.uploads import handed

pytestmark = pytest.mark.django_db


def test_an_upload_is_a_finished_run_with_its_score() -> None:
    _, test_set = handed.study_and_set()
    run = handed.given(handed.right(test_set), test_set).run
    assert (run.state, run.condition, run.classifier.runtime) == ("finished", "clean", "predictions")
    assert (run.score.num_correct, run.score.num_correct_top5, run.score.num_images) == (6, None, 6)
    assert predictions.load_ranked(run=run).tolist() == [[0], [0], [1], [1], [2], [2]]
    assert PredictionSet.objects.get().num_ranks == 1
    assert run.shards.get().num_images == 6


def test_three_ranks_of_three_classes_count_as_five() -> None:
    _, test_set = handed.study_and_set()
    rows = [f"{name},g0,g1,g2" for name in handed.names(test_set)]
    run = handed.given(handed.csv("image,top1,top2,top3", *rows), test_set).run
    assert (run.score.num_correct, run.score.num_correct_top5) == (2, 6)


def test_logits_are_kept_in_the_order_of_the_classes() -> None:
    _, test_set = handed.study_and_set()
    logits = [[1, 3, 2]] * 6
    content = handed.npz(images=handed.names(test_set), logits=logits, classes=["g2", "g0", "g1"])
    run = handed.given(content, test_set).run
    assert predictions.load(run=run).tolist() == [[3, 2, 1]] * 6
    assert (run.score.num_correct, run.score.num_correct_top5) == (2, 6)


def test_the_same_file_again_is_the_same_run_and_another_is_refused() -> None:
    _, test_set = handed.study_and_set()
    run = handed.given(handed.right(test_set), test_set).run
    assert handed.given(handed.right(test_set), test_set).run == run
    rows = [f"{name},g0" for name in handed.names(test_set)]
    with pytest.raises(CannotRequest, match="has other predictions for greys/original@r1 already"):
        handed.given(handed.csv("image,top1", *rows), test_set)
    assert Run.objects.count() == 1


def test_what_is_refused_leaves_nothing() -> None:
    _, test_set = handed.study_and_set()
    with pytest.raises(InvalidPredictions):
        handed.given(b"image,top1\n", test_set)
    assert not Classifier.objects.exists()
    assert not Run.objects.exists()


def test_an_open_set_takes_no_predictions() -> None:
    study = scored.study()
    test_set = scored.frozen_set(study, is_frozen=False)
    with pytest.raises(CannotRequest, match="is not frozen"):
        handed.given(b"", test_set)


def test_it_can_not_be_run() -> None:
    study, test_set = handed.study_and_set()
    classifier = handed.given(handed.right(test_set), test_set).run.classifier
    other = scored.frozen_set(study, strategy="threshold", name="easier")
    with pytest.raises(CannotRequest, match="elsewhere was scored elsewhere: only its predictions are here"):
        runs.request(classifier=classifier, test_set=other, now=cast.NOW)


def test_a_classifier_with_a_file_takes_no_predictions() -> None:
    study, test_set = handed.study_and_set()
    scored.classifier(study, "reader")
    with pytest.raises(InvalidClassifier, match="Twinset scores it itself"):
        handed.given(handed.right(test_set), test_set, name="reader")


def test_a_report_counts_uploads_like_runs() -> None:
    study, test_set = handed.study_and_set()
    new = scored.frozen_set(study, per_class=3, strategy="threshold", name="easier")
    for each in (test_set, new):
        handed.given(handed.right(each), each)
    content = reports.build(study=study, now=cast.NOW).content
    assert [row["num_correct"] for row in content["classifiers"][0]["results"]] == [6, 9]


def test_the_first_of_equal_logits_is_that_which_scores_count() -> None:
    run = scored.run()
    for shard in run.shards.order_by("number"):
        logits = np.array([[0, 1, 1]] * 2, np.float32)
        predictions.store(shard=shard, logits=logits, now=cast.NOW)
    assert predictions.load_first(run=run).tolist() == [1] * 6


@pytest.mark.parametrize(("ranked", "is_first"), [([[0, 1]], True), ([[1, 0]], False)])
def test_fewer_than_five_ranks_say_nothing_of_five(ranked: list[list[int]], is_first: bool) -> None:
    right = scores.right_in_ranked(np.array(ranked), np.array([0]), num_classes=9)
    assert (right.first.tolist(), right.among_five) == ([is_first], None)


def test_a_score_of_an_upload_without_five_ranks_keeps_a_bit_per_image() -> None:
    _, test_set = handed.study_and_set()
    score = handed.given(
        handed.csv("image,top1", *(f"{name},g0" for name in handed.names(test_set))), test_set
    ).run.score
    assert (bytes(score.is_correct or b""), score.is_correct_top5) == (bytes([0b11000000]), None)
