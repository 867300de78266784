"""Reviews of test sets: what one says oneself, and as a third person what conflicts of others come to."""

from http import HTTPStatus
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from annotation import frequencies, reviews, storage
from annotation.api.base import Filters, Input, ListMixin, RetrieveMixin, StudyOwnedViewSet
from annotation.api.fields import MAX_ID, VisibleIdField
from annotation.api.pool.candidates import JPEGRenderer
from annotation.counting.verdicts import tally
from annotation.models import ClassReview, TargetClass, TestSet, TestSetImage, TestSetReview, Verdict
from annotation.models.review import MAX_NOTE
from annotation.models.review import TestSetReviewQuerySet as Reviews
from annotation.reviews.rounds import MAX_REVIEWERS

KEEP, EXCLUDE = "keep", "exclude"
OF_RESEARCHERS = ("rebuilding", "returns", "missing")


class TestSetReviewSerializer(serializers.ModelSerializer[TestSetReview]):
    study = serializers.SlugField(source="test_set.study.slug", read_only=True)
    follows = serializers.IntegerField(
        source="follows_id", read_only=True, allow_null=True, help_text="The review of the round before."
    )
    is_over = serializers.SerializerMethodField(help_text="The set is frozen, or has been rebuilt.")

    class Meta:
        model = TestSetReview
        fields = ("id", "study", "follows", "num_reviewers", "is_over", "opened_at")
        read_only_fields = fields

    def get_is_over(self, review: TestSetReview) -> bool:
        return review.test_set.is_frozen or TestSetReview.objects.filter(follows=review).exists()


class NewTestSetReviewSerializer(Input):
    test_set = VisibleIdField(queryset=TestSet.objects.select_related("study"))
    num_reviewers = serializers.IntegerField(min_value=1, max_value=MAX_REVIEWERS, default=2)


class PlaceSerializer(serializers.Serializer[Any]):
    """A class as the person who asks sees it: nothing of what others say."""

    target_class = serializers.CharField(source="target_class.class_id")
    name = serializers.CharField(source="target_class.name")
    synonyms = serializers.ListField(source="target_class.synonyms", child=serializers.CharField())
    definition = serializers.CharField(source="target_class.definition")
    num_images = serializers.IntegerField()
    mark = serializers.ChoiceField(
        source="mine.state", choices=ClassReview.State.choices, default=ClassReview.State.UNREVIEWED
    )
    note = serializers.CharField(source="mine.note", default="")
    num_excluded = serializers.IntegerField(help_text="By yourself.")
    is_wanted = serializers.BooleanField(
        help_text="Not enough others have finished it, and you have decided no conflict of it."
    )


class ShotSerializer(serializers.Serializer[Any]):
    candidate = serializers.IntegerField()
    target_class = serializers.CharField()
    taken_at = serializers.DateTimeField(allow_null=True)
    verdict = serializers.CharField(help_text="What you say: keep, or a reason to exclude it.")
    note = serializers.CharField(allow_blank=True)


class NewVerdictSerializer(Input):
    candidate = serializers.IntegerField(min_value=1, max_value=MAX_ID)
    verdict = serializers.ChoiceField(choices=[(KEEP, KEEP), *Verdict.Reason.choices])
    note = serializers.CharField(max_length=MAX_NOTE, allow_blank=True, default="", help_text="Needed for `other`.")


class NewMarkSerializer(Input):
    target_class = serializers.CharField(max_length=100, help_text="A class id.")
    mark = serializers.ChoiceField(choices=ClassReview.State.choices, help_text="`unreviewed` opens it again.")
    note = serializers.CharField(max_length=MAX_NOTE, allow_blank=True, default="", help_text="What is problematic.")


class ConflictSerializer(serializers.Serializer[Any]):
    candidate = serializers.IntegerField()
    target_class = serializers.CharField()
    decision = serializers.ChoiceField(choices=[KEEP, EXCLUDE], allow_null=True)


class ResolutionSerializer(Input):
    candidate = serializers.IntegerField(min_value=1, max_value=MAX_ID)
    decision = serializers.ChoiceField(choices=[KEEP, EXCLUDE])


class ReturnSerializer(Input):
    target_class = serializers.CharField(max_length=100, help_text="A class id.")


class ComparedSerializer(serializers.Serializer[Any]):
    candidate = serializers.IntegerField()
    target_class = serializers.CharField()


class OriginalFilters(Filters):
    target_class = serializers.CharField(max_length=100)


class PictureFilters(Filters):
    candidate = serializers.IntegerField(min_value=1, max_value=MAX_ID)


class TestSetReviewViewSet(ListMixin, RetrieveMixin, StudyOwnedViewSet):
    """Rounds of review of the studies that you run, or are asked to review for."""

    queryset = TestSetReview.objects.select_related("test_set__study")
    serializer_class = TestSetReviewSerializer

    def get_queryset(self) -> Any:
        rows: Reviews = TestSetReview.objects.select_related("test_set__study")
        if self.action in OF_RESEARCHERS:
            return rows.visible_to(self.person)
        return rows.reviewable_by(self.person)

    @extend_schema(request=NewTestSetReviewSerializer, responses={201: TestSetReviewSerializer})
    def create(self, request: Request) -> Response:
        """Open the review of a test set that is not frozen; one that is open stays as it is.

        Where an earlier revision was reviewed, this is the next round: only classes that changed are to be reviewed.
        """
        fields = self.validated(NewTestSetReviewSerializer)
        return self.created(reviews.open_review(**fields, now=timezone.now(), by=self.person).pk)

    @extend_schema(responses=PlaceSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def classes(self, request: Request, pk: int) -> Response:
        """The classes of the set, and what you say of each."""
        places = reviews.places(review=self.get_object(), by=self.person)
        return Response(PlaceSerializer(places, many=True).data)

    @extend_schema(responses=ShotSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def images(self, request: Request, pk: int) -> Response:
        """The images of the set, and what you say of each."""
        review = self.get_object()
        mine = Verdict.objects.filter(class_review__review=review, class_review__reviewer=self.person)
        said = {each.candidate_id: each for each in mine}
        rows = review.test_set.images.select_related("target_class", "candidate").order_by("number")
        return Response([_shot(row, said.get(row.candidate_id)) for row in rows])

    @extend_schema(
        parameters=[OpenApiParameter("target_class", str, required=True, description="A class id.")],
        responses=ComparedSerializer(many=True),
    )
    @action(detail=True, pagination_class=None)
    def originals(self, request: Request, pk: int) -> Response:
        """Originals of a class, to compare its images with; `picture` shows them."""
        review = self.get_object()
        asked = OriginalFilters(data=request.query_params.dict())
        asked.lookups  # noqa: B018 - refuses unknown and invalid parameters
        target_class = self._class(review, asked.validated_data["target_class"])
        rows = reviews.originals_of(target_class)
        return Response([{"candidate": each.pk, "target_class": target_class.class_id} for each in rows])

    @extend_schema(
        parameters=[OpenApiParameter("candidate", int, required=True)],
        responses={(200, "image/jpeg"): OpenApiTypes.BINARY},
    )
    @action(detail=True, renderer_classes=[JPEGRenderer], pagination_class=None)
    def picture(self, request: Request, pk: int) -> HttpResponse:
        """An image of the set, or an original to compare it with, as people are shown it."""
        review = self.get_object()
        asked = PictureFilters(data=request.query_params.dict())
        asked.lookups  # noqa: B018 - refuses unknown and invalid parameters
        image = get_object_or_404(reviews.pictures(review, asked.validated_data["candidate"]))
        content = storage.get("renditions", image.rendition_sha256)
        return HttpResponse(content, content_type="image/jpeg", headers={"Cache-Control": "private, max-age=86400"})

    @extend_schema(request=NewVerdictSerializer, responses={201: ShotSerializer})
    @action(detail=True, methods=["post"])
    def verdicts(self, request: Request, pk: int) -> Response:
        """Keep an image, or say why you would exclude it; the last word counts."""
        review, fields = self.get_object(), self.validated(NewVerdictSerializer)
        image = TestSetImage.objects.filter(test_set=review.test_set, candidate=fields["candidate"])
        row = image.select_related("target_class", "candidate").first()
        if row is None:
            raise exceptions.ValidationError({"candidate": ["The set has no such image."]})
        about: dict[str, Any] = {
            "review": review,
            "candidate_id": row.candidate_id,
            "by": self.person,
            "now": timezone.now(),
        }
        verdict = None
        if fields["verdict"] == KEEP:
            reviews.keep(**about)
        else:
            verdict = reviews.exclude(**about, reason=Verdict.Reason(fields["verdict"]), note=fields["note"])
        return Response(_shot(row, verdict), HTTPStatus.CREATED)

    @extend_schema(request=NewMarkSerializer, responses={201: PlaceSerializer})
    @action(detail=True, methods=["post"])
    def marks(self, request: Request, pk: int) -> Response:
        """Mark a class as reviewed or problematic, or open it again."""
        review, fields = self.get_object(), self.validated(NewMarkSerializer)
        target_class = self._class(review, fields["target_class"])
        about: dict[str, Any] = {"review": review, "target_class": target_class, "by": self.person}
        if fields["mark"] == ClassReview.State.UNREVIEWED:
            reviews.reopen(**about)
        else:
            state = ClassReview.State(fields["mark"])
            reviews.finish(**about, state=state, note=fields["note"], now=timezone.now())
        places = reviews.places(review=review, by=self.person)
        place = next(each for each in places if each.target_class == target_class)
        return Response(PlaceSerializer(place).data, HTTPStatus.CREATED)

    @extend_schema(responses=ConflictSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def conflicts(self, request: Request, pk: int) -> Response:
        """Images on which the reviewers of a class differ, where you are not one of them."""
        found = reviews.conflicts_for(review=self.get_object(), by=self.person)
        return Response(
            [
                _conflict(candidate, each.target_class, each.resolutions.get(candidate))
                for each in found
                for candidate in sorted(each.conflicts())
            ]
        )

    @extend_schema(request=ResolutionSerializer, responses={201: ConflictSerializer})
    @action(detail=True, methods=["post"])
    def resolutions(self, request: Request, pk: int) -> Response:
        """Decide a conflict as a third person."""
        review, fields = self.get_object(), self.validated(ResolutionSerializer)
        is_excluded = fields["decision"] == EXCLUDE
        resolution = reviews.resolve(
            review=review,
            candidate_id=fields["candidate"],
            is_excluded=is_excluded,
            by=self.person,
            now=timezone.now(),
        )
        row = TestSetImage.objects.select_related("target_class").get(
            test_set=review.test_set, candidate=fields["candidate"]
        )
        shown = _conflict(row.candidate_id, row.target_class, resolution.is_excluded)
        return Response(shown, HTTPStatus.CREATED)

    @extend_schema(request=None, responses={201: TestSetReviewSerializer})
    @action(detail=True, methods=["post"])
    def rebuilding(self, request: Request, pk: int) -> Response:
        """Exclude what is agreed and build the next revision; the answer is the review of that."""
        review, now = self.get_object(), timezone.now()
        frequencies.recompute_stale(study=review.test_set.study, now=now)  # as the page does
        after = reviews.rebuild(review=review, now=now, by=self.person)
        return self.created(after.pk)

    @extend_schema(request=ReturnSerializer, responses={201: TestSetReviewSerializer})
    @action(detail=True, methods=["post"])
    def returns(self, request: Request, pk: int) -> Response:
        """Ask all who have finished a class to look again."""
        review, fields = self.get_object(), self.validated(ReturnSerializer)
        reviews.send_back(review=review, target_class=self._class(review, fields["target_class"]))
        return self.created(review.pk)

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    @action(detail=True, pagination_class=None)
    def missing(self, request: Request, pk: int) -> Response:
        """What is to be done before the set can be frozen, in sentences; none where the review is complete."""
        return Response({"missing": tally(self.get_object()).missing()})

    def _class(self, review: TestSetReview, class_id: str) -> TargetClass:
        found: TargetClass | None = TargetClass.objects.filter(study=review.test_set.study, class_id=class_id).first()
        if found is None:
            raise exceptions.ValidationError({"target_class": ["The study has no such class."]})
        return found


def _shot(image: TestSetImage, said: Verdict | None) -> dict[str, Any]:
    return {
        "candidate": image.candidate_id,
        "target_class": image.target_class.class_id,
        "taken_at": image.candidate.taken_at,
        "verdict": said.reason if said else KEEP,
        "note": said.note if said else "",
    }


def _conflict(candidate: int, target_class: TargetClass, is_excluded: bool | None) -> dict[str, Any]:
    decision = None if is_excluded is None else EXCLUDE if is_excluded else KEEP
    return {"candidate": candidate, "target_class": target_class.class_id, "decision": decision}
