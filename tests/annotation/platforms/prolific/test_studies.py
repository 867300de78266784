"""Studies: put up once, as they were meant, and found again."""

import re
from typing import Any

import pytest

from annotation.platforms.paid import NoAccess, PlatformBusy, PlatformRefused, PostingState
from annotation.platforms.prolific import ProlificPlatform, studies
from annotation.platforms.prolific.answers import Fields
from tests.annotation.platforms.prolific import given
from tests.fakes.prolific import Account, Participant, ProlificServer
from tests.fakes.prolific.account import FakeStudy, Refusal


def only_study(account: Account) -> FakeStudy:
    (study,) = account.studies.values()
    return study


def found_id(platform: ProlificPlatform) -> str | None:
    found = platform.find("batch-7")
    return found and found.external_id


def test_a_study_is_put_up_as_it_was_meant(platform: ProlificPlatform, account: Account) -> None:
    posted = platform.post(given.posting())
    assert (posted.token, posted.state, posted.num_places) == ("batch-7", PostingState.OPEN, 3)
    fields = only_study(account).fields
    assert fields["description"] == "<p>Look at grids of pictures.</p><p>Select all that show a bow.</p>"
    assert (fields["estimated_completion_time"], fields["maximum_allowed_time"], fields["reward"]) == (9, 60, 120)
    assert fields["external_study_url"].startswith("https://twin.example/join/abc/?PROLIFIC_PID={{%PROLIFIC_PID%}}&")
    assert [each["actions"] for each in fields["completion_codes"]] == [[{"action": "MANUALLY_REVIEW"}]]
    assert fields["submissions_config"] == {"max_submissions_per_participant": 1}


def test_posting_again_changes_nothing(platform: ProlificPlatform, server: ProlificServer) -> None:
    first = platform.post(given.posting())
    assert platform.post(given.posting()) == first
    assert (len(server.account.studies), server.count("create-study")) == (1, 1)


def test_a_draft_left_behind_is_published(platform: ProlificPlatform, account: Account) -> None:
    draft = platform.draft(given.posting())
    assert platform.post(given.posting()).external_id == draft.external_id
    assert only_study(account).status == "ACTIVE"


def test_of_two_with_a_token_the_one_that_workers_saw_counts(platform: ProlificPlatform, account: Account) -> None:
    for _ in range(2):
        fields = studies.body(given.posting(), project=account.project)
        study = FakeStudy(account.new_id(), fields, account.now)
        account.studies[study.id] = study
    older, newer = account.studies.values()
    assert found_id(platform) == older.id
    newer.status = "PAUSED"
    assert found_id(platform) == newer.id
    assert platform.post(given.posting()).external_id == newer.id
    assert older.status == "UNPUBLISHED"


def test_studies_of_others_have_no_token(platform: ProlificPlatform, account: Account) -> None:
    platform.draft(given.posting())
    only_study(account).fields["internal_name"] = "pilot, do not touch"
    (listed,) = platform.postings()
    assert listed.token == ""
    platform.close(listed.external_id)
    assert only_study(account).status == "UNPUBLISHED", "a draft of somebody else's was deleted"


def test_one_that_a_person_has_only_begun_is_listed_all_the_same() -> None:
    """The list must say neither what it is called inside nor how many places it has."""
    begun = studies.posted(Fields({"id": "0" * 24, "name": "", "internal_name": None, "status": "UNPUBLISHED"}))
    assert (begun.token, begun.state, begun.num_places) == ("", PostingState.DRAFT, 0)


def test_all_pages_are_listed(platform: ProlificPlatform, server: ProlificServer) -> None:
    account = server.account
    for number in range(205):
        fields = studies.body(given.posting(token=f"t{number}"), project=account.project)
        study = FakeStudy(account.new_id(), fields, account.now)
        account.studies[study.id] = study
    assert [each.token for each in platform.postings()] == [f"t{number}" for number in range(205)]
    assert server.count("get-project-studies") == 3
    assert platform.find("t204") is not None


def test_pausing_resuming_and_closing_can_be_repeated(platform: ProlificPlatform, server: ProlificServer) -> None:
    posted_id = platform.post(given.posting()).external_id
    study = only_study(server.account)
    for _ in range(2):
        platform.pause(posted_id)
        assert study.status == "PAUSED"
    for _ in range(2):
        platform.resume(posted_id)
        assert study.status == "ACTIVE"
    for _ in range(2):
        platform.close(posted_id)
        assert study.status == "COMPLETED"
    assert server.count("publish-study") == 1 + 1 + 1 + 1
    platform.pause(posted_id)
    with pytest.raises(PlatformRefused, match="Raise its places"):
        platform.resume(posted_id)


def test_nobody_takes_a_place_in_a_paused_study(platform: ProlificPlatform, account: Account) -> None:
    posted_id = platform.post(given.posting()).external_id
    platform.pause(posted_id)
    with pytest.raises(Refusal, match="no places"):
        given.person(account).take_place(posted_id)


def test_a_study_that_is_full_has_nothing_to_pause_or_resume(platform: ProlificPlatform, account: Account) -> None:
    posted_id = platform.post(given.posting(num_places=1)).external_id
    given.submitted(account, posted_id)
    platform.pause(posted_id)
    platform.resume(posted_id)
    assert only_study(account).status == "AWAITING REVIEW"


def test_more_places_open_a_study_that_was_full(platform: ProlificPlatform, account: Account) -> None:
    posted_id = platform.post(given.posting(num_places=1)).external_id
    given.submitted(account, posted_id)
    assert [each.state for each in platform.postings()] == [PostingState.CLOSED]
    assert platform.extend(posted_id, num_places=2, token="x").state is PostingState.OPEN
    assert platform.extend(posted_id, num_places=2, token="x").num_places == 2


@pytest.mark.parametrize("name", ["pause", "close"])
def test_one_that_a_person_scheduled_does_not_open_by_itself(
    platform: ProlificPlatform, account: Account, name: str
) -> None:
    posted_id = platform.draft(given.posting()).external_id
    only_study(account).status = "SCHEDULED"
    with pytest.raises(PlatformRefused, match="a time that was set"):
        platform.post(given.posting())
    getattr(platform, name)(posted_id)
    assert only_study(account).status == "UNPUBLISHED"


def test_one_that_is_being_published_is_let_alone(platform: ProlificPlatform, account: Account) -> None:
    posted_id = platform.post(given.posting()).external_id
    only_study(account).status = "PUBLISHING"
    for act in (platform.pause, platform.close, lambda each: platform.extend(each, num_places=9, token="x")):
        with pytest.raises(PlatformBusy) as caught:
            act(posted_id)
        assert caught.value.retry_after == 60
    assert platform.post(given.posting()).state is PostingState.OPEN


def test_money_is_set_aside_spent_and_set_free(platform: ProlificPlatform, account: Account) -> None:
    assert platform.balance() == (100_000, "GBP")
    cost = 3 * 120 + platform.fee(pay_minor_units=120, num_places=3)
    posted_id = platform.post(given.posting()).external_id
    assert platform.balance()[0] == 100_000 - cost
    platform.approve(given.submitted(account, posted_id).id)
    assert platform.balance()[0] == 100_000 - cost
    platform.close(posted_id)
    assert platform.balance()[0] == 100_000 - cost // 3


def test_without_money_there_is_no_access(server: ProlificServer, platform: ProlificPlatform) -> None:
    server.account.total_balance = 100
    with pytest.raises(NoAccess, match="Insufficient funds"):
        platform.post(given.posting())
    assert platform.balance() == (100, "GBP")
    server.account.total_balance = -5
    assert platform.balance()[0] == -5


def test_groups_decide_who_may_come(platform: ProlificPlatform, account: Account) -> None:
    known, unwanted, stranger = (given.person(account) for _ in range(3))
    allowed, blocked = platform.groups.make("qualified"), platform.groups.make("blocked")
    platform.groups.add(allowed, [known.id, unwanted.id])
    platform.block(unwanted.id, group=blocked)
    posted_id = platform.post(given.posting(allowed_group=allowed, blocked_group=blocked)).external_id
    assert known.take_place(posted_id)
    for person in (unwanted, stranger):
        with pytest.raises(Refusal, match="not eligible"):
            person.take_place(posted_id)
    platform.groups.remove(blocked, [unwanted.id])
    assert unwanted.take_place(posted_id)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"address": "http://twin.example/"}, "https"),
        ({"address": "https://twin.example/ x"}, "https"),
        ({"address": "https://twin.example/?a={{%SESSION_ID%}}"}, "https"),
        ({"address": "https://[/"}, "can't be read"),
        ({"address": "javascript:alert(1)"}, "https"),
        ({"completion_code": ""}, "completion code"),
        ({"num_places": 0}, "at least one place"),
        ({"pay_minor_units": 0}, "pay"),
        ({"seconds_allowed": 60}, "26 minutes or more where 9 are expected; here are 1"),
        ({"title": " \n "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"description": ""}, "description"),
        ({"token": "a b"}, "token"),
        ({"token": "x" * 65}, "token"),
        ({"token": ""}, "token"),
        ({"allowed_group": "0" * 24}, "Unknown participant group"),
    ],
)
def test_what_prolific_would_not_take_is_refused(
    platform: ProlificPlatform, account: Account, changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(PlatformRefused, match=re.escape(told)):
        platform.post(given.posting(**changes))
    assert account.studies == {}


def test_hostile_text_is_text(platform: ProlificPlatform, account: Account) -> None:
    hostile = '<script>alert(1)</script>\x00 "quoted" \u202e=cmd|x'
    platform.post(given.posting(title=hostile, description=f"{hostile}\n\n \n\n{hostile}"))
    fields = only_study(account).fields
    assert fields["name"] == '<script>alert(1)</script>  "quoted"  =cmd|x'
    paragraph = "<p>&lt;script&gt;alert(1)&lt;/script&gt;  &quot;quoted&quot;  =cmd|x</p>"
    assert fields["description"] == paragraph * 2


@pytest.mark.parametrize("address", ["https://twin.example/a?b=c%20d", "https://twin.example/a?b=c%20d#end"])
def test_an_address_keeps_what_it_has(address: str) -> None:
    filled = studies.address_with_parameters(address)
    assert filled.startswith("https://twin.example/a?b=c%20d&PROLIFIC_PID={{%PROLIFIC_PID%}}&STUDY_ID=")
    assert filled.endswith("#end") == address.endswith("#end")


@pytest.mark.parametrize("posted_id", ["", "../users/me", "a/b", "a?b", "x" * 65, "é", "0 "])
def test_an_id_never_leads_to_another_address(
    platform: ProlificPlatform, server: ProlificServer, posted_id: str
) -> None:
    for act in (platform.pause, platform.close, platform.approve, lambda each: list(platform.submissions(each))):
        with pytest.raises(PlatformRefused, match="no id"):
            act(posted_id)
    with pytest.raises(PlatformRefused, match="no id"):
        platform.block(posted_id, group="0" * 24)
    assert server.requests == []


def test_a_participant_is_sent_with_their_parameters(platform: ProlificPlatform, account: Account) -> None:
    posted_id = platform.post(given.posting()).external_id
    who = Participant(account, account.new_id())
    submission = who.take_place(posted_id)
    assert who.start(submission) == (
        f"https://twin.example/join/abc/?PROLIFIC_PID={who.id}&STUDY_ID={posted_id}&SESSION_ID={submission.id}"
    )
