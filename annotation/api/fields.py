"""Typed fields for what comes in."""

import math
from typing import Any, cast

from rest_framework import serializers
from rest_framework.relations import PrimaryKeyRelatedField, SlugRelatedField

from annotation.models.base import StudyOwnedQuerySet

MAX_ID = 2**63 - 1


class VisibleSlugField(SlugRelatedField[Any]):
    """A row by its slug; one that the person may not see does not exist."""

    def get_queryset(self) -> Any:
        return cast(StudyOwnedQuerySet, super().get_queryset()).visible_to(self.context["request"].user)

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(serializers.SlugField(max_length=80).run_validation(data))


class VisibleIdField(PrimaryKeyRelatedField[Any]):
    """A row by its id; one that the person may not see does not exist."""

    def get_queryset(self) -> Any:
        return cast(StudyOwnedQuerySet, super().get_queryset()).visible_to(self.context["request"].user)

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(serializers.IntegerField(min_value=1, max_value=MAX_ID).run_validation(data))


class FiniteFloatField(serializers.FloatField):
    """A number: neither infinite nor "nan", which no bound would catch."""

    def to_internal_value(self, data: Any) -> float:
        value = super().to_internal_value(data)
        if not math.isfinite(value):
            self.fail("invalid")
        return value
