"""Predictions of shards: the only writer of `PredictionSet`."""

import io
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation import storage
from evaluation import classifiers, conditions, runs
from evaluation.conditions import Batch, Condition
from evaluation.errors import CannotPredict, InvalidPredictions, NotFinished
from evaluation.models import PredictionSet, Run, RunShard
from evaluation.pipeline import Pipeline
from evaluation.preprocessing import Preprocessing
from evaluation.runs import RunImage

Logits = NDArray[np.float32]
Ranked = NDArray[np.int64]


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
    condition = conditions.get(run.condition)
    order = classifiers.output_order(run.classifier)
    images = runs.images_of(test_set=run.test_set, start=shard.start, stop=shard.stop)
    logits = np.empty((len(images), len(order)), np.float32)
    outputs = _outputs(run, order)
    num_done = 0

    def answer(some: Sequence[RunImage], inputs: NDArray[np.float32]) -> Logits:
        truth = np.array([outputs[image.target_class_id] for image in some], dtype=np.intp)
        seeds = [_seed(image) for image in some]
        batch = Batch(
            inputs=inputs, truth=truth, seeds=seeds, preprocessing=preprocessing, on_step=lambda: on_progress(num_done)
        )
        return condition.predict(runtime, batch)

    prepare = partial(_prepare, preprocessing=preprocessing, condition=condition)
    pipeline = Pipeline(runtime, preprocessing.input_shape, prepare, answer)
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
    return _keep(shard, np.ascontiguousarray(logits, dtype="<f4"), None, now)


def store_ranked(*, shard: RunShard, ranked: Ranked, now: datetime) -> PredictionSet:
    """Keep numbers of classes, the likeliest first, shape (images, ranks), of a run that happened elsewhere."""
    num_classes = len(shard.run.classifier.class_ids)
    if ranked.ndim != 2 or len(ranked) != shard.num_images or not 1 <= ranked.shape[1] <= num_classes:
        raise InvalidPredictions(
            f"{shard} needs predictions of shape ({shard.num_images}, 1 to {num_classes}); these have {ranked.shape}."
        )
    if ranked.min() < 0 or ranked.max() >= num_classes:
        raise InvalidPredictions(f"Predictions of {shard} must be numbers of classes, 0 to {num_classes - 1}.")
    kind = "<i2" if num_classes <= np.iinfo(np.int16).max else "<i4"
    return _keep(shard, np.ascontiguousarray(ranked, dtype=kind), ranked.shape[1], now)


def _keep(shard: RunShard, values: NDArray[Any], num_ranks: int | None, now: datetime) -> PredictionSet:
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    sha256 = storage.put("predictions", buffer.getvalue())
    described = {"sha256": sha256, "num_images": len(values), "num_ranks": num_ranks, "stored_at": now}
    row, _ = PredictionSet.objects.get_or_create(shard=shard, defaults=described)
    return row


def is_ranked(run: Run) -> bool:
    """Whether the run has ranked classes and no logits."""
    return PredictionSet.objects.filter(shard__run=run, num_ranks__isnull=False).exists()


def load_first(*, run: Run) -> Ranked:
    """The likeliest class of each image by number, shape (images,); of equal logits the lower number."""
    return load_ranked(run=run)[:, 0] if is_ranked(run) else load(run=run).argmax(axis=1)


def load_ranked(*, run: Run) -> Ranked:
    """The classes of a run's images by number, the likeliest first, as they were uploaded."""
    kept = PredictionSet.objects.get(shard__run=run)
    ranked = np.load(io.BytesIO(storage.get("predictions", kept.sha256)), allow_pickle=False)
    if ranked.shape != (kept.num_images, kept.num_ranks) or ranked.dtype.kind != "i":
        raise InvalidPredictions(
            f"The stored predictions of {run} have shape {ranked.shape} and type {ranked.dtype}; expected whole "
            f"numbers of shape {(kept.num_images, kept.num_ranks)}."
        )
    return np.asarray(ranked, dtype=np.int64)


def load(*, run: Run) -> Logits:
    """The logits of all images of the run's test set in order, shape (images, classes)."""
    if is_ranked(run):
        raise InvalidPredictions(f"{run} has ranked classes and no logits; they were uploaded so.")
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


def _outputs(run: Run, order: NDArray[np.intp]) -> dict[int, int]:
    """The classifier's output for each target class, by the class's id."""
    classes = run.classifier.study.target_classes.order_by("number").values_list("pk", flat=True)
    return dict(zip(classes, order.tolist(), strict=True))


def _seed(image: RunImage) -> tuple[int, ...]:
    """By the file's content: the same image has the same chance in every set and on every installation."""
    return (int((image.sha256 or "")[:16], 16),)


def _prepare(
    image: RunImage, inputs: NDArray[np.float32], *, preprocessing: Preprocessing, condition: Condition
) -> None:
    """The image's own file (not what people are shown) becomes the classifier's inputs."""
    if image.sha256 is None:
        raise CannotPredict(f"{image} can't be scored: its picture is not here.")
    try:
        pixels = preprocessing.crop(storage.get("images", image.sha256))
        preprocessing.normalize(condition.apply(pixels, seed=_seed(image)), out=inputs)
    except Exception as error:
        raise CannotPredict(f"{image} can't be prepared: {error}") from error
