"""Submissions: what became of each place, and deciding about it."""

from datetime import timedelta

import pytest

from annotation.platforms.paid import PlatformRefused, SubmissionState
from annotation.platforms.prolific import ProlificPlatform
from annotation.platforms.prolific.submissions import RejectionCategory
from tests.annotation.platforms.prolific import given
from tests.fakes.prolific import Account, ProlificServer


@pytest.fixture
def posted_id(platform: ProlificPlatform) -> str:
    return platform.post(given.posting(num_places=150)).external_id


def test_every_place_is_told_as_what_it_has_come_to(
    platform: ProlificPlatform, account: Account, posted_id: str
) -> None:
    people = [given.person(account) for _ in range(7)]
    reserved, working, submitted, approved, rejected, returned, late = (who.take_place(posted_id) for who in people)
    for who, each in list(zip(people, (reserved, working, submitted, approved, rejected, returned, late), strict=True)):
        if each is not reserved:
            who.start(each)
        if each in (submitted, approved, rejected):
            who.complete(each, given.CODE)
    platform.approve(approved.id)
    platform.reject(rejected.id, reason=given.REASON)
    people[5].give_back(returned)
    people[6].run_out_of_time(late)
    told = {each.external_id: each for each in platform.submissions(posted_id)}
    assert {key: each.state for key, each in told.items()} == {
        reserved.id: SubmissionState.WORKING,
        working.id: SubmissionState.WORKING,
        submitted.id: SubmissionState.SUBMITTED,
        approved.id: SubmissionState.APPROVED,
        rejected.id: SubmissionState.REJECTED,
        returned.id: SubmissionState.RETURNED,
        late.id: SubmissionState.RETURNED,
    }
    one = told[submitted.id]
    assert (one.worker_id, one.posting_id, one.completion_code) == (people[2].id, posted_id, given.CODE)
    assert one.submitted_at == account.now
    assert told[working.id].submitted_at is None


def test_all_pages_are_listed_in_the_order_people_came(
    platform: ProlificPlatform, server: ProlificServer, posted_id: str
) -> None:
    came = []
    for _ in range(101):
        server.account.pass_time(timedelta(seconds=1))
        came.append(given.person(server.account).take_place(posted_id).id)
    assert [each.external_id for each in platform.submissions(posted_id)] == came
    assert server.count("get-submissions") == 2


def test_one_who_comes_while_pages_are_read_is_listed_once(
    platform: ProlificPlatform, account: Account, posted_id: str
) -> None:
    for _ in range(100):
        given.person(account).take_place(posted_id)
    listing = platform.submissions(posted_id)
    first = next(listing)
    account.pass_time(timedelta(seconds=1))
    given.person(account).take_place(posted_id)
    ids = [first.external_id, *(each.external_id for each in listing)]
    assert len(ids) == len(set(ids)) >= 100
    assert len(list(platform.submissions(posted_id))) == 101


def test_approving_again_pays_once(platform: ProlificPlatform, server: ProlificServer, posted_id: str) -> None:
    submission = given.submitted(server.account, posted_id)
    for _ in range(2):
        platform.approve(submission.id)
    assert (submission.status, server.count("transition-submission")) == ("APPROVED", 1)
    assert server.account.total_balance == 100_000 - submission.study.cost_of_place


def test_a_rejection_tells_why_and_can_be_taken_back(
    platform: ProlificPlatform, server: ProlificServer, posted_id: str
) -> None:
    submission = given.submitted(server.account, posted_id)
    for _ in range(2):
        platform.reject(submission.id, reason=given.REASON, category=RejectionCategory.FAILED_CHECK)
    assert (submission.status, submission.message) == ("REJECTED", given.REASON)
    assert server.count("transition-submission") == 1
    platform.approve(submission.id)
    assert submission.status == "APPROVED"
    with pytest.raises(PlatformRefused, match="can not REJECT"):
        platform.reject(submission.id, reason=given.REASON)


@pytest.mark.parametrize("reason", ["", "too short", "x" * 99, " " * 200, "x" * 2001])
def test_a_reason_of_the_wrong_length_reaches_nobody(
    platform: ProlificPlatform, server: ProlificServer, posted_id: str, reason: str
) -> None:
    submission = given.submitted(server.account, posted_id)
    with pytest.raises(PlatformRefused, match="100 to 2000 characters"):
        platform.reject(submission.id, reason=reason)
    assert (submission.status, server.count("transition-submission")) == ("AWAITING REVIEW", 0)


def test_what_is_not_handed_in_is_not_paid(platform: ProlificPlatform, account: Account, posted_id: str) -> None:
    submission = given.person(account).take_place(posted_id)
    with pytest.raises(PlatformRefused, match="RESERVED"):
        platform.approve(submission.id)


def test_a_worker_is_asked_once_to_return_it(
    platform: ProlificPlatform, server: ProlificServer, posted_id: str
) -> None:
    submission = given.submitted(server.account, posted_id)
    for _ in range(2):
        platform.request_return(submission.id, reason="The pictures did not load.")
    assert (submission.message, server.count("request-submission-return")) == ("The pictures did not load.", 1)


def test_a_status_that_nobody_knows_is_not_guessed(
    platform: ProlificPlatform, account: Account, posted_id: str
) -> None:
    given.person(account).take_place(posted_id).status = "UNKNOWN"
    with pytest.raises(PlatformRefused, match="unknown status 'UNKNOWN'"):
        list(platform.submissions(posted_id))
