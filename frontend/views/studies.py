"""Studies: the list, a new one, the whole flow of one, and who takes part in it."""

import logging
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotation import studies
from annotation.errors import AnnotationError
from annotation.models import Study, TestSetReview
from frontend import flow, overview
from frontend.forms import AuthorsForm, StudyForm
from frontend.reviewing.forms import ReviewerForm
from frontend.views.researcher import page_of, visible_study

logger = logging.getLogger(__name__)

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
    return _detail(request, study, AuthorsForm(initial={"authors": study.authors}))


def _detail(request: HttpRequest, study: Study, authors_form: AuthorsForm, status: int = 200) -> HttpResponse:
    counts = overview.counts_of(Study.objects.filter(pk=study.pk), now=timezone.now())[study.pk]
    context = {
        "study": study,
        "counts": counts,
        "stages": flow.stages(study, counts),
        "next": flow.next_step(study, counts),
        "researchers": study.researchers.order_by("username"),
        "researcher_form": ReviewerForm(),
        "authors_form": authors_form,
    }
    return render(request, "frontend/studies/detail.html", context, status=status)


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
    authors = fields.pop("authors")
    told = {name: fields.pop(name) for name in ("content_warning", "photographs_only")}
    study = studies.create(**fields, now=timezone.now())
    studies.instruct(study=study, **told)
    studies.name_authors(study=study, authors=authors)
    studies.add_target_classes(study=study, classes=classes)
    studies.add_researcher(study=study, user=request.user)
    return study


# --- who takes part -----------------------------------------------------------------------------------


@require_POST
def researcher_add(request: HttpRequest, slug: str) -> HttpResponse:
    """By the whole name of an account."""
    study = _of_admin(request, slug)
    user = User.objects.filter(username=_username(request), is_active=True).first()
    if user is None:
        messages.error(
            request, "There is no account of this name. Names are exact; accounts are made in Administration."
        )
    else:
        studies.add_researcher(study=study, user=user)
        logger.info("%s added %s to the researchers of %s", request.user, user, study.slug)
        messages.success(request, f"{user.username} sees and runs this study from now on.")
    return _to_people(slug)


@require_POST
def researcher_remove(request: HttpRequest, slug: str) -> HttpResponse:
    study = _of_admin(request, slug)
    user = study.researchers.filter(username=_username(request)).first()
    if user is None:
        messages.error(request, "This person is no researcher of the study.")
    else:
        studies.remove_researcher(study=study, user=user)
        logger.info("%s removed %s from the researchers of %s", request.user, user, study.slug)
        messages.success(request, f"{user.username} sees nothing of this study any more. What they did stays.")
    return _to_people(slug)


@require_POST
def authors_change(request: HttpRequest, slug: str) -> HttpResponse:
    """Whom citations name: of sets that are frozen from now on."""
    study = visible_study(request, slug)
    form = AuthorsForm(request.POST)
    if form.is_valid():
        try:
            studies.name_authors(study=study, authors=form.cleaned_data["authors"])
        except AnnotationError as error:
            form.add_error("authors", str(error))
        else:
            logger.info("%s changed the authors of %s", request.user, study.slug)
            messages.success(request, "The authors are kept. Sets that are frozen from now on name them.")
            return _to_people(slug)
    return _detail(request, study, form, status=400)


def _of_admin(request: HttpRequest, slug: str) -> Study:
    """The study, or 404: a researcher who could let others in could second their own launches."""
    if not request.user.is_superuser:
        raise Http404("Only administrators change who takes part.")
    return visible_study(request, slug)


def _username(request: HttpRequest) -> str:
    form = ReviewerForm(request.POST)
    return str(form.cleaned_data["username"]) if form.is_valid() else ""


def _to_people(slug: str) -> HttpResponse:
    return redirect(reverse("frontend:study-detail", args=[slug]) + "#people-title")


urlpatterns = [
    path("", study_list, name="study-list"),
    path("studies/new/", study_create, name="study-create"),
    path("studies/<slug:slug>/", study_detail, name="study-detail"),
    path("studies/<slug:slug>/authors/", authors_change, name="authors-change"),
    path("studies/<slug:slug>/researchers/add/", researcher_add, name="researcher-add"),
    path("studies/<slug:slug>/researchers/remove/", researcher_remove, name="researcher-remove"),
]
