"""How a worker comes in: by an invitation, which asks for consent, or by their personal link, on any device."""

import secrets
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from annotation import assignments, inviting, messages, workers
from annotation.errors import BatchClosed, NotYours
from annotation.models import Assignment, Batch, Enrolment, Example, Grid, Invitation, Worker
from annotation.platforms import local
from annotation.platforms.base import PLATFORMS
from frontend import limits
from frontend.limits import limited
from frontend.qr import qr_code
from frontend.templatetags.figures import money
from frontend.views.refusals import BrokenLink
from frontend.views.workers.links import SeeOther, receipt_of, work_address, worker_page
from frontend.views.workers.own_page import pay_and_messages

COOKIE_SECONDS = 180 * 24 * 3600
NOTHING_OPEN = gettext_lazy(
    "There are no images to judge at the moment. Thank you for wanting to help; try again later."
)


# --- the invitation -----------------------------------------------------------------------------------


@worker_page
@require_http_methods(["GET", "HEAD", "POST"])
@limited("joining", per_minute=120, by=limits.address)
def invitation(request: HttpRequest, *, token: str) -> HttpResponse:
    """Consent first; agreeing makes a worker and leads to practice, or to their first grid. Who is in goes on."""
    invited, now = _invitation(token), timezone.now()
    known = _whose(invited) or _remembered(request, invited)
    enrolled = known.enrolments.filter(study=invited.study_id).first() if known else None
    batches = _open_batches(invited)
    if enrolled is None:
        workers.refuse_if_closed(invited, now)
    if request.method == "POST" and (batches or enrolled):
        return _join(request, invited, known, now)
    if batches:
        return _consent_page(request, invited, batches)
    if enrolled:
        return SeeOther(home_address(enrolled))
    raise BatchClosed(str(NOTHING_OPEN))


def _open_batches(invited: Invitation) -> list[Batch]:
    of_its_kind = invited.study.batches.filter(platform=invited.platform, is_simulated=invited.is_simulated)
    return list(of_its_kind.filter(expired_at=None))


def _consent_page(request: HttpRequest, invited: Invitation, batches: list[Batch]) -> HttpResponse:
    grid = Grid.objects.filter(hits__batch=batches[-1]).first()
    context = {
        "invitation": invited,
        "study": invited.study,
        "num_images": grid.num_positions if grid else 0,
        "lease_minutes": min(batch.lease_seconds for batch in batches) // 60,
        "pays": list(dict.fromkeys(money(batch.pay_minor_units, batch.currency) for batch in batches if batch.is_paid)),
        "has_unpaid": not all(batch.is_paid for batch in batches),
    }
    return render(request, "frontend/work/consent.html", context)


def _invitation(token: str) -> Invitation:
    try:
        # Who comes from elsewhere is sent to a place of theirs, by no invitation.
        by_link = Invitation.objects.select_related("study").filter(platform__in=PLATFORMS)
        return by_link.get(pk=local.read_invitation(token))
    except (NotYours, Invitation.DoesNotExist) as error:
        raise BrokenLink(_("The invitation is not complete, or it is not one of ours. Copy the whole link.")) from error


def _join(request: HttpRequest, invited: Invitation, known: Worker | None, now: datetime) -> HttpResponse:
    with transaction.atomic():  # who finds the last place taken leaves no trace
        worker = known or workers.register(
            platform=invited.platform, external_id=secrets.token_urlsafe(16), now=now, is_simulated=invited.is_simulated
        )
        enrolled = workers.enrol(invitation=invited, worker=worker, now=now)
    response = go_on(enrolled, now)
    response.set_cookie(
        _cookie_of(invited),
        local.worker_token(worker),
        max_age=COOKIE_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )
    return response


def _cookie_of(invited: Invitation) -> str:
    """Simulated and real workers are different people, also in one browser."""
    return "simulated_worker" if invited.is_simulated else "worker"


def _remembered(request: HttpRequest, invited: Invitation) -> Worker | None:
    """The worker whom this browser was before, unless their links have been revoked since."""
    try:
        worker_id, link_number = local.read_worker_token(request.COOKIES.get(_cookie_of(invited), ""))
    except NotYours:
        return None
    known = Worker.objects.filter(pk=worker_id, link_number=link_number)
    return known.filter(platform=invited.platform, is_simulated=invited.is_simulated).first()


def _whose(invited: Invitation) -> Worker | None:
    """Who has joined by an invitation that is for them alone: it is as good as their personal link, until they revoke
    that."""
    if not invited.is_personal:
        return None
    return Worker.objects.filter(enrolments__invitation=invited, link_number=0).first()


def go_on(enrolled: Enrolment, now: datetime) -> HttpResponse:
    """To practice where it is still to come, to the worker's next grid, or to their own page where there is none."""
    if enrolled.practised_at is None and Example.objects.to_practise_on(enrolled.study).exists():
        return SeeOther(reverse("frontend:practice", args=[local.enrolment_token(enrolled)]))
    worker = enrolled.worker
    claimed = assignments.claim_in(study=enrolled.study, worker=worker, now=now)
    return SeeOther(work_address(claimed, worker) if claimed else f"{home_address(enrolled)}?nothing=1")


# --- the personal link --------------------------------------------------------------------------------


def home_address(enrolled: Enrolment) -> str:
    return reverse("frontend:home", args=[local.enrolment_token(enrolled)])


def enrolment_of(token: str) -> Enrolment:
    """The worker and study of a personal link that has not been revoked."""
    try:
        enrolment_id, link_number = local.read_enrolment_token(token)
    except NotYours as error:
        raise BrokenLink(_("It is not complete, or it is not one of ours. Copy the whole link.")) from error
    rows = Enrolment.objects.select_related("study", "worker", "invitation")
    found = rows.filter(pk=enrolment_id, worker__link_number=link_number).first()
    if found is None:
        raise BrokenLink(_("It was revoked, or its study is gone. Open your invitation again, or ask for a new one."))
    return found


@worker_page
@require_http_methods(["GET", "HEAD", "POST"])
@limited("resuming", per_minute=30, by=limits.enrolled_worker)
def home(request: HttpRequest, *, token: str) -> HttpResponse:
    """A worker's own page: what they have done, and (by POST) on to their next grid, on whatever device."""
    enrolled = enrolment_of(token)
    if request.method == "POST":
        return go_on(enrolled, timezone.now())
    response = home_page(request, enrolled, is_back="nothing" not in request.GET)
    if request.method == "GET":
        messages.mark_read(study=enrolled.study, worker=enrolled.worker, by_worker=True, now=timezone.now())
    return response


def home_page(
    request: HttpRequest, enrolled: Enrolment, *, is_back: bool = False, refused: dict[str, str] | None = None
) -> HttpResponse:
    """What the worker has done, and their personal link; `is_back` for who just opened it, `refused` for a message."""
    study, worker = enrolled.study, enrolled.worker
    address = f"{settings.PUBLIC_URL}{home_address(enrolled)}"
    progress = Assignment.objects.progress_of(worker.pk, study_id=study.pk)
    context = {
        "study": study,
        "token": local.enrolment_token(enrolled),
        "progress": progress,
        "is_stopped": enrolled.stopped_at is not None,
        "completion_code": _completion_code(enrolled, progress.num_done),
        "is_open": study.batches.filter(
            expired_at=None, platform=worker.platform, is_simulated=worker.is_simulated
        ).exists(),
        "is_back": is_back,
        "is_returned": "returned" in request.GET,
        "is_resting": "resting" in request.GET,
        "is_renewed": "renewed" in request.GET,
        "receipt": receipt_of(request),
        "address": address,
        "qr_code": qr_code(address),
        "is_sent": "sent" in request.GET,
    } | pay_and_messages(enrolled, refused=refused, now=timezone.now())
    return render(request, "frontend/work/done.html", context, status=400 if refused else 200)


def _completion_code(enrolled: Enrolment, num_done: int) -> str:
    """For one's own people, who may have to show what they did; platforms have codes of their own."""
    if not num_done or enrolled.worker.platform != local.LocalPlatform.name:
        return ""
    return inviting.code_of(study_id=enrolled.study_id, worker_id=enrolled.worker_id, num_done=num_done)


@worker_page
@require_POST
@limited("revoking", per_minute=10, by=limits.enrolled_worker)
def links_revoke(request: HttpRequest, *, token: str) -> HttpResponse:
    """A worker whose link got into wrong hands makes all old ones useless, and gets a new one."""
    enrolled = enrolment_of(token)
    enrolled.worker = workers.revoke_links(worker=enrolled.worker)
    response = SeeOther(f"{home_address(enrolled)}?renewed=1")
    response.delete_cookie("simulated_worker" if enrolled.worker.is_simulated else "worker")
    return response


urlpatterns = [
    path("join/<str:token>/", invitation, name="invitation"),
    path("me/<str:token>/", home, name="home"),
    path("me/<str:token>/revocation/", links_revoke, name="links-revoke"),
]
