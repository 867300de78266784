"""The look at the socket that stands for a question to the server."""

import os

import psycopg
import pytest
from django.db import connection

from config.connections import Connection

pytestmark = pytest.mark.django_db


@pytest.fixture
def looked_at() -> Connection:
    return Connection.connect(os.environ["DATABASE_URL"], autocommit=True)


def test_a_connection_that_works_is_not_asked(looked_at: Connection) -> None:
    with looked_at:
        assert looked_at.execute("").pgresult is None
        assert looked_at.execute("SELECT 7").fetchone() == (7,)


def test_a_connection_that_the_server_closed_is_found_out(looked_at: Connection) -> None:
    with looked_at, connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [looked_at.info.backend_pid])
        with pytest.raises(psycopg.OperationalError):
            looked_at.execute("")


def test_a_connection_that_we_closed_is_found_out(looked_at: Connection) -> None:
    looked_at.close()
    with pytest.raises(psycopg.OperationalError):
        looked_at.execute("")


def test_the_pool_hands_out_such_connections() -> None:
    connection.ensure_connection()
    assert isinstance(connection.connection, Connection)
