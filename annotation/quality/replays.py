"""A rule's decision, computed again from the judgements that were in at the time."""

import math
from dataclasses import dataclass

import numpy as np

from annotation.errors import CannotReplay
from annotation.models import WorkerDecision
from annotation.quality.collected import collect
from annotation.quality.rules import rule_of


@dataclass(frozen=True)
class Replay:
    """Whether the rule finds the worker again, and which numbers differ: by name, then and now."""

    is_found: bool
    differences: dict[str, tuple[float | None, float | None]]

    @property
    def is_same(self) -> bool:
        return self.is_found and not self.differences


def replay(decision: WorkerDecision) -> Replay:
    """Run the same version of the rule on what was handed in by then."""
    if decision.judged_until is None or decision.rule_version is None or decision.threshold is None:
        raise CannotReplay("A person took this decision for the reason given; there is nothing to compute.")
    rule = rule_of(decision.rule, decision.rule_version)
    collected = collect(decision.study, until=decision.judged_until)
    place = np.flatnonzero(collected.worker_ids == decision.worker_id)
    found = rule.find(collected, decision.threshold).get(int(place[0])) if len(place) else None
    then, again = decision.evidence, found or {}
    names = [*then, *(name for name in again if name not in then)]
    return Replay(
        found is not None,
        {name: (then.get(name), again.get(name)) for name in names if not _same(then.get(name), again.get(name))},
    )


def _same(then: float | None, again: float | None) -> bool:
    """Equal but for rounding, which differs between machines."""
    if then is None or again is None:
        return then is again
    return math.isclose(then, again, rel_tol=1e-9, abs_tol=1e-12)
