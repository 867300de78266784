"""Predictions of shards: the only writer of `PredictionSet`."""

import io
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Any

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from annotation import storage
from annotation.models import Image, TestSetImage
from evaluation import classifiers, conditions
from evaluation.conditions import Batch, Condition
from evaluation.errors import CannotPredict, InvalidPredictions, NotFinished
from evaluation.models import PredictionSet, Run, RunShard
from evaluation.preprocessing import Preprocessing

BATCH_SIZE = 32
NUM_RANKS = 5  # of logits, which rank all classes

Logits = NDArray[np.float32]
Ranked = NDArray[np.int64]


def predict(*, shard: RunShard, on_progress: Callable[[], None] = lambda: None) -> Logits:
    """Score the shard's images; columns are target classes by number.

    `on_progress` is called when the classifier is loaded and after each batch.
    """
    run = shard.run
    runtime = classifiers.load(run.classifier)
    on_progress()
    order = classifiers.output_order(run.classifier)
    preprocessing = Preprocessing.from_json(run.classifier.preprocessing)
    condition = conditions.get(run.condition)
    prepare = partial(_prepare, preprocessing=preprocessing, condition=condition)
    outputs = _outputs(run, order)
    rows = []
    with ThreadPoolExecutor(settings.SCORING_THREADS) as pool:
        for images in _batches(shard):
            inputs = list(pool.map(prepare, images))
            batch = Batch(
                inputs=np.stack(inputs),
                truth=np.array([outputs[row.target_class_id] for row in images], dtype=np.intp),
                seeds=[_seed(row) for row in images],
                preprocessing=preprocessing,
                on_step=on_progress,
            )
            rows.append(_scored(partial(condition.predict, runtime, batch), images)[:, order])
            on_progress()
    return np.concatenate(rows)


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


def load_ranked(*, run: Run) -> Ranked:
    """The classes of a run's images by number, the likeliest first; of equal logits the lower number comes first."""
    if not is_ranked(run):
        logits = load(run=run)
        return np.argsort(-logits, axis=1, kind="stable")[:, :NUM_RANKS]
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


def _batches(shard: RunShard) -> Iterator[list[TestSetImage]]:
    images = shard.run.test_set.images.select_related("candidate__image").order_by("number")
    for start in range(shard.start, shard.stop, BATCH_SIZE):
        yield list(images[start : min(start + BATCH_SIZE, shard.stop)])


def _outputs(run: Run, order: NDArray[np.intp]) -> dict[int, int]:
    """The classifier's output for each target class, by the class's id."""
    classes = run.classifier.study.target_classes.order_by("number").values_list("pk", flat=True)
    return dict(zip(classes, order.tolist(), strict=True))


def _seed(row: TestSetImage) -> tuple[int, ...]:
    """By the file's content: the same image has the same chance in every set and on every installation."""
    return (int(_picture(row).sha256[:16], 16),)


def _prepare(row: TestSetImage, *, preprocessing: Preprocessing, condition: Condition) -> NDArray[np.float32]:
    """The image's own file (not what people are shown) as the classifier's input."""
    image = _picture(row)
    try:
        pixels = preprocessing.crop(storage.get("images", image.sha256))
        return preprocessing.normalize(condition.apply(pixels, seed=_seed(row)))
    except Exception as error:
        raise CannotPredict(f"{_named(row)} can't be prepared: {error}") from error


def _scored(predict_batch: Callable[[], Logits], images: Sequence[TestSetImage]) -> Logits:
    try:
        logits = predict_batch()
    except Exception as error:
        first, last = images[0].number, images[-1].number
        raise CannotPredict(f"The classifier failed on images {first} to {last}: {error}") from error
    odd = np.flatnonzero(~np.isfinite(logits).all(axis=1))
    if len(odd):
        raise CannotPredict(f"{_named(images[odd[0]])} got predictions that are not finite numbers.")
    return logits


def _named(row: TestSetImage) -> str:
    return f"Image {row.number} ({row.candidate.source}, sha256 {_picture(row).sha256[:12]}…)"


def _picture(row: TestSetImage) -> Image:
    if row.candidate.image is None:
        raise CannotPredict(f"Image {row.number} ({row.candidate.source}) can't be scored: its picture is not here.")
    return row.candidate.image
