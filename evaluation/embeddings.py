"""How far apart the images of pairs are by the features of a classifier: a help for who looks, no decision."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

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


def embed_duplicates(
    *, study: Study, classifier: Classifier, on_progress: Callable[[int, int], None] = lambda done, wanted: None
) -> int:
    """Note the embedding distance of the study's pairs that this classifier has not seen; returns of how many.

    Of reference images no picture is kept, so that their pairs have none. What broke off is just run again.
    """
    runtime = classifiers.load_features(classifier)
    preprocessing = Preprocessing.from_json(classifier.preprocessing)
    pairs = DuplicatePair.objects.filter(study=study, second__isnull=False).exclude(embedded_by=classifier.name)
    waiting = list(pairs.order_by("pk").values_list("pk", "first", "second"))
    with ThreadPoolExecutor(settings.SCORING_THREADS) as pool:
        for start in range(0, len(waiting), PAIRS_AT_ONCE):
            part = waiting[start : start + PAIRS_AT_ONCE]
            wanted = {pk for _, *both in part for pk in both}
            found = _features(wanted, runtime, preprocessing, pool)
            distances = cosine_distances(
                np.stack([found[first] for _, first, _ in part]), np.stack([found[second] for _, _, second in part])
            )
            measured = dict(zip((pk for pk, _, _ in part), distances.tolist(), strict=True))
            duplicates.record_embedding_distances(study=study, distances=measured, classifier=classifier.name)
            on_progress(start + len(part), len(waiting))
    return len(waiting)


def _features(
    candidate_ids: Iterable[int], runtime: Runtime, preprocessing: Preprocessing, pool: ThreadPoolExecutor
) -> Features:
    """By candidate id, one row of numbers each."""
    rows = list(Candidate.objects.filter(pk__in=list(candidate_ids)).select_related("image").order_by("pk"))
    found: Features = {}

    def prepared(row: Candidate) -> NDArray[np.float32]:
        assert row.image is not None  # what is in a pair has been signed
        try:
            return preprocessing.normalize(preprocessing.crop(storage.get("images", row.image.sha256)))
        except Exception as error:
            raise CannotPredict(f"Candidate {row.pk} ({row.source}) can't be prepared: {error}") from error

    for start in range(0, len(rows), BATCH_SIZE):
        part = rows[start : start + BATCH_SIZE]
        inputs = np.stack(list(pool.map(prepared, part)))
        try:
            features = runtime.predict(inputs).reshape(len(part), -1)
        except Exception as error:
            raise CannotPredict(
                f"The classifier failed on candidates {part[0].pk} to {part[-1].pk}: {error}"
            ) from error
        found.update(zip((row.pk for row in part), features, strict=True))
    return found
