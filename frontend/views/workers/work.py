"""What a worker sees. The token in the address is the permission: no account, no cookie needed."""

from dataclasses import replace
from datetime import datetime
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from annotation import assignments, bitmaps, tasks
from annotation.errors import HoldsEnough, ServingStopped
from annotation.models import Arrival, Assignment, Batch, Enrolment
from annotation.platforms.base import OUTSIDE
from annotation.platforms.local import AssignmentClaim
from annotation.postings import arrivals
from annotation.serving import slots
from frontend import grid_page
from frontend.forms import GridForm, plain_answer
from frontend.limits import limited
from frontend.tiles import tiles_of
from frontend.views.refusals import BrokenLink, wants_json
from frontend.views.workers import from_outside
from frontend.views.workers.arriving import home_page
from frontend.views.workers.ending import returned
from frontend.views.workers.links import (
    SeeOther,
    claim_of,
    handed_on,
    receipt_of,
    refuse_revoked,
    unchecked_claim_of,
    with_receipt,
    work_address,
    worker_page,
)
from frontend.views.workers.pictures import example, picture, sheet

# --- the grid -----------------------------------------------------------------------------------------


@worker_page
@require_http_methods(["GET", "HEAD", "POST"])
@limited("submissions", per_minute=30)
def assignment(request: HttpRequest, *, token: str) -> HttpResponse:
    claim = unchecked_claim_of(token)
    if request.method == "POST":
        return _submit(request, token, claim)
    found = _held(claim)
    _refuse_strangers(found.assignment, claim)
    if found.assignment.is_submitted:
        return SeeOther(with_receipt(reverse("frontend:done", args=[token]), claim.assignment_id))
    return _grid_page(request, token, found)


def _held(claim: AssignmentClaim) -> slots.Found:
    """The grid of a link that was not revoked, whoever has it now."""
    found = slots.look_up(claim.assignment_id)
    if found is None or (found.assignment.worker_id, found.link_number) != (claim.worker_id, claim.link_number):
        refuse_revoked(claim)
    if found is None:
        raise BrokenLink(_("The grid it leads to does not exist any more. Open your invitation again."))
    return found


def _refuse_strangers(held: Assignment, claim: AssignmentClaim) -> None:
    if held.worker_id != claim.worker_id:
        raise handed_on()


def _grid_page(request: HttpRequest, token: str, found: slots.Found, form: GridForm | None = None) -> HttpResponse:
    """The grid as it stands, or with what was wrong with the answer in the form."""
    held = found.assignment
    if (batch := held.hit.batch).platform in OUTSIDE:
        arrived = from_outside.arrival_of(unchecked_claim_of(token), batch)
        found = replace(found, place=arrivals.progress(arrival=arrived))
    tiles = tiles_of(
        token=token,
        seed=[held.pk, held.worker_id or 0],
        num_positions=held.hit.grid.num_positions,
        selected=_chosen(held, form) - found.reported,
        reported=found.reported,
    )
    page = grid_page.write(
        token=token, found=found, tiles=tiles, receipt=receipt_of(request), now=timezone.now(), form=form
    )
    return HttpResponse(page, status=HTTPStatus.BAD_REQUEST if form else HTTPStatus.OK)


def _chosen(held: Assignment, form: GridForm | None) -> set[int]:
    """What is selected when the page opens: the answer that was not accepted, else the draft."""
    if form:
        return set(form.cleaned_data.get("selected", []))
    return set(bitmaps.positions(held.draft, held.hit.grid.num_positions)) if held.draft else set()


def _submit(request: HttpRequest, token: str, claim: AssignmentClaim) -> HttpResponse:
    now = timezone.now()
    answer = plain_answer(request.POST, claim)
    handed_in = answer and assignments.submit_and_claim(answer, now=now)
    if not handed_in:
        return _submit_step_by_step(request, token, claim, now)
    tasks.enqueue_recompute(handed_in.target_class_id)
    if handed_in.next_id is not None:
        url = work_address(Assignment(pk=handed_in.next_id), claim.worker)
    else:
        url = _next_url(token, Batch.objects.get(hits__assignments=claim.assignment_id), claim, now)
    return _saved(request, claim.assignment_id, url)


def _submit_step_by_step(request: HttpRequest, token: str, claim: AssignmentClaim, now: datetime) -> HttpResponse:
    """Whatever the usual way does not take: late or again, without an answer, or by somebody else."""
    found = _held(claim)
    held = found.assignment
    form = GridForm(request.POST, num_positions=held.hit.grid.num_positions)
    if not form.is_valid():
        _refuse_strangers(held, claim)
        return _grid_page(request, token, found, form)
    done = assignments.submit(
        assignment_id=held.pk,
        worker_id=claim.worker_id,
        selected=form.cleaned_data["selected"],
        not_seen=form.cleaned_data["not_seen"],
        now=now,
        key=form.cleaned_data["key"],
    )
    tasks.enqueue_recompute(held.hit.grid.target_class_id)
    return _saved(request, done.pk, _next_url(token, held.hit.batch, claim, now))


def _saved(request: HttpRequest, assignment_id: int, url: str) -> HttpResponse:
    url = with_receipt(url, assignment_id)
    return JsonResponse({"receipt": assignment_id, "next": url}) if wants_json(request) else SeeOther(url)


def _next_url(token: str, batch: Batch, claim: AssignmentClaim, now: datetime) -> str:
    """The worker's next grid, or their own page if there is none."""
    if batch.platform in OUTSIDE:
        return from_outside.next_address(token, from_outside.arrival_of(claim, batch), now)
    try:
        claimed = assignments.claim_next(batch=batch, worker=claim.worker, now=now)
    except (HoldsEnough, ServingStopped):  # their own page says so, below the receipt
        claimed = None
    return work_address(claimed, claim.worker) if claimed else reverse("frontend:done", args=[token])


# --- the end ------------------------------------------------------------------------------------------


@worker_page
@require_http_methods(["GET", "HEAD", "POST"])
def done(request: HttpRequest, *, token: str) -> HttpResponse:
    """The worker's own page, from the link of a grid, and (by POST) one more grid for them."""
    claim = claim_of(token)
    batch = Batch.objects.select_related("study").filter(hits__assignments=claim.assignment_id).first()
    if batch is None:
        raise BrokenLink(_("The study it leads to does not exist any more."))
    if batch.platform in OUTSIDE:
        return _done_outside(request, token, from_outside.arrival_of(claim, batch))
    if request.method == "POST":
        return SeeOther(_next_url(token, batch, claim, timezone.now()))
    rows = Enrolment.objects.select_related("study", "worker")
    enrolled = rows.filter(study=batch.study_id, worker=claim.worker_id).first()
    if enrolled is None:
        raise BrokenLink(_("You have not joined this study yet. Open your invitation first."))
    return home_page(request, enrolled)


def _done_outside(request: HttpRequest, token: str, arrived: Arrival) -> HttpResponse:
    """Who comes from a platform goes back to it, or on with what belongs to their place."""
    if request.method != "POST" and {"returned", "resting"} & set(request.GET):
        return returned(request, arrived, token)
    return from_outside.go_on(request, arrived, timezone.now())


urlpatterns = [
    path("work/<str:token>/", assignment, name="assignment"),
    path("work/<str:token>/images/<int:position>/", picture, name="assignment-image"),
    path("work/<str:token>/sheets/<int:number>/", sheet, name="assignment-sheet"),
    path("work/<str:token>/examples/<int:pk>/", example, name="assignment-example"),
    path("done/<str:token>/", done, name="done"),
]
