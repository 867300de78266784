import io

import numpy as np
import pytest

from annotation import storage
from annotation.models import Candidate
from evaluation import classifiers, pipeline, predictions
from evaluation.errors import CannotPredict, InvalidPredictions, NotFinished
from evaluation.models import PredictionSet, Run, RunShard
from tests import cast
from tests.evaluation import scored

pytestmark = pytest.mark.django_db


def logits(num_images: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(num_images, 3)).astype(np.float32)


def shards(run: Run) -> list[RunShard]:
    return list(run.shards.select_related("run__classifier", "run__test_set").order_by("number"))


def test_stored_logits_come_back_in_order_whatever_the_order_of_storing() -> None:
    run = scored.run()
    for shard in reversed(shards(run)):
        predictions.store(shard=shard, logits=logits(2, seed=shard.number), now=cast.NOW)
    expected = np.concatenate([logits(2, seed=number) for number in range(3)])
    np.testing.assert_array_equal(predictions.load(run=run), expected)


def test_the_first_to_store_a_shard_wins() -> None:
    shard = shards(scored.run())[0]
    first = predictions.store(shard=shard, logits=logits(2, seed=1), now=cast.NOW)
    second = predictions.store(shard=shard, logits=logits(2, seed=2), now=cast.NOW)
    assert (second, second.sha256) == (first, first.sha256)
    assert PredictionSet.objects.count() == 1


def test_the_same_logits_are_the_same_file() -> None:
    first, second, _ = shards(scored.run())
    kept = [predictions.store(shard=shard, logits=logits(2), now=cast.NOW).sha256 for shard in (first, second)]
    assert kept[0] == kept[1]


@pytest.mark.parametrize("shape", [(1, 3), (2, 4), (2,)])
def test_logits_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InvalidPredictions, match=r"shape \(2, 3\)"):
        predictions.store(shard=shards(scored.run())[0], logits=np.zeros(shape, np.float32), now=cast.NOW)


def test_logits_that_are_not_finite_are_refused() -> None:
    bad = np.full((2, 3), np.nan, np.float32)
    with pytest.raises(InvalidPredictions, match="finite"):
        predictions.store(shard=shards(scored.run())[0], logits=bad, now=cast.NOW)


def test_an_unfinished_run_has_no_predictions_to_load() -> None:
    run = scored.run()
    predictions.store(shard=shards(run)[0], logits=logits(2), now=cast.NOW)
    with pytest.raises(NotFinished, match="shard 1 of run"):
        predictions.load(run=run)


def test_a_stored_file_of_another_shape_is_noticed() -> None:
    run = scored.run(shard_size=6)
    predictions.store(shard=shards(run)[0], logits=logits(6), now=cast.NOW)
    buffer = io.BytesIO()
    np.save(buffer, logits(5), allow_pickle=False)
    PredictionSet.objects.update(sha256=storage.put("predictions", buffer.getvalue()))
    with pytest.raises(InvalidPredictions, match=r"shape \(5, 3\)"):
        predictions.load(run=run)


def test_shards_that_leave_a_gap_are_noticed() -> None:
    run = scored.run()
    for shard in shards(run):
        predictions.store(shard=shard, logits=logits(2), now=cast.NOW)
    run.shards.get(number=1).delete()
    with pytest.raises(InvalidPredictions, match="starts at image 4; expected 2"):
        predictions.load(run=run)
    run.shards.get(number=2).delete()
    with pytest.raises(InvalidPredictions, match="for 2 images; its test set has 6"):
        predictions.load(run=run)


def test_a_shard_is_predicted_in_batches_with_signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "FIRST_SIZE", 4)
    signs: list[int] = []
    found = predictions.predict(shard=shards(scored.run(shard_size=6))[0], on_progress=signs.append)
    np.testing.assert_array_equal(found.argmax(axis=1), [0, 0, 1, 1, 2, 2])
    assert signs == [0, 4, 6]


def test_the_same_shard_predicted_again_is_the_same_file() -> None:
    shard = shards(scored.run())[1]
    assert predictions.predict(shard=shard).tobytes() == predictions.predict(shard=shard).tobytes()


def test_an_image_that_gets_no_finite_number_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class Odd:
        def predict(self, batch: np.ndarray) -> np.ndarray:
            return np.where(np.arange(len(batch))[:, None] == 2, np.nan, np.zeros((1, 3))).astype(np.float32)

    monkeypatch.setattr(classifiers, "load", lambda classifier: Odd())
    with pytest.raises(CannotPredict, match=r"Image 2 \(.*png.*not finite"):
        predictions.predict(shard=shards(scored.run(shard_size=6))[0])


def test_an_image_without_a_picture_is_named() -> None:
    shard = shards(scored.run(shard_size=6))[0]
    row = shard.run.test_set.images.get(number=2)
    Candidate.objects.filter(pk=row.candidate_id).update(image=None)
    with pytest.raises(CannotPredict, match=r"Image 2 \(.*png.*can't be scored: its picture is not here"):
        predictions.predict(shard=shard)


def test_a_classifier_that_fails_is_told_with_the_images(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def predict(self, batch: np.ndarray) -> np.ndarray:
            raise RuntimeError("out of memory")

    monkeypatch.setattr(classifiers, "load", lambda classifier: Broken())
    with pytest.raises(CannotPredict, match=r"failed on Image 2 \(.*png.*: out of memory"):
        predictions.predict(shard=shards(scored.run())[1])
