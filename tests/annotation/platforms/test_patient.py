from collections.abc import Iterator
from typing import Any

import pytest

from annotation.platforms.own import OwnPlatform
from annotation.platforms.paid import Payment, PlatformBusy
from annotation.platforms.patient import LONGEST_WAIT, MOST_WAITS, patient


class Busy(OwnPlatform):
    """Says so as often as it is told to."""

    def __init__(self, times: int, retry_after: float | None = None) -> None:
        super().__init__()
        self.left, self.retry_after = times, retry_after

    def approve(self, submission_id: str) -> None:
        self.left -= 1
        if self.left >= 0:
            raise PlatformBusy("Later.", retry_after=self.retry_after)

    def bonuses(self, posted_id: str) -> Iterator[Payment]:
        yield Payment(token="a", worker_id="1", submission_id="1", minor_units=1)
        self.approve("")


def asked(platform: OwnPlatform, verb: str = "approve") -> tuple[Any, list[float]]:
    waits: list[float] = []
    return getattr(patient(platform, wait=waits.append), verb)("1"), waits


def test_it_is_asked_again_less_and_less_often() -> None:
    assert asked(Busy(3)) == (None, [0.1, 0.2, 0.4])


def test_it_is_asked_when_it_says() -> None:
    assert asked(Busy(2, retry_after=7)) == (None, [7, 7])


def test_a_list_that_breaks_off_is_asked_for_anew() -> None:
    answer, waits = asked(Busy(1), "bonuses")
    assert (len(list(answer)), len(waits)) == (1, 1)


def test_who_is_busy_for_long_is_left_in_peace() -> None:
    with pytest.raises(PlatformBusy):
        asked(Busy(MOST_WAITS + 1))
    with pytest.raises(PlatformBusy):
        asked(Busy(1, retry_after=LONGEST_WAIT + 1))


def test_it_is_the_same_platform_otherwise() -> None:
    platform = patient(Busy(0), wait=lambda seconds: None)
    assert (platform.name, platform.capabilities) == ("local", OwnPlatform.capabilities)
