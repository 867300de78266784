"""What workers read, and the examples from which they learn: written, shown and taken away by the researcher."""

from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotation import examples, imaging, studies
from annotation.errors import AnnotationError
from annotation.examples import ExampleSpec
from annotation.models import Example, Study, TargetClass
from frontend.forms import ClassFilter, ExampleForm, InstructionsForm
from frontend.teaching import at_hand
from frontend.views.researcher import page_of, visible_study
from frontend.views.workers.pictures import shown_or_nothing

CLASSES_PER_PAGE = 12
MAX_REFUSALS = 8
MAX_ID = 2**63 - 1


@require_http_methods(["GET", "HEAD", "POST"])
def guidelines(request: HttpRequest, slug: str) -> HttpResponse:
    """All of it on one page; by POST the texts are changed."""
    study = visible_study(request, slug)
    given = request.POST if request.method == "POST" else None
    form = InstructionsForm(given, initial=InstructionsForm.of(study))
    if form.is_valid():
        try:
            studies.instruct(study=study, **form.cleaned_data)
        except AnnotationError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "Saved. Workers read it from now on.")
            return redirect("frontend:guidelines", slug)
    status = 400 if form.errors else 200
    study.refresh_from_db()  # the preview shows what is saved, also beside what was refused
    return render(request, "frontend/guidelines/detail.html", _context(request, study, form), status=status)


def _context(request: HttpRequest, study: Study, form: InstructionsForm) -> dict[str, Any]:
    wanted = ClassFilter(request.GET, study=study)
    chosen = wanted.chosen("class")
    practice = examples.draw_practice(study=study, seed=0)
    of_study = TargetClass.objects.filter(study=study)
    taught = _with_examples(of_study.filter(pk=chosen.pk) if chosen else of_study)
    previewed = chosen or (practice[0].target_class if practice else taught.first() or of_study.first())
    return {
        "study": study,
        "form": form,
        "example_form": ExampleForm(study=study, initial={"target_class": chosen}),
        "filter": wanted,
        "query": wanted.query(),
        "page": page_of(request, taught, CLASSES_PER_PAGE),
        "num_examples": study.examples.count(),
        "practice": practice,
        "num_showing": sum(row.shows_class for row in practice),
        "previewed": previewed,
        "previewed_examples": at_hand(Example.objects.filter(target_class=previewed)) if previewed else [],
        "most_of_one_answer": examples.NUM_PRACTICE // 2,
    }


def _with_examples(classes: QuerySet[TargetClass]) -> QuerySet[TargetClass]:
    has_some = Exists(Example.objects.filter(target_class=OuterRef("pk")))
    in_order = Prefetch("examples", queryset=Example.objects.order_by("-shows_class", "id"))
    return classes.filter(has_some).order_by("number").prefetch_related(in_order)


@require_POST
def example_add(request: HttpRequest, slug: str) -> HttpResponse:
    """Take in several pictures with the same answer; each that is refused is named."""
    study = visible_study(request, slug)
    form = ExampleForm(request.POST, request.FILES, study=study)
    if not form.is_valid():
        for field, errors in form.errors.items():
            messages.error(request, f"{form[field].label}: {' '.join(str(error) for error in errors)}")
        return _to_examples(slug)
    files = form.cleaned_data["pictures"]
    refusals = [reason for file in files if (reason := _refusal_of(file, form.cleaned_data))]
    if num_added := len(files) - len(refusals):
        name = form.cleaned_data["target_class"].name
        messages.success(request, f"Added for {name}: {num_added:,} example{'' if num_added == 1 else 's'}.")
    for reason in refusals[:MAX_REFUSALS]:
        messages.error(request, reason)
    if (num_more := len(refusals) - MAX_REFUSALS) > 0:
        messages.error(request, f"{num_more:,} more files were refused.")
    return _to_examples(slug)


def _refusal_of(file: UploadedFile, fields: dict[str, Any]) -> str:
    """Add one picture; empty where it was taken."""
    try:
        imaging.check_size(file.size or 0)
        spec = ExampleSpec(file.read(), file.name or "", fields["shows_class"], fields["caption"])
        examples.add(target_class=fields["target_class"], spec=spec, now=timezone.now())
    except AnnotationError as error:
        return f"{file.name}: {error}"
    return ""


@require_POST
def example_remove(request: HttpRequest, slug: str) -> HttpResponse:
    study = visible_study(request, slug)
    ids = [int(pk) for pk in request.POST.getlist("example") if pk.isdecimal() and len(pk) < len(str(MAX_ID))]
    num_removed = examples.remove(study=study, ids=ids)
    if num_removed:
        messages.success(request, f"Removed: {num_removed:,} example{'' if num_removed == 1 else 's'}.")
    else:
        messages.warning(request, "That example was removed before.")
    return _to_examples(slug)


def _to_examples(slug: str) -> HttpResponse:
    response = redirect("frontend:guidelines", slug)
    response.headers["Location"] += "#examples"
    return response


@require_safe
def example_image(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """An example as workers see it, for the people of the study."""
    row = get_object_or_404(Example.objects.visible_to(request.user).select_related("image"), study__slug=slug, pk=pk)
    return shown_or_nothing(row.image)


urlpatterns = [
    path("studies/<slug:slug>/guidelines/", guidelines, name="guidelines"),
    path("studies/<slug:slug>/examples/add/", example_add, name="example-add"),
    path("studies/<slug:slug>/examples/remove/", example_remove, name="example-remove"),
    path("studies/<slug:slug>/examples/<int:pk>/image/", example_image, name="example-image"),
]
