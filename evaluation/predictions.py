"""Predictions of shards: the only writer of `PredictionSet`."""

import io
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial

import numpy as np
from numpy.typing import NDArray

from annotation import storage
from evaluation import classifiers, conditions, runs
from evaluation.conditions import Condition
from evaluation.errors import CannotPredict, InvalidPredictions, NotFinished
from evaluation.models import PredictionSet, Run, RunShard
from evaluation.pipeline import Pipeline
from evaluation.preprocessing import Preprocessing
from evaluation.runs import RunImage

Logits = NDArray[np.float32]


def predict(
    *,
    shard: RunShard,
    on_progress: Callable[[int], None] = lambda num_done: None,
    on_image: Callable[[int], None] | None = None,
) -> Logits:
    """Score the shard's images; columns are target classes by number.

    `on_progress` is told the number of images done when the classifier is loaded, and after each batch. With
    `on_image`, which is told the number of each image before it is begun, images are scored one by one, the
    shard's suspect first.
    """
    run = shard.run
    runtime = classifiers.load(run.classifier)
    on_progress(0)
    preprocessing = Preprocessing.from_json(run.classifier.preprocessing)
    prepare = partial(
        _prepare, preprocessing=preprocessing, condition=conditions.get(run.condition), seed=run.test_set.seed
    )
    pipeline = Pipeline(runtime, preprocessing.input_shape, prepare)
    order = classifiers.output_order(run.classifier)
    images = runs.images_of(test_set=run.test_set, start=shard.start, stop=shard.stop)
    logits = np.empty((len(images), len(order)), np.float32)
    num_done = 0
    for places, part in _carefully(pipeline, images, shard, on_image) if on_image else _quickly(pipeline, images):
        logits[places] = part[:, order]
        num_done += len(part)
        on_progress(num_done)
    return logits


def _quickly(pipeline: Pipeline[RunImage], images: Sequence[RunImage]) -> Iterator[tuple[slice, Logits]]:
    start = 0
    for part in pipeline.scored(images):
        yield slice(start, start + len(part)), part
        start += len(part)


def _carefully(
    pipeline: Pipeline[RunImage], images: Sequence[RunImage], shard: RunShard, on_image: Callable[[int], None]
) -> Iterator[tuple[slice, Logits]]:
    for place in sorted(range(len(images)), key=lambda place: images[place].number != shard.suspect):
        on_image(images[place].number)
        yield slice(place, place + 1), pipeline.scored_alone(images[place])


def store(*, shard: RunShard, logits: Logits, now: datetime) -> PredictionSet:
    """Keep the shard's logits, shape (images, classes); the first to store wins."""
    expected = (shard.num_images, len(shard.run.classifier.class_ids))
    if logits.shape != expected:
        raise InvalidPredictions(f"{shard} needs predictions of shape {expected}; these have {logits.shape}.")
    if not np.isfinite(logits).all():
        raise InvalidPredictions(f"Predictions of {shard} are not all finite numbers.")
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(logits, dtype="<f4"), allow_pickle=False)
    sha256 = storage.put("predictions", buffer.getvalue())
    row, _ = PredictionSet.objects.get_or_create(
        shard=shard, defaults={"sha256": sha256, "num_images": len(logits), "stored_at": now}
    )
    return row


def load(*, run: Run) -> Logits:
    """The logits of all images of the run's test set in order, shape (images, classes)."""
    parts: list[Logits] = []
    position = 0
    for shard in run.shards.select_related("prediction_set").order_by("number"):
        if not hasattr(shard, "prediction_set"):
            raise NotFinished(f"{shard} has no predictions yet; wait until the run has finished.")
        if shard.start != position:
            raise InvalidPredictions(f"{shard} starts at image {shard.start}; expected {position}.")
        parts.append(_read(shard, len(run.classifier.class_ids)))
        position = shard.stop
    num_images = run.test_set.images.count()
    if position != num_images or not parts:
        raise InvalidPredictions(f"{run} has predictions for {position} images; its test set has {num_images}.")
    return np.concatenate(parts)


def _read(shard: RunShard, num_classes: int) -> Logits:
    content = storage.get("predictions", shard.prediction_set.sha256)
    logits = np.load(io.BytesIO(content), allow_pickle=False)
    if logits.shape != (shard.num_images, num_classes) or logits.dtype != np.float32:
        raise InvalidPredictions(
            f"The stored predictions of {shard} have shape {logits.shape} and type {logits.dtype}; "
            f"expected {(shard.num_images, num_classes)} and float32."
        )
    return np.asarray(logits, dtype=np.float32)


def _prepare(image: RunImage, *, preprocessing: Preprocessing, condition: Condition, seed: int) -> NDArray[np.float32]:
    """The image's own file (not what people are shown) as the classifier's input."""
    if image.image_id is None or image.sha256 is None:
        raise CannotPredict(f"{image} can't be scored: its picture is not here.")
    try:
        pixels = preprocessing.crop(storage.get("images", image.sha256))
        return preprocessing.normalize(condition.apply(pixels, seed=(seed, image.image_id)))
    except Exception as error:
        raise CannotPredict(f"{image} can't be prepared: {error}") from error
