"""Reviews of test sets as a whole: which there are, how far each is, who is asked, and the next round."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from annotation import frequencies, reviews, studies
from annotation.counting.verdicts import tally
from annotation.errors import AnnotationError
from annotation.models import ClassReview, Study, TargetClass, TestSetReview
from frontend.limits import limited, signed_in
from frontend.reviewing.forms import OpenReviewForm, ReviewerForm
from frontend.views.researcher import page_of, refusals_told, visible_study

REVIEWS_PER_PAGE = 30
CLASSES_PER_PAGE = 100
NAMES_PER_MINUTE = 20


def reviewable(request: HttpRequest, pk: int) -> TestSetReview:
    """The review, or 404 for whoever is not asked for it."""
    rows = TestSetReview.objects.reviewable_by(request.user).select_related("test_set__study", "follows")
    review: TestSetReview = get_object_or_404(rows, pk=pk)
    return review


def of_ones_own(request: HttpRequest, pk: int) -> TestSetReview:
    """The review, or 404 for whoever does not run its study."""
    rows = TestSetReview.objects.visible_to(request.user).select_related("test_set__study", "follows")
    review: TestSetReview = get_object_or_404(rows, pk=pk)
    return review


def frame(request: HttpRequest, review: TestSetReview) -> dict[str, Any]:
    """What every page of a review needs."""
    study = review.test_set.study
    return {
        "review": review,
        "study": study,
        "is_researcher": Study.objects.visible_to(request.user).filter(pk=study.pk).exists(),
        "is_over": review.test_set.is_frozen or TestSetReview.objects.filter(follows=review).exists(),
    }


# --- pages --------------------------------------------------------------------------------------------


@require_safe
def review_list(request: HttpRequest) -> HttpResponse:
    """The reviews that this person is asked for."""
    rows = TestSetReview.objects.reviewable_by(request.user).going_on().select_related("test_set__study", "follows")
    page = page_of(request, rows.order_by("-id"), REVIEWS_PER_PAGE)
    cards = [(review, reviews.places(review=review, by=request.user)) for review in page]
    return render(request, "frontend/reviewing/list.html", {"page": page, "cards": [_card(*card) for card in cards]})


def _card(review: TestSetReview, places: list[reviews.Place]) -> dict[str, Any]:
    return {
        "review": review,
        "num_classes": len(places),
        "num_to_do": sum(place.is_to_do for place in places),
        "num_images": sum(place.num_images for place in places),
    }


@require_safe
def review_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """For researchers how far all are, for reviewers how far they are themselves."""
    review = reviewable(request, pk)
    context = frame(request, review)
    places = reviews.places(review=review, by=request.user)
    context |= {
        "num_to_do": sum(place.is_to_do for place in places),
        "num_classes": len(places),
        "next": reviews.next_place(review=review, by=request.user),
        "num_conflicts": sum(len(each.unresolved()) for each in reviews.conflicts_for(review=review, by=request.user)),
    }
    if not context["is_researcher"]:
        context["page"] = page_of(request, places, CLASSES_PER_PAGE)
        return render(request, "frontend/reviewing/mine.html", context)
    return render(request, "frontend/reviewing/detail.html", context | _progress(request, review, places))


def _progress(request: HttpRequest, review: TestSetReview, places: list[reviews.Place]) -> dict[str, Any]:
    counted = tally(review)
    found = reviews.agreements(counted, seed=review.test_set.seed)
    mine = {place.target_class.pk: place for place in places}
    page = page_of(request, counted.classes, CLASSES_PER_PAGE)
    study = review.test_set.study
    return {
        "page": page,
        "rows": [
            {
                "tally": each,
                "place": mine[each.target_class.pk],
                "agreement": found.by_class.get(each.target_class.pk),
                "num_excluded": len(each.to_exclude()),
                "num_unresolved": len(each.unresolved()),
            }
            for each in page
        ],
        "missing": counted.missing(),
        "overall": found.overall,
        "num_complete": sum(each.is_complete for each in counted.classes),
        "num_unresolved": counted.num_unresolved(),
        "num_waiting": len(counted.waiting()),
        "num_excluded": counted.num_excluded(),
        "problems": _problems(review, [each.target_class for each in counted.classes if each.is_problematic]),
        "researchers": study.researchers.order_by("username"),
        "reviewers": study.reviewers.order_by("username"),
        "people": reviews.people(review=review, counted=counted),
        "reviewer_form": ReviewerForm(),
        "next_round": TestSetReview.objects.filter(follows=review).first(),
        "newest": study.test_sets.filter(name=review.test_set.name).order_by("-revision").first(),
    }


def _problems(review: TestSetReview, target_classes: list[TargetClass]) -> list[ClassReview]:
    """What is the matter with these classes, which all of their reviewers have finished."""
    rows = ClassReview.objects.filter(review=review, target_class__in=target_classes)
    return list(rows.filter(state=ClassReview.State.PROBLEMATIC).select_related("target_class", "reviewer"))


# --- what researchers do ------------------------------------------------------------------------------


@require_POST
def review_open(request: HttpRequest, slug: str, name: str, revision: int) -> HttpResponse:
    study = visible_study(request, slug)
    test_set = get_object_or_404(study.test_sets.all(), name=name, revision=revision)
    form = OpenReviewForm(request.POST)
    if not form.is_valid():
        messages.error(request, f"People per class: {form.errors['num_reviewers'][0]}")
        return redirect("frontend:test-set-detail", slug, name, revision)
    number = form.cleaned_data["num_reviewers"] or 2
    try:
        review = reviews.open_review(test_set=test_set, num_reviewers=number, now=timezone.now(), by=request.user)
    except AnnotationError as error:
        messages.error(request, str(error))
        return redirect("frontend:test-set-detail", slug, name, revision)
    return redirect("frontend:test-set-review-detail", review.pk)


@require_POST
def review_rebuild(request: HttpRequest, pk: int) -> HttpResponse:
    review, now = of_ones_own(request, pk), timezone.now()
    frequencies.recompute_stale(study=review.test_set.study, now=now)  # what is drawn from old counts can't be frozen
    try:
        after = reviews.rebuild(review=review, now=now, by=request.user)
    except AnnotationError as error:
        messages.error(request, str(error))
        return redirect("frontend:test-set-review-detail", pk)
    messages.success(request, f"{after.test_set.citation} is built. Classes whose images changed are to be reviewed.")
    return redirect("frontend:test-set-review-detail", after.pk)


@require_POST
def review_send_back(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Ask the reviewers of a class to look at it again."""
    review = of_ones_own(request, pk)
    target_class = get_object_or_404(TargetClass, study=review.test_set.study, number=number)
    with refusals_told(request):
        num_people = reviews.send_back(review=review, target_class=target_class)
        messages.success(request, f"{target_class.name} is to be reviewed again, by {num_people} so far.")
    return redirect("frontend:test-set-review-detail", pk)


@require_POST
@limited("reviewer", NAMES_PER_MINUTE, by=signed_in)
def reviewer_add(request: HttpRequest, slug: str) -> HttpResponse:
    """By the whole name of an account: nothing here lists or completes names."""
    study = visible_study(request, slug)
    form = ReviewerForm(request.POST)
    user = (
        User.objects.filter(username=form.cleaned_data["username"], is_active=True).first() if form.is_valid() else None
    )
    if user is None:
        messages.error(request, "There is no account of this name. Names are exact; an admin makes accounts.")
    elif studies.add_reviewer(study=study, user=user):
        messages.success(request, f"{user.username} may review now, and sees nothing else of the study.")
    else:
        messages.info(request, f"{user.username} is a researcher of this study, and may review anyway.")
    return _back(request, slug)


@require_POST
def reviewer_remove(request: HttpRequest, slug: str) -> HttpResponse:
    study = visible_study(request, slug)
    form = ReviewerForm(request.POST)
    user = study.reviewers.filter(username=form.cleaned_data["username"]).first() if form.is_valid() else None
    if user is None:
        messages.error(request, "This person is no reviewer of the study.")
    else:
        studies.remove_reviewer(study=study, user=user)
        messages.success(request, f"{user.username} reviews no more. What they said stays.")
    return _back(request, slug)


def _back(request: HttpRequest, slug: str) -> HttpResponse:
    """To the review from which the form came, if it is one of this study."""
    came_from = request.POST.get("review", "")
    rows = TestSetReview.objects.visible_to(request.user).filter(test_set__study__slug=slug)
    if came_from.isdecimal() and len(came_from) < 19 and rows.filter(pk=int(came_from)).exists():
        return redirect("frontend:test-set-review-detail", int(came_from))
    return redirect("frontend:test-set-list", slug)


urlpatterns = [
    path("reviews/", review_list, name="test-set-review-list"),
    path("reviews/<int:pk>/", review_detail, name="test-set-review-detail"),
    path("reviews/<int:pk>/rebuild/", review_rebuild, name="test-set-review-rebuild"),
    path("reviews/<int:pk>/classes/<int:number>/send-back/", review_send_back, name="test-set-review-send-back"),
    path("studies/<slug:slug>/test-sets/<slug:name>/r<int:revision>/review/", review_open, name="test-set-review-open"),
    path("studies/<slug:slug>/reviewers/add/", reviewer_add, name="reviewer-add"),
    path("studies/<slug:slug>/reviewers/remove/", reviewer_remove, name="reviewer-remove"),
]
