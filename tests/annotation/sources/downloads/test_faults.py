"""A server can neither fill the memory nor hold a download longer than it is given, and none passes for another."""

import gzip
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from annotation import imaging
from annotation.errors import RefusedImage
from annotation.sources.downloads import connecting, read_url, reading
from tests.annotation.sources.downloads.conftest import Serve
from tests.fakes.web import body, dribble, endless, status, truncated
from tests.fakes.web.certificates import Authority

HEAD = b"HTTP/1.1 200 OK\r\n"
LONG = 30  # seconds; what dribbles lasts longer


def refusal(url: str) -> str:
    with pytest.raises(RefusedImage) as caught:
        read_url(url)
    return str(caught.value)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imaging, "MAX_BYTES", 1_000_000)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("headers", [{}, {"Content_Length": "1000"}])
def test_an_endless_file_is_broken_off(serve: Serve, headers: dict[str, str]) -> None:
    server = serve({"/a": endless(**headers)})
    if headers:  # what comes behind the declared length is not part of the file
        assert len(read_url(f"{server.address}/a")) == 1000
    else:
        assert "more than the 1,000,000 bytes" in refusal(f"{server.address}/a")


@pytest.mark.usefixtures("small")
def test_an_endless_file_in_chunks_is_broken_off(serve: Serve) -> None:
    def answer(request: Any) -> None:
        request.wfile.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        while True:
            request.wfile.write(b"10000\r\n" + bytes(65536) + b"\r\n")

    assert "more than the 1,000,000 bytes" in refusal(serve({"/a": answer}).address + "/a")


def test_a_file_that_says_it_is_too_large_is_not_even_begun(serve: Serve) -> None:
    server = serve({"/a": truncated(b"x", 10**18)})
    assert "at most 104,857,600 are taken" in refusal(f"{server.address}/a")
    assert len(server.asked) == 1


def test_a_packed_answer_is_not_unpacked(serve: Serve) -> None:
    bomb = gzip.compress(bytes(10_000_000))
    server = serve({"/a": body(bomb, Content_Encoding="gzip"), "/b": body(bomb, Content_Encoding="x-odd, br")})
    assert "not unpacked" in refusal(f"{server.address}/a")
    assert "not unpacked" in refusal(f"{server.address}/b")


def test_a_file_that_is_cut_short_is_tried_again_and_then_refused(serve: Serve, pauses: list[float]) -> None:
    server = serve({"/a": truncated(b"x" * 10, 20), "/b": [truncated(b"x" * 10, 20), body(b"whole")]})
    assert "breaks off its answer" in refusal(f"{server.address}/a")
    assert server.num_asked("/a") == 3
    assert read_url(f"{server.address}/b") == b"whole"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff" * 100,
        b"HTTP/1.1 999999 OK\r\n\r\n",
        b"HTTP/1.1 200 " + b"x" * 100_000,
        HEAD + b"X: y\r\n" * 1000,
        HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n12345",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 70_000,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
    ],
)
def test_answers_that_are_no_http_are_refused(serve: Serve, pauses: list[float], raw: bytes) -> None:
    def answer(request: Any) -> None:
        request.wfile.write(raw)
        request.close_connection = True

    assert "breaks off its answer" in refusal(serve({"/a": answer}).address + "/a")


@pytest.mark.parametrize(
    "head",
    [
        b"",
        HEAD,
        HEAD + b"Content-Length: 1000\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5;",
    ],
)
def test_a_dribble_ends_in_time_wherever_it_begins(
    serve: Serve, pauses: list[float], settings: Any, head: bytes
) -> None:
    settings.DOWNLOAD_SECONDS = 0.4
    server = serve({"/a": dribble(head)})
    started = time.monotonic()
    assert "too slow" in refusal(f"{server.address}/a")
    assert time.monotonic() - started < LONG


def test_a_silent_server_is_not_waited_for(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    is_over = threading.Event()

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if seconds == 3:  # for the last answer, which comes, there is all the time that it takes
            monkeypatch.setattr(connecting, "READ_SECONDS", LONG)

    def silent(request: Any) -> None:
        is_over.wait(LONG)

    monkeypatch.setattr(reading, "sleep", pause)
    monkeypatch.setattr(connecting, "READ_SECONDS", 0.2)
    server = serve({"/a": [silent, silent, body(b"x")]})
    assert read_url(f"{server.address}/a") == b"x"
    is_over.set()
    assert pauses == [1, 3]


def test_the_time_is_for_all_redirects_and_tries_together(serve: Serve, pauses: list[float], settings: Any) -> None:
    settings.DOWNLOAD_SECONDS = 1
    slow = body(b"x", after=0.6)

    def later(request: Any) -> None:
        time.sleep(0.6)
        status(302, Location="/b")(request)

    server = serve({"/a": later, "/b": slow})
    assert "too slow" in refusal(f"{server.address}/a")


def test_a_closed_port_is_said_so(pauses: list[float], settings: Any) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # nobody listens there, and nobody else gets it
        place = f"127.0.0.1:{unused.getsockname()[1]}"
        settings.DOWNLOAD_PRIVATE_HOSTS = [place]
        assert "can't be reached" in refusal(f"http://{place}/a")
    assert len(pauses) == 2


def test_a_server_is_asked_for_few_files_at_once(serve: Serve, settings: Any) -> None:
    settings.DOWNLOADS_PER_HOST = 2
    now, most, lock, two = [0], [0], threading.Lock(), threading.Barrier(2)

    def answer(request: Any) -> None:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        two.wait(LONG)
        time.sleep(0.05)  # in which a third would come
        with lock:
            now[0] -= 1
        body(b"x")(request)

    server = serve({"/a": answer})
    threads = [threading.Thread(target=read_url, args=(f"{server.address}/a",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(server.asked), most[0]) == (8, 2)


class Clock:
    """Goes on by itself, and by leaps."""

    ahead = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead


def test_waiting_for_others_does_not_use_up_the_time(
    serve: Serve, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of three takes two thirds of the time it has."""
    settings.DOWNLOADS_PER_HOST, settings.DOWNLOAD_SECONDS = 1, 3 * LONG
    clock, got, num_waiting = Clock(), list[bytes](), threading.Semaphore(0)
    for module in (reading, connecting):
        monkeypatch.setattr(module, "time", clock)
    slot = connecting.slot

    def told(host: str) -> Any:
        num_waiting.release()
        return slot(host)

    def answer(request: Any) -> None:
        if not clock.ahead:
            assert all(num_waiting.acquire(timeout=LONG) for _ in range(3))
        clock.ahead += 2 * LONG
        body(b"x")(request)

    monkeypatch.setattr(connecting, "slot", told)
    server = serve({"/a": answer})
    threads = [threading.Thread(target=lambda: got.append(read_url(f"{server.address}/a"))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [b"x"] * 3


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """A certificate authority that this machine believes."""
    authority = Authority(tmp_path)
    connecting.forget()
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    return authority


Certify = Callable[[Authority], Path]
BAD: dict[str, Certify] = {
    "another name": lambda authority: authority.certificate("other.example"),
    "another number": lambda authority: authority.certificate("127.0.0.2"),
    "expired": lambda authority: authority.certificate("127.0.0.1", days=-1),
    "of nobody": lambda authority: Authority(authority.path.parent / "nobody").certificate("127.0.0.1"),
}


def test_a_certificate_of_the_right_name_is_good(serve: Serve, trusted: Authority) -> None:
    server = serve({"/a": body(b"x" * 100_000)}, certificate=trusted.certificate("127.0.0.1"))
    assert read_url(f"{server.address}/a") == b"x" * 100_000


@pytest.mark.parametrize("kind", BAD)
def test_a_certificate_of_anybody_else_is_not(serve: Serve, trusted: Authority, kind: str) -> None:
    server = serve({"/a": body(b"x")}, certificate=BAD[kind](trusted))
    assert "certificate is not good" in refusal(f"{server.address}/a")
    assert server.asked == []


def test_an_encrypted_dribble_ends_in_time(
    serve: Serve, trusted: Authority, pauses: list[float], settings: Any
) -> None:
    settings.DOWNLOAD_SECONDS = 0.4
    server = serve({"/a": dribble(HEAD)}, certificate=trusted.certificate("127.0.0.1"))
    started = time.monotonic()
    assert "too slow" in refusal(f"{server.address}/a")
    assert time.monotonic() - started < LONG


def test_plain_http_on_the_port_of_https_is_refused(serve: Serve, pauses: list[float]) -> None:
    server = serve({"/a": body(b"x")})
    assert "can't be reached" in refusal(server.address.replace("http:", "https:") + "/a")


def test_a_redirect_from_https_to_http_is_refused(serve: Serve, trusted: Authority) -> None:
    plain = serve({"/a": body(b"x")})
    server = serve({"/a": status(302, Location=f"{plain.address}/a")}, certificate=trusted.certificate("127.0.0.1"))
    with pytest.raises(Exception, match="from https on to http"):
        read_url(f"{server.address}/a")
    assert plain.asked == []
