"""Candidates whose interval straddles a cut, and how many more judgements each should take to leave it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation import bitmaps
from annotation.counting import beliefs
from annotation.models import Grid, JudgementFilter, Origin
from annotation.stats.intervals import wilson
from annotation.stats.planning import judgements_to_settle


@dataclass(frozen=True)
class Unsettled:
    """One entry per candidate, those that need fewest judgements first; arrays of the same shape."""

    candidate: NDArray[np.int64]
    target_class: NDArray[np.int64]
    num_more: NDArray[np.float64]
    """Expected; inf where the frequency is the cut itself."""
    num_settled: int
    """Candidates whose interval lies on one side already."""
    num_asked: int
    """Candidates whose interval straddles the cut, and which workers are being asked about at this moment."""

    def within(self, num_more: int) -> list[int]:
        """Ids of those that so many more judgements should settle."""
        ids: list[int] = self.candidate[self.num_more <= num_more].tolist()
        return ids

    def num_grids(self, num_more: int, num_measured: int) -> int:
        """Grids for them, of so many candidates of one class."""
        _, per_class = np.unique(self.target_class[self.num_more <= num_more], return_counts=True)
        return int(np.sum(-(-per_class // num_measured)))


def of_pool(judgement_filter: JudgementFilter, *, cut: float) -> Unsettled:
    """The measured candidates of the pool; what further workers would say is guessed from the study's mixture."""
    names = ("candidate_id", "candidate__target_class_id", "num_selected", "num_seen")
    rows = beliefs.measured(judgement_filter).filter(candidate__origin=Origin.POOL, candidate__image__isnull=False)
    table = np.array(list(rows.order_by("candidate_id").values_list(*names)), dtype=np.int64).reshape(-1, 4)
    selected, seen = table[:, 2], table[:, 3]
    found = wilson(selected, seen)
    straddles = (found.low <= cut) & (cut <= found.high)
    is_asked = np.isin(table[:, 0], _being_asked(judgement_filter.study_id))
    is_open = straddles & ~is_asked
    mixture = beliefs.mixtures_of(judgement_filter).get(Origin.POOL)
    # Without a mixture, what was seen so far, drawn a little to the middle, so that 0 of 3 is not taken for never.
    expected = mixture.posterior(selected, seen).frequency if mixture else (selected + 1) / (seen + 2)
    num_more = judgements_to_settle(selected, seen, expected, cut=cut)[is_open]
    order = np.argsort(num_more, kind="stable")
    return Unsettled(
        candidate=table[is_open, 0][order],
        target_class=table[is_open, 1][order],
        num_more=num_more[order],
        num_settled=int(np.sum(~straddles)),
        num_asked=int(np.sum(straddles & is_asked)),
    )


def _being_asked(study_id: int) -> NDArray[np.int64]:
    """Candidates measured in a grid that waits for workers, or with a slot not handed in in an open batch.

    None of a HIT that was stopped: nobody begins it any more.
    """
    rows = Grid.objects.filter(study=study_id)
    unfinished = rows.filter(
        hits__batch__expired_at__isnull=True,
        hits__stopped_at__isnull=True,
        hits__assignments__isnull=False,
        hits__assignments__submitted_at__isnull=True,
    )
    asked = rows.filter(pk__in=unfinished.values("pk")) | rows.waiting()
    parts = [
        np.array(ids, dtype=np.int64)[bitmaps.unpack(measured, len(ids))]
        for ids, measured in asked.values_list("candidate_ids", "measured")
    ]
    return np.unique(np.concatenate([np.empty(0, dtype=np.int64), *parts]))
