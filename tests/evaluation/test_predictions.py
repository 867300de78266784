import io

import numpy as np
import pytest

from annotation import storage
from annotation.models import Candidate
from evaluation import classifiers, pipeline, predictions, runs
from evaluation.errors import CannotPredict, InvalidPredictions, NotFinished
from evaluation.models import PredictionSet, Run, RunShard
from tests import cast
from tests.evaluation import graphs, scored

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


def predicted(run: Run, condition: str) -> np.ndarray:
    run.condition = condition
    run.save()
    return predictions.predict(shard=shards(run)[0])


def test_a_condition_changes_what_the_classifier_sees_and_always_alike() -> None:
    run = scored.run(shard_size=6)
    clean, foggy, again = (predicted(run, name) for name in ("clean", "fog:5", "fog:5"))
    np.testing.assert_array_equal(foggy, again)
    assert not np.array_equal(clean, foggy)
    assert not np.array_equal(foggy, predicted(run, "fog:5@1"))


def test_the_same_file_has_the_same_chance_whatever_its_row_and_its_set() -> None:
    run = scored.run(shard_size=6)
    first = predicted(run, "gaussian_noise:5")
    other = scored.study("others")
    again = runs.request(
        classifier=scored.classifier(other), test_set=scored.frozen_set(other, seed=9), now=cast.NOW, shard_size=6
    )
    ours = list(run.test_set.images.order_by("number"))
    for row, mine in zip(again.test_set.images.order_by("number"), ours, strict=True):
        Candidate.objects.filter(pk=row.candidate_id).update(image=mine.candidate.image)
    np.testing.assert_array_equal(first, predicted(again, "gaussian_noise:5"))


def test_a_search_knows_the_output_of_the_true_class() -> None:
    """A classifier with its outputs in another order meets the same worst moves."""
    study = scored.study()
    test_set = scored.frozen_set(study)
    spec = classifiers.ClassifierSpec(
        name="turned",
        content=graphs.linear(3, order=[2, 0, 1]),
        preprocessing=scored.PREPROCESSING,
        class_ids=["g2", "g0", "g1"],
    )
    found = []
    for classifier in (scored.classifier(study), classifiers.register(study=study, spec=spec, now=cast.NOW)):
        run = runs.request(classifier=classifier, test_set=test_set, now=cast.NOW)
        clean, worst = (predicted(run, name) for name in ("clean", "worst_rotation_translation:45,30,20"))
        assert not np.array_equal(worst, clean)
        found.append(worst)
    np.testing.assert_allclose(found[0], found[1], rtol=1e-5, atol=1e-6)


def test_a_search_gives_signs_of_life_between_its_passes() -> None:
    run = scored.run(shard_size=6)
    run.condition = "worst_rotation_translation:45,30,20"
    run.save()
    signs: list[int] = []
    predictions.predict(shard=shards(run)[0], on_progress=lambda num_done: signs.append(1))
    assert len(signs) == 1 + 20 + 1
