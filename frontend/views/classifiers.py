"""Classifiers, and what reports group them by."""

from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_safe

from evaluation import classifiers
from evaluation.errors import InvalidClassifier
from evaluation.models import Classifier
from frontend.views.researcher import page_of, visible_study

PAGE_SIZE = 100


class DescriptionForm(forms.Form):
    """What is said of a classifier; what is emptied is taken away."""

    group = forms.ChoiceField(
        choices=Classifier.Group.choices, help_text="Reports draw the line that is expected through the standard ones."
    )
    family = forms.CharField(
        max_length=100,
        required=False,
        widget=forms.TextInput({"list": "families"}),
        help_text="What near-copies have in common, such as an architecture: lines can count each family once.",
    )
    counterpart = forms.ModelChoiceField(
        Classifier.objects.none(),
        required=False,
        empty_label="none",
        help_text="The classifier that is the same without the intervention.",
    )
    released_on = forms.DateField(
        required=False,
        label="Released on",
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text="Year, month and day. Reports ask whether later classifiers lose more.",
    )

    def __init__(self, data: Any = None, *, classifier: Classifier) -> None:
        names = ("group", "family", "counterpart", "released_on")
        super().__init__(data, initial={name: getattr(classifier, name) for name in names})
        if classifier.interventions.exists():
            del self.fields["counterpart"]
            return
        field = self.fields["counterpart"]
        assert isinstance(field, forms.ModelChoiceField)
        others = Classifier.objects.filter(study=classifier.study_id, counterpart=None).exclude(pk=classifier.pk)
        field.queryset = others.order_by("name")


@require_safe
def classifier_list(request: HttpRequest, slug: str) -> HttpResponse:
    study = visible_study(request, slug)
    rows = study.classifiers.select_related("counterpart").order_by("name")
    context = {"study": study, "page": page_of(request, rows, PAGE_SIZE)}
    return render(request, "frontend/runs/classifiers.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def classifier_detail(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    study = visible_study(request, slug)
    classifier: Classifier = get_object_or_404(study.classifiers.select_related("counterpart"), pk=pk)
    form = DescriptionForm(request.POST if request.method == "POST" else None, classifier=classifier)
    if form.is_valid():
        try:
            classifiers.describe(classifier=classifier, **form.cleaned_data)
        except InvalidClassifier as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"{classifier.name} is described. Reports that are built from now on say so.")
            return redirect("frontend:classifier-list", slug)
    context = {
        "study": study,
        "classifier": classifier,
        "form": form,
        "families": study.classifiers.exclude(family="").order_by("family").values_list("family", flat=True).distinct(),
    }
    status = HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK
    return render(request, "frontend/runs/classifier.html", context, status=status)


urlpatterns = [
    path("studies/<slug:slug>/classifiers/", classifier_list, name="classifier-list"),
    path("studies/<slug:slug>/classifiers/<int:pk>/", classifier_detail, name="classifier-detail"),
]
