"""What happens to a grid while a worker holds it: drafts, more time, giving it back."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from annotation import assignments
from annotation.errors import InvalidSelection
from annotation.models import Assignment
from frontend.limits import limited
from frontend.views.worker import SeeOther, claim_of, worker_page


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
        raise InvalidSelection("A position is a number. Reload the page and try again.") from error


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
    assignments.release(assignment_id=claim.assignment_id, worker_id=claim.worker_id, now=timezone.now())
    left = "resting" if "resting" in request.POST else "returned"
    return SeeOther(reverse("frontend:done", args=[token]) + f"?{left}=1")


urlpatterns = [
    path("work/<str:token>/draft/", draft, name="assignment-draft"),
    path("work/<str:token>/lease/", lease, name="assignment-lease"),
    path("work/<str:token>/release/", release, name="assignment-release"),
]
