"""Complaints: a worker says that an image should not be shown; a researcher excludes it or keeps it."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from annotation import candidates
from annotation.errors import AlreadySubmitted, InvalidSelection, NotYours
from annotation.models import Assignment, Candidate, Complaint, Exclusion, Worker


@transaction.atomic
def file(*, assignment_id: int, worker_id: int, position: int, reason: Complaint.Reason, now: datetime) -> Complaint:
    """Note that the worker complains about the image at this position of the grid they hold; once is enough."""
    # The worker first, as those do who hand in: either the report comes first and counts, or the answer does.
    Worker.objects.select_for_update(no_key=True).filter(pk=worker_id).first()
    rows = Assignment.objects.select_for_update(of=("self",)).select_related("hit__grid")
    held = rows.filter(pk=assignment_id, worker_id=worker_id).first()
    if held is None:
        raise NotYours(_("This grid is no longer yours, so its images can't be reported from here."))
    if held.is_submitted:
        raise AlreadySubmitted(_("This grid is handed in already; its images can't be reported any more."))
    ids = held.hit.grid.candidate_ids
    if not 0 <= position < len(ids):
        what = _("Position %(position)d is not in this grid of %(size)d. Reload the page and try again.")
        raise InvalidSelection(what % {"position": position, "size": len(ids)})
    complaint, _is_new = Complaint.objects.get_or_create(
        worker_id=worker_id,
        candidate_id=ids[position],
        defaults={"assignment": held, "reason": reason, "filed_at": now},
    )
    return complaint


@transaction.atomic
def settle(*, candidate: Candidate, is_upheld: bool, now: datetime, by: Any) -> int:
    """Close all open complaints about an image: exclude it, or keep it; returns how many there were."""
    waiting = Complaint.objects.select_for_update().filter(candidate=candidate, settled_at=None)
    ids = list(waiting.values_list("pk", flat=True))
    if ids and is_upheld:
        of_it = Candidate.objects.filter(pk=candidate.pk)
        candidates.exclude(candidates=of_it, reason=Exclusion.Reason.UNUSABLE, now=now, by=by)
    return Complaint.objects.filter(pk__in=ids).update(settled_at=now, settled_by=by, is_upheld=is_upheld)
