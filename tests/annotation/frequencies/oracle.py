"""The counts of a class in plain Python, one judgement at a time."""

from collections.abc import Collection
from fractions import Fraction

from annotation.models import Assignment, Grid, JudgementFilter, SelectionFrequency, TargetClass

Counted = dict[int, tuple[int, int]]


def is_set(bitmap: bytes, position: int) -> bool:
    return bool(bytes(bitmap)[position // 8] >> position % 8 & 1)


def passes(row: Assignment, judgement_filter: JudgementFilter, excluded: Collection[int]) -> bool:
    if judgement_filter.until is not None and row.submitted_at > judgement_filter.until:
        return False
    if judgement_filter.leaves_out_excluded and row.worker_id in excluded:
        return False
    if judgement_filter.min_control_accuracy is None:
        return True
    grid = row.hit.grid
    answers = [
        is_set(row.selected, position) == is_set(grid.positive_controls, position)
        for position in range(grid.num_positions)
        if is_set(row.seen, position)
        and (is_set(grid.positive_controls, position) or is_set(grid.negative_controls, position))
    ]
    return not answers or Fraction(sum(answers), len(answers)) >= Fraction(str(judgement_filter.min_control_accuracy))


def counts(
    target_class: TargetClass, judgement_filter: JudgementFilter, excluded: Collection[int] = frozenset()
) -> Counted:
    """Selected and seen of every candidate that a grid of the class measures."""
    found: dict[int, dict[int, bool]] = {}
    for grid in Grid.objects.filter(target_class=target_class):
        for position, candidate in enumerate(grid.candidate_ids):
            if is_set(grid.measured, position):
                found[candidate] = {}
    rows = Assignment.objects.filter(hit__grid__target_class=target_class, submitted_at__isnull=False)
    for row in sorted(rows.select_related("hit__grid"), key=lambda row: (row.submitted_at, row.pk)):
        if passes(row, judgement_filter, excluded):
            for position, candidate in enumerate(row.hit.grid.candidate_ids):
                if is_set(row.hit.grid.measured, position) and is_set(row.seen, position):
                    found[candidate].setdefault(row.worker_id, is_set(row.selected, position))
    return {candidate: (sum(answers.values()), len(answers)) for candidate, answers in found.items()}


def stored(target_class: TargetClass, judgement_filter: JudgementFilter) -> Counted:
    """What the table says of the class under the filter."""
    rows = SelectionFrequency.objects.filter(
        judgement_filter=judgement_filter, candidate__target_class=target_class
    ).values_list("candidate_id", "num_selected", "num_seen")
    return {candidate: (num_selected, num_seen) for candidate, num_selected, num_seen in rows}
