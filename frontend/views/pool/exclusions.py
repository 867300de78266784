"""Many candidates excluded at once: by criteria, after a preview, and undone as one."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotation.candidates import bulk
from annotation.duplicates import undo_bulk
from annotation.errors import AnnotationError
from annotation.models import BulkExclusion, Candidate, Exclusion, Study
from frontend.pool.criteria_form import CriteriaForm, from_criteria
from frontend.views.researcher import covered_of, page_of, visible_study

PAGE_SIZE = 25
CLASSES_SHOWN = 20


class ConfirmationForm(forms.Form):
    """What a person says to the preview."""

    reason = forms.ChoiceField(
        choices=[("", "Choose one"), *Exclusion.Reason.to_give()],
        label="Each of them",
        error_messages={"required": "Say why they are excluded."},
    )
    num_included = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    fingerprint = forms.CharField(max_length=100, widget=forms.HiddenInput)
    words = forms.CharField(required=False, max_length=100, label=f"Type “{bulk.EVERYTHING}” if you mean all there are")

    def __init__(self, data: Mapping[str, Any] | None = None, *, initial: dict[str, Any] | None = None) -> None:
        # The criteria on the same page have a reason, too.
        super().__init__(data, initial=initial, auto_id="confirm_%s")


@require_safe
def bulk_exclusion_list(request: HttpRequest, slug: str) -> HttpResponse:
    study = visible_study(request, slug)
    rows = study.bulk_exclusions.select_related("made_by", "undone_by")
    page = page_of(request, rows, PAGE_SIZE)
    context = {"study": study, "page": page, "rows": [(row, _said(row, study)) for row in page]}
    return render(request, "frontend/candidates/exclusions.html", context)


def _said(row: BulkExclusion, study: Study) -> list[tuple[str, str]]:
    return CriteriaForm(from_criteria(row.criteria), study=study).chosen


@require_http_methods(["GET", "HEAD", "POST"])
def bulk_exclusion_new(request: HttpRequest, slug: str) -> HttpResponse:
    """Which ones, what it would do, and the word that does it; nothing happens before that."""
    study = visible_study(request, slug)
    form = CriteriaForm(request.GET, study=study)
    if request.method != "POST":
        return _page(request, study, form)
    confirmation = ConfirmationForm(request.POST)
    if form.is_valid() and confirmation.is_valid():
        try:
            made = _exclude(request, study, form, confirmation.cleaned_data)
        except AnnotationError as error:
            messages.error(request, str(error))
        else:
            number = f"{made.num_excluded:,} candidate{'' if made.num_excluded == 1 else 's'}"
            messages.success(request, f"{number} excluded from all that follows. It can be undone below.")
            return redirect("frontend:bulk-exclusion-list", slug)
    return _page(request, study, form, confirmation, status=HTTPStatus.BAD_REQUEST)


def _exclude(request: HttpRequest, study: Study, form: CriteriaForm, said: Mapping[str, Any]) -> BulkExclusion:
    return bulk.exclude_many(
        study=study,
        criteria=form.criteria,
        reason=Exclusion.Reason(said["reason"]),
        confirmed=bulk.Confirmation(said["num_included"], said["fingerprint"], said["words"]),
        now=timezone.now(),
        by=request.user,
    )


def _page(
    request: HttpRequest, study: Study, form: CriteriaForm, said: ConfirmationForm | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:  # fmt: skip
    """With the preview as it is now, so that a number that has changed is shown anew."""
    context: dict[str, Any] = {"study": study, "form": form, "everything": bulk.EVERYTHING}
    if "preview" in request.GET and form.is_valid():
        preview = bulk.preview(study, form.criteria)
        context |= {
            "preview": preview,
            "sample": Candidate.objects.filter(pk__in=preview.sample).select_related("target_class").order_by("pk"),
            "covered": covered_of(preview.sample),
            "classes": preview.classes[:CLASSES_SHOWN],
            "num_more_classes": max(0, len(preview.classes) - CLASSES_SHOWN),
            "confirmation": _shown_again(said, preview),
            "needs_words": form.criteria.names_all,
        }
    return render(request, "frontend/candidates/exclude.html", context, status=status)


def _shown_again(said: ConfirmationForm | None, preview: bulk.Preview) -> ConfirmationForm:
    """Which are meant is always what the preview beside it says, never what was sent."""
    meant = {"num_included": preview.num_included, "fingerprint": preview.fingerprint}
    if said is None:
        return ConfirmationForm(initial=meant)
    return ConfirmationForm(dict(said.data.items()) | meant)


@require_POST
def bulk_exclusion_undo(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    study = visible_study(request, slug)
    row = get_object_or_404(study.bulk_exclusions.all(), pk=pk)
    try:
        undone = undo_bulk(row=row, now=timezone.now(), by=request.user)
    except AnnotationError as error:
        messages.error(request, str(error))
    else:
        others = undone.num_excluded - undone.num_taken_back
        rest = f" For the other {others:,}, somebody had the last word since; they stay as they are." if others else ""
        messages.success(request, f"{undone.num_taken_back:,} candidates take part again.{rest}")
    return redirect("frontend:bulk-exclusion-list", slug)


urlpatterns = [
    path("studies/<slug:slug>/exclusions/", bulk_exclusion_list, name="bulk-exclusion-list"),
    path("studies/<slug:slug>/exclusions/new/", bulk_exclusion_new, name="bulk-exclusion-new"),
    path("studies/<slug:slug>/exclusions/<int:pk>/undo/", bulk_exclusion_undo, name="bulk-exclusion-undo"),
]
