"""Images that people let in again; what was decided about duplicates of them holds, as if they had never left."""

from datetime import datetime
from typing import Any

from django.db import transaction

from annotation.candidates import bulk, exclusions
from annotation.duplicates.resolving import resolve, take_turns
from annotation.models import BulkExclusion, Candidate


@transaction.atomic
def let_in(*, candidate: Candidate, by: Any, now: datetime) -> None:
    """Take back what a person has said of one image."""
    take_turns(candidate.study)
    exclusions.let_in(candidate=candidate, by=by, now=now)
    resolve(study=candidate.study, by=by, now=now)


@transaction.atomic
def undo_bulk(*, row: BulkExclusion, by: Any, now: datetime) -> BulkExclusion:
    """Undo an exclusion of many."""
    take_turns(row.study)
    undone = bulk.undo(bulk=row, by=by, now=now)
    resolve(study=row.study, by=by, now=now)
    return undone
