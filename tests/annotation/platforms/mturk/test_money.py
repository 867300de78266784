"""Dollars and fees; the local server computes its own."""

import pytest

from annotation.platforms.mturk import MTurkPlatform, money
from tests.annotation.platforms.mturk.contract import a_posting
from tests.annotation.platforms.mturk.test_submissions import handed_in
from tests.fakes.mturk import MTurkServer


@pytest.mark.parametrize(
    ("pay", "places", "fee"),
    [
        (100, 1, 20),
        (100, 9, 180),
        (100, 10, 400),
        (25, 10, 100),
        (1, 3, 3),  # at least a cent each
        (0, 2, 2),
        (12, 1, 2),  # 2.4
        (13, 1, 3),  # 2.6
        (54, 1, 11),  # 10.8
        (52, 1, 10),  # 10.4
        (7, 1, 1),
        (8, 1, 2),
        (5, 10, 20),
    ],
)
def test_the_fee_is_a_fifth_and_two_fifths_from_ten_places(pay: int, places: int, fee: int) -> None:
    assert money.fee(pay_minor_units=pay, num_places=places) == fee


@pytest.mark.parametrize(("cents", "written"), [(0, "0.00"), (7, "0.07"), (100, "1.00"), (123456, "1234.56")])
def test_dollars_are_exact(cents: int, written: str) -> None:
    assert money.dollars(cents) == written
    assert money.minor_units(written) == cents


def test_dollars_of_the_platform_are_read_however_short() -> None:
    assert [money.minor_units(each) for each in ("5", "0.5", "10000.29", "5.")] == [500, 50, 1000029, 500]


@pytest.mark.parametrize(("places", "pay"), [(3, 25), (9, 13), (10, 13), (12, 1)])
def test_the_platform_charges_what_was_foreseen(
    platform: MTurkPlatform, server: MTurkServer, places: int, pay: int
) -> None:
    before, _ = platform.balance()
    foreseen = places * pay + platform.fee(pay_minor_units=pay, num_places=places)
    hit_id = platform.post(a_posting(num_places=places, pay_minor_units=pay)).external_id
    assert before - platform.balance()[0] == foreseen
    for number in range(places):
        platform.approve(handed_in(server, hit_id, f"AWORKER{number}"))
    assert before - server.account.funds == foreseen
    assert before - platform.balance()[0] == foreseen


def test_what_nobody_earned_comes_back(platform: MTurkPlatform, server: MTurkServer) -> None:
    before, _ = platform.balance()
    hit_id = platform.post(a_posting()).external_id
    platform.reject(handed_in(server, hit_id), reason="empty")
    platform.close(hit_id)
    assert platform.balance() == (before, "USD")
