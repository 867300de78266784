"""Statements that the server plans once per connection, which those of Django's own cursors are not."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from django.db import connection
from django.db.models import Model

M = TypeVar("M", bound=Model)


def fetch(statement: str, values: Sequence[Any]) -> Sequence[Any] | None:
    """The first row, if there is one."""
    with _cursor() as cursor:
        cursor.execute(statement, values)
        row: Sequence[Any] | None = cursor.fetchone()
        return row


@contextmanager
def _cursor() -> Iterator[Any]:
    connection.ensure_connection()
    cursor: Any = psycopg.Cursor(connection.connection)
    wrap = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    with wrap(cursor) as wrapped:
        yield wrapped


def columns(model: type[Model], alias: str) -> str:
    """All of a table's columns, as `instance` reads them."""
    return ", ".join(f"{alias}.{field.column}" for field in model._meta.concrete_fields)


def instance(model: type[M], values: Sequence[Any], start: int = 0) -> M:
    """A row of the model from the values of its `columns`, which begin at `start`."""
    fields = model._meta.concrete_fields
    found = model.from_db("default", [f.attname for f in fields], values[start : start + len(fields)])
    for field in fields:
        if convert := getattr(field, "from_db_value", None):
            setattr(found, field.attname, convert(getattr(found, field.attname), None, connection))
    return found
