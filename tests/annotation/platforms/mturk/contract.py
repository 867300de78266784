"""What holds at any endpoint: here the local server, and by tests/verification/test_mturk_sandbox.py the real sandbox.

No worker is needed for these; `fresh` is the fixture that chooses the endpoint.
"""

import secrets
from collections.abc import Callable
from typing import Any

import pytest

from annotation.platforms.mturk import MTurkPlatform
from annotation.platforms.paid import NoAccess, PlatformRefused, Posting, PostingState

Fresh = Callable[..., MTurkPlatform]
PREFIX = "twinset-test-"


def a_posting(**given: Any) -> Posting:
    values: dict[str, Any] = {
        "token": f"{PREFIX}{secrets.token_hex(8)}",
        "title": "Select all images that contain a bow",
        "description": "48 small images; about two minutes.",
        "keywords": ("images", "classification"),
        "address": "https://twinset.example/mturk/start/?grid=1&batch=2",
        "num_places": 3,
        "pay_minor_units": 25,
        "currency": "USD",
        "seconds_allowed": 1800,
        "seconds_estimated": 120,
        "lasts_seconds": 86400,
    }
    return Posting(**values | given)


def test_the_balance_is_in_dollars(fresh: Fresh) -> None:
    amount, currency = fresh().balance()
    assert (amount > 0, currency) == (True, "USD")


def test_a_posting_is_put_up_once_and_found_by_its_token(fresh: Fresh) -> None:
    posting = a_posting()
    posted = fresh().post(posting)
    assert (posted.token, posted.state, posted.num_places) == (posting.token, PostingState.OPEN, 3)
    platform = fresh()
    assert platform.post(posting) == posted
    assert platform.find(posting.token) == posted
    assert [each for each in platform.postings() if each.token == posting.token] == [posted]
    assert platform.find(f"{posting.token}-other") is None


def test_text_of_any_kind_is_text(fresh: Fresh) -> None:
    platform = fresh()
    posting = a_posting(
        title="a <b>bow</b> & 'more' ]]> \x00\x1b",
        description='"quoted" &amp; <script>',
        address="https://twinset.example/start/?a=<1>&b='2'",
    )
    assert platform.find(posting.token) is None
    assert platform.post(posting).token == posting.token


def test_places_are_added_but_not_taken_away(fresh: Fresh) -> None:
    platform, posting = fresh(), a_posting()
    posted = platform.post(posting)
    assert platform.extend(posted.external_id, num_places=5, token=f"{posting.token}-5").num_places == 5
    assert fresh().extend(posted.external_id, num_places=5, token=f"{posting.token}-5").num_places == 5
    assert platform.extend(posted.external_id, num_places=2, token=f"{posting.token}-2").num_places == 5
    with pytest.raises(PlatformRefused, match="fewer than 10 places"):
        platform.extend(posted.external_id, num_places=10, token=f"{posting.token}-10")


def test_a_posting_is_paused_resumed_and_closed(fresh: Fresh) -> None:
    platform, posting = fresh(), a_posting()
    posted = platform.post(posting)

    def state() -> PostingState:
        found = fresh().find(posting.token)
        assert found is not None
        return found.state

    platform.pause(posted.external_id)
    assert state() is PostingState.CLOSED  # the platform can't tell it from closing
    platform.resume(posted.external_id)
    platform.resume(posted.external_id)
    assert state() is PostingState.OPEN
    platform.close(posted.external_id)
    assert state() is PostingState.CLOSED


def test_nobody_has_worked_on_a_new_posting(fresh: Fresh) -> None:
    platform = fresh()
    posted = platform.post(a_posting())
    assert list(platform.submissions(posted.external_id)) == []
    assert list(platform.bonuses(posted.external_id)) == []


def test_a_group_is_made_once(fresh: Fresh) -> None:
    name = f"{PREFIX}blocked"
    group = fresh().group(name, description="Workers who are kept from grids of Twinset's tests.")
    assert fresh().group(name, description="Another description.") == group
    posting = a_posting(blocked_group=group)
    assert fresh().post(posting).token == posting.token


def test_what_is_not_there_is_refused(fresh: Fresh) -> None:
    platform = fresh()
    for refused in (
        lambda: platform.close("3" + "0" * 29),
        lambda: platform.approve("3" + "0" * 29),
        lambda: platform.reject("3" + "0" * 29, reason="none"),
        lambda: platform.post(a_posting(allowed_group="3" + "0" * 29)),
    ):
        with pytest.raises(PlatformRefused):
            refused()


def test_wrong_keys_are_said_to_be_wrong(fresh: Fresh) -> None:
    for given in ({"secret_key": "wrong"}, {"access_key": "AKIAWRONG"}):
        with pytest.raises(NoAccess, match="does not take the keys"):
            fresh(**given).balance()
