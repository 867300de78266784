"""Workers whom a platform sends: in by its address, to the grids of their place, and back to hand in there.

All of it stands in addresses, as frames of other sites keep no cookies. What an address says of a worker is believed
only so far as docs/platforms.md tells: it opens the grids of one place as long as they aren't handed in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from annotation import workers
from annotation.errors import AssignmentRefused, BatchClosed, HoldsEnough, MetBefore, NotYours, ServingStopped
from annotation.models import Arrival, Assignment, Batch, Enrolment, Example, Grid, Posting, Worker
from annotation.platforms import local, mturk, prolific
from annotation.platforms.base import OUTSIDE
from annotation.postings import arrivals
from frontend import limits
from frontend.limits import limited
from frontend.templatetags.figures import money
from frontend.views.refusals import BrokenLink
from frontend.views.workers.ending import TITLES, ended, refused
from frontend.views.workers.links import SeeOther, receipt_of, work_address, worker_page

NO_GRID = (BatchClosed, HoldsEnough, MetBefore, ServingStopped)


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """What the address claims of who comes."""

    worker_id: str
    posting_id: str
    submission_id: str
    return_to: str = ""


# --- in ----------------------------------------------------------------------------------------------------


@worker_page
@require_http_methods(["GET", "HEAD", "POST"])
@limited("coming", per_minute=240, method="GET", by=limits.address)
@limited("agreeing", per_minute=120, by=limits.address)
def start(request: HttpRequest, *, token: str) -> HttpResponse:
    """Look, agree, practise, work, hand in: wherever this worker is, the next of it."""
    posting, now = _posting(token), timezone.now()
    visitor = _visitor(posting, request.GET)
    if visitor is None:
        return _page(request, posting, "preview")
    known = Enrolment.objects.filter(study=posting.batch.study_id, worker__platform=posting.batch.platform)
    enrolled = known.filter(worker__external_id=visitor.worker_id).select_related("worker").first()
    if enrolled is None and posting.batch.expired_at is not None:
        return refused(request, posting, BatchClosed(_("This batch takes no more work. Thank you for your interest.")))
    if enrolled is None and request.method != "POST":
        return _page(request, posting, "consent")
    arrived = arrivals.arrive(
        posting=posting,
        worker=enrolled.worker if enrolled else _joined(posting, visitor, now),
        external_id=visitor.submission_id,
        return_to=visitor.return_to,
        now=now,
    )
    return go_on(request, arrived, now)


def _posting(token: str) -> Posting:
    rows = Posting.objects.select_related("batch__study", "hit__batch", "hit__grid__target_class")
    found = rows.filter(token=token, batch__platform__in=OUTSIDE).first()
    if found is None:
        raise BrokenLink(_("The study it leads to does not exist any more."))
    return found


def _visitor(posting: Posting, query: Mapping[str, str]) -> Visitor | None:
    """Who comes to this posting; none for who only looks."""
    arriving = mturk.arriving if posting.batch.platform == mturk.MTurkPlatform.name else prolific.arriving
    if arriving.is_preview(query):
        return None
    try:
        visitor = Visitor(**vars(arriving.arrival(query)))
    except NotYours as error:
        raise _sent_wrongly(posting) from error
    if visitor.posting_id != posting.external_id:
        raise _sent_wrongly(posting)
    return visitor


def _sent_wrongly(posting: Posting) -> BrokenLink:
    what = _("Its address is not complete. Open it once more on %(platform)s; if that does not help, return it there.")
    return BrokenLink(what % {"platform": TITLES[posting.batch.platform]})


def _page(request: HttpRequest, posting: Posting, name: str) -> HttpResponse:
    """What it is about, to who looks and to who is to agree."""
    grid = posting.hit.grid if posting.hit else Grid.objects.filter(hits__batch=posting.batch).first()
    context = {
        "study": posting.batch.study,
        "platform": TITLES[posting.batch.platform],
        "target_class": posting.hit.grid.target_class if posting.hit else None,
        "num_images": grid.num_positions if grid else 0,
        "num_grids": posting.num_grids,
        "lease_minutes": posting.batch.lease_seconds // 60,
        "pay": money(posting.pay_minor_units, posting.batch.currency),
    }
    return render(request, f"frontend/work/outside/{name}.html", context)


def _joined(posting: Posting, visitor: Visitor, now: datetime) -> Worker:
    """The worker, who has agreed."""
    platform, study = posting.batch.platform, posting.batch.study
    worker = workers.register(platform=platform, external_id=visitor.worker_id, now=now)
    invited = workers.invite_everyone(study=study, now=now, platform=platform)
    workers.enrol(invitation=invited, worker=worker, now=now)
    return worker


# --- on ----------------------------------------------------------------------------------------------------


def go_on(request: HttpRequest, arrived: Arrival, now: datetime) -> HttpResponse:
    """To practice where it is still to come, to the next grid, or to where the place ends."""
    study = arrived.posting.batch.study
    enrolled = Enrolment.objects.select_related("worker").get(study=study, worker=arrived.worker_id)
    is_open = arrived.posting.batch.expired_at is None
    if is_open and enrolled.practised_at is None and Example.objects.to_practise_on(study).exists():
        return SeeOther(reverse("frontend:practice", args=[local.practice_token(enrolled, arrival_id=arrived.pk)]))
    claimed, why = _claimed(arrived, now)
    if claimed is not None:
        return SeeOther(work_address(claimed, arrived.worker, arrived))
    return ended(request, arrived, why, receipt_of(request))


def next_address(token: str, arrived: Arrival, now: datetime) -> str:
    """Of the next grid, once one is handed in; of the end where there is none."""
    claimed, _why = _claimed(arrived, now)
    return work_address(claimed, arrived.worker, arrived) if claimed else reverse("frontend:done", args=[token])


def _claimed(arrived: Arrival, now: datetime) -> tuple[Assignment | None, AssignmentRefused | None]:
    """The grid to work on; else none, and why it is refused, if it is."""
    try:
        claimed = arrivals.claim(arrival=arrived, now=now)
    except NO_GRID as error:
        return None, error
    return (None if claimed is None or claimed.is_submitted else claimed), None


def arrival_of(claim: local.AssignmentClaim, batch: Batch) -> Arrival:
    """By which submission the holder of a grid's link came."""
    if claim.arrival_id is None:
        found = arrivals.latest(batch=batch, worker=claim.worker)
    else:
        found = arrivals.find(claim.arrival_id, worker_id=claim.worker_id)
    if found is None or not _is_for(found.posting, claim, batch):
        raise BrokenLink(_("Open it once more on %(platform)s.") % {"platform": TITLES[batch.platform]})
    return found


def _is_for(posting: Posting, claim: local.AssignmentClaim, batch: Batch) -> bool:
    """Whether the grid belongs to what they came for."""
    if posting.hit is not None:
        return posting.hit.assignments.filter(pk=claim.assignment_id).exists()
    return posting.batch_id == batch.pk


def practising(token: str) -> tuple[Enrolment, Arrival]:
    """Whose practice it is, and how they came. Raises `NotYours` for a link of another kind."""
    enrolment_id, link_number, arrival_id = local.read_practice_token(token)
    rows = Enrolment.objects.select_related("study", "worker")
    enrolled = rows.filter(pk=enrolment_id, worker__link_number=link_number).first()
    arrived = enrolled and arrivals.find(arrival_id, worker_id=enrolled.worker_id)
    if enrolled is None or arrived is None:
        raise BrokenLink(_("The study it leads to does not exist any more."))
    return enrolled, arrived


urlpatterns = [path("start/<slug:token>/", start, name="start")]
