"""What is put up: once per token, as the platform takes it, and until when."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest

from annotation.platforms.mturk import MTurkPlatform
from annotation.platforms.mturk.calls import call
from annotation.platforms.paid import NoAccess, PlatformBusy, PlatformRefused, PostingState
from tests.annotation.platforms.mturk.contract import a_posting
from tests.fakes.mturk import MTurkServer

Fresh = Callable[..., MTurkPlatform]


def test_a_hit_is_what_the_posting_says(platform: MTurkPlatform, server: MTurkServer) -> None:
    posting = a_posting(keywords=("images", "one, two"), pay_minor_units=7)
    hit = server.account.hits[platform.post(posting).external_id]
    assert hit.kind == {
        "Title": posting.title,
        "Description": posting.description,
        "Keywords": "images, one  two",
        "Reward": "0.07",
        "AssignmentDurationInSeconds": 1800,
        "AutoApprovalDelayInSeconds": 7 * 86400,
        "QualificationRequirements": [],
    }
    assert (hit.annotation, hit.max_assignments) == (posting.token, 3)
    assert (hit.expires_at - hit.created_at).total_seconds() == posting.lasts_seconds


def test_the_address_survives_the_question_whatever_it_holds(platform: MTurkPlatform, server: MTurkServer) -> None:
    address = "https://twinset.example/start/?a=<![CDATA[x]]>&b=%22'\"&c=é"
    posted = platform.post(a_posting(address=address))
    root = ElementTree.fromstring(server.account.hits[posted.external_id].question.encode())
    assert [each.text for each in root] == [address, "0"]


def test_many_hits_share_one_type_and_one_listing(platform: MTurkPlatform, server: MTurkServer) -> None:
    posting = a_posting()
    posted = [platform.post(replace(posting, token=f"grid-{number}")) for number in range(105)]
    assert (server.calls["CreateHITType"], server.calls["ListHITs"]) == (1, 1)
    assert list(reversed(list(platform.postings()))) == posted
    assert server.calls["ListHITs"] == 3  # of a hundred and of five
    assert platform.find("grid-0") == posted[0]


def test_hits_of_others_are_listed_without_a_token(platform: MTurkPlatform, server: MTurkServer) -> None:
    posted = platform.post(a_posting())
    hit = server.account.hits[posted.external_id]
    for annotation in ("BatchId:17;OriginalHitTemplateId:3;", None, "x" * 65):
        hit.annotation = annotation
        assert [each.token for each in platform.postings()] == [""]


@pytest.mark.parametrize("hours", [1, 30])
def test_a_token_is_put_up_once_also_after_the_platform_forgot_it(
    fresh: Fresh, server: MTurkServer, hours: int
) -> None:
    posting, before = a_posting(), fresh()
    posted = fresh().post(posting)
    assert before.find("something-else") is None
    server.advance(hours=hours)
    for platform in (before, fresh()):
        assert platform.post(posting) == replace(posted, state=PostingState.OPEN if hours < 24 else PostingState.CLOSED)
    assert len(server.account.hits) == 1


def test_what_was_just_written_down_needs_no_listing(fresh: Fresh, server: MTurkServer) -> None:
    """A list of thousands of HITs would take more calls than a throttle lets pass."""
    posting = replace(a_posting(), is_recent=True)
    posted = fresh().post(posting)
    server.advance(hours=23)
    assert fresh().post(posting).external_id == posted.external_id
    assert (len(server.account.hits), server.calls["ListHITs"]) == (1, 0)


def test_a_listing_is_too_old_before_tokens_are(platform: MTurkPlatform, fresh: Fresh, server: MTurkServer) -> None:
    platform.post(a_posting())
    posting = a_posting()
    fresh().post(posting)  # by somebody else, after `platform` has listed
    server.advance(hours=25)
    platform.post(posting)
    assert len(server.account.hits) == 2


def test_the_one_the_refusal_names_is_believed_only_if_it_is_this_one(
    platform: MTurkPlatform, fresh: Fresh, server: MTurkServer
) -> None:
    platform.post(a_posting())
    posting = a_posting()
    posted, other = fresh().post(posting), fresh().post(a_posting())
    for named in (other.external_id, "NOSUCHHIT000000000000000000000"):
        at, _ = server.account._tokens["CreateHIT", posting.token]
        server.account._tokens["CreateHIT", posting.token] = (at, named)
        assert platform.post(posting) == posted
    assert len(server.account.hits) == 3


def test_groups_decide_who_sees_it(platform: MTurkPlatform, server: MTurkServer) -> None:
    allowed = platform.group("twinset allowed", description="May work.")
    blocked = platform.group("twinset blocked", description="May not.")
    posted = platform.post(a_posting(allowed_group=allowed, blocked_group=blocked))
    guard = {"ActionsGuarded": "DiscoverPreviewAndAccept"}
    assert server.account.hits[posted.external_id].kind["QualificationRequirements"] == [
        {"QualificationTypeId": allowed, "Comparator": "Exists"} | guard,
        {"QualificationTypeId": blocked, "Comparator": "DoesNotExist"} | guard,
    ]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"address": "http://twinset.example/start/"}, "https addresses only"),
        ({"address": "javascript:alert(1)"}, "https addresses only"),
        ({"address": "https://[broken"}, "https addresses only"),
        ({"address": "https://twinset.example/a b"}, "https addresses only"),
        ({"address": "https://me:planted@twinset.example/"}, "https addresses only"),
        ({"currency": "EUR"}, "pays in USD only"),
        ({"title": "\x00 "}, "title is empty"),
        ({"title": "x" * 129}, "title has 129 characters; MTurk takes 128"),
        ({"description": "x" * 2001}, "MTurk takes 2000"),
        ({"keywords": ("x" * 1001,)}, "MTurk takes 1000"),
        ({"num_places": 0}, "at least one place"),
        ({"pay_minor_units": -1}, "negative"),
        ({"seconds_allowed": 29}, "30 seconds to a year"),
        ({"lasts_seconds": 40_000_000}, "30 seconds to a year"),
        ({"token": ""}, "A token has"),
        ({"token": "x" * 65}, "A token has"),
        ({"token": "two words"}, "A token has"),
    ],
)
def test_what_the_platform_would_refuse_is_never_sent(
    platform: MTurkPlatform, server: MTurkServer, given: dict[str, Any], told: str
) -> None:
    with pytest.raises(PlatformRefused, match=told):
        platform.post(a_posting(**given))
    assert server.calls["CreateHITType"] == server.calls["CreateHITWithHITType"] == 0


def test_an_address_on_this_machine_is_for_an_endpoint_on_it(
    fresh: Fresh, monkeypatch: pytest.MonkeyPatch, server: MTurkServer
) -> None:
    posting = a_posting(address="http://127.0.0.1:8000/mturk/start/")
    assert fresh().post(posting).token == posting.token
    with pytest.raises(PlatformRefused, match="https addresses only"):
        fresh(endpoint="https://turk.example").post(posting)
    for endpoint in ("http://turk.example", "https://me:planted@turk.example"):
        with pytest.raises(PlatformRefused, match="not an https address") as refused:
            fresh(endpoint=endpoint)
        assert "planted" not in str(refused.value)


def test_more_places_of_ten_or_more_are_fine(platform: MTurkPlatform, server: MTurkServer) -> None:
    posted = platform.post(a_posting(num_places=10))
    assert platform.extend(posted.external_id, num_places=25, token="more").num_places == 25
    server.advance(hours=25)
    assert platform.extend(posted.external_id, num_places=25, token="more").num_places == 25
    assert server.account.hits[posted.external_id].max_assignments == 25


def test_a_token_extends_once(platform: MTurkPlatform, server: MTurkServer) -> None:
    posted = platform.post(a_posting())
    platform.extend(posted.external_id, num_places=4, token="more")
    with pytest.raises(PlatformRefused, match="used to extend something else"):
        platform.extend(posted.external_id, num_places=6, token="more")


def test_the_platform_itself_refuses_to_cross_ten(
    platform: MTurkPlatform, server: MTurkServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    posted = platform.post(a_posting())
    monkeypatch.setattr("annotation.platforms.mturk.money.MANY_PLACES", 10_000)
    with pytest.raises(PlatformRefused, match="fewer than 10 assignments") as refused:
        platform.extend(posted.external_id, num_places=10, token="more")
    assert refused.value.code == "AWS.MechanicalTurk.InvalidMaximumAssignmentsIncrease"  # type: ignore[attr-defined]


def test_who_has_a_place_goes_on_while_nobody_takes_another(platform: MTurkPlatform, server: MTurkServer) -> None:
    posted = platform.post(a_posting())
    taken = server.workers.accept(posted.external_id, "AWORKER1")
    platform.pause(posted.external_id)
    with pytest.raises(Exception, match="no more available"):
        server.workers.accept(posted.external_id, "AWORKER2")
    server.workers.submit([("assignmentId", taken.assignment_id), ("completion_code", "C1")])
    platform.resume(posted.external_id)
    server.workers.accept(posted.external_id, "AWORKER2")
    assert [each.completion_code for each in platform.submissions(posted.external_id)] == ["C1"]


def test_resuming_leaves_an_open_posting_as_it_is(platform: MTurkPlatform, server: MTurkServer) -> None:
    posted = platform.post(a_posting(lasts_seconds=3600))
    platform.resume(posted.external_id)
    assert server.calls["UpdateExpirationForHIT"] == 0


def test_closing_twice_at_once_is_closing(fresh: Fresh, access_with: Any, server: MTurkServer) -> None:
    """The platform refuses the same change in the same second; then it is looked at what holds."""
    at = server.clock.now()
    still = MTurkPlatform(access_with(), clock=lambda: at)
    posted = still.post(a_posting())
    still.close(posted.external_id)
    still.close(posted.external_id)
    still.resume(posted.external_id)
    with pytest.raises(PlatformBusy) as busy:
        still.close(posted.external_id)
    assert busy.value.retry_after == 1


def test_a_posting_that_cannot_be_paid_is_refused_and_not_there(platform: MTurkPlatform, server: MTurkServer) -> None:
    server.account.funds = 3 * 30 - 1
    with pytest.raises(NoAccess, match="insufficient funds"):
        platform.post(a_posting())
    assert server.account.hits == {}
    server.account.funds += 1
    platform.post(a_posting())
    assert platform.balance() == (0, "USD")


def test_a_deleted_hit_is_closed_and_no_longer_listed(
    platform: MTurkPlatform, access_with: Any, server: MTurkServer
) -> None:
    posting = a_posting()
    posted = platform.post(posting)
    platform.close(posted.external_id)
    call(access_with().turk().delete_hit, HITId=posted.external_id)
    assert list(platform.postings()) == []
    assert platform.post(posting) == replace(posted, state=PostingState.CLOSED)
