"""What a review says, as plain numbers: of each worker, of each class, of HITs whose controls fail."""

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotation.quality.collected import Collected
from annotation.quality.rules import controls, seconds_of_each, straight_lines
from annotation.stats.agreement import Agreement, krippendorff_alpha, krippendorff_alpha_by_class
from annotation.stats.control_accuracy import control_accuracy
from annotation.stats.dawid_skene import PRIOR, DawidSkene, two_coin

NUM_ITERATIONS = 100
NUM_REPLICATES = 1000
NUM_SHOWN = 12
LEAST_SEEN = 3  # judgements of a candidate, before the model's contradiction is worth a look

Columns = dict[str, NDArray[Any]]


def of_workers(collected: Collected, is_excluded: NDArray[np.bool_], model: DawidSkene | None) -> list[dict[str, Any]]:
    """One dict per worker, in the order of their ids."""
    seconds = seconds_of_each(collected)
    columns = {
        "worker_id": collected.worker_ids,
        "is_simulated": collected.is_simulated,
        "num_grids": np.bincount(collected.worker, minlength=collected.num_workers),
        "num_timed": np.array([len(each) for each in seconds], dtype=np.int64),
        "median_seconds": np.array([np.median(each) if len(each) else np.nan for each in seconds], dtype=np.float64),
    }
    columns |= _on_controls(collected) | _patterns(collected) | _with_others(collected)
    columns |= _in_the_model(model) | _without_each(collected, is_excluded)
    names = list(columns)
    rows = zip(*(columns[name].tolist() for name in names), strict=True)
    return [dict(zip(names, map(_or_none, row), strict=True)) for row in rows]


def _or_none(value: Any) -> Any:
    """JSON knows no nan."""
    return None if isinstance(value, float) and np.isnan(value) else value


def _on_controls(collected: Collected) -> Columns:
    """Counts by kind, and the accuracy on both kinds together, shrunk towards the crowd's."""
    kinds = controls(collected)
    columns: Columns = {}
    for kind, (num_right, num_seen) in kinds.items():
        columns |= {f"{kind}_right": num_right, f"{kind}_seen": num_seen}
    num_right, num_seen = (sum(each) for each in zip(*kinds.values(), strict=True))
    unknown = np.full(collected.num_workers, np.nan)
    accuracy = low = high = unknown
    if np.any(num_seen):
        found = control_accuracy(num_right, num_seen)
        accuracy, low, high = (np.where(num_seen, each, np.nan) for each in (found.accuracy, found.low, found.high))
    return columns | {"control_accuracy": accuracy, "control_low": low, "control_high": high}


def _patterns(collected: Collected) -> Columns:
    found = straight_lines(collected)
    return {
        "num_everything": found.everything.num_grids,
        "num_nothing": found.nothing.num_grids,
        "num_same": found.same_positions.num_grids,
    }


def _with_others(collected: Collected) -> Columns:
    """Pairs of one's own and another's judgement of the same candidate, and how many of them agree."""
    num_selected, num_seen = collected.counts
    agreed = _sums(collected, num_selected - 1, num_seen - num_selected - 1)
    pairs = _sums(collected, num_seen - 1, num_seen - 1)
    return {"num_agreed": agreed.astype(np.int64), "num_pairs": pairs.astype(np.int64)}


def _in_the_model(model: DawidSkene | None) -> Columns:
    if model is None:
        return {}
    low, high = model.intervals()
    columns: Columns = {}
    for row, name, rate in ((0, "sensitivity", model.sensitivity), (1, "specificity", model.specificity)):
        columns |= {name: rate, f"{name}_low": low[row], f"{name}_high": high[row]}
    return columns


def _without_each(collected: Collected, is_excluded: NDArray[np.bool_]) -> Columns:
    """What a worker's judgements change: frequencies without them minus frequencies with them.

    Of who is excluded, that is what the exclusion has done; of anybody else, what theirs would do.
    """
    k, n = (each.astype(np.float64) for each in collected.counts_without(is_excluded))
    changes = []
    for is_out in (False, True):
        with_k = (k + 1, k) if is_out else (k, k)
        with_n = n + 1 if is_out else n
        without_k = (k, k) if is_out else (k - 1, k)
        without_n = n if is_out else n - 1
        is_left = without_n > 0
        both = [
            np.divide(a, without_n, out=np.zeros(len(n)), where=is_left)
            - np.divide(b, with_n, out=np.zeros(len(n)), where=is_left)
            for a, b in zip(without_k, with_k, strict=True)
        ]
        changes.append([
            _sums(collected, *(each != 0 for each in both)),
            _sums(collected, *map(np.abs, both)),
            _sums(collected, *both),
            _sums(collected, ~is_left, ~is_left),
        ])  # fmt: skip
    num_changed, total, shift, num_lost = (
        np.where(is_excluded, out, within) for within, out in zip(*changes, strict=True)
    )
    some = np.maximum(num_changed, 1)
    return {
        "num_changed": num_changed.astype(np.int64),
        "mean_change": total / some,
        "mean_shift": shift / some,
        "num_lost": num_lost.astype(np.int64),
    }


def _sums(collected: Collected, if_selected: NDArray[Any], if_passed_over: NDArray[Any]) -> NDArray[np.float64]:
    """Per worker, the sum of the candidates' values, by what the worker answered."""
    selected, _ = collected.judgements.per_worker(if_selected.astype(np.float64))
    _, passed_over = collected.judgements.per_worker(if_passed_over.astype(np.float64))
    return selected + passed_over


def fitted(collected: Collected, is_excluded: NDArray[np.bool_]) -> DawidSkene | None:
    """The two-coin model of those who count, and how right each worker is by it, excluded ones too; none without
    a judgement."""
    if not np.any(collected.counts_without(is_excluded)[1]):
        return None
    model = two_coin(collected.judgements_without(is_excluded), num_iterations=NUM_ITERATIONS)
    hit, miss = collected.judgements.per_worker(model.posterior)
    false_alarm, rejection = collected.judgements.per_worker(1 - model.posterior)
    right, wrong = np.stack([hit, rejection]) + PRIOR[0], np.stack([miss, false_alarm]) + PRIOR[1]
    return dataclasses.replace(model, right=right, wrong=wrong)


def of_classes(
    collected: Collected, is_excluded: NDArray[np.bool_], *, seed: int
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Agreement overall and of each class, of those who count."""
    num_selected, num_seen = collected.counts_without(is_excluded)
    is_measured = num_seen > 0
    k, n, classes = (each[is_measured] for each in (num_selected, num_seen, collected.grids.class_of_column))
    rng = np.random.default_rng(seed)
    overall = krippendorff_alpha(k, n, rng=rng, num_replicates=NUM_REPLICATES)
    by_class = krippendorff_alpha_by_class(k, n, classes, rng=rng, num_replicates=NUM_REPLICATES)
    rows = [{"target_class_id": number} | _agreement(each) for number, each in by_class.items()]
    return _agreement(overall), rows


def _agreement(found: Agreement) -> dict[str, Any]:
    return {name: _or_none(value) for name, value in dataclasses.asdict(found).items()}


def of_hits(collected: Collected, is_excluded: NDArray[np.bool_]) -> list[dict[str, Any]]:
    """The HITs on whose controls workers are surely worse than on others, worst first: look at those controls."""
    counts = ~is_excluded[collected.worker]
    grids = collected.grids
    positive, negative = (mask[collected.grid] & collected.seen for mask in (grids.positive, grids.negative))
    right = (positive & collected.selected) | (negative & ~collected.selected)
    hits, place, first = _numbered(collected.hit[counts])
    num_seen, num_right = (
        np.bincount(place, weights=mask[counts].sum(axis=1), minlength=len(hits)).astype(np.int64)
        for mask in (positive | negative, right)
    )
    if not num_seen.any():
        return []
    found = control_accuracy(num_right, num_seen)
    is_worse = (found.high < found.crowd_mean) & (num_seen > 0)
    grid_of_hit = grids.ids[collected.grid[counts][first]]
    worst = np.flatnonzero(is_worse)[np.argsort(found.accuracy[is_worse], kind="stable")][:NUM_SHOWN]
    return [
        {
            "hit_id": int(hits[number]),
            "grid_id": int(grid_of_hit[number]),
            "num_right": int(num_right[number]),
            "num_seen": int(num_seen[number]),
            "accuracy": float(found.accuracy[number]),
            "low": float(found.low[number]),
            "high": float(found.high[number]),
        }
        for number in worst
    ]


def _numbered(values: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    unique, first, place = np.unique(values, return_index=True, return_inverse=True)
    return unique, place, first


def of_candidates(
    collected: Collected, is_excluded: NDArray[np.bool_], model: DawidSkene | None
) -> list[dict[str, Any]]:
    """Where the model contradicts the count most."""
    if model is None:
        return []
    num_selected, num_seen = collected.counts_without(is_excluded)
    frequency = np.divide(num_selected, num_seen, out=np.zeros(len(num_seen)), where=num_seen > 0)
    gap = np.where(num_seen >= LEAST_SEEN, np.abs(model.posterior - frequency), 0)
    order = np.lexsort([collected.grids.candidate_of_column, -gap])[:NUM_SHOWN]
    return [
        {
            "candidate_id": int(collected.grids.candidate_of_column[number]),
            "num_selected": int(num_selected[number]),
            "num_seen": int(num_seen[number]),
            "posterior": float(model.posterior[number]),
        }
        for number in order
        if gap[number] > 0
    ]


def posteriors(collected: Collected, model: DawidSkene) -> dict[int, tuple[list[int], list[float]]]:
    """Per class, the candidates it measures and how probable each is to show it."""
    is_measured = collected.counts[1] > 0
    classes = collected.grids.class_of_column[is_measured]  # ascending, and so are the candidates of each
    candidates, probabilities = collected.grids.candidate_of_column[is_measured], model.posterior[is_measured]
    unique, starts = np.unique(classes, return_index=True)
    parts = zip(np.split(candidates, starts[1:]), np.split(probabilities, starts[1:]), strict=True)
    return {int(number): (ids.tolist(), values.tolist()) for number, (ids, values) in zip(unique, parts, strict=False)}
