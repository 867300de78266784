from rest_framework import pagination


class CursorPagination(pagination.CursorPagination):
    """Pages that stay right while rows are added; ordered by id."""

    ordering = "id"
    page_size_query_param = "page_size"
    max_page_size = 1000
