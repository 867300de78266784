import pytest

from annotation.errors import NotYours
from annotation.platforms.prolific import ProlificPlatform
from annotation.platforms.prolific.arriving import Arrival, arrival
from tests.annotation.platforms.prolific import given
from tests.fakes.prolific import Account

GOOD = {"PROLIFIC_PID": "a" * 24, "STUDY_ID": "b" * 24, "SESSION_ID": "0123456789abcdefABCDEF00"}


def test_who_arrives_says_who_they_are() -> None:
    assert arrival(GOOD | {"more": "ignored"}) == Arrival(
        worker_id="a" * 24, posting_id="b" * 24, submission_id="0123456789abcdefabcdef00"
    )


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize(
    "value", ["", "a" * 23, "a" * 25, "g" * 24, "a" * 24 + "\n", " " + "a" * 24, "{{%STUDY_ID%}}", "١" * 24, "K" * 24]
)
def test_a_parameter_of_another_shape_is_refused(name: str, value: str) -> None:
    with pytest.raises(NotYours, match="not complete"):
        arrival(GOOD | {name: value})
    with pytest.raises(NotYours, match="not complete"):
        arrival({key: each for key, each in GOOD.items() if key != name})


def test_an_address_filled_in_by_prolific_is_read(platform: ProlificPlatform, account: Account) -> None:
    posted_id = platform.post(given.posting()).external_id
    who = given.person(account)
    submission = who.take_place(posted_id)
    query = who.start(submission).partition("?")[2]
    told = arrival(dict(pair.split("=") for pair in query.split("&")))
    assert told == Arrival(worker_id=who.id, posting_id=posted_id, submission_id=submission.id)
