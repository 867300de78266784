"""The floor under the pages: Django with no middleware, and two views that run the statements and nothing else."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone

from annotation import assignments
from annotation.models import Batch
from annotation.serving import prepared, slots

SELECTED = [3, 11, 12, 30, 47]


def text(content: str) -> HttpResponse:
    return HttpResponse(content, headers={"Content-Length": str(len(content))})


def begin(request: HttpRequest, worker: int) -> HttpResponse:
    """The first slot."""
    claimed = slots.claim(worker, batch=Batch(pk=1), most=assignments.MAX_LEASES, now=timezone.now())
    return text(str(claimed and claimed.pk))


def hand_in(request: HttpRequest, worker: int, slot: int) -> HttpResponse:
    """Submit and claim."""
    answer = slots.Answer(slot, worker, 0, SELECTED, [], None)
    done = assignments.submit_and_claim(answer, now=timezone.now())
    return text(str(done and done.next_id))


def look_up(request: HttpRequest, worker: int, slot: int) -> HttpResponse:
    """What a page shows, not shown."""
    row = prepared.fetch(slots.LOOK_UP, [slot])
    return text("found" if row else "")


def ready(request: HttpRequest) -> HttpResponse:
    return text("ready")


urlpatterns = [
    path("begin/<int:worker>/", begin),
    path("slots/<int:worker>/<int:slot>/hand-in/", hand_in),
    path("slots/<int:worker>/<int:slot>/", look_up),
    path("login/", ready),
]
