"""What is behind an address is downloaded as it is, whatever its server does to make that hard."""

import pytest

from annotation.errors import RefusedImage, SourceBusy, UnsafePath
from annotation.sources.downloads import is_url, read_url
from tests.annotation.sources.downloads.conftest import Serve
from tests.fakes.web import body, redirect, status

CONTENT = bytes(range(256)) * 1000


def refusal(url: str) -> str:
    with pytest.raises((RefusedImage, UnsafePath)) as caught:
        read_url(url)
    return str(caught.value)


def test_a_file_comes_as_it_is(serve: Serve) -> None:
    server = serve({"/a.jpg": body(CONTENT)})
    assert read_url(f"{server.address}/a.jpg") == CONTENT


def test_the_request_says_who_asks_and_gives_nothing_else_away(serve: Serve, settings: object) -> None:
    settings.DOWNLOAD_CONTACT = "mailto:rosa@example.org"  # type: ignore[attr-defined]
    server = serve({"/a.jpg": body(b"x", Set_Cookie="a=b")})
    for _ in range(2):
        read_url(f"{server.address}/a.jpg")
    assert server.headers[1] == {
        "host": server.place,
        "user-agent": "Twinset (+mailto:rosa@example.org)",
        "accept": "image/*, */*;q=0.1",
        "accept-encoding": "identity",
    }


def test_a_connection_is_used_again(serve: Serve) -> None:
    server = serve({"/a.jpg": body(CONTENT)})
    for _ in range(5):
        read_url(f"{server.address}/a.jpg")
    assert (len(server.asked), server.num_connections) == (5, 1)


def test_proxies_of_the_environment_are_not_used(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy, server = serve({}), serve({"/a.jpg": body(b"x")})
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.address)
    assert read_url(f"{server.address}/a.jpg") == b"x"
    assert proxy.asked == []


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ("/a b/ü.jpg?q=ä b#part", "/a%20b/%C3%BC.jpg?q=%C3%A4%20b"),
        ("/a%20b.jpg?x=%2F&y=+", "/a%20b.jpg?x=%2F&y=+"),
        ("", "/"),
        ("?x=1", "/?x=1"),
        ("/x//a/../b.jpg", "/x//a/../b.jpg"),
    ],
)
def test_paths_are_asked_for_as_they_are_written(serve: Serve, given: str, asked: str) -> None:
    server = serve({asked: body(b"x")})
    assert read_url(server.address + given) == b"x"


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_redirects_are_followed(serve: Serve, code: int) -> None:
    other = serve({"/c.jpg": body(b"x")})
    server = serve({"/a": redirect("/b?x=1", code), "/b?x=1": redirect(f"{other.address}/c.jpg", code)})
    assert read_url(f"{server.address}/a") == b"x"


def test_five_redirects_are_enough(serve: Serve, pauses: list[float]) -> None:
    server = serve({f"/{number}": redirect(f"/{number + 1}") for number in range(5)} | {"/5": body(b"x")})
    assert read_url(f"{server.address}/0") == b"x"
    server.answers["/5"] = [redirect("/0")]
    assert "more than 5 times" in refusal(f"{server.address}/0")


def test_a_redirect_without_a_place_is_no_picture(serve: Serve) -> None:
    assert "status 302" in refusal(serve({"/a": status(302)}).address + "/a")


@pytest.mark.parametrize(("code", "said"), [(404, "no such file"), (410, "no such file"), (403, "hand the file out")])
def test_what_is_not_there_is_asked_for_once(serve: Serve, code: int, said: str) -> None:
    server = serve({"/a": status(code)})
    sentence = refusal(f"{server.address}/a")
    assert said in sentence
    assert "secret" not in sentence
    assert len(server.asked) == 1


def test_a_fault_of_the_server_is_tried_again_after_a_pause(serve: Serve, pauses: list[float]) -> None:
    server = serve({"/a": [status(500), status(503), body(b"x")]})
    assert read_url(f"{server.address}/a") == b"x"
    assert pauses == [1, 3]


def test_a_fault_that_stays_is_a_refusal(serve: Serve, pauses: list[float]) -> None:
    server = serve({"/a": status(502)})
    assert "fault of its own (502)" in refusal(f"{server.address}/a")
    assert len(server.asked) == 3


def test_tries_are_for_all_redirects_together(serve: Serve, pauses: list[float]) -> None:
    server = serve({"/a": [status(500), status(500), redirect("/b")], "/b": status(500)})
    refusal(f"{server.address}/a")
    assert server.asked == ["/a", "/a", "/a", "/b"]


def test_a_short_pause_that_the_server_wants_is_made(serve: Serve, pauses: list[float]) -> None:
    server = serve({"/a": [status(429, Retry_After="7"), body(b"x")]})
    assert read_url(f"{server.address}/a") == b"x"
    assert pauses == [7]


@pytest.mark.parametrize(
    ("headers", "seconds", "num_asked"),
    [
        ({"Retry_After": "90"}, 90, 1),
        ({"Retry_After": "999999999999"}, 3600, 1),
        ({"Retry_After": "4"}, 4, 3),
        ({}, 60, 3),
        ({"Retry_After": "soon"}, 60, 3),
        ({"Retry_After": "Wed, 01 Jan 2020 00:01:30 GMT", "Date": "Wed, 01 Jan 2020 00:00:00 GMT"}, 90, 1),
    ],
)
def test_a_server_that_stays_busy_says_for_how_long(
    serve: Serve, pauses: list[float], headers: dict[str, str], seconds: float, num_asked: int
) -> None:
    server = serve({"/a": status(429, **headers)})
    with pytest.raises(SourceBusy, match="no more requests") as caught:
        read_url(f"{server.address}/a")
    assert caught.value.seconds == seconds
    assert len(server.asked) == num_asked


def test_an_empty_file_is_refused(serve: Serve) -> None:
    assert refusal(serve({"/a": body(b"")}).address + "/a") == "The file is empty."


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("http://a.example/b.jpg", True),
        (" HTTPS://A.example", True),
        ("a.jpg", False),
        ("s3://a/b", False),
        ("", False),
    ],
)
def test_addresses_of_the_web_are_told_from_paths(text: str, is_one: bool) -> None:
    assert is_url(text) is is_one
