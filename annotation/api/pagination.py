"""Pages that stay right while rows are added; ordered by id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework import exceptions, pagination, serializers
from rest_framework.request import Request

if TYPE_CHECKING:  # views import their pagination
    from rest_framework.views import APIView

MAX_PAGE_SIZE = 500


class CursorPagination(pagination.CursorPagination):
    ordering = "id"
    page_size_query_param = "page_size"
    max_page_size = MAX_PAGE_SIZE

    def get_page_size(self, request: Request) -> int | None:
        """The size asked for; a size that can't be served is refused, not replaced."""
        asked = request.query_params.get(self.page_size_query_param)
        if asked is None:
            return self.page_size
        field = serializers.IntegerField(min_value=1, max_value=MAX_PAGE_SIZE)
        try:
            return int(field.run_validation(asked))
        except exceptions.ValidationError as error:
            raise exceptions.ValidationError({self.page_size_query_param: error.detail}) from error

    def decode_cursor(self, request: Request) -> pagination.Cursor | None:
        """The cursor, if it is one of ours: a position is always a whole number."""
        cursor = super().decode_cursor(request)
        if cursor is not None and cursor.position is not None and not _is_id(str(cursor.position)):
            raise exceptions.NotFound(self.invalid_cursor_message)
        return cursor

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        parameters = super().get_schema_operation_parameters(view)
        for parameter in parameters:
            if parameter["name"] == self.page_size_query_param:
                parameter["schema"] = {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE}
        return parameters


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20
