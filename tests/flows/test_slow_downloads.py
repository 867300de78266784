"""A real web server, and readers who take nothing of what they asked for."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import urllib3
from django.urls import reverse

from annotation.exports import downloads
from config import services
from frontend.views import sending
from tests.annotation.exports.exported import export, frozen_set
from tests.flows.conftest import SECONDS, child_environment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("empty_queue")]
MORE_THAN_BUFFERS_HOLD = (2000, 1500)  # as noise, 9 MB a picture


@pytest.fixture
def site(transactional_db: None, tmp_path: Path) -> Iterator[str]:
    with services.web(port=services.free_port(), environment=child_environment(tmp_path / "storage")) as address:
        yield address


def asked(address: str) -> socket.socket:
    """A connection whose other side has begun to answer, and is not listened to any further."""
    place = urlsplit(address)
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.settimeout(SECONDS)
    line.connect((place.hostname, place.port))
    line.sendall(f"GET {place.path} HTTP/1.1\r\nHost: {place.netloc}\r\n\r\n".encode())
    assert line.recv(12) == b"HTTP/1.1 200"
    return line


def got(address: str) -> urllib3.BaseHTTPResponse:
    return urllib3.request("GET", address, timeout=SECONDS, retries=False)


def test_slow_readers_leave_threads_for_pages_and_give_their_places_back(site: str) -> None:
    row = export(frozen_set(["0", "1"], per_class=2, size=MORE_THAN_BUFFERS_HOLD), "parquet")
    address = site + reverse("frontend:download", args=[downloads.token_of(row)])
    slow = [asked(address) for _ in range(sending.AT_ONCE)]
    for _ in range(2 * len(slow)):
        busy = got(address)
        assert (busy.status, busy.headers["Retry-After"]) == (503, str(sending.RETRY_SECONDS))
        assert b"reload this page" in busy.data
    assert got(f"{site}/login/").status == 200

    slow.pop().close()
    deadline = time.monotonic() + SECONDS
    while (again := got(address)).status == 503:
        assert time.monotonic() < deadline, "the place of the reader who went away is not given back"
        time.sleep(0.05)
    assert again.data == b"".join(downloads.Download(row).chunks())
    for line in slow:
        line.close()
