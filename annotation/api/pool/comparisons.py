"""The pool beside the original, as figures."""

import math
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.api.base import Input, StudyOwnedViewSet
from annotation.api.fields import VisibleSlugField
from annotation.candidates import comparing
from annotation.candidates.comparing import Comparison
from annotation.models import Candidate, Origin, Study, TargetClass


class ComparedSerializer(Input):
    """Of which study, or which of its classes."""

    study = VisibleSlugField(slug_field="slug", queryset=Study.objects.all())
    target_class = serializers.CharField(
        required=False, allow_blank=True, max_length=100, help_text="Its class id; left out: all classes together."
    )


@extend_schema_field(serializers.FloatField(allow_null=True))
class KnownField(serializers.FloatField):
    """A number, or null where it is not known."""

    def to_representation(self, value: Any) -> Any:
        return float(value) if math.isfinite(value) else None


class SideSerializer(serializers.Serializer[Any]):
    """A quantity in one origin."""

    num_looked_at = serializers.IntegerField()
    num_known = serializers.IntegerField()
    low = KnownField(help_text="Of those that are known, 10 % are below.")
    median = KnownField()
    high = KnownField(help_text="Of those that are known, 10 % are above.")


class ShiftSerializer(serializers.Serializer[Any]):
    """How far the origins are apart."""

    distance = serializers.FloatField(help_text="In [0, 1]: Kolmogorov and Smirnov's of numbers, else total variation.")
    p = serializers.FloatField()
    adjusted = serializers.FloatField(help_text="p after Holm, over all quantities; of classes, over all of those.")
    has_moved = serializers.BooleanField(help_text="Beyond chance, and by a distance of at least 0.1.")


class NumberSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(source="quantity.name")
    unit = serializers.SerializerMethodField()
    original = SideSerializer()
    pool = SideSerializer()
    shift = ShiftSerializer(allow_null=True, help_text="Null: fewer than 20 are known of an origin.")

    def get_unit(self, figures: comparing.NumberFigures) -> str:
        return "seconds since 1970" if figures.quantity.is_date else figures.quantity.unit


class CategorySerializer(serializers.Serializer[Any]):
    name = serializers.CharField(source="category.name")
    original = serializers.DictField(child=serializers.IntegerField(), help_text="Images of each kind.")
    pool = serializers.DictField(child=serializers.IntegerField())
    num_unknown = serializers.DictField(child=serializers.IntegerField(), help_text="By origin.")
    cramers_v = KnownField()
    shift = ShiftSerializer(allow_null=True)


class OwnersSerializer(serializers.Serializer[Any]):
    num_known = serializers.IntegerField(help_text="Images whose owner is known.")
    num_owners = serializers.IntegerField()
    num_of_most_frequent = serializers.IntegerField(help_text="Images by the ten owners with the most.")


class SpanSerializer(serializers.Serializer[Any]):
    """Dates: the first, the last, and between which 90 % lie."""

    num_known = serializers.IntegerField()
    earliest = serializers.DateTimeField()
    low = serializers.DateTimeField()
    high = serializers.DateTimeField()
    latest = serializers.DateTimeField()


class ClassShiftSerializer(serializers.Serializer[Any]):
    """A quantity in one class."""

    name = serializers.CharField(source="quantity.name")
    target_class = serializers.CharField(source="target_class.class_id")
    num_original = serializers.IntegerField()
    num_pool = serializers.IntegerField()
    original_median = KnownField()
    pool_median = KnownField()
    shift = ShiftSerializer()


class ClassesSerializer(serializers.Serializer[Any]):
    num_compared = serializers.IntegerField(help_text="Classes with at least 20 known of each origin.")
    num_moved = serializers.IntegerField()
    farthest = ClassShiftSerializer(many=True, help_text="At most five of each quantity.")


class WindowSerializer(serializers.Serializer[Any]):
    """Of the originals."""

    taken = SpanSerializer(allow_null=True)
    uploaded = SpanSerializer(allow_null=True)


class PoolComparisonSerializer(serializers.Serializer[Any]):
    num_included = serializers.SerializerMethodField(help_text="Candidates that take part, by origin.")
    num_looked_at = serializers.SerializerMethodField(help_text="All of them, or a sample that is always the same.")
    num_unmeasured = serializers.IntegerField(help_text="Pictures looked at whose colours are not measured yet.")
    window = WindowSerializer()
    owners = serializers.DictField(child=OwnersSerializer())
    numbers = NumberSerializer(many=True)
    categories = CategorySerializer(many=True)
    classes = ClassesSerializer(allow_null=True, help_text="Null where one class was asked for.")

    def get_num_included(self, found: Comparison) -> dict[str, int]:
        return {str(origin): number for origin, number in found.looked.num_included.items()}

    def get_num_looked_at(self, found: Comparison) -> dict[str, int]:
        return {str(origin): found.looked.num_looked_at(origin) for origin in Origin}


class PoolComparisonViewSet(StudyOwnedViewSet):
    """How far the pool lies from the original, before judgements are paid."""

    queryset = Candidate.objects.all()

    @extend_schema(request=ComparedSerializer, responses={200: PoolComparisonSerializer})
    def create(self, request: Request) -> Response:
        """Dates, sizes, colours, formats, places and licences of the images that take part; nothing is changed."""
        fields = self.validated(ComparedSerializer)
        study = fields["study"]
        target_class = self._class_of(study, fields.get("target_class", ""))
        found = comparing.compare(study=study, seed=study.seed, target_class=target_class)
        return Response(PoolComparisonSerializer(found).data)

    def _class_of(self, study: Study, class_id: str) -> TargetClass | None:
        if not class_id:
            return None
        found: TargetClass | None = study.target_classes.filter(class_id=class_id).first()
        if found is None:
            raise exceptions.ValidationError({"target_class": ["There is no such class in this study."]})
        return found
