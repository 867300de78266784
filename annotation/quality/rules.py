"""The rules that look at workers, by name. Each has a version, raised whenever the same judgements would give another
answer, and a threshold that a study may change."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from annotation.errors import CannotReplay, InvalidDecision
from annotation.models import Effect, Worker
from annotation.quality.collected import Collected
from annotation.stats.control_accuracy import control_accuracy
from annotation.stats.dawid_skene import two_coin
from annotation.stats.mixture_fit import fit_mixture
from annotation.stats.straightlining import Straightlining, straightlining
from annotation.stats.twin_workers import twin_workers

Evidence = dict[str, float]
"""The numbers on which a worker was found, by name."""

CERTAINTY = 0.975  # for each kind of control, so that both together are wrong once in twenty
LEAST_GRIDS = 3
SIGNIFICANCE = 0.001


@dataclass(frozen=True)
class Rule:
    """`find` gives the evidence for each worker (by place) whom the rule finds at a threshold."""

    name: str
    version: int
    label: str
    says: str
    unit: str
    default: float
    least: float
    most: float
    effect: Effect
    find: Callable[[Collected, float], dict[int, Evidence]]

    def checked(self, threshold: float) -> float:
        if not self.least <= threshold <= self.most:
            raise InvalidDecision(
                f"The threshold of “{self.label}” is {threshold:g}; it must lie between {self.least:g} and "
                f"{self.most:g} ({self.unit})."
            )
        return threshold


def controls(collected: Collected) -> dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Per kind, how many controls each worker was right on, and how many they saw."""
    grids, found = collected.grids, {}
    for kind, mask, is_right in (
        ("positive", grids.positive, collected.selected),
        ("negative", grids.negative, ~collected.selected),
    ):
        shown = collected.seen & mask[collected.grid]
        found[kind] = (_per_worker(collected, shown & is_right), _per_worker(collected, shown))
    return found


def _per_worker(collected: Collected, mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    sums = np.bincount(collected.worker, weights=mask.sum(axis=1), minlength=collected.num_workers)
    return sums.astype(np.int64)


def _fails_controls(collected: Collected, threshold: float) -> dict[int, Evidence]:
    kinds = controls(collected)
    probability = np.zeros(collected.num_workers)
    for num_right, num_seen in kinds.values():
        if num_seen.sum():
            below = control_accuracy(num_right, num_seen).probability_below(threshold)
            probability = np.maximum(probability, np.where(num_seen > 0, below, 0))
    return {
        int(worker): {
            f"{kind}_{what}": int(numbers[worker])
            for kind, counts in kinds.items()
            for what, numbers in zip(("right", "seen"), counts, strict=True)
        }
        | {"probability": float(probability[worker])}
        for worker in np.flatnonzero(probability >= CERTAINTY)
    }


def _is_too_fast(collected: Collected, threshold: float) -> dict[int, Evidence]:
    found = {}
    for worker, seconds in enumerate(seconds_of_each(collected)):
        # What a program needs says nothing about a person.
        if len(seconds) >= LEAST_GRIDS and not collected.is_simulated[worker]:
            median = float(np.median(seconds))
            if median < threshold:
                found[worker] = {"median_seconds": median, "num_timed": len(seconds)}
    return found


def seconds_of_each(collected: Collected) -> list[NDArray[np.float64]]:
    """Per worker, the seconds that each of their grids took, where they are known."""
    is_known = ~np.isnan(collected.seconds)
    order = np.argsort(collected.worker[is_known], kind="stable")
    ends = np.cumsum(np.bincount(collected.worker[is_known], minlength=collected.num_workers))
    return np.split(collected.seconds[is_known][order], ends[:-1]) if collected.num_workers else []


def _answers_without_looking(collected: Collected, threshold: float) -> dict[int, Evidence]:
    patterns = straight_lines(collected)
    named = {"everything": patterns.everything, "nothing": patterns.nothing, "same": patterns.same_positions}
    excess = np.zeros(collected.num_workers)
    for pattern in named.values():
        excess += np.where(pattern.p_value <= SIGNIFICANCE, pattern.num_grids - pattern.expected, 0)
    share = np.divide(excess, patterns.num_grids, out=np.zeros(len(excess)), where=patterns.num_grids > 0)
    return {
        int(worker): {f"num_{name}": int(pattern.num_grids[worker]) for name, pattern in named.items()}
        | {f"expected_{name}": float(pattern.expected[worker]) for name, pattern in named.items()}
        | {"num_grids": int(patterns.num_grids[worker]), "share": float(share[worker])}
        for worker in np.flatnonzero((share >= threshold) & (share > 0))
    }


def straight_lines(collected: Collected) -> Straightlining:
    """The patterns of all workers, in grids that are large enough, against what others say of the same images.

    Positions are those on the worker's screen: each saw the images in an order of their own.
    """
    is_large, on_screen = collected.is_large, collected.on_screen
    seen, selected = collected.seen[is_large], collected.selected[is_large]
    column = collected.grids.column[collected.grid[is_large]]
    shape = collected.grids.num_columns
    num_seen = np.bincount(column[seen], minlength=shape)
    num_selected = np.bincount(column[seen & selected], minlength=shape)
    a, b = 1.0, 1.0
    if num_seen.any():
        fitted = fit_mixture(num_selected[num_seen > 0], num_seen[num_seen > 0], num_components=1).mixture
        a, b = float(fitted.a[0]), float(fitted.b[0])
    # Without the worker's own answer, and drawn towards what is usual: of five people, none is often one in fifty.
    others = (num_selected[column] - selected + a) / (num_seen[column] - seen + a + b)
    frequency = np.where(seen, others, 0.5)
    shown = (np.take_along_axis(each, on_screen, axis=1) for each in (seen, selected, frequency))
    return straightlining(collected.worker[is_large], *shown, num_workers=collected.num_workers)


def _tells_nothing(collected: Collected, threshold: float) -> dict[int, Evidence]:
    num_judgements = _per_worker(collected, collected.counted)
    if not num_judgements.any():
        return {}
    model = two_coin(collected.judgements)
    num_answers = model.right + model.wrong
    variance = model.right * model.wrong / (num_answers**2 * (num_answers + 1))  # of beta distributions
    at_most = model.sensitivity + model.specificity - 1 + norm.ppf(CERTAINTY) * np.sqrt(variance.sum(axis=0))
    return {
        int(worker): {
            "sensitivity": float(model.sensitivity[worker]),
            "specificity": float(model.specificity[worker]),
            "at_most": float(at_most[worker]),
            "num_judgements": int(num_judgements[worker]),
        }
        for worker in np.flatnonzero(at_most < threshold)
    }


def _agrees_too_well(collected: Collected, threshold: float) -> dict[int, Evidence]:
    if collected.num_workers < 2:
        return {}
    pairs = twin_workers(collected.judgements)
    found: dict[int, Evidence] = {}
    for number in np.flatnonzero(pairs.q_value <= threshold):  # the most suspicious first
        both = int(pairs.first[number]), int(pairs.second[number])
        for worker, partner in (both, both[::-1]):
            evidence = {
                "partner_id": int(collected.worker_ids[partner]),
                "num_shared": int(pairs.num_shared[number]),
                "num_agreed": int(pairs.num_agreed[number]),
                "expected": float(pairs.expected[number]),
                "q_value": float(pairs.q_value[number]),
            }
            found.setdefault(worker, evidence)
    return found


RULES = {
    rule.name: rule
    for rule in (
        Rule(
            "control_accuracy", 1, "Control accuracy",
            "Almost certainly right on fewer than this share of the positive or of the negative controls.",
            "share of controls", 0.5, 0.05, 0.95, Effect.EXCLUDE, _fails_controls,
        ),
        Rule(
            "speed_floor", 1, "Speed floor",
            "Half of the grids took fewer seconds than this; at least three whose time is known.",
            "seconds per grid", 8.0, 0.5, 3600.0, Effect.EXCLUDE, _is_too_fast,
        ),
        Rule(
            "straightlining", 1, "Straight-lining",
            "More than this share of the grids, beyond chance, answered with everything, nothing or the positions "
            "of the grid before.",
            "share of grids", 0.3, 0.0, 1.0, Effect.EXCLUDE, _answers_without_looking,
        ),
        Rule(
            "informedness", 1, "Informedness",
            "By the two-coin model their judgements hardly tell what shows its class from what does not: sensitivity "
            "and specificity together are almost certainly less than this above a coin's.",
            "sensitivity + specificity − 1", 0.1, 0.0, 0.9, Effect.EXCLUDE, _tells_nothing,
        ),
        Rule(
            "twin_workers", 1, "Twins",
            "Agrees with another worker more than chance and both their habits explain: perhaps one person. "
            "The threshold is the share of false alarms to be expected among those found.",
            "false discovery rate", 0.001, 1e-12, 0.5, Effect.STOP, _agrees_too_well,
        ),
    )
}  # fmt: skip


def public(study_id: int, evidence: Evidence) -> dict[str, float | str]:
    """Evidence as it may leave the server: a partner by the study's name for them."""
    shown: dict[str, float | str] = {name: value for name, value in evidence.items() if name != "partner_id"}
    if "partner_id" in evidence:
        shown["partner"] = Worker.pseudonym_in(study_id, int(evidence["partner_id"]))
    return shown


def rule_of(name: str, version: int) -> Rule:
    """The rule by which a decision was taken."""
    rule = RULES.get(name)
    if rule is None or rule.version != version:
        now = f"version {rule.version}" if rule else "no such rule"
        raise CannotReplay(f"The decision was taken by version {version} of “{name}”; this release has {now}.")
    return rule
