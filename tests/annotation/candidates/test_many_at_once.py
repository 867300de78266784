"""The database plans by what it last saw of a table; after many rows at once it is made to look again."""

from typing import Any

import pytest
from django.db import connection

from annotation import candidates
from annotation.models import Candidate, Origin
from annotation.models.base import MANY
from tests import cast


def planned_for() -> float:
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = %s", [Candidate._meta.db_table])
        (tuples,) = cursor.fetchone()
    return float(tuples)


@pytest.mark.django_db(transaction=True)
def test_the_database_looks_again_after_many_candidates_at_once() -> None:
    target_class = cast.target_class(cast.study())
    analyzed: list[str] = []

    def listen(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if str(sql).startswith("ANALYZE"):
            analyzed.append(str(sql))
        return execute(sql, params, many, context)

    places = [(target_class.pk, Origin.POOL.value, f"{number}.jpg") for number in range(MANY + 10)]
    with connection.execute_wrapper(listen):  # by itself the database may look again at any moment, too
        candidates.add_without_picture(study=target_class.study, places=places[:10], now=cast.NOW)
        assert analyzed == []
        candidates.add_without_picture(study=target_class.study, places=places[10:], now=cast.NOW)
        assert len(analyzed) == 1
    assert planned_for() == pytest.approx(MANY, rel=0.05)
