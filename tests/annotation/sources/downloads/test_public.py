"""Only public servers are asked, however they are named, and the one that is asked is the one that was checked."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from annotation.errors import RefusedImage, UnsafePath
from annotation.sources.downloads import addresses, connecting, read_url
from tests.annotation.sources.downloads.conftest import Serve
from tests.fakes.web import WebServer, body, redirect

PUBLIC = "93.184.215.14"
NOT_PUBLIC = "not public"


class Names:
    """A domain name system of the test's own; each name gives its answers one after the other, and then the last."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answers: dict[str, list[list[str]]] = {}
        self.asked: list[str] = []
        self.connected: list[str] = []
        self._connect = connecting.connected
        self.lead_to: WebServer | None = None
        self._resolve = addresses.resolved
        monkeypatch.setattr(addresses, "resolved", self.resolved)
        monkeypatch.setattr(connecting, "connected", self.connect)

    def resolved(self, host: str, port: int) -> list[str]:
        if host not in self.answers:
            return self._resolve(host, port)
        self.asked.append(host)
        given = self.answers[host]
        return given.pop(0) if len(given) > 1 else given[0]

    def connect(self, number: str, port: int, seconds: float) -> socket.socket:
        """Public addresses lead to the server of the test; all others are connected to as they are."""
        self.connected.append(number)
        if self.lead_to is None or not addresses.is_public(number):
            return self._connect(number, port, seconds)
        return self._connect("127.0.0.1", self.lead_to.port, seconds)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[Names]:
    yield Names(monkeypatch)
    connecting.forget()


@pytest.fixture
def inner() -> Iterator[WebServer]:
    """A server of this machine that nobody allowed."""
    with WebServer({"/a.jpg": body(b"the secret of the server")}) as server:
        yield server


def refusal(url: str) -> str:
    with pytest.raises((RefusedImage, UnsafePath)) as caught:
        read_url(url)
    return str(caught.value)


THIS_MACHINE = """
127.0.0.1 localhost LOCALHOST. 127.0.0.1. 2130706433 0x7f000001 0x7f.1 017700000001 0177.0.0.1 127.1 0
127。0。0。1 １２７.0.0.1 [::] [::1] [::ffff:127.0.0.1] [::ffff:7f00:1] [64:ff9b::7f00:1] [2002:7f00:1::]
"""
SPECIAL = """
10.1.2.3 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.100.100.200 168.63.129.16 192.0.0.192 0.0.0.0
224.0.0.1 239.255.255.250 255.255.255.255 240.0.0.1 198.18.0.1 192.0.2.1 198.51.100.7 203.0.113.9 127.255.255.254
100.64.0.1 :: ::1 fe80::1 fe80::1%eth0 fc00::1 fd00:ec2::254 ff02::1 2001:db8::1 2001::1 3fff::1 ::ffff:10.0.0.1
::ffff:8.8.8.8 ::10.0.0.1 64:ff9b::a00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 2002:a00:1::1 100::1 5f00::1
"""


@pytest.mark.parametrize("host", THIS_MACHINE.split())
def test_this_machine_is_not_asked_however_it_is_written(inner: WebServer, settings: Any, host: str) -> None:
    settings.DOWNLOAD_PORTS = [inner.port]
    assert NOT_PUBLIC in refusal(f"http://{host}:{inner.port}/a.jpg")
    assert inner.num_connections == 0


@pytest.mark.parametrize("number", SPECIAL.split())
def test_special_addresses_are_not_public(number: str) -> None:
    assert not addresses.is_public(number)


@pytest.mark.parametrize(
    "number", ["8.8.8.8", PUBLIC, "172.32.0.1", "100.128.0.1", "223.255.255.255", "2606:4700::1111", "64:ff9b::808:808"]
)
def test_ordinary_addresses_are_public(number: str) -> None:
    assert addresses.is_public(number)


@pytest.mark.parametrize("numbers", [["10.0.0.1"], [PUBLIC, "127.0.0.1"], ["2606:4700::1111", "fd00::1"]])
def test_a_name_with_any_address_that_is_not_public_is_not_asked(names: Names, numbers: list[str]) -> None:
    names.answers = {"a.example": [numbers]}
    sentence = refusal("http://a.example/a.jpg")
    assert NOT_PUBLIC in sentence
    assert not any(number in sentence for number in numbers)
    assert names.connected == []


def test_what_was_checked_is_what_is_connected_to(names: Names, inner: WebServer) -> None:
    """The name is asked for once: who answers otherwise a moment later gains nothing."""
    names.answers, names.lead_to = {"a.example": [[PUBLIC], ["127.0.0.1"]]}, inner
    assert read_url("http://a.example/a.jpg") == b"the secret of the server"  # the test's own server, as the public one
    assert (names.asked, names.connected) == (["a.example"], [PUBLIC])
    assert inner.headers[0]["host"] == "a.example"


def test_a_name_that_is_private_the_second_time_is_refused_the_second_time(names: Names, inner: WebServer) -> None:
    names.answers, names.lead_to = {"a.example": [[PUBLIC], ["127.0.0.1"]]}, inner
    read_url("http://a.example/a.jpg")
    connecting.forget()
    assert NOT_PUBLIC in refusal("http://a.example/a.jpg")
    assert names.connected == [PUBLIC]


def test_a_retry_is_checked_again(names: Names, inner: WebServer, pauses: list[float]) -> None:
    names.answers, names.lead_to = {"a.example": [[PUBLIC], ["127.0.0.1"]]}, inner
    inner.answers["/a.jpg"] = [lambda request: setattr(request, "close_connection", True)]
    assert NOT_PUBLIC in refusal("http://a.example/a.jpg")
    assert names.connected == [PUBLIC]


@pytest.mark.parametrize("there", ["http://127.0.0.1/a.jpg", "http://b.example/a.jpg", "//b.example/", "http://[::1]/"])
def test_redirects_into_private_networks_are_not_followed(names: Names, serve: Serve, there: str) -> None:
    names.answers = {"b.example": [["192.168.0.1"]]}
    server = serve({"/a.jpg": redirect(there)})
    assert NOT_PUBLIC in refusal(f"{server.address}/a.jpg")
    assert names.connected == ["127.0.0.1"]  # the first server, which the operator allows


@pytest.mark.parametrize(
    "there",
    ["file:///etc/passwd", "ftp://a.example/", "data:image/png;base64,AAAA", "http://u:p@a.example/", "http://[x/"],
)
def test_redirects_out_of_the_web_are_not_followed(serve: Serve, there: str) -> None:
    sentence = refusal(serve({"/a.jpg": redirect(there)}).address + "/a.jpg")
    assert "address" in sentence
    assert "u:p" not in sentence


def test_an_unreachable_address_gives_way_to_the_next(names: Names, serve: Serve, settings: Any) -> None:
    server = serve({"/a.jpg": body(b"x")})
    host = f"pictures.example:{server.port}"
    settings.DOWNLOAD_PRIVATE_HOSTS = [host]
    names.answers = {"pictures.example": [["127.0.0.2", "127.0.0.1"]]}
    assert read_url(f"http://{host}/a.jpg") == b"x"
    assert names.connected == ["127.0.0.2", "127.0.0.1"]


def speaks_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@pytest.mark.skipif(not speaks_ipv6(), reason="this machine has no IPv6")
def test_ipv6_is_spoken(serve: Serve) -> None:
    server = serve({"/a.jpg": body(b"x")}, host="::1")
    assert read_url(f"{server.address}/a.jpg") == b"x"
    assert server.headers[0]["host"] == server.place


def test_what_the_operator_allows_is_that_server_and_no_other(serve: Serve, inner: WebServer, settings: Any) -> None:
    server = serve({"/a.jpg": body(b"x")})
    assert read_url(f"{server.address}/a.jpg") == b"x"
    assert "port" in refusal(f"{inner.address}/a.jpg")
    assert "port" in refusal(f"http://localhost:{server.port}/a.jpg")
    settings.DOWNLOAD_PRIVATE_HOSTS = []
    connecting.forget()
    assert "port" in refusal(f"{server.address}/a.jpg")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ftp://a.example/b", "none of the web"),
        ("file:///etc/passwd", "none of the web"),
        ("http:///b", "none of the web"),
        ("a.jpg", "none of the web"),
        ("http://rosa:secret@a.example/", "a name or a password"),
        ("http://a.example@127.0.0.1/", "a name or a password"),
        ("http://a.example:22/", "port 22; only 80 and 443"),
        ("http://a.example:0/", "port 0"),
        ("http://a.example:99999/", "malformed"),
        ("http://a.example\\@127.0.0.1/", "characters"),
        ("http://a.example/\r\nHost: b", "characters"),
        ("http://a.exa\tmple/", "characters"),
        ("http://a example/", "name is malformed"),
        ("http://a..example/", "name is malformed"),
        ("http://%31%32%37.0.0.1/", "name is malformed"),
        ("http://[fe80::1%25eth0]/", "malformed"),
        ("http://[::1/", "malformed"),
        ("http://" + "a" * 64 + ".example/", "name is malformed"),
        ("http://" + "a." * 200 + "example/", "name is malformed"),
        ("http://faß.example/", "two ways"),
        ("http://a.example/" + "x" * 2000, "at most 2,000"),
        ("http://a.example/\ud800", "characters"),
    ],
)
def test_odd_addresses_are_refused_before_anybody_is_asked(names: Names, url: str, said: str) -> None:
    sentence = refusal(url)
    assert said in sentence
    assert "secret" not in sentence
    assert names.connected == []


def test_international_names_are_asked_for_as_they_are_registered(names: Names, inner: WebServer) -> None:
    names.answers, names.lead_to = {"xn--bcher-kva.example": [[PUBLIC]]}, inner
    read_url("http://Bücher.example/a.jpg")
    assert inner.headers[0]["host"] == "xn--bcher-kva.example"


def test_a_name_that_nobody_has_is_said_so(names: Names, monkeypatch: pytest.MonkeyPatch, pauses: list[float]) -> None:
    def nobody(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(addresses, "resolved", nobody)
    assert "no server of this name" in refusal("http://nobody.example/a.jpg")
