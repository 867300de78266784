"""What a worker sees. The token in the address is the permission: no account, no cookie needed."""

import secrets
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

from django.contrib.auth.decorators import login_not_required
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from annotation import assignments, tasks
from annotation.errors import BatchClosed, HoldsEnough, NotYours
from annotation.models import Assignment, Batch, Grid, Worker
from annotation.platforms import local
from frontend.forms import GridForm
from frontend.views.pictures import picture
from frontend.views.refusals import BrokenLink, explained

COOKIE_SECONDS = 180 * 24 * 3600

View = Callable[..., HttpResponse]


class SeeOther(HttpResponseRedirect):
    """Done; the browser goes on with a GET."""

    status_code = HTTPStatus.SEE_OTHER


def worker_page(view: View) -> View:
    """Open to whoever holds the token, never cached, and a refusal is a page."""
    page: View = csrf_exempt(login_not_required(never_cache(explained(view))))
    return page


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
def assignment(request: HttpRequest, *, token: str) -> HttpResponse:
    held = _held(token)
    if request.method == "POST":
        return _submit(request, token, held)
    if held.is_submitted:
        return SeeOther(_with_receipt(reverse("frontend:done", args=[token]), held.pk))
    return _grid_page(request, token, held, GridForm(num_positions=held.hit.grid.num_positions))


def _held(token: str) -> Assignment:
    """The assignment of this token, with all that the page needs, in one query."""
    claim = _claim_of(token)
    found = (
        Assignment.objects.filter(pk=claim.assignment_id)
        .select_related("hit__grid__target_class", "hit__batch__study")
        .first()
    )
    if found is None:
        raise BrokenLink("The grid it leads to does not exist any more. Open your invitation again.")
    if found.worker_id != claim.worker_id:
        raise NotYours("You returned it, or its time ran out and somebody else took it over. You can take another one.")
    return found


def _claim_of(token: str) -> local.AssignmentClaim:
    try:
        return local.read_assignment_token(token)
    except NotYours as error:
        raise BrokenLink("It is not complete, or it is not one of ours. Open your invitation again.") from error


def _grid_page(request: HttpRequest, token: str, held: Assignment, form: GridForm) -> HttpResponse:
    grid = held.hit.grid
    chosen = set(form.data.getlist("selected")) if form.is_bound else set()  # type: ignore[attr-defined]
    context = {
        "token": token,
        "assignment": held,
        "study": held.hit.batch.study,
        "target_class": grid.target_class,
        "tiles": [(position, str(position) in chosen) for position in range(grid.num_positions)],
        "form": form,
        "seconds_left": _seconds_left(held),
        "receipt": _receipt(request),
    }
    status = HTTPStatus.BAD_REQUEST if form.is_bound else HTTPStatus.OK
    return render(request, "frontend/work/grid.html", context, status=status)


def _seconds_left(held: Assignment) -> int:
    assert held.lease_expires_at is not None
    return int((held.lease_expires_at - timezone.now()).total_seconds())


def _submit(request: HttpRequest, token: str, held: Assignment) -> HttpResponse:
    form = GridForm(request.POST, num_positions=held.hit.grid.num_positions)
    if not form.is_valid():
        return _grid_page(request, token, held, form)
    assert held.worker_id is not None
    now = timezone.now()
    assignments.submit(
        assignment_id=held.pk,
        worker_id=held.worker_id,
        selected=form.cleaned_data["selected"],
        not_seen=form.cleaned_data["not_seen"],
        now=now,
    )
    tasks.enqueue_recompute(held.hit.grid.target_class_id)
    try:
        url = _next_url(token, held.hit.batch, held.worker_id, now)
    except (BatchClosed, HoldsEnough):
        url = reverse("frontend:done", args=[token])
    return SeeOther(_with_receipt(url, held.pk))


def _next_url(token: str, batch: Batch, worker_id: int, now: datetime) -> str:
    """The worker's next grid, or the last page if there is none."""
    worker = Worker.objects.filter(pk=worker_id).first()
    if worker is None:
        raise BrokenLink("Your entry in this study was removed. Open your invitation again to start anew.")
    claimed = assignments.claim(batch=batch, worker=worker, now=now)
    if claimed is None:
        return reverse("frontend:done", args=[token])
    return reverse("frontend:assignment", args=[local.assignment_token(claimed)])


@worker_page
@require_POST
def release(request: HttpRequest, *, token: str) -> HttpResponse:
    claim = _claim_of(token)
    assignments.release(assignment_id=claim.assignment_id, worker_id=claim.worker_id, now=timezone.now())
    return SeeOther(reverse("frontend:done", args=[token]) + "?returned=1")


# --- the end ------------------------------------------------------------------------------------------


@worker_page
@require_http_methods(["GET", "HEAD", "POST"])
def done(request: HttpRequest, *, token: str) -> HttpResponse:
    """Thanks, and (by POST) one more grid for the same worker."""
    claim = _claim_of(token)
    batch = Batch.objects.select_related("study").filter(hits__assignments=claim.assignment_id).first()
    if batch is None:
        raise BrokenLink("The study it leads to does not exist any more.")
    if request.method == "POST":
        return SeeOther(_next_url(token, batch, claim.worker_id, timezone.now()))
    return _thanks(request, batch, claim.worker_id, token)


def _thanks(request: HttpRequest, batch: Batch, worker_id: int, token: str = "") -> HttpResponse:
    handed_in = Assignment.objects.filter(worker=worker_id, hit__batch=batch, submitted_at__isnull=False)
    context = {
        "study": batch.study,
        "token": token,
        "num_done": handed_in.count(),
        "is_returned": "returned" in request.GET,
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
    path("work/<str:token>/release/", release, name="assignment-release"),
    path("work/<str:token>/images/<int:position>/", picture, name="assignment-image"),
    path("done/<str:token>/", done, name="done"),
]
