import numpy as np
import pytest

from evaluation import predictions, scores
from evaluation.errors import InvalidPredictions, NotFinished
from evaluation.models import Run, Score
from tests import cast
from tests.evaluation import scored

pytestmark = pytest.mark.django_db


def answered(logits: list[list[float]], num_classes: int = 3) -> Run:
    """A run of one image per class, whose predictions are given."""
    study = scored.study(num_classes=num_classes)
    run = scored.run(study, per_class=1, shard_size=num_classes)
    predictions.store(shard=run.shards.get(), logits=np.array(logits, np.float32), now=cast.NOW)
    run.shards.update(finished_at=cast.NOW)
    return run


def bits(packed: bytes | memoryview | None) -> list[bool]:
    assert packed is not None
    unpacked = np.unpackbits(np.frombuffer(packed, np.uint8))
    assert not unpacked[7:].any()
    return unpacked[:7].astype(bool).tolist()


def test_the_largest_logit_decides() -> None:
    score = scores.compute(run=answered([[9, 0, 0], [9, 0, 0], [0, 0, 9]]), now=cast.NOW)
    assert (score.num_correct, score.num_correct_top5, score.num_images) == (2, 3, 3)


def test_of_equal_logits_the_lower_class_number_counts() -> None:
    score = scores.compute(run=answered([[1, 1, 1]] * 3), now=cast.NOW)
    assert score.num_correct == 1


def test_the_true_class_among_the_five_best_counts() -> None:
    descending = [[9.0 - number for number in range(7)]] * 7
    score = scores.compute(run=answered(descending, num_classes=7), now=cast.NOW)
    assert (score.num_correct, score.num_correct_top5, score.num_images) == (1, 5, 7)


def test_a_bit_per_image_says_which_were_right() -> None:
    run = answered([[9.0 - number for number in range(7)]] * 7, num_classes=7)
    scores.compute(run=run, now=cast.NOW)
    score = Score.objects.get(run=run)
    assert bits(score.is_correct) == [True] + [False] * 6
    assert bits(score.is_correct_top5) == [True] * 5 + [False] * 2


def test_a_score_from_before_remembers_what_it_counted() -> None:
    run = answered([[9, 0, 0]] * 3)
    scores.compute(run=run, now=cast.NOW)
    before = Score.objects.values().get(run=run)
    Score.objects.update(is_correct=None, is_correct_top5=None)
    scores.remember(run=run)
    assert Score.objects.values().get(run=run) == before


def test_predictions_that_are_not_what_was_counted_are_not_remembered() -> None:
    run = answered([[9, 0, 0]] * 3)
    scores.compute(run=run, now=cast.NOW)
    Score.objects.update(num_correct=2, is_correct=None, is_correct_top5=None)
    with pytest.raises(InvalidPredictions, match="give num_correct 1, but 2 was counted"):
        scores.remember(run=run)
    assert Score.objects.get(run=run).is_correct is None


def test_counting_again_changes_nothing() -> None:
    run = answered([[9, 0, 0]] * 3)
    assert scores.compute(run=run, now=cast.NOW) == scores.compute(run=run, now=cast.NOW)
    assert Score.objects.count() == 1


def test_a_run_with_unfinished_shards_is_not_counted() -> None:
    with pytest.raises(NotFinished, match="3 unfinished shards"):
        scores.compute(run=scored.run(), now=cast.NOW)


def test_a_class_added_meanwhile_is_noticed() -> None:
    run = answered([[9, 0, 0]] * 3)
    cast.target_class(run.classifier.study, "g3", "grey 3")
    with pytest.raises(InvalidPredictions, match="classes have changed"):
        scores.compute(run=run, now=cast.NOW)


def test_ranks_agree_with_a_stable_sort() -> None:
    rng = np.random.default_rng(0)
    logits = rng.integers(0, 4, (200, 9)).astype(np.float32)
    truth = rng.integers(0, 9, 200)
    order = np.argsort(-logits, axis=1, kind="stable")
    np.testing.assert_array_equal(scores.ranks_of_truth(logits, truth), np.argmax(order == truth[:, None], axis=1))
