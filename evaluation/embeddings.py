"""How far apart the images of pairs are by the features of a classifier: a help for who looks, no decision."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from annotation import duplicates, storage
from annotation.models import Candidate, DuplicatePair, Study
from evaluation import classifiers
from evaluation.errors import CannotPredict
from evaluation.models import Classifier
from evaluation.preprocessing import Preprocessing
from evaluation.runtimes import Runtime
from evaluation.stats.cosine import cosine_distances

BATCH_SIZE = 32
PAIRS_AT_ONCE = 500

Features = dict[int, NDArray[np.float32]]


@dataclass
class EmbeddingReport:
    """How many pairs have a distance now, how many have none, and why."""

    num_measured: int = 0
    num_lacking: int = 0
    lost: dict[int, str] = field(default_factory=dict)
    """Candidates whose pictures can't be prepared, with the reason."""


def embed_duplicates(
    *, study: Study, classifier: Classifier, on_progress: Callable[[int, int], None] = lambda done, wanted: None
) -> EmbeddingReport:
    """Note the embedding distance of the study's pairs that this classifier has not seen.

    Of reference images no picture is kept, so that their pairs have none. A picture that is lost costs its own pairs
    theirs, and no others. What broke off, or was lost and is here again, is just run again.
    """
    report = EmbeddingReport()
    runtime = classifiers.load_features(classifier)
    preprocessing = Preprocessing.from_json(classifier.preprocessing)
    pairs = DuplicatePair.objects.filter(study=study, second__isnull=False).exclude(embedded_by=classifier.name)
    waiting = list(pairs.order_by("pk").values_list("pk", "first", "second"))
    with ThreadPoolExecutor(settings.SCORING_THREADS) as pool:
        for start in range(0, len(waiting), PAIRS_AT_ONCE):
            part = waiting[start : start + PAIRS_AT_ONCE]
            wanted = {pk for _, *both in part for pk in both}
            found = _features(wanted, runtime, preprocessing, pool, report.lost)
            measured = _distances([row for row in part if row[1] in found and row[2] in found], found)
            duplicates.record_embedding_distances(study=study, distances=measured, classifier=classifier.name)
            report.num_measured += len(measured)
            report.num_lacking += len(part) - len(measured)
            on_progress(start + len(part), len(waiting))
    return report


def _distances(pairs: list[tuple[int, int, int]], found: Features) -> dict[int, float]:
    """By pair; each comes with its two candidates."""
    if not pairs:
        return {}
    sides = [np.stack([found[row[side]] for row in pairs]) for side in (1, 2)]
    return dict(zip((row[0] for row in pairs), cosine_distances(*sides).tolist(), strict=True))


def _features(
    candidate_ids: Iterable[int],
    runtime: Runtime,
    preprocessing: Preprocessing,
    pool: ThreadPoolExecutor,
    lost: dict[int, str],
) -> Features:
    """By candidate id, one row of numbers each; what can't be prepared is noted in `lost`."""
    rows = list(Candidate.objects.filter(pk__in=list(candidate_ids)).select_related("image").order_by("pk"))
    found: Features = {}
    for start in range(0, len(rows), BATCH_SIZE):
        part = rows[start : start + BATCH_SIZE]
        inputs = {}
        for row, prepared in zip(part, pool.map(partial(_prepared, preprocessing), part), strict=True):
            if isinstance(prepared, str):
                lost[row.pk] = prepared
            else:
                inputs[row.pk] = prepared
        if inputs:
            found.update(zip(inputs, _predicted(runtime, inputs), strict=True))
    return found


def _prepared(preprocessing: Preprocessing, row: Candidate) -> NDArray[np.float32] | str:
    """The pixels as the classifier wants them, or why there are none."""
    assert row.image is not None  # what is in a pair has been signed
    try:
        return preprocessing.normalize(preprocessing.crop(storage.get("images", row.image.sha256)))
    except Exception as error:  # decoders raise whatever they like; the report names each
        return f"Candidate {row.pk} ({row.source}) can't be prepared: {error}"


def _predicted(runtime: Runtime, inputs: dict[int, NDArray[np.float32]]) -> NDArray[np.float32]:
    try:
        return runtime.predict(np.stack(list(inputs.values()))).reshape(len(inputs), -1)
    except Exception as error:
        first, last = min(inputs), max(inputs)
        raise CannotPredict(f"The classifier failed on candidates {first} to {last}: {error}") from error
