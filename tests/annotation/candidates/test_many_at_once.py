"""The database plans by what it last saw of a table; after many rows at once it is made to look again."""

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
    before = planned_for()
    places = [(target_class.pk, Origin.POOL.value, f"{number}.jpg") for number in range(MANY + 10)]
    candidates.add_without_picture(study=target_class.study, places=places[:10], now=cast.NOW)
    assert planned_for() == before
    candidates.add_without_picture(study=target_class.study, places=places[10:], now=cast.NOW)
    assert planned_for() == pytest.approx(MANY, rel=0.05)
