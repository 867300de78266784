"""One request to Prolific: what is asked, how long it is waited for, and what is believed of the answer."""

import http.client
import json
import ssl
import time
from typing import Any

import pytest
from urllib3.exceptions import (
    ConnectTimeoutError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
    SSLError,
)

from annotation import access
from annotation.platforms.paid import NoAccess, PlatformBusy, PlatformError, PlatformRefused, Uncertain
from annotation.platforms.prolific import ProlificPlatform, failures, listing, transport
from annotation.platforms.prolific.answers import LONGEST_REASON, Answer, Fields, Malformed, parsed, reason
from tests.annotation.platforms.prolific import given
from tests.fakes.prolific import Fault, ProlificServer
from tests.fakes.prolific.wrong import LONGEST_SILENCE


def test_only_what_the_transport_allows_is_waited_for(hasty: ProlificPlatform, server: ProlificServer) -> None:
    server.faults.plan("get-workspace-balance", Fault.SILENT_BEFORE)
    begun = time.monotonic()
    with pytest.raises(PlatformBusy):
        hasty.balance()
    assert 0.4 < time.monotonic() - begun < LONGEST_SILENCE


def test_an_answer_without_an_end_is_left(
    platform: ProlificPlatform, server: ProlificServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "LONGEST_ANSWER", 300_000)
    server.faults.plan("get-workspace-balance", Fault.ENDLESS)
    with pytest.raises(PlatformBusy):
        platform.balance()
    assert platform.balance() == (100_000, "GBP")


def test_an_answer_that_trickles_is_left(server: ProlificServer, book: given.MemoryBook) -> None:
    """Each piece comes in time, the whole of it never."""
    known = given.access(server)
    hasty = transport.Transport(known, read_seconds=5, whole_seconds=0)
    platform = ProlificPlatform(known, book=book, clock=lambda: server.account.now, transport=hasty)
    with pytest.raises(PlatformBusy):
        platform.balance()
    with pytest.raises(Uncertain):
        platform.groups.add(server.account.new_id(), [server.account.new_id()])
    platform.close_connections()


def test_nothing_is_repeated_by_itself(hasty: ProlificPlatform, server: ProlificServer) -> None:
    for fault in Fault:
        server.faults.plan("calculate-study-cost", fault)
        with pytest.raises(PlatformError):
            hasty.fee(pay_minor_units=1, num_places=1)
    assert server.count("calculate-study-cost") == len(Fault)


@pytest.mark.parametrize(
    ("error", "if_read", "if_changed"),
    [
        (NewConnectionError(None, "refused"), PlatformBusy, PlatformBusy),
        (ConnectTimeoutError(), PlatformBusy, PlatformBusy),
        (ReadTimeoutError(None, "", ""), PlatformBusy, Uncertain),
        (ProtocolError("reset"), PlatformBusy, Uncertain),
        (SSLError(ssl.SSLCertVerificationError("self-signed")), PlatformRefused, PlatformRefused),
        (SSLError(ssl.SSLEOFError("cut")), PlatformBusy, Uncertain),
    ],
)
def test_a_connection_that_fails_before_it_is_made_has_done_nothing(
    error: Any, if_read: type[PlatformError], if_changed: type[PlatformError]
) -> None:
    assert type(failures.of_connection(error, changes=False)) is if_read
    assert type(failures.of_connection(error, changes=True)) is if_changed


@pytest.mark.parametrize(
    ("status", "why", "if_read", "if_changed"),
    [
        (200, "", type(None), type(None)),
        (204, "", type(None), type(None)),
        (302, "", PlatformRefused, PlatformRefused),
        (400, "wrong", PlatformRefused, PlatformRefused),
        (400, "You have insufficient funds", NoAccess, NoAccess),
        (400, "The balance of the workspace is too low", NoAccess, NoAccess),
        (401, "", NoAccess, NoAccess),
        (402, "", NoAccess, NoAccess),
        (403, "", NoAccess, NoAccess),
        (404, "", failures.NotThere, failures.NotThere),
        (408, "", PlatformBusy, Uncertain),
        (409, "", PlatformRefused, PlatformRefused),
        (422, "", PlatformRefused, PlatformRefused),
        (429, "", PlatformBusy, PlatformBusy),
        (500, "", PlatformBusy, Uncertain),
        (502, "", PlatformBusy, Uncertain),
        (503, "", PlatformBusy, Uncertain),
        (504, "", PlatformBusy, Uncertain),
        (599, "insufficient funds", PlatformBusy, Uncertain),
    ],
)
def test_a_status_means_what_it_says(status: int, why: str, if_read: type, if_changed: type) -> None:
    assert type(failures.of_status(status, {}, why, changes=False)) is if_read
    assert type(failures.of_status(status, {}, why, changes=True)) is if_changed


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "999999999"}, 24 * 3600),
        ({"retry-after": "Sun, 01 Mar 2026 12:01:30 GMT", "date": "Sun, 01 Mar 2026 12:00:00 GMT"}, 90),
        ({"retry-after": "Sun, 01 Mar 2026 11:00:00 GMT", "date": "Sun, 01 Mar 2026 12:00:00 GMT"}, 0),
        ({"retry-after": "Sun, 01 Mar 2026 12:01:30 GMT"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "١٢"}, None),
        ({}, None),
    ],
)
def test_how_long_to_stay_away_is_read_either_way(headers: dict[str, str], seconds: float | None) -> None:
    assert failures.retry_after(headers) == seconds
    assert getattr(failures.of_status(429, headers, "", changes=True), "retry_after") == seconds  # noqa: B009


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"error": {"title": "No", "detail": "Really not"}}, "No: Really not"),
        ({"error": {"title": "No", "detail": {"name": ["Too long", "Bad"]}}}, "No: name: Too long; Bad"),
        ({"error": {"detail": ["a", "b"]}}, "a; b"),
        ({"message": "Gone", "detail": "For good"}, "Gone: For good"),
        ({"detail": "same", "title": "same"}, "same"),
        ("just text", "just text"),
        ({"error": None}, ""),
        ({"error": {"detail": 5}}, ""),
        ([], ""),
        (None, ""),
        ({"error": {"detail": "a\r\nSet-Cookie: b\x1b[31m\u202ec"}}, "a Set-Cookie: b [31m c"),
    ],
)
def test_why_it_was_refused_is_told_in_one_line(content: Any, told: str) -> None:
    assert reason(content) == told


def test_a_long_reason_is_cut() -> None:
    nested: Any = "x" * 10_000
    for _ in range(20):
        nested = [nested, nested]
    for content in ("x" * 10_000, {"error": {"detail": ["y" * 400] * 50}}, {"error": {"detail": nested}}):
        assert len(reason(content)) <= LONGEST_REASON


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"NaN",
        b"[" * 100_000,
        b"1" * 10_000,
        b"[1e99999999999999999999]",
        b'{"a": Infinity}',
    ],
)
def test_what_is_no_json_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        parsed(body)


@pytest.mark.parametrize("value", [None, "5", True, 5.5, -1, 10**13, [5], {}, "1e3"])
def test_an_amount_is_a_whole_number(value: Any) -> None:
    fields = Fields(parsed(json.dumps({"amount": value}).encode()))
    with pytest.raises(Malformed):
        fields.whole("amount")


@pytest.mark.parametrize(("text", "amount"), [("5", 5), ("5.0", 5), ("5e2", 500), ("0", 0), ("0.0", 0)])
def test_an_amount_may_have_a_point(text: str, amount: int) -> None:
    assert Fields(parsed(f'{{"amount": {text}}}'.encode())).whole("amount") == amount


def test_what_covers_a_broken_amount_is_the_next_whole_one() -> None:
    fields = Fields(parsed(b'{"a": 5.01, "b": 1e13, "c": -1e3, "d": "5"}'))
    assert fields.whole_above("a") == 6
    for name in "bcd":
        with pytest.raises(Malformed):
            fields.whole_above(name)
    assert fields.whole_or_debt("c") == -1000


def test_times_are_told_in_utc_or_not_at_all() -> None:
    fields = Fields({"a": "2026-03-01T13:00:00+01:00", "b": "2026-03-01T12:00:00", "c": None, "d": "x", "e": 5})
    assert fields.moment("a") == fields.moment("b")
    assert fields.moment("c") is None
    for name in "de":
        with pytest.raises(Malformed):
            fields.moment(name)
    with pytest.raises(Malformed):
        Fields({"far": "0001-01-01T00:00:00+23:00"}).moment("far")


@pytest.mark.parametrize("value", [5, "", "a/b", "a b", "x" * 65, None, "é"])
def test_an_id_is_nothing_but_an_id(value: Any) -> None:
    with pytest.raises(Malformed):
        Fields({"id": value}).identifier("id")


def test_an_id_in_an_answer_that_is_none_leaves_it_uncertain(
    platform: ProlificPlatform, server: ProlificServer
) -> None:
    server.account.new_id = lambda: "../../users/me"  # type: ignore[method-assign]
    with pytest.raises(Uncertain, match="id is no id"):
        platform.groups.make("qualified")
    server.broken_promises.clear()


class Pages:
    """A list in pages of one, of a server that doesn't say how many there are."""

    def __init__(self, pages: list[list[str]], *, behind_the_last: bool) -> None:
        self.pages, self.behind_the_last, self.asked = pages, behind_the_last, 0

    def read(self, path: str, reader: Any, **query: str) -> Any:
        self.asked += 1
        number = int(query["page"])
        if number > len(self.pages) and self.behind_the_last:
            raise failures.NotThere("Invalid page.")
        entries = self.pages[min(number, len(self.pages)) - 1] if self.pages else []
        return reader(Answer(200, {}, json.dumps({"results": [{"id": each} for each in entries]}).encode()))


@pytest.mark.parametrize("behind_the_last", [True, False])
@pytest.mark.parametrize("pages", [[["a"], ["b"], ["c"]], [["a", "b", "a"], ["b", "c"]], [["a", "b", "c"]]])
def test_a_list_of_unknown_length_is_read_to_its_end_and_each_is_told_once(
    pages: list[list[str]], behind_the_last: bool
) -> None:
    server: Any = Pages(pages, behind_the_last=behind_the_last)
    listed = listing.entries(server, "submissions/", lambda each: each.identifier("id"))
    assert list(listed) == ["a", "b", "c"]
    assert server.asked == len(pages) + 1


def test_a_list_that_is_not_there_is_not_empty() -> None:
    server: Any = Pages([], behind_the_last=True)
    with pytest.raises(failures.NotThere):
        list(listing.entries(server, "submissions/", lambda each: each))


def test_a_list_that_never_ends_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MOST_PAGES", 3)
    server: Any = Pages([[str(number)] for number in range(9)], behind_the_last=True)
    with pytest.raises(PlatformRefused, match="more than 3 pages"):
        list(listing.entries(server, "submissions/", lambda each: each))


def test_a_list_that_begins_to_come_in_pages_is_noticed() -> None:
    class Short:
        def read(self, path: str, reader: Any, **query: str) -> Any:
            body = {"results": [{"id": "a"}], "meta": {"count": 2}}
            return reader(Answer(200, {}, json.dumps(body).encode()))

    server: Any = Short()
    with pytest.raises(PlatformBusy, match="1 of 2"):
        listing.entries_at_once(server, "participant-groups/", lambda each: each)


def test_requests_are_as_published(server: ProlificServer) -> None:
    """The stand-in minds: without the right headers, fields or parameters nobody is let in."""
    connection = http.client.HTTPConnection(server.address.removeprefix("http://"), timeout=60)
    account = server.account
    headers = {"Authorization": f"Token {account.token}", "Content-Type": "application/json"}

    def ask(method: str, path: str, body: Any = None, **changes: str) -> int:
        connection.request(method, f"/api/v1/{path}", body and json.dumps(body), headers | changes)
        answer = connection.getresponse()
        answer.read()
        return answer.status

    cost = {"reward": 5, "total_available_places": 1}
    assert ask("POST", "study-cost-calculator/", cost) == 200
    assert ask("POST", "study-cost-calculator/", cost, Authorization=f"Bearer {account.token}") == 401
    assert ask("POST", "study-cost-calculator/", cost | {"more": 1}) == 400
    assert ask("POST", "study-cost-calculator/", {"reward": "5", "total_available_places": 1}) == 400
    assert ask("POST", "study-cost-calculator/", cost, **{"Content-Type": "text/plain"}) == 415
    assert ask("GET", f"projects/{account.project}/studies/?limit=5") == 400
    assert ask("GET", "studies/") == 404
    assert ask("GET", f"workspaces/{account.workspace}/balance") == 404
    connection.close()
