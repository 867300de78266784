"""What a reviewer does: look at the images of a class, exclude, mark the class; decide conflicts as a third person."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotation import reviews, storage
from annotation.errors import AnnotationError, MissingContent
from annotation.models import Candidate, ClassReview, TargetClass, TestSetImage, TestSetReview, Verdict
from frontend.reviewing.forms import KEEP, KEYS, MarkForm, ResolutionForm, VerdictForm
from frontend.reviewing.shots import Shot, shots
from frontend.views.pool.candidates import IMAGE_SECONDS
from frontend.views.refusals import wants_json
from frontend.views.researcher import covered_of, page_of
from frontend.views.testsets.reviewing import frame, reviewable

CLASSES_PER_PAGE = 25


# --- a class ------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def review_class(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    review = reviewable(request, pk)
    target_class = get_object_or_404(TargetClass, study=review.test_set.study, number=number)
    if request.method == "POST":
        return _mark(request, review, target_class)
    places = {place.target_class.pk: place for place in reviews.places(review=review, by=request.user)}
    if (place := places.get(target_class.pk)) is None:
        raise Http404("The set has no images of this class.")
    shown = _shown(review, place)
    compared = list(reviews.originals_of(target_class))
    context = frame(request, review)
    context |= {
        "target_class": target_class,
        "place": place,
        "position": list(places).index(target_class.pk) + 1,
        "num_classes": len(places),
        "is_open": place.is_to_do and not context["is_over"],
        "shots": shown,
        "dated": [shot for shot in shown if shot.candidate.taken_at],
        "undated": [shot for shot in shown if not shot.candidate.taken_at],
        "num_new": sum(shot.is_new for shot in shown),
        "originals": compared,
        "covered": covered_of([shot.candidate.pk for shot in shown] + [each.pk for each in compared]),
        "reasons": [(reason.value, reason.label, KEYS[reason]) for reason in Verdict.Reason],
        "next": reviews.next_place(review=review, by=request.user, after=target_class),
    }
    return render(request, "frontend/reviewing/class.html", context)


def _shown(review: TestSetReview, place: reviews.Place) -> list[Shot]:
    """The images of the class, with what this person has said of them."""
    images = TestSetImage.objects.filter(test_set=review.test_set, target_class=place.target_class)
    said = {each.candidate_id: each for each in place.mine.verdicts.all()} if place.mine else {}
    before: set[int] | None = None
    if review.follows is not None and place.mine is not None:
        before = set(review.follows.test_set.images.values_list("candidate_id", flat=True))
    return shots(list(Candidate.objects.filter(pk__in=images.values("candidate"))), said, before)


def _mark(request: HttpRequest, review: TestSetReview, target_class: TargetClass) -> HttpResponse:
    """The class as a whole; then on to the next one, or to the review where none is left."""
    form = MarkForm(request.POST)
    here = redirect("frontend:test-set-review-class", review.pk, target_class.number)
    if not form.is_valid():
        messages.error(request, "Mark the class as reviewed or as problematic, with a note of at most 500 characters.")
        return here
    mark, note = form.cleaned_data["mark"], form.cleaned_data["note"]
    said: dict[str, Any] = {"review": review, "target_class": target_class, "by": request.user}
    try:
        if mark == "open":
            reviews.reopen(**said)
            return here
        # The note belongs to a problem; what was noted before is not said of a class that is fine now.
        note = note if mark == ClassReview.State.PROBLEMATIC else ""
        reviews.finish(**said, state=ClassReview.State(mark), note=note, now=timezone.now())
    except AnnotationError as error:
        messages.error(request, str(error))
        return here
    messages.success(request, f"{target_class.name} is {mark}. It is saved.")
    place = reviews.next_place(review=review, by=request.user, after=target_class)
    if place is None:
        return redirect("frontend:test-set-review-detail", review.pk)
    return redirect("frontend:test-set-review-class", review.pk, place.target_class.number)


@require_POST
def review_verdict(request: HttpRequest, pk: int, candidate: int) -> HttpResponse:
    """One image: saved at once. A script gets JSON, a form its page again."""
    review = reviewable(request, pk)
    image = get_object_or_404(
        TestSetImage.objects.select_related("target_class"), test_set=review.test_set, candidate=candidate
    )
    form = VerdictForm(request.POST)
    back = reverse("frontend:test-set-review-class", args=[pk, image.target_class.number]) + f"#image-{candidate}"
    if not form.is_valid():
        return _answer(
            request, back, refusal="Say whether the image is kept, or why it is excluded, in 500 characters."
        )
    try:
        said = _say(review, candidate, form.cleaned_data, request.user)
    except AnnotationError as error:
        return _answer(request, back, refusal=str(error))
    return _answer(request, back, verdict=said.reason if said else KEEP, said=_in_words(said))


def _say(review: TestSetReview, candidate: int, fields: dict[str, Any], by: Any) -> Verdict | None:
    about = {"review": review, "candidate_id": candidate, "by": by, "now": timezone.now()}
    if fields["verdict"] == KEEP:
        reviews.keep(**about)
        return None
    return reviews.exclude(**about, reason=Verdict.Reason(fields["verdict"]), note=fields["note"])


def _in_words(said: Verdict | None) -> str:
    if said is None:
        return "Kept"
    return f"Excluded: {said.get_reason_display()}" + (f" ({said.note})" if said.note else "")


def _answer(request: HttpRequest, back: str, *, refusal: str = "", **saved: str) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"what": refusal}, status=HTTPStatus.CONFLICT) if refusal else JsonResponse(saved)
    if refusal:
        messages.error(request, refusal)
    return redirect(back)


@require_safe
def review_image(request: HttpRequest, pk: int, candidate: int) -> HttpResponse:
    """A picture that a reviewer is shown: of the set, or an original that it is compared with."""
    review = reviewable(request, pk)
    image = get_object_or_404(reviews.pictures(review, candidate))
    try:
        content = storage.get("renditions", image.rendition_sha256)
    except MissingContent:
        return HttpResponse("The picture is missing.", status=HTTPStatus.NOT_FOUND, content_type="text/plain")
    headers = {"Cache-Control": f"private, max-age={IMAGE_SECONDS}", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(content, content_type="image/jpeg", headers=headers)


# --- conflicts ----------------------------------------------------------------------------------------


@require_safe
def review_conflicts(request: HttpRequest, pk: int) -> HttpResponse:
    """For a third person: the images on which others differ, and not who said what."""
    review = reviewable(request, pk)
    found = reviews.conflicts_for(review=review, by=request.user)
    page = page_of(request, found, CLASSES_PER_PAGE)
    candidates = Candidate.objects.in_bulk([pk for each in page for pk in each.conflicts()])
    classes = [
        {
            "target_class": each.target_class,
            "shots": [
                {"candidate": candidates[pk], "is_excluded": each.resolutions.get(pk)}
                for pk in sorted(each.conflicts())
            ],
        }
        for each in page
    ]
    num_unresolved = sum(len(each.unresolved()) for each in found)
    context = frame(request, review) | {
        "page": page,
        "classes": classes,
        "num_unresolved": num_unresolved,
        "covered": covered_of(candidates),
    }
    return render(request, "frontend/reviewing/conflicts.html", context)


@require_POST
def review_resolve(request: HttpRequest, pk: int, candidate: int) -> HttpResponse:
    review = reviewable(request, pk)
    get_object_or_404(TestSetImage, test_set=review.test_set, candidate=candidate)
    form = ResolutionForm(request.POST)
    back = reverse("frontend:test-set-review-conflicts", args=[pk]) + f"#image-{candidate}"
    if not form.is_valid():
        return _answer(request, back, refusal="Say whether the image is kept or excluded.")
    is_excluded = form.cleaned_data["verdict"]
    try:
        reviews.resolve(
            review=review, candidate_id=candidate, is_excluded=is_excluded, by=request.user, now=timezone.now()
        )
    except AnnotationError as error:
        return _answer(request, back, refusal=str(error))
    words = "Excluded" if is_excluded else "Kept"
    return _answer(request, back, verdict="exclude" if is_excluded else KEEP, said=words)


_ONE = "reviews/<int:pk>"
urlpatterns = [
    path(f"{_ONE}/classes/<int:number>/", review_class, name="test-set-review-class"),
    path(f"{_ONE}/images/<int:candidate>/", review_image, name="test-set-review-image"),
    path(f"{_ONE}/images/<int:candidate>/verdict/", review_verdict, name="test-set-review-verdict"),
    path(f"{_ONE}/conflicts/", review_conflicts, name="test-set-review-conflicts"),
    path(f"{_ONE}/conflicts/<int:candidate>/", review_resolve, name="test-set-review-resolve"),
]
