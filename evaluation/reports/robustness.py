"""The section of robustness: who lies above the line that standard classifiers follow, and above their counterparts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.models import Classifier
from evaluation.reports.content import GroupContent, RobustnessContent
from evaluation.reports.counting import Counted
from evaluation.stats.comparing.robustness import effective_robustness, relative_robustness

Group = Classifier.Group


@dataclass(frozen=True)
class OfNew:
    """Of one new set, per classifier; None where there is nothing to compare with."""

    content: RobustnessContent | None
    effective: list[float | None]
    relative: list[float | None]


def robustness(counted: Counted, place: int) -> OfNew:
    """None of it unless there are classifiers beside the standard ones, and those follow a line."""
    before, after = counted.pairs(0), counted.pairs(place)
    groups = [Group(each.group) for each in counted.classifiers]
    is_baseline = np.array([each == Group.STANDARD for each in groups])
    relative = [
        None if np.isnan(each) else float(each)
        for each in relative_robustness(after, counterpart=_counterparts(counted.classifiers))
    ]
    if is_baseline.all() or len(np.unique(before[is_baseline, 0])) < 2:
        return OfNew(None, [None] * len(groups), relative)
    found = effective_robustness(before, after, is_baseline=is_baseline, families=counted.families)
    effective = found.effective.tolist()
    content: RobustnessContent = {
        "slope": found.fit.slope,
        "intercept": found.fit.intercept,
        "num_baseline": int(is_baseline.sum()),
        "groups": [_group(each, groups, effective, relative) for each in Group if each in groups],
    }
    return OfNew(content, effective, relative)


def _counterparts(classifiers: Sequence[Classifier]) -> list[int]:
    """The place of each one's counterpart, -1 where it has none here."""
    place = {each.pk: number for number, each in enumerate(classifiers)}
    return [place.get(each.counterpart_id or 0, -1) for each in classifiers]


def _group(
    group: Group, groups: Sequence[Group], effective: Sequence[float], relative: Sequence[float | None]
) -> GroupContent:
    mine = [(effective[row], relative[row]) for row, each in enumerate(groups) if each == group]
    beside = [(own, other) for own, other in mine if other is not None]
    return {
        "group": str(group),
        "num_classifiers": len(mine),
        "mean_effective": float(np.mean([own for own, _ in mine])),
        "mean_relative": float(np.mean([other for _, other in beside])) if beside else None,
        "num_helpful": sum(own > 0 and other > 0 for own, other in beside) if beside else None,
    }
