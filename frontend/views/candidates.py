"""Candidates: the images of a study, by class and origin."""

from http import HTTPStatus

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.views.decorators.http import require_safe

from annotation import storage
from annotation.errors import MissingContent
from annotation.models import Candidate, Image
from frontend.forms import CandidateFilter
from frontend.views.researcher import page_of, visible_study

PAGE_SIZE = 72
IMAGE_SECONDS = 86_400


@require_safe
def candidate_list(request: HttpRequest, slug: str) -> HttpResponse:
    study = visible_study(request, slug)
    wanted = CandidateFilter(request.GET, study=study)
    rows = study.candidates.select_related("target_class", "exclusion", "selection_frequency").order_by(
        "target_class__number", "id"
    )
    page = page_of(request, _filtered(rows, wanted), PAGE_SIZE)
    context = {"study": study, "filter": wanted, "page": page, "query": wanted.query()}
    return render(request, "frontend/candidates/list.html", context)


def _filtered(rows: QuerySet[Candidate], wanted: CandidateFilter) -> QuerySet[Candidate]:
    """Only what the form has understood; anything else in the address filters nothing."""
    if target_class := wanted.chosen("class"):
        rows = rows.filter(target_class=target_class)
    if origin := wanted.chosen("origin"):
        rows = rows.filter(origin=origin)
    if state := wanted.chosen("state"):
        rows = rows.filter(exclusion__isnull=state == "included")
    return rows


@require_safe
def candidate_image(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The re-encoded picture, for the people of the study."""
    mine = Candidate.objects.visible_to(request.user).filter(study__slug=slug, pk=pk)
    image = get_object_or_404(Image, candidates__in=mine)
    try:
        content = storage.get("renditions", image.rendition_sha256)
    except MissingContent:
        return HttpResponse("The picture is missing.", status=HTTPStatus.NOT_FOUND, content_type="text/plain")
    headers = {"Cache-Control": f"private, max-age={IMAGE_SECONDS}", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(content, content_type="image/jpeg", headers=headers)


urlpatterns = [
    path("studies/<slug:slug>/candidates/", candidate_list, name="candidate-list"),
    path("studies/<slug:slug>/candidates/<int:pk>/image/", candidate_image, name="candidate-image"),
]
