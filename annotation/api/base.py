"""What every resource has in common: only rows that the person may see, typed filters, pages."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast

from django.contrib.auth.models import User
from rest_framework import exceptions, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.models.base import StudyOwnedQuerySet

PAGE_PARAMETERS = frozenset({"cursor", "page_size"})


class Filters(serializers.Serializer[Any]):
    """The query parameters of a list. A field's `source` is the lookup; no other name reaches the database."""

    @property
    def lookups(self) -> dict[str, Any]:
        unknown = sorted(set(self.initial_data) - set(self.fields) - PAGE_PARAMETERS)
        if unknown:
            raise exceptions.ValidationError({name: ["This list has no such parameter."] for name in unknown})
        self.is_valid(raise_exception=True)
        return dict(self.validated_data)


class StudyFilters(Filters):
    """Rows of one study."""

    study = serializers.SlugField(required=False, max_length=80, source="study__slug")


class Input(serializers.Serializer[Any]):
    """What comes in: the fields declared, and no others, so that a misspelt one is not quietly ignored."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = sorted(set(data) - set(self.fields)) if isinstance(data, Mapping) else []
        if unknown:
            raise exceptions.ValidationError({name: ["There is no such field."] for name in unknown})
        return super().to_internal_value(data)


class StudyOwnedViewSet(viewsets.GenericViewSet[Any]):
    """Rows of the studies that the person takes part in; any other row is not found."""

    filters: type[Filters] = Filters
    lookup_value_converter = "int"

    def get_queryset(self) -> Any:
        return cast(StudyOwnedQuerySet, super().get_queryset()).visible_to(self.person)

    @property
    def person(self) -> User:
        """Who asks; views are for signed-in people only."""
        return cast(User, self.request.user)

    def page(self, rows: Any) -> Response:
        """One page of those rows that the query parameters ask for."""
        # The names are those of our own fields, never the client's.
        rows = rows.filter(**self.filters(data=self.request.query_params.dict()).lookups)
        serializer = self.get_serializer(self.paginate_queryset(rows), many=True)
        return self.get_paginated_response(serializer.data)

    def validated(self, serializer_class: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """The body of the request, as this serializer types it."""
        serializer = serializer_class(data=self.request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def shown(self, pk: int, status: HTTPStatus = HTTPStatus.OK) -> Response:
        """A row as it can be read now, after a verb has changed it."""
        return Response(self.get_serializer(self.get_queryset().get(pk=pk)).data, status)

    def created(self, pk: int) -> Response:
        """A row that a verb has just made."""
        return self.shown(pk, HTTPStatus.CREATED)


class ListMixin:
    """A list with filters and pages."""

    def list(self: Any, request: Request) -> Response:
        return self.page(self.get_queryset())


class RetrieveMixin:
    """One row."""

    def retrieve(self: Any, request: Request, **lookup: Mapping[str, Any]) -> Response:
        return Response(self.get_serializer(self.get_object()).data)
