"""The stand-in's own side: people with browsers, and faults of which nobody could tell whether they happened."""

import http.client
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from annotation.platforms.prolific import ProlificPlatform
from tests.annotation.platforms.prolific import given
from tests.fakes.prolific import Account, ProlificServer
from tests.fakes.prolific.account import Refusal


class _Study(BaseHTTPRequestHandler):
    """A page that says what it was asked for."""

    def do_GET(self) -> None:
        body = f"{self.headers['Host']} {self.path}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def study_page() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Study) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_a_participant_opens_the_study_and_hands_in_a_code(
    platform: ProlificPlatform, account: Account, study_page: str
) -> None:
    posted_id = platform.post(given.posting()).external_id
    who = given.person(account)
    submission = who.take_place(posted_id)
    status, page = who.open(submission, instead=study_page)
    parameters = f"PROLIFIC_PID={who.id}&STUDY_ID={posted_id}&SESSION_ID={submission.id}"
    assert (status, page.decode()) == (200, f"twin.example /join/abc/?{parameters}")
    who.complete(submission, given.CODE)
    assert submission.status == "AWAITING REVIEW"
    with pytest.raises(Refusal, match="AWAITING REVIEW"):
        who.complete(submission, given.CODE)


def test_a_browser_is_sent_to_the_study_and_comes_back(platform: ProlificPlatform, server: ProlificServer) -> None:
    posted_id = platform.post(given.posting()).external_id
    who = given.person(server.account)
    browser = http.client.HTTPConnection(server.address.removeprefix("http://"), timeout=60)
    browser.request("GET", f"/participate/?study={posted_id}&participant={who.id}")
    answer = browser.getresponse()
    answer.read()
    cookie, address = answer.headers["Set-Cookie"].partition(";")[0], answer.headers["Location"]
    assert (answer.status, address.partition("?")[0]) == (302, "https://twin.example/join/abc/")
    (submission,) = server.account.submissions.values()
    assert submission.status == "ACTIVE"
    browser.request("GET", f"/submissions/complete?cc={given.CODE}", headers={"Cookie": cookie})
    assert browser.getresponse().read() == b"Thank you. Your submission is being reviewed."
    assert (submission.status, submission.code) == ("AWAITING REVIEW", given.CODE)
    browser.request("GET", f"/participate/?study={posted_id}&participant={who.id}")
    assert browser.getresponse().status == 403
    browser.close()


def test_a_place_that_is_free_again_opens_the_study(platform: ProlificPlatform, account: Account) -> None:
    posted_id = platform.post(given.posting(num_places=1)).external_id
    study, who = account.studies[posted_id], given.person(account)
    submission = given.submitted(account, posted_id, who=who)
    assert study.status == "AWAITING REVIEW"
    platform.reject(submission.id, reason=given.REASON)
    assert study.status == "ACTIVE"
    platform.approve(given.submitted(account, posted_id).id)
    assert study.status == "COMPLETED"


def test_what_prolific_pays_is_what_it_took(platform: ProlificPlatform, account: Account) -> None:
    """To the penny: pay, fee and bonuses, and what is set aside comes back."""
    posted_id = platform.post(given.posting(num_places=5)).external_id
    first, second = (given.submitted(account, posted_id) for _ in range(2))
    platform.approve(first.id)
    platform.reject(second.id, reason=given.REASON)
    platform.bonus(given.payment(first), currency="GBP", reason="")
    platform.close(posted_id)
    cost = 120 + platform.fee(pay_minor_units=120, num_places=1) + 50 + platform.fee(pay_minor_units=50, num_places=1)
    assert platform.balance() == (100_000 - cost, "GBP")
    assert account.total_balance == account.available_balance


def test_prolific_pays_twice_who_asks_twice(platform: ProlificPlatform, server: ProlificServer) -> None:
    """As its documentation warns; what `bonuses.py` is there for."""
    posted_id = platform.post(given.posting()).external_id
    submission = given.submitted(server.account, posted_id)
    platform.bonus(given.payment(submission), currency="GBP", reason="")
    (order,) = server.account.orders
    connection = http.client.HTTPConnection(server.address.removeprefix("http://"), timeout=60)
    connection.request(
        "POST", f"/api/v1/bulk-bonus-payments/{order}/pay/", headers={"Authorization": f"Token {given.TOKEN}"}
    )
    assert connection.getresponse().status == 202
    connection.close()
    assert submission.bonuses == [50, 50]
