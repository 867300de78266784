"""Practice: a short grid whose answers are known and told. None of it is counted, and nobody is shut out by it."""

from collections.abc import Container
from dataclasses import dataclass

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from annotation import examples, workers
from annotation.errors import NotYours
from annotation.models import Arrival, Enrolment, Example
from frontend import limits
from frontend.limits import limited
from frontend.views.refusals import BrokenLink
from frontend.views.workers import from_outside
from frontend.views.workers.arriving import enrolment_of, go_on, home_address
from frontend.views.workers.links import SeeOther, worker_page
from frontend.views.workers.pictures import shown_or_nothing

NUM_ROUNDS = 2
"""Checks after which going on is what the page proposes."""


@dataclass(frozen=True)
class PracticeTile:
    """An image with its answer, and what the worker said."""

    place: int
    """From 1, in the order shown."""
    number: int
    """What the image is called in addresses and forms."""
    address: str
    shows_class: bool
    caption: str
    is_selected: bool

    @property
    def is_right(self) -> bool:
        return self.is_selected == self.shows_class


@worker_page
@require_http_methods(["GET", "HEAD", "POST"])
@limited("practice", per_minute=30, by=limits.practising_worker)
def practice(request: HttpRequest, *, token: str) -> HttpResponse:
    """The grid; by POST its check, and from there on to work."""
    enrolled, arrived = _practising(token)
    drawn = examples.draw_practice(study=enrolled.study, seed=enrolled.pk)
    if "go" in request.POST:
        workers.finish_practice(enrolment=enrolled, now=timezone.now())
    if arrived and ("go" in request.POST or not drawn):
        return from_outside.go_on(request, arrived, timezone.now())
    if "go" in request.POST:
        return go_on(enrolment_of(token), timezone.now())
    if not drawn:
        return SeeOther(home_address(enrolled))
    # A researcher may have changed the examples since: only what was shown can be right or wrong.
    is_checked = request.POST.getlist("shown") == [str(row.pk) for row in drawn]
    context = {
        "study": enrolled.study,
        "token": token,
        "target_class": drawn[0].target_class,
        "round": _round(request),
        "is_changed": request.method == "POST" and not is_checked,
    }
    if is_checked:
        return _checked(request, _tiles(drawn, token, request.POST.getlist("selected")), context)
    return render(request, "frontend/practice/grid.html", context | {"tiles": _tiles(drawn, token, ())})


def _practising(token: str) -> tuple[Enrolment, Arrival | None]:
    """Whose practice it is, and how they came if a platform sent them."""
    try:
        return from_outside.practising(token)
    except NotYours:
        return enrolment_of(token), None


def _round(request: HttpRequest) -> int:
    given = request.POST.get("round") or request.GET.get("round") or "1"
    return min(int(given), NUM_ROUNDS) if given.isdecimal() and len(given) == 1 else 1


def _checked(request: HttpRequest, tiles: list[PracticeTile], context: dict[str, object]) -> HttpResponse:
    num_right = sum(tile.is_right for tile in tiles)
    told = {
        "tiles": sorted(tiles, key=lambda tile: tile.is_right),
        "num_right": num_right,
        "is_all_right": num_right == len(tiles),
        "is_ready": num_right == len(tiles) or context["round"] == NUM_ROUNDS,
    }
    return render(request, "frontend/practice/checked.html", context | told)


def _tiles(drawn: list[Example], token: str, selected: Container[str]) -> list[PracticeTile]:
    return [
        PracticeTile(
            place=place,
            number=row.pk,
            address=reverse("frontend:practice-image", args=[token, row.pk]),
            shows_class=row.shows_class,
            caption=row.caption,
            is_selected=str(row.pk) in selected,
        )
        for place, row in enumerate(drawn, start=1)
    ]


@login_not_required
@require_safe
@limited("practice-pictures", per_minute=600, method="GET", by=limits.practising_worker)
def practice_image(request: HttpRequest, *, token: str, number: int) -> HttpResponse:
    """An example of the study, as large as workers see everything."""
    try:
        enrolled, _arrived = _practising(token)
    except BrokenLink:
        return shown_or_nothing(None)
    row = Example.objects.select_related("image").filter(study=enrolled.study_id, pk=number).first()
    return shown_or_nothing(row.image if row else None)


urlpatterns = [
    path("practice/<str:token>/", practice, name="practice"),
    path("practice/<str:token>/images/<int:number>/", practice_image, name="practice-image"),
]
