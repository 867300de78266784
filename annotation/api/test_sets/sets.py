from typing import Any

from django.db.models import Count
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import exceptions, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from annotation import frequencies, testsets
from annotation.api.base import Filters, Input, ListMixin, RetrieveMixin, StudyFilters, StudyOwnedViewSet
from annotation.api.fields import MAX_ID, VisibleSlugField
from annotation.models import JudgementFilter, Strategy, Study, TestSet, TestSetImage
from annotation.strategies import ParameterSpec, all_parameters, takers_of

FRACTION = r"^[0-9]{1,9}(/[0-9]{1,9}|\.[0-9]{1,9})?\Z"  # no exponents: 1e9 has a billion digits as a fraction


class TestSetSerializer(serializers.ModelSerializer[TestSet]):
    study = serializers.SlugField(source="study.slug", read_only=True)
    citation = serializers.CharField(read_only=True)
    parent = serializers.IntegerField(  # type: ignore[assignment]  # a serializer keeps its fields apart
        source="parent_id", read_only=True, allow_null=True
    )
    num_images = serializers.IntegerField(read_only=True)
    parameters = serializers.DictField(read_only=True)
    shortages = serializers.ListField(child=serializers.DictField(), read_only=True)
    substitutions = serializers.SerializerMethodField(help_text="Images are named once the set is frozen.")
    kept_from = serializers.IntegerField(source="kept_from_id", read_only=True, allow_null=True)
    figures = serializers.SerializerMethodField()

    class Meta:
        model = TestSet
        fields = (
            "id", "study", "citation", "strategy", "name", "revision", "parent", "kept_from", "seed", "parameters",
            "num_images", "shortages", "substitutions", "figures", "is_simulated", "built_at", "frozen_at",
            "content_sha256",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.DictField()))
    def get_substitutions(self, test_set: TestSet) -> list[dict[str, Any]]:
        """A bin tells how often an image was selected, which nobody is told who might still review it."""
        if test_set.is_frozen:
            return list(test_set.substitutions)
        return [{key: row[key] for key in row if key != "candidate"} for row in test_set.substitutions]

    @extend_schema_field(serializers.DictField(allow_null=True))
    def get_figures(self, test_set: TestSet) -> dict[str, Any] | None:
        """Mean frequencies beside the original's, and the rows they are of: num_selected, num_seen, images, share."""
        return testsets.summary(test_set)


class TestSetImageSerializer(serializers.ModelSerializer[TestSetImage]):
    """An image with the counts it was chosen by, which nobody is told who might still review it."""

    candidate = serializers.IntegerField(source="candidate_id", read_only=True)
    num_selected = serializers.SerializerMethodField(help_text="None until the set is frozen.")
    num_seen = serializers.SerializerMethodField(help_text="None until the set is frozen.")
    target_class = serializers.CharField(source="target_class.class_id", read_only=True)
    sha256 = serializers.CharField(source="candidate.image.sha256", read_only=True, allow_null=True)
    is_simulated = serializers.BooleanField(source="test_set.is_simulated", read_only=True)
    rendition_url = serializers.SerializerMethodField()

    class Meta:
        model = TestSetImage
        fields = (
            "number", "candidate", "target_class", "sha256", "num_selected", "num_seen", "is_simulated",
            "rendition_url",
        )  # fmt: skip
        read_only_fields = fields

    def get_num_selected(self, image: TestSetImage) -> int | None:
        return image.num_selected if image.test_set.is_frozen else None

    def get_num_seen(self, image: TestSetImage) -> int | None:
        return image.num_seen if image.test_set.is_frozen else None

    def get_rendition_url(self, image: TestSetImage) -> str | None:
        """None where only the name of the image is known."""
        if image.candidate.image_id is None:
            return None
        return reverse("api:candidate-rendition", [image.candidate_id], request=self.context["request"])


class ParametersSerializer(Input):
    """Each strategy takes those it knows, has a default for those that are left out, and refuses the others."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {name: _field_of(spec) for name, spec in all_parameters().items()}


def _field_of(spec: ParameterSpec) -> serializers.Field[Any, Any, Any, Any]:
    """A parameter as its own description has it."""
    told = f"{spec.help} Default: {spec.default}. Of: {', '.join(takers_of(spec))}."
    if spec.kind is int:
        return serializers.IntegerField(required=False, min_value=spec.least, max_value=spec.most, help_text=told)
    if spec.kind is bool:
        return serializers.BooleanField(required=False, help_text=told)
    return serializers.RegexField(FRACTION, required=False, help_text=told)


class NewTestSetSerializer(Input):
    study = VisibleSlugField(slug_field="slug", queryset=Study.objects.all())
    strategy = serializers.ChoiceField(choices=Strategy.choices)
    parameters = ParametersSerializer(required=False)
    judgement_filter = serializers.SlugField(
        required=False, max_length=80, help_text="Whose frequencies to use, of the study; by default the standard one."
    )
    seed = serializers.IntegerField(min_value=0, max_value=MAX_ID, required=False, help_text="By default the study's.")


class TestSetFilters(StudyFilters):
    strategy = serializers.ChoiceField(required=False, choices=Strategy.choices)
    name = serializers.SlugField(required=False, max_length=40)
    is_frozen = serializers.BooleanField(required=False, source="frozen_at__isnull")

    def validate_is_frozen(self, value: bool) -> bool:
        return not value  # the lookup asks for the opposite


class TestSetViewSet(ListMixin, RetrieveMixin, StudyOwnedViewSet):
    """Test sets drawn from the frequencies, and the original."""

    queryset = TestSet.objects.select_related("study").annotate(num_images=Count("images"))
    serializer_class = TestSetSerializer
    filters = TestSetFilters

    @extend_schema(responses=TestSetImageSerializer(many=True))
    @action(detail=True, serializer_class=TestSetImageSerializer, filters=Filters)
    def images(self, request: Request, pk: int) -> Response:
        """The images of a test set, in their order."""
        rows = TestSetImage.objects.select_related("test_set", "target_class", "candidate__image")
        return self.page(rows.filter(test_set=self.get_object()))

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    @action(detail=True)
    def manifest(self, request: Request, pk: int) -> HttpResponse:
        """The manifest of a frozen test set, byte for byte as it was hashed."""
        test_set = self.get_object()
        if not test_set.is_frozen:
            raise exceptions.NotFound("This test set is not frozen, and has no manifest yet.")
        return HttpResponse(testsets.manifest_bytes(test_set), content_type="application/json")

    @extend_schema(request=NewTestSetSerializer, responses={201: TestSetSerializer})
    def create(self, request: Request) -> Response:
        """Build the next revision of a test set; strategy `original` imports the original images as they are.

        Where nothing has changed since the latest revision, the answer is that one.
        """
        fields = self.validated(NewTestSetSerializer)
        study, strategy, now = fields["study"], Strategy(fields["strategy"]), timezone.now()
        frequencies.recompute_stale(study=study, now=now)  # as the page and the command do
        used = self._filter_of(study, fields.get("judgement_filter"))
        if strategy == Strategy.ORIGINAL:
            return self.created(
                testsets.import_original(study=study, now=now, judgement_filter=used, by=self.person).pk
            )
        test_set = testsets.build(
            study=study,
            strategy=strategy,
            parameters=testsets.read_parameters(strategy, fields.get("parameters", {})),
            seed=fields.get("seed", study.seed),
            now=now,
            judgement_filter=used,
            by=self.person,
        )
        return self.created(test_set.pk)

    def _filter_of(self, study: Study, slug: str | None) -> JudgementFilter | None:
        if slug is None:
            return None
        used: JudgementFilter | None = study.judgement_filters.filter(slug=slug).first()
        if used is None:
            raise exceptions.ValidationError({"judgement_filter": [f"There is no judgement filter {slug!r}."]})
        return used

    @extend_schema(request=None, responses={201: TestSetSerializer})
    @action(detail=True, methods=["post"])
    def rebuilding(self, request: Request, pk: int) -> Response:
        """Build the next revision by the recipe of this set; its images that still fit are kept.

        Where nothing has changed since the latest revision, the answer is that one.
        """
        test_set, now = self.get_object(), timezone.now()
        frequencies.recompute_stale(study=test_set.study, now=now)
        return self.created(testsets.rebuild(test_set=test_set, now=now, by=self.person).pk)

    @extend_schema(request=None, responses={201: TestSetSerializer})
    @action(detail=True, methods=["post"])
    def freezing(self, request: Request, pk: int) -> Response:
        """Close a test set for good; one that is frozen stays as it is."""
        test_set = testsets.freeze(test_set=self.get_object(), now=timezone.now(), by=self.person)
        return self.created(test_set.pk)
