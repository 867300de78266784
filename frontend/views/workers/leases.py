"""What happens to a grid while a worker holds it: drafts, more time, giving it back, the next one ahead, reports."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from annotation import assignments, complaints
from annotation.errors import BatchClosed, HoldsEnough, InvalidSelection, ServingStopped
from annotation.models import Assignment, Batch, Complaint
from annotation.platforms.base import OUTSIDE
from annotation.platforms.local import AssignmentClaim
from annotation.postings import arrivals
from frontend import grid_page
from frontend.limits import limited
from frontend.views.refusals import wants_json
from frontend.views.workers import from_outside
from frontend.views.workers.links import SeeOther, claim_of, handed_on, work_address, worker_page


@worker_page
@require_POST
@limited("drafts", per_minute=240)
def draft(request: HttpRequest, *, token: str) -> HttpResponse:
    """Keep what is selected so far; sent by the page after each change, and when it is left."""
    claim = claim_of(token)
    kept = assignments.keep_draft(
        assignment_id=claim.assignment_id,
        worker_id=claim.worker_id,
        selected=_positions(request.POST.getlist("selected")),
        now=timezone.now(),
    )
    return _time_left(kept)


def _positions(values: list[str]) -> list[int]:
    try:
        return [int(value) for value in values]
    except ValueError as error:
        raise InvalidSelection(_("A position is a number. Reload the page and try again.")) from error


@worker_page
@require_POST
@limited("renewals", per_minute=30)
def lease(request: HttpRequest, *, token: str) -> HttpResponse:
    """The worker is still there: the lease starts again from now."""
    claim = claim_of(token)
    renewed = assignments.renew(assignment_id=claim.assignment_id, worker_id=claim.worker_id, now=timezone.now())
    return _time_left(renewed)


def _time_left(held: Assignment) -> HttpResponse:
    assert held.lease_expires_at is not None
    seconds = int((held.lease_expires_at - timezone.now()).total_seconds())
    return JsonResponse({"lease_expires_at": held.lease_expires_at, "seconds_left": seconds})


@worker_page
@require_POST
def release(request: HttpRequest, *, token: str) -> HttpResponse:
    """Give the grid back: to take another one, or because it is enough for today."""
    claim = claim_of(token)
    leave, left = (assignments.rest, "resting") if "resting" in request.POST else (assignments.release, "returned")
    leave(assignment_id=claim.assignment_id, worker_id=claim.worker_id, now=timezone.now())
    return SeeOther(reverse("frontend:done", args=[token]) + f"?{left}=1")


@worker_page
@require_POST
@limited("ahead", per_minute=60)
def next_grid(request: HttpRequest, *, token: str) -> HttpResponse:
    """The address of a grid claimed ahead, so that the page can fetch it before this one is handed in.

    With it comes what the worker has done so far: the page at hand may have been fetched before the last answer.
    """
    claim = claim_of(token)
    held = {"hits__assignments": claim.assignment_id, "hits__assignments__worker": claim.worker_id}
    batch = Batch.objects.filter(**held).first()
    if batch is None:
        raise handed_on()
    if batch.platform in OUTSIDE:  # nothing is claimed ahead of what belongs to a place
        place = arrivals.progress(arrival=from_outside.arrival_of(claim, batch))
        return JsonResponse({"next": None, "done_so_far": grid_page.place_so_far(place)})
    progress = Assignment.objects.progress_of(claim.worker_id, study_id=batch.study_id)
    return JsonResponse({"next": _address_of_next(batch, claim), "done_so_far": grid_page.done_so_far(progress)})


def _address_of_next(batch: Batch, claim: AssignmentClaim) -> str | None:
    try:
        ahead = assignments.claim(batch=batch, worker=claim.worker, now=timezone.now(), besides=claim.assignment_id)
    except (BatchClosed, HoldsEnough, ServingStopped):
        return None
    return work_address(ahead, claim.worker) if ahead else None


# --- an image that should not be shown ----------------------------------------------------------------


@worker_page
@require_POST
@limited("reports", per_minute=60)
def image_report(request: HttpRequest, *, token: str, position: int) -> HttpResponse:
    """Report the image at this position of the grid: it is covered, and counts as not seen."""
    claim = claim_of(token)
    reason = request.POST.get("reason")
    if reason not in Complaint.Reason.values:
        what = _("Say what is wrong with the image: is it broken, or offensive? Go back to the grid for it.")
        raise InvalidSelection(what)
    complaints.file(
        assignment_id=claim.assignment_id,
        worker_id=claim.worker_id,
        position=position,
        reason=Complaint.Reason(reason),
        now=timezone.now(),
    )
    if wants_json(request):
        return JsonResponse({"reported": position})
    return SeeOther(reverse("frontend:assignment", args=[token]))


urlpatterns = [
    path("work/<str:token>/next/", next_grid, name="assignment-next"),
    path("work/<str:token>/draft/", draft, name="assignment-draft"),
    path("work/<str:token>/lease/", lease, name="assignment-lease"),
    path("work/<str:token>/release/", release, name="assignment-release"),
    path("work/<str:token>/images/<int:position>/report/", image_report, name="assignment-image-report"),
]
