"""Criteria as they come in: as the body of a request, or as the parameters of a list."""

from typing import Any

from rest_framework import serializers

from annotation.api.base import Input
from annotation.api.fields import MAX_ID, FiniteFloatField
from annotation.candidates.criteria import MAX_ASPECT, MAX_BYTES, MAX_CLASSES, MAX_PIXELS, MAX_TEXT, Criteria, State
from annotation.errors import InvalidCriteria
from annotation.models import Exclusion, Origin


def _text(help_text: str) -> Any:
    return serializers.CharField(required=False, max_length=MAX_TEXT, help_text=help_text)


def _number(most: int) -> Any:
    return serializers.IntegerField(required=False, min_value=0, max_value=most)


def _row(help_text: str) -> Any:
    return serializers.IntegerField(required=False, min_value=1, max_value=MAX_ID, help_text=help_text)


def _ratio() -> Any:
    return FiniteFloatField(required=False, max_value=MAX_ASPECT, help_text="Width divided by height, above 0.")


class CriteriaFields(serializers.Serializer[Any]):
    """Each but the classes; all that are given hold at once."""

    origin = serializers.ChoiceField(required=False, choices=Origin.choices)
    collection = _row("Came in with this collection.")
    state = serializers.ChoiceField(required=False, choices=State.choices)
    reason = serializers.ChoiceField(required=False, choices=Exclusion.Reason.choices, help_text="Excluded for it.")
    bulk_exclusion = _row("Excluded with this bulk exclusion.")
    has_picture = serializers.BooleanField(required=False)
    is_measured = serializers.BooleanField(required=False)
    source = _text("Contains it, in whatever case.")
    owner = _text("Contains it.")
    licence = _text("Contains it.")
    query = _text("The words it was found with contain it.")
    taken_from = serializers.DateField(required=False)
    taken_until = serializers.DateField(required=False, help_text="That day included; days are days in UTC.")
    uploaded_from = serializers.DateField(required=False)
    uploaded_until = serializers.DateField(required=False)
    min_width = _number(MAX_PIXELS)
    max_width = _number(MAX_PIXELS)
    min_height = _number(MAX_PIXELS)
    max_height = _number(MAX_PIXELS)
    min_bytes = _number(MAX_BYTES)
    max_bytes = _number(MAX_BYTES)
    min_aspect = _ratio()
    max_aspect = _ratio()
    format = _text("Of the file, such as JPEG.")


class CriteriaSerializer(Input, CriteriaFields):
    target_classes = serializers.ListField(
        required=False, child=serializers.CharField(max_length=100), max_length=MAX_CLASSES, help_text="Class ids."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        read(attrs)
        return attrs


def read(found: dict[str, Any]) -> Criteria:
    """What fields alone can't see, such as a window that ends before it begins, is an invalid value as well."""
    try:
        return Criteria.from_json(found)
    except InvalidCriteria as error:
        raise serializers.ValidationError(str(error)) from error
