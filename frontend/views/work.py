"""What a worker sees. The token in the address is the permission: no account, no cookie needed."""

import secrets
from datetime import datetime
from http import HTTPStatus
from uuid import uuid4

from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from annotation import assignments, bitmaps, grids, slots, tasks
from annotation.errors import BatchClosed, HoldsEnough, NotYours
from annotation.models import Assignment, Batch, Grid, Worker
from annotation.platforms import local
from frontend.forms import GridForm, plain_answer
from frontend.limits import limited
from frontend.tiles import tiles_of
from frontend.views.pictures import picture, sheet
from frontend.views.refusals import BrokenLink, wants_json
from frontend.views.worker import SeeOther, claim_of, worker_page

COOKIE_SECONDS = 180 * 24 * 3600


# --- arriving -----------------------------------------------------------------------------------------


@worker_page
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, *, token: str) -> HttpResponse:
    """Consent first; starting makes a worker and claims the first grid."""
    batch = _invited_batch(token)
    if batch.expired_at is not None:
        raise BatchClosed("The people who run it have closed it. Thank you for wanting to help; you need do nothing.")
    if request.method == "POST":
        return _start(request, batch)
    grid = Grid.objects.filter(hits__batch=batch).first()
    context = {"batch": batch, "study": batch.study, "num_images": grid.num_positions if grid else 0}
    return render(request, "frontend/work/consent.html", context)


def _invited_batch(token: str) -> Batch:
    try:
        return Batch.objects.select_related("study").get(pk=local.read_invitation(token))
    except (NotYours, Batch.DoesNotExist) as error:
        raise BrokenLink("The invitation is not complete, or it is not one of ours. Copy the whole link.") from error


def _start(request: HttpRequest, batch: Batch) -> HttpResponse:
    now = timezone.now()
    # Simulated and real workers are different people, also in one browser.
    cookie = "simulated_worker" if batch.is_simulated else "worker"
    remembered = request.get_signed_cookie(cookie, default="", salt="frontend.worker")
    external_id = remembered or secrets.token_urlsafe(16)
    worker = assignments.register_worker(
        platform=batch.platform, external_id=external_id, now=now, is_simulated=batch.is_simulated
    )
    claimed = assignments.claim(batch=batch, worker=worker, now=now)
    if claimed is None:
        response = _thanks(request, batch, worker.pk)
    else:
        response = SeeOther(reverse("frontend:assignment", args=[local.assignment_token(claimed)]))
    response.set_signed_cookie(
        cookie,
        external_id,
        salt="frontend.worker",
        max_age=COOKIE_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )
    return response


# --- the grid -----------------------------------------------------------------------------------------


@worker_page
@require_http_methods(["GET", "HEAD", "POST"])
@limited("submissions", per_minute=30)
def assignment(request: HttpRequest, *, token: str) -> HttpResponse:
    if request.method == "POST":
        return _submit(request, token)
    held, num_done = _held(token)
    _refuse_strangers(held, token)
    if held.is_submitted:
        return SeeOther(_with_receipt(reverse("frontend:done", args=[token]), held.pk))
    return _grid_page(request, token, held, num_done)


def _held(token: str) -> tuple[Assignment, int]:
    """The assignment of this token and how many its worker has done; all that the page needs, in one query."""
    found = slots.look_up(claim_of(token).assignment_id)
    if found is None:
        raise BrokenLink("The grid it leads to does not exist any more. Open your invitation again.")
    return found


def _refuse_strangers(held: Assignment, token: str) -> None:
    if held.worker_id != claim_of(token).worker_id:
        raise NotYours("You returned it, or its time ran out and somebody else took it over. You can take another one.")


def _grid_page(
    request: HttpRequest, token: str, held: Assignment, num_done: int, form: GridForm | None = None
) -> HttpResponse:
    """The grid as it stands, or with what was wrong with the answer in the form."""
    grid = held.hit.grid
    context = {
        "token": token,
        "assignment": held,
        "key": uuid4(),
        "num_done": num_done,
        "study": held.hit.batch.study,
        "target_class": grid.target_class,
        "tiles": tiles_of(
            token=token,
            seed=[held.pk, held.worker_id or 0],
            num_positions=grid.num_positions,
            selected=_chosen(held, form),
        ),
        "layout": grids.SHEETS,
        "form": form,
        "seconds_left": _seconds_left(held),
        "receipt": _receipt(request),
    }
    status = HTTPStatus.BAD_REQUEST if form else HTTPStatus.OK
    return render(request, "frontend/work/grid.html", context, status=status)


def _chosen(held: Assignment, form: GridForm | None) -> set[int]:
    """What is selected when the page opens: the answer that was not accepted, else the draft."""
    if form:
        return set(form.cleaned_data.get("selected", []))
    return set(bitmaps.positions(held.draft, held.hit.grid.num_positions)) if held.draft else set()


def _num_done(batch: Batch, worker_id: int | None) -> int:
    return Assignment.objects.filter(worker=worker_id, hit__batch=batch, submitted_at__isnull=False).count()


def _seconds_left(held: Assignment) -> int:
    assert held.lease_expires_at is not None
    return int((held.lease_expires_at - timezone.now()).total_seconds())


def _submit(request: HttpRequest, token: str) -> HttpResponse:
    claim, now = claim_of(token), timezone.now()
    answer = plain_answer(request.POST, claim)
    handed_in = answer and assignments.submit_and_claim(answer, now=now)
    if not handed_in:
        return _submit_step_by_step(request, token, now)
    tasks.enqueue_recompute(handed_in.target_class_id)
    url = reverse("frontend:done", args=[token])
    if handed_in.next_id is not None:
        following = Assignment(pk=handed_in.next_id, worker_id=claim.worker_id)
        url = reverse("frontend:assignment", args=[local.assignment_token(following)])
    return _saved(request, claim.assignment_id, url)


def _submit_step_by_step(request: HttpRequest, token: str, now: datetime) -> HttpResponse:
    """Whatever the usual way does not take: late or again, without an answer, or by somebody else."""
    held, num_done = _held(token)
    form = GridForm(request.POST, num_positions=held.hit.grid.num_positions)
    if not form.is_valid():
        _refuse_strangers(held, token)
        return _grid_page(request, token, held, num_done, form)
    worker_id = claim_of(token).worker_id
    done = assignments.submit(
        assignment_id=held.pk,
        worker_id=worker_id,
        selected=form.cleaned_data["selected"],
        not_seen=form.cleaned_data["not_seen"],
        now=now,
        key=form.cleaned_data["key"],
    )
    tasks.enqueue_recompute(held.hit.grid.target_class_id)
    try:
        url = _next_url(token, held.hit.batch, worker_id, now)
    except (BatchClosed, HoldsEnough):
        url = reverse("frontend:done", args=[token])
    return _saved(request, done.pk, url)


def _saved(request: HttpRequest, assignment_id: int, url: str) -> HttpResponse:
    url = _with_receipt(url, assignment_id)
    return JsonResponse({"receipt": assignment_id, "next": url}) if wants_json(request) else SeeOther(url)


def _next_url(token: str, batch: Batch, worker_id: int, now: datetime) -> str:
    """The worker's next grid, or the last page if there is none."""
    claimed = assignments.claim(batch=batch, worker=Worker(pk=worker_id), now=now)
    if claimed is None:
        return reverse("frontend:done", args=[token])
    return reverse("frontend:assignment", args=[local.assignment_token(claimed)])


# --- the end ------------------------------------------------------------------------------------------


@worker_page
@require_http_methods(["GET", "HEAD", "POST"])
def done(request: HttpRequest, *, token: str) -> HttpResponse:
    """Thanks, and (by POST) one more grid for the same worker."""
    claim = claim_of(token)
    batch = Batch.objects.select_related("study").filter(hits__assignments=claim.assignment_id).first()
    if batch is None:
        raise BrokenLink("The study it leads to does not exist any more.")
    if request.method == "POST":
        return SeeOther(_next_url(token, batch, claim.worker_id, timezone.now()))
    return _thanks(request, batch, claim.worker_id, token)


def _thanks(request: HttpRequest, batch: Batch, worker_id: int, token: str = "") -> HttpResponse:
    context = {
        "study": batch.study,
        "token": token,
        "num_done": _num_done(batch, worker_id),
        "is_returned": "returned" in request.GET,
        "is_resting": "resting" in request.GET,
        "is_open": batch.expired_at is None,
        "receipt": _receipt(request),
    }
    return render(request, "frontend/work/done.html", context)


def _with_receipt(url: str, assignment_id: int) -> str:
    return f"{url}?receipt={Signer(salt='frontend.receipt').sign(str(assignment_id))}"


def _receipt(request: HttpRequest) -> str | None:
    """The number of what was just saved; signed, so the page can't be made to say it of something else."""
    try:
        return Signer(salt="frontend.receipt").unsign(request.GET.get("receipt", ""))
    except BadSignature:
        return None


urlpatterns = [
    path("join/<str:token>/", invitation, name="invitation"),
    path("work/<str:token>/", assignment, name="assignment"),
    path("work/<str:token>/images/<int:position>/", picture, name="assignment-image"),
    path("work/<str:token>/sheets/<int:number>/", sheet, name="assignment-sheet"),
    path("done/<str:token>/", done, name="done"),
]
