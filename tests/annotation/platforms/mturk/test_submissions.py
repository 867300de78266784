"""What workers handed in, and what was decided about it."""

from collections.abc import Iterator

import pytest

from annotation.platforms.mturk import MTurkPlatform
from annotation.platforms.mturk.texts import completion_code
from annotation.platforms.paid import NoAccess, PlatformRefused, SubmissionState
from tests.annotation.platforms.mturk.contract import a_posting
from tests.fakes.mturk import MTurkServer
from tests.fakes.mturk.workers import answer_of

BOMB = "<!DOCTYPE x [" + "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9)) + "]><x>&e9;</x>"


def handed_in(server: MTurkServer, hit_id: str, worker: str = "AWORKER1", code: str = "C1") -> str:
    taken = server.workers.accept(hit_id, worker)
    server.workers.submit([("assignmentId", taken.assignment_id), ("completion_code", code), ("other", "x")])
    return taken.assignment_id


@pytest.fixture
def hit_id(platform: MTurkPlatform) -> Iterator[str]:
    return platform.post(a_posting()).external_id


def state_of(platform: MTurkPlatform, hit_id: str) -> SubmissionState:
    return next(platform.submissions(hit_id)).state


def test_only_what_was_handed_in_is_listed(platform: MTurkPlatform, server: MTurkServer, hit_id: str) -> None:
    working = server.workers.accept(hit_id, "AWORKING")
    returned = server.workers.accept(hit_id, "ARETURNED")
    server.workers.give_back(returned.assignment_id)
    submission_id = handed_in(server, hit_id)
    (listed,) = platform.submissions(hit_id)
    assert (listed.external_id, listed.posting_id, listed.worker_id) == (submission_id, hit_id, "AWORKER1")
    assert (listed.state, listed.completion_code) == (SubmissionState.SUBMITTED, "C1")
    assert listed.submitted_at == server.account.assignment(submission_id)[1].submitted_at
    assert working.status == "Accepted"


def test_more_than_a_page_is_listed_once_each(platform: MTurkPlatform, server: MTurkServer) -> None:
    hit_id = platform.post(a_posting(num_places=230)).external_id
    made = [handed_in(server, hit_id, f"AWORKER{number}") for number in range(230)]
    for submission_id in made[::3]:
        platform.approve(submission_id)
    platform.reject(made[1], reason="all images selected")
    found = list(platform.submissions(hit_id))
    assert [each.external_id for each in found] == made
    assert [each.state for each in found[:3]] == ["approved", "rejected", "submitted"]
    assert server.calls["ListAssignmentsForHIT"] == 3


def test_approving_twice_pays_once(platform: MTurkPlatform, server: MTurkServer, hit_id: str) -> None:
    submission_id = handed_in(server, hit_id)
    before = server.account.funds
    for _ in range(2):
        platform.approve(submission_id)
    assert state_of(platform, hit_id) is SubmissionState.APPROVED
    assert before - server.account.funds == 25 + 5


def test_a_rejection_tells_why_and_can_be_taken_back(platform: MTurkPlatform, server: MTurkServer, hit_id: str) -> None:
    submission_id = handed_in(server, hit_id)
    before = server.account.funds
    reason = 'You selected <all> images & missed "both" controls; ‹see› \' \x07 above.'
    for _ in range(2):
        platform.reject(submission_id, reason=reason)
    assert state_of(platform, hit_id) is SubmissionState.REJECTED
    assert server.account.assignment(submission_id)[1].feedback == reason.replace("\x07", " ")
    assert server.account.funds == before
    platform.approve(submission_id)
    assert state_of(platform, hit_id) is SubmissionState.APPROVED
    with pytest.raises(PlatformRefused, match="can be called with a status of: Submitted"):
        platform.reject(submission_id, reason="after all")


def test_a_rejection_stands_after_thirty_days(platform: MTurkPlatform, server: MTurkServer, hit_id: str) -> None:
    submission_id = handed_in(server, hit_id)
    platform.reject(submission_id, reason="empty")
    server.advance(days=30, seconds=1)
    with pytest.raises(PlatformRefused, match="no longer be overridden"):
        platform.approve(submission_id)


def test_what_was_approved_by_itself_is_approved(platform: MTurkPlatform, server: MTurkServer, hit_id: str) -> None:
    submission_id = handed_in(server, hit_id)
    server.advance(days=7)
    assert state_of(platform, hit_id) is SubmissionState.APPROVED
    platform.approve(submission_id)


def test_who_has_no_money_left_approves_nothing(platform: MTurkPlatform, server: MTurkServer, hit_id: str) -> None:
    submission_id = handed_in(server, hit_id)
    platform.reject(submission_id, reason="empty")
    platform.close(hit_id)
    server.account.funds = 29
    with pytest.raises(NoAccess, match="Add money"):
        platform.approve(submission_id)
    assert server.account.funds == 29


@pytest.mark.parametrize("reason", ["", " \x00", "x" * 1025])
def test_a_reason_is_neither_empty_nor_cut(platform: MTurkPlatform, hit_id: str, reason: str) -> None:
    with pytest.raises(PlatformRefused, match="reason"):
        platform.reject("3" * 30, reason=reason)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (answer_of([("completion_code", "C-1 <&>")]), "C-1 <&>"),
        (answer_of([("completion_code", "first"), ("completion_code", "second")]), "first"),
        (answer_of([("other", "x")]), ""),
        ("<QuestionFormAnswers><Answer><QuestionIdentifier>completion_code</QuestionIdentifier></Answer>", ""),
        (answer_of([("completion_code", "x" * 10_000)]), "x" * 200),
        ("", ""),
        ("not XML", ""),
        (BOMB, ""),
        ('<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>', ""),
        ("<!DOCTYPE x>" + answer_of([("completion_code", "C1")]).partition("?>")[2], ""),
        ("<a>" * 10_000, ""),
        ("\ud800", ""),
        (answer_of([("completion_code", "C1")]) + " " * 300_000, ""),
    ],
)
def test_an_answer_is_read_without_trusting_it(answer: str, code: str) -> None:
    assert completion_code(answer) == code


def test_an_answer_that_cannot_be_read_hides_no_submission(
    platform: MTurkPlatform, server: MTurkServer, hit_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    submission_id = handed_in(server, hit_id)
    server.account.assignment(submission_id)[1].answer = BOMB
    (listed,) = platform.submissions(hit_id)
    assert (listed.external_id, listed.completion_code) == (submission_id, "")
    assert "can't be read: _Refused" in caplog.text
