"""Candidates taken out of all that follows, with the reason, and those that come back."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from annotation.models import Candidate, Exclusion


@transaction.atomic
def exclude(
    *, candidates: QuerySet[Any], reason: Exclusion.Reason, now: datetime, by: Any = None, stage: str = ""
) -> int:
    """Take candidates out of all that follows; returns how many were still in.

    The first reason stays, but for one that a stage found: a person's, or an import's, takes its place, so that the
    stage can't take it back.
    """
    ids = _locked(candidates)
    found = dict(Exclusion.objects.filter(candidate_id__in=ids).values_list("candidate_id", "stage"))
    rows = [
        Exclusion(candidate_id=pk, reason=reason, excluded_by=by, excluded_at=now, stage=stage)
        for pk in ids
        if pk not in found
    ]
    Exclusion.objects.bulk_create(rows, batch_size=5000)
    if not stage:
        taken_over = [pk for pk, made_by in found.items() if made_by]
        said = {"reason": reason, "excluded_by": by, "excluded_at": now, "stage": ""}
        Exclusion.objects.filter(candidate_id__in=taken_over).update(**said)
    return len(rows)


@transaction.atomic
def take_back(*, candidates: QuerySet[Any], stage: str) -> int:
    """Let candidates in again that only this stage had excluded; returns how many."""
    if not stage:
        raise ValueError("Only a stage takes back what it has excluded by itself; a person's reason stays.")
    deleted, _each = Exclusion.objects.filter(candidate_id__in=_locked(candidates), stage=stage).delete()
    return deleted


def _locked(candidates: QuerySet[Any]) -> list[int]:
    """Their ids, in one order everywhere, so that two who exclude can't deadlock."""
    rows = Candidate.objects.filter(pk__in=candidates.order_by().values("pk")).order_by("pk")
    return list(rows.select_for_update(no_key=True).values_list("pk", flat=True))
