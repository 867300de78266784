"""Models of annotation over a study's judgements: Twinset's own, and those of crowd-kit where it is installed."""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.errors import CannotAggregate
from annotation.models import Study
from annotation.quality.collected import collect
from annotation.quality.decisions import excluded_workers
from annotation.stats.dawid_skene import one_coin, two_coin
from annotation.stats.judgements import Judgements


@dataclass(frozen=True)
class Aggregated:
    """A candidate's counts, and how probable it is by a model to show its class."""

    candidate_id: int
    target_class_id: int
    num_selected: int
    num_seen: int
    posterior: float


def aggregate(*, study: Study, model: str, now: datetime) -> Iterator[Aggregated]:
    """Every measured candidate of a study by the judgements of those who count; the draws follow the study's seed."""
    if model not in MODELS:
        raise CannotAggregate(f"There is no model {model!r}; choose one of {', '.join(MODELS)}.")
    collected = collect(study, until=now)
    is_excluded = np.isin(collected.worker_ids, sorted(excluded_workers(study.pk)))
    num_selected, num_seen = collected.counts_without(is_excluded)
    if not num_seen.any():
        raise CannotAggregate("Nobody who counts has judged a measured candidate of this study yet.")
    posterior = MODELS[model](collected.judgements_without(is_excluded), study.seed)
    for column in np.flatnonzero(num_seen):
        yield Aggregated(
            int(collected.grids.candidate_of_column[column]),
            int(collected.grids.class_of_column[column]),
            int(num_selected[column]),
            int(num_seen[column]),
            float(posterior[column]),
        )


def _glad(judgements: Judgements, seed: int) -> NDArray[np.float64]:
    """Generative model of labels, abilities and difficulties (Whitehill and others, 2009)."""
    return _of_crowd_kit(_crowd_kit().GLAD(), judgements)


def _mace(judgements: Judgements, seed: int) -> NDArray[np.float64]:
    """Multi-annotator competence estimation (Hovy and others, 2013)."""
    return _of_crowd_kit(_crowd_kit().MACE(random_state=seed), judgements)


def _crowd_kit() -> Any:
    try:
        from crowdkit import aggregation  # an extra: large, and needed by few
    except ImportError as error:
        raise CannotAggregate(
            "This model comes with crowd-kit, which is not installed: pip install 'twinset[aggregation]'. "
            "Without it there are two_coin and one_coin."
        ) from error
    return aggregation


def _of_crowd_kit(model: Any, judgements: Judgements) -> NDArray[np.float64]:
    """The probability of "selected", shape (num_candidates,); nan where nobody has judged."""
    import pandas

    parts = [
        pandas.DataFrame({"task": matrix.indices, "worker": judgements.worker[matrix.nonzero()[0]], "label": label})
        for label, matrix in ((1, judgements.selected), (0, judgements.passed_over))
    ]
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # crowd-kit's use of pandas, not ours
        found = model.fit_predict_proba(pandas.concat(parts, ignore_index=True))
    posterior = np.full(judgements.num_candidates, np.nan)
    posterior[found.index.to_numpy()] = found[1].to_numpy() if 1 in found else 0.0
    return posterior


MODELS: dict[str, Callable[[Judgements, int], NDArray[np.float64]]] = {
    "two_coin": lambda judgements, seed: two_coin(judgements).posterior,
    "one_coin": lambda judgements, seed: one_coin(judgements).posterior,
    "glad": _glad,
    "mace": _mace,
}
