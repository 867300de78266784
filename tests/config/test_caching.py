"""A Redis that takes connections and never answers: what counts in it goes on without, and nobody waits long."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from config import caching
from tests import cast, pictures


def accept(server: socket.socket, taken: list[socket.socket]) -> None:
    try:
        while True:
            taken.append(server.accept()[0])
    except OSError:  # closed, at the end
        return


@pytest.fixture(params=["tcp", "unix"])
def silent(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, settings: Any) -> Iterator[None]:
    """The cache is there."""
    with socket.socket(socket.AF_INET if request.param == "tcp" else socket.AF_UNIX) as server:
        if request.param == "tcp":
            server.bind(("127.0.0.1", 0))
            address = f"redis://127.0.0.1:{server.getsockname()[1]}"
        else:
            path = tmp_path_factory.mktemp("r") / "s"
            server.bind(str(path))
            address = f"unix://{path}"
        server.listen()
        taken: list[socket.socket] = []
        thread = threading.Thread(target=accept, args=(server, taken))
        thread.start()
        settings.CACHES = {"default": caching.in_redis(address)}
        yield
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
        for each in taken:
            each.close()
        assert taken, "nobody asked it"


@pytest.mark.usefixtures("silent")
def test_it_is_waited_for_as_long_as_is_said_and_no_longer() -> None:
    with pytest.raises(redis.TimeoutError):
        cache.add("any", 1)
    pool = cache._cache.get_client().connection_pool
    connection = pool.make_connection()
    assert (connection.socket_timeout, connection.socket_connect_timeout) == (caching.SECONDS, caching.SECONDS)
    assert caching.SECONDS < 1
    pool.disconnect()


@pytest.mark.usefixtures("silent")
def test_people_sign_in_and_ask_the_programs_interface(researcher: User) -> None:
    client = Client()
    assert client.post("/login/", {"username": "rosa", "password": "correct horse battery"}).status_code == 302
    assert client.get("/api/v1/studies/").status_code == 200


@pytest.mark.usefixtures("silent")
@pytest.mark.django_db
def test_workers_go_on() -> None:
    batch = pictures.launched(num_images=6, num_grids=2)
    grid = str(Client().post(cast.join(batch)).headers["Location"])
    assert Client().post(f"{grid}draft/", {"selected": 1}).status_code == 200
    assert Client().get(f"{grid}sheets/0/").status_code == 200
    assert Client().post(grid, {"selected": 1}).status_code == 303
