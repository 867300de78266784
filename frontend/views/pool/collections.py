"""Collections: images taken in from a source, started, watched, stopped and resumed."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HTMX_STOP_POLLING

from annotation import collecting, tasks
from annotation.errors import AnnotationError
from annotation.models import Collection, Study
from frontend.views.money.sheet import lines_of
from frontend.views.pool.collection_forms import BUCKET, KINDS, SERVER, days_of, told_of, ways
from frontend.views.researcher import page_of, refusals_told, visible_study
from frontend.views.sending import sent

PAGE_SIZE = 50


@require_safe
def collection_list(request: HttpRequest, slug: str) -> HttpResponse:
    """All collections; to htmx, only the part that changes."""
    study = visible_study(request, slug)
    page = page_of(request, study.collections.order_by("-id"), PAGE_SIZE)
    is_moving = any(row.state == Collection.State.OPEN for row in page)
    context = {
        "study": study,
        "page": page,
        "rows": [_shown(row) for row in page],
        "is_moving": is_moving,
        "ways": ways(),
    }
    if request.htmx:  # type: ignore[attr-defined]
        status = HTTPStatus.OK if is_moving else HTMX_STOP_POLLING
        return render(request, "frontend/collections/_rows.html", context, status=status)
    return render(request, "frontend/collections/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def collection_create(request: HttpRequest, slug: str) -> HttpResponse:
    """The form of one way in, and the others to choose from."""
    study = visible_study(request, slug)
    offered = ways()
    chosen = next((way for way in offered if way.name == request.GET.get("way")), offered[0])
    is_sent = request.method == "POST"
    form = chosen.form(
        data=request.POST if is_sent else None,
        files=request.FILES if is_sent else None,
        initial=days_of(request.GET),
    )
    if form.is_valid():
        try:
            collection = collecting.request(study=study, wanted=form.wanted(), by=request.user, now=timezone.now())
        except AnnotationError as error:
            form.add_error(None, str(error))
        else:
            return _started(request, study, collection)
    context = {"study": study, "ways": offered, "chosen": chosen, "form": form, "places": _places(chosen.name)}
    status = HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK
    return render(request, "frontend/collections/create.html", context, status=status)


@require_safe
def collection_detail(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """How far it is and what became of what was found; to htmx, only the part that changes."""
    study = visible_study(request, slug)
    collection = get_object_or_404(study.collections.select_related("requested_by"), pk=pk)
    is_moving = collection.state == Collection.State.OPEN
    context = {
        "study": study,
        "is_moving": is_moving,
        "reasons": collecting.reasons_of(collection) if collection.num_refused else [],
        "num_looked_at": collecting.NUM_LOOKED_AT,
        "told": told_of(collection),
    } | _shown(collection)
    if request.htmx:  # type: ignore[attr-defined]
        status = HTTPStatus.OK if is_moving else HTMX_STOP_POLLING
        return render(request, "frontend/collections/_progress.html", context, status=status)
    return render(request, "frontend/collections/detail.html", context)


@require_safe
def collection_refusals(request: HttpRequest, slug: str, pk: int) -> HttpResponseBase:
    """All that was not taken, as a table."""
    collection = _collection(visible_study(request, slug), pk)
    headers = {"Content-Disposition": f'attachment; filename="{slug}-collection-{pk}-refused.csv"'}
    rows = collection.refusals.values_list("source", "reason").iterator()
    lines = lines_of(["source", "reason"], rows)
    return sent(request, lines, content_type="text/csv; charset=utf-8", headers=headers)


@require_POST
def collection_stop(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    collection = _collection(visible_study(request, slug), pk)
    row = collecting.stop(collection=collection, now=timezone.now())
    if row.state == Collection.State.STOPPED:
        messages.success(request, "Stopped. What was taken in stays; it can be resumed where it stands.")
    return redirect("frontend:collection-detail", slug, pk)


@require_POST
def collection_resume(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    collection = _collection(visible_study(request, slug), pk)
    with refusals_told(request):
        collecting.resume_queued(collection=collection, now=timezone.now())
        tasks.enqueue_collection(pk)
        messages.success(request, "It goes on where it stands.")
    return redirect("frontend:collection-detail", slug, pk)


def _started(request: HttpRequest, study: Study, collection: Collection) -> HttpResponse:
    tasks.enqueue_collection(collection.pk)
    if collection.num_read:
        messages.info(request, "There was a collection from there that had not come to its end: it goes on instead.")
    return redirect("frontend:collection-detail", study.slug, collection.pk)


def _shown(row: Collection) -> dict[str, Any]:
    return {
        "collection": row,
        "kind": KINDS.get(row.kind, row.kind),
        "progress": collecting.progress_of(row, now=timezone.now()),
        "num_taken": row.num_created + row.num_supplied,
    }


def _places(way: str) -> list[str]:
    """What can be named, as the browser suggests it."""
    if way == SERVER:
        return collecting.listed()
    return collecting.buckets() if way == BUCKET else []


def _collection(study: Study, pk: int) -> Collection:
    row: Collection = get_object_or_404(study.collections.all(), pk=pk)
    return row


_ALL = "studies/<slug:slug>/collections/"
urlpatterns = [
    path(_ALL, collection_list, name="collection-list"),
    path(f"{_ALL}new/", collection_create, name="collection-create"),
    path(f"{_ALL}<int:pk>/", collection_detail, name="collection-detail"),
    path(f"{_ALL}<int:pk>/refused.csv", collection_refusals, name="collection-refusals"),
    path(f"{_ALL}<int:pk>/stop/", collection_stop, name="collection-stop"),
    path(f"{_ALL}<int:pk>/resume/", collection_resume, name="collection-resume"),
]
