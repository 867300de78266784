"""Exports of a frozen test set: asked for, watched, downloaded, tried again, removed."""

import re
from http import HTTPStatus
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HTMX_STOP_POLLING

from annotation import exports, tasks
from annotation.errors import BrokenDownload, ExportGone
from annotation.exports import downloads
from annotation.exports.targets import BUCKET_ADDRESS
from annotation.models import Export, Study, TestSet
from frontend.views.researcher import outside_address, refusals_told, visible_study
from frontend.views.sending import sent

MAX_SHOWN = 20
RANGE = re.compile(r"bytes=(\d{1,18})-(\d{0,18})", re.ASCII)


class ExportForm(forms.Form):
    """Which layout, and where to: kept here for download, or in a bucket; never a folder of the server."""

    layout = forms.CharField(required=False)  # the refusal of an unknown one is the same wherever it is asked for
    bucket = forms.RegexField(
        BUCKET_ADDRESS,
        required=False,
        error_messages={"invalid": "Give a place in a bucket as s3://BUCKET/NAME, of letters, digits and . _ / -"},
    )


@require_safe
def export_list(request: HttpRequest, slug: str, name: str, revision: int) -> HttpResponse:
    """The exports of a set and what can be done with them; to htmx, only the part that changes."""
    study = visible_study(request, slug)
    test_set = _frozen(study, name, revision)
    rows = (
        test_set.exports.with_progress().select_related("requested_by", "test_set__study").order_by("-id")[:MAX_SHOWN]
    )
    shown = [_shown(request, row) for row in rows]
    is_moving = any(row.is_open for row in rows)
    context: dict[str, Any] = {
        "study": study,
        "test_set": test_set,
        "rows": shown,
        "layouts": exports.LAYOUTS,
        "is_moving": is_moving,
        "buckets": settings.EXPORT_BUCKETS,
        "days": settings.EXPORT_DAYS,
        "hours": downloads.VALID.total_seconds() / 3600,
    }
    if request.htmx:  # type: ignore[attr-defined]
        status = HTTPStatus.OK if is_moving else HTMX_STOP_POLLING
        return render(request, "frontend/testsets/_exports.html", context, status=status)
    return render(request, "frontend/testsets/exports.html", context)


@require_POST
def export_request(request: HttpRequest, slug: str, name: str, revision: int) -> HttpResponse:
    study = visible_study(request, slug)
    test_set = _frozen(study, name, revision)
    form = ExportForm(request.POST)
    if not form.is_valid():
        messages.error(request, str(form.errors["bucket"][0]))
        return _back(test_set)
    layout, bucket = form.cleaned_data["layout"], form.cleaned_data["bucket"]
    with refusals_told(request):
        export = exports.request(test_set=test_set, layout=layout, address=bucket, by=request.user, now=timezone.now())
        if export.is_open:
            tasks.enqueue_export(export.pk)
        else:
            messages.info(request, "That export is here already; download it below.")
    return _back(test_set)


@require_POST
def export_retry(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    export = _export(request, slug, pk)
    with refusals_told(request):
        tasks.enqueue_export(exports.queue_again(export=export, now=timezone.now()).pk)
    return _back(export.test_set)


@require_POST
def export_remove(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    export = _export(request, slug, pk)
    with refusals_told(request):
        exports.remove(export=export, now=timezone.now())
        messages.success(request, "The files are removed; the same export can be made again at any time.")
    return _back(export.test_set)


@require_safe
@never_cache
def export_download(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """To a fresh link, so that a page that has long been open still leads somewhere."""
    export = _export(request, slug, pk)
    if not export.can_be_downloaded:
        return _gone(request, "The files of this export are not kept here. Export the set again.")
    return HttpResponseRedirect(_path(export))


@require_safe
@login_not_required
@never_cache
def download(request: HttpRequest, token: str) -> HttpResponseBase:
    """The tar, or the part of it that is asked for, to whoever holds a link that has not expired."""
    try:
        export = Export.objects.select_related("test_set__study").filter(pk=downloads.read_token(token)).first()
        if export is None:
            raise BrokenDownload("The export that this link leads to is not here any more.")
        file = downloads.Download(export)
    except BrokenDownload as error:
        return _gone(request, str(error), HTTPStatus.NOT_FOUND)
    except ExportGone as error:
        return _gone(request, str(error))
    return _sent(request, file)


def _sent(request: HttpRequest, file: downloads.Download) -> HttpResponseBase:
    headers = {"Accept-Ranges": "bytes", "ETag": file.etag, "X-Content-Type-Options": "nosniff"}
    headers["Content-Disposition"] = f'attachment; filename="{file.filename}"'
    start, stop, status = 0, file.num_bytes, HTTPStatus.OK
    asked = RANGE.fullmatch(request.headers.get("Range", ""))
    if asked and request.headers.get("If-Range", file.etag) == file.etag:
        start, stop = int(asked[1]), min(int(asked[2] or file.num_bytes - 1) + 1, file.num_bytes)
        if start >= stop:
            headers["Content-Range"] = f"bytes */{file.num_bytes}"
            return HttpResponse(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=headers)
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{file.num_bytes}"
        status = HTTPStatus.PARTIAL_CONTENT
    headers["Content-Length"] = str(stop - start)
    chunks = file.chunks(start, stop) if request.method == "GET" else iter(())
    return sent(request, chunks, status=status, headers=headers, content_type="application/x-tar")


def _gone(request: HttpRequest, what: str, status: HTTPStatus = HTTPStatus.GONE) -> HttpResponse:
    return render(request, "frontend/testsets/gone.html", {"what": what}, status=status)


def _shown(request: HttpRequest, export: Export) -> dict[str, Any]:
    is_queued = export.target in exports.QUEUED
    return {
        "export": export,
        "layout": exports.LAYOUTS[export.layout],
        "link": _link(request, export),
        "filename": downloads.filename_of(export),
        "command": "" if is_queued else exports.command_of(export),
    }


def _link(request: HttpRequest, export: Export) -> str:
    """For a program on another machine; nothing where there is nothing to download."""
    return outside_address(request, _path(export)) if export.can_be_downloaded else ""


def _path(export: Export) -> str:
    return reverse("frontend:download", args=[downloads.token_of(export)])


def _frozen(study: Study, name: str, revision: int) -> TestSet:
    rows = study.test_sets.select_related("study").filter(frozen_at__isnull=False)
    test_set: TestSet = get_object_or_404(rows, name=name, revision=revision)
    return test_set


def _export(request: HttpRequest, slug: str, pk: int) -> Export:
    study = visible_study(request, slug)
    rows = Export.objects.select_related("test_set__study").filter(test_set__study=study)
    export: Export | None = rows.filter(pk=pk).first()
    if export is None:
        raise Http404("There is no such export.")
    return export


def _back(test_set: TestSet) -> HttpResponse:
    return redirect("frontend:export-list", test_set.study.slug, test_set.name, test_set.revision)


_SET = "studies/<slug:slug>/test-sets/<slug:name>/r<int:revision>/exports/"
_ONE = "studies/<slug:slug>/exports/<int:pk>/"
urlpatterns = [
    path(_SET, export_list, name="export-list"),
    path(f"{_SET}request/", export_request, name="export-request"),
    path(f"{_ONE}retry/", export_retry, name="export-retry"),
    path(f"{_ONE}remove/", export_remove, name="export-remove"),
    path(f"{_ONE}download/", export_download, name="export-download"),
    path("downloads/<str:token>/", download, name="download"),
]
