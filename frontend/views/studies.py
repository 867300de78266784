"""Studies: the list, a new one, and the whole flow of one."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from annotation import studies
from annotation.errors import AnnotationError
from annotation.models import Study, TestSetReview
from frontend import flow, overview
from frontend.forms import StudyForm
from frontend.views.researcher import page_of, visible_study

PAGE_SIZE = 24


@require_safe
def study_list(request: HttpRequest) -> HttpResponse:
    page = page_of(request, Study.objects.visible_to(request.user).order_by("-id"), PAGE_SIZE)
    shown = list(page.object_list)
    counts = overview.counts_of(Study.objects.filter(pk__in=[study.pk for study in shown]), now=timezone.now())
    cards = [(study, counts[study.pk], flow.next_step(study, counts[study.pk])) for study in shown]
    num_reviews = TestSetReview.objects.reviewable_by(request.user).going_on().count()
    context = {"page": page, "cards": cards, "num_reviews": num_reviews}
    return render(request, "frontend/studies/list.html", context)


@require_safe
def study_detail(request: HttpRequest, slug: str) -> HttpResponse:
    study = visible_study(request, slug)
    counts = overview.counts_of(Study.objects.filter(pk=study.pk), now=timezone.now())[study.pk]
    context = {
        "study": study,
        "counts": counts,
        "stages": flow.stages(study, counts),
        "next": flow.next_step(study, counts),
    }
    return render(request, "frontend/studies/detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def study_create(request: HttpRequest) -> HttpResponse:
    form = StudyForm(request.POST or None)
    if form.is_valid():
        try:
            study = _create(request, form.cleaned_data)
        except AnnotationError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"{study.name} is ready for its images.")
            return redirect("frontend:study-detail", study.slug)
    return render(request, "frontend/studies/create.html", {"form": form}, status=400 if form.errors else 200)


@transaction.atomic
def _create(request: HttpRequest, fields: dict[str, Any]) -> Study:
    classes = fields.pop("classes")
    told = {name: fields.pop(name) for name in ("content_warning", "photographs_only")}
    study = studies.create(**fields, now=timezone.now())
    studies.instruct(study=study, **told)
    studies.add_target_classes(study=study, classes=classes)
    studies.add_researcher(study=study, user=request.user)
    return study


urlpatterns = [
    path("", study_list, name="study-list"),
    path("studies/new/", study_create, name="study-create"),
    path("studies/<slug:slug>/", study_detail, name="study-detail"),
]
