"""Where a place on a platform ends: the hand-over to MTurk, the code for Prolific, or why there is no grid."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from annotation.errors import AssignmentRefused, HoldsEnough
from annotation.models import Arrival, Launch, Posting
from annotation.platforms.mturk.arriving import HAND_OVER
from annotation.platforms.mturk.texts import COMPLETION_FIELD
from annotation.platforms.prolific.arriving import completion_address
from annotation.postings import arrivals
from frontend.views.refusals import REFUSALS
from frontend.views.workers.links import with_policy

TITLES = {"mturk": "MTurk", "prolific": "Prolific"}
TEMPLATES = "frontend/work/outside/"


def ended(request: HttpRequest, arrived: Arrival, why: AssignmentRefused | None, receipt: str | None) -> HttpResponse:
    """There is no grid any more for who came so; `why` it is refused, if it is."""
    done = arrivals.progress(arrival=arrived)
    if done.num_done == 0 or (isinstance(why, HoldsEnough) and not done.is_complete):
        return refused(request, arrived.posting, why)
    code = _code(arrived)
    context = _context(arrived.posting) | {"receipt": receipt, "progress": done, "code": code}
    if arrived.posting.hit_id is None:
        told = {"address": completion_address(code), "why": "" if done.is_complete or not why else str(why)}
        return render(request, f"{TEMPLATES}completed.html", context | told)
    context |= {
        "arrived": arrived,
        "address": arrived.return_to + HAND_OVER,
        "field": COMPLETION_FIELD,
        "is_there": arrivals.is_handed_in_there(arrival=arrived),
    }
    page = render(request, f"{TEMPLATES}handing_over.html", context)
    return with_policy(page, {"form-action": ["'self'", arrived.return_to]})


def returned(request: HttpRequest, arrived: Arrival, token: str) -> HttpResponse:
    """The grid was given back here; the place has to be given back there."""
    return render(request, f"{TEMPLATES}returned.html", _context(arrived.posting) | {"token": token})


def refused(request: HttpRequest, posting: Posting, why: AssignmentRefused | None) -> HttpResponse:
    """There is no grid for them at all, and what to do: `why`, or all are with somebody."""
    refusal = REFUSALS[type(why)] if why else None
    may_wait = why is None or isinstance(why, HoldsEnough)
    context = _context(posting) | {"refusal": refusal, "what": str(why or ""), "may_wait": may_wait}
    status = refusal.status if refusal else HTTPStatus.OK
    return render(request, f"{TEMPLATES}refused.html", context, status=status)


def _context(posting: Posting) -> dict[str, object]:
    return {"study": posting.batch.study, "platform": TITLES[posting.batch.platform]}


def _code(arrived: Arrival) -> str:
    """What stands for having been here; the platform takes it, and nobody is paid by it."""
    codes = Launch.objects.filter(batch=arrived.posting.batch_id).values_list("completion_code", flat=True)
    return codes.first() or ""
