"""Predictions of classifiers that were scored elsewhere: handed in, and let go of again."""

from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from annotation.models import Study, TestSet
from evaluation import uploads
from evaluation.errors import EvaluationError
from evaluation.models import AccuracyLook, Run
from evaluation.models.classifier import SCORED_ELSEWHERE
from frontend.views.researcher import note_look, page_of, refusals_told, visible_study

PAGE_SIZE = 50


class PredictionsForm(forms.Form):
    """A file of predictions for one set, and the lists that it may lack."""

    classifier = forms.CharField(max_length=200, help_text="A new name is a new classifier.")
    test_set = forms.ModelChoiceField(TestSet.objects.none(), empty_label=None, label="Test set")
    file = forms.FileField(label="Predictions", help_text="npz, npy, parquet or CSV, a row per image in any order.")
    images = forms.FileField(
        required=False,
        label="Names of the images",
        help_text="Only where the file does not name them: one a line, in the order of the rows.",
    )
    class_ids = forms.FileField(
        required=False,
        label="Class ids",
        help_text="Only where the file has numbers of classes, or logits without ids: one a line, in their order.",
    )

    def __init__(self, *args: Any, study: Study, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["test_set"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = study.test_sets.newest_frozen().select_related("study")

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > uploads.MAX_BYTES:
            raise forms.ValidationError(f"The file has {file.size:,} bytes; at most {uploads.MAX_BYTES:,} are taken.")
        return file

    def handed(self) -> uploads.Handed:
        beside = {
            name: uploads.listed(self.cleaned_data[name].read(), told)
            for name, told in (("images", "names of images"), ("class_ids", "class ids"))
            if self.cleaned_data[name]
        }
        return uploads.Handed(self.cleaned_data["file"].read(), **beside)


@require_http_methods(["GET", "HEAD", "POST"])
def prediction_upload(request: HttpRequest, slug: str) -> HttpResponse:
    study = visible_study(request, slug)
    given = (request.POST, request.FILES) if request.method == "POST" else ()
    form = PredictionsForm(*given, study=study)
    if form.is_valid():
        chosen = {"classifier_name": form.cleaned_data["classifier"], "test_set": form.cleaned_data["test_set"]}
        try:
            taken = uploads.upload(**chosen, handed=form.handed(), now=timezone.now())
        except EvaluationError as error:
            form.add_error(None, str(error))
        else:
            _tell(request, study, taken)
            return redirect("frontend:run-list", slug)
    status = HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK
    rows = Run.objects.filter(classifier__study=study, classifier__runtime=SCORED_ELSEWHERE, state=Run.State.FINISHED)
    page = page_of(request, rows.select_related("classifier", "test_set").order_by("-id"), PAGE_SIZE)
    return render(request, "frontend/runs/upload.html", {"study": study, "form": form, "page": page}, status=status)


@require_POST
def prediction_withdraw(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    study = visible_study(request, slug)
    run = get_object_or_404(Run.objects.filter(classifier__study=study).select_related("classifier"), pk=pk)
    with refusals_told(request):
        uploads.withdraw(run=run, reason=request.POST.get("reason", ""), now=timezone.now())
        messages.success(request, "Withdrawn. Other predictions can be uploaded now.")
    return redirect("frontend:prediction-upload", slug)


def _tell(request: HttpRequest, study: Study, taken: uploads.Taken) -> None:
    messages.success(request, taken.summary)
    for note in taken.notes:
        messages.warning(request, note)
    note_look(request, study, AccuracyLook.Where.RUNS)


urlpatterns = [
    path("studies/<slug:slug>/predictions/", prediction_upload, name="prediction-upload"),
    path("studies/<slug:slug>/predictions/<int:pk>/withdraw/", prediction_withdraw, name="prediction-withdraw"),
]
