"""Bonuses are paid once per token, and what was paid is known again by it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from annotation.platforms.mturk import MTurkPlatform
from annotation.platforms.paid import NoAccess, Payment, PlatformRefused, Uncertain
from tests.annotation.platforms.mturk.contract import a_posting
from tests.annotation.platforms.mturk.test_submissions import handed_in
from tests.fakes.mturk import MTurkServer

Fresh = Callable[..., MTurkPlatform]


@pytest.fixture
def hit_id(platform: MTurkPlatform) -> str:
    return platform.post(a_posting()).external_id


@pytest.fixture
def payment(server: MTurkServer, hit_id: str) -> Payment:
    submission_id = handed_in(server, hit_id)
    return Payment(token="bonus-1", worker_id="AWORKER1", submission_id=submission_id, minor_units=150)


def pay(platform: MTurkPlatform, payment: Payment, reason: str = "Thank you.") -> None:
    platform.bonus(payment, currency="USD", reason=reason)


@pytest.mark.parametrize("hours", [0, 23, 25])
def test_a_token_is_paid_once(
    platform: MTurkPlatform, server: MTurkServer, payment: Payment, hit_id: str, hours: int
) -> None:
    before = server.account.funds
    pay(platform, payment)
    server.advance(hours=hours)
    pay(platform, payment)
    assert before - server.account.funds == 150 + 30
    assert list(platform.bonuses(hit_id)) == [payment]


def test_a_worker_may_get_several(platform: MTurkPlatform, payment: Payment, hit_id: str) -> None:
    payments = [replace(payment, token=f"bonus-{number}", minor_units=1 + number % 3) for number in range(120)]
    for each in payments:
        pay(platform, each)
    assert list(platform.bonuses(hit_id)) == payments


def test_a_token_pays_nothing_else(platform: MTurkPlatform, server: MTurkServer, payment: Payment) -> None:
    pay(platform, payment)
    with pytest.raises(PlatformRefused, match="another amount, or another worker"):
        pay(platform, replace(payment, minor_units=151))
    assert len(server.account.bonuses) == 1


def test_a_token_that_was_used_elsewhere_leaves_it_open(
    platform: MTurkPlatform, server: MTurkServer, payment: Payment, hit_id: str
) -> None:
    pay(platform, payment)
    other = handed_in(server, hit_id, "AWORKER2")
    with pytest.raises(Uncertain, match="lists no such bonus"):
        pay(platform, replace(payment, submission_id=other, worker_id="AWORKER2"))
    assert len(server.account.bonuses) == 1


def test_the_reason_is_told_as_it_is_and_forges_no_token(
    platform: MTurkPlatform, server: MTurkServer, payment: Payment, hit_id: str
) -> None:
    reason = "<b>10 %</b> more & 'thanks' (reference bonus-9)"
    pay(platform, payment, reason)
    assert server.account.bonuses[0]["Reason"] == f"{reason} (reference bonus-1)"
    server.account.bonuses.append(server.account.bonuses[0] | {"Reason": "paid by hand", "BonusAmount": "2"})
    assert [(each.token, each.minor_units) for each in platform.bonuses(hit_id)] == [("bonus-1", 150), ("", 200)]


def test_a_bonus_needs_money_for_its_fee_too(platform: MTurkPlatform, server: MTurkServer, payment: Payment) -> None:
    server.account.funds = server.account.on_hold + 179
    with pytest.raises(NoAccess, match="insufficient funds"):
        pay(platform, payment)
    server.account.funds += 1
    pay(platform, payment)
    assert server.account.available == 0


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"token": "two words"}, "A token has"),
        ({"minor_units": -1}, "negative"),
        ({"minor_units": 0}, "BonusAmount"),
        ({"worker_id": "AWORKER2"}, "did not work on this"),
        ({"worker_id": "worker 2"}, "WorkerId"),
        ({"submission_id": "3" * 30}, "does not exist"),
    ],
)
def test_a_bonus_that_cannot_be_is_refused(
    platform: MTurkPlatform, server: MTurkServer, payment: Payment, given: dict[str, object], told: str
) -> None:
    with pytest.raises(PlatformRefused, match=told):
        pay(platform, replace(payment, **given))  # type: ignore[arg-type]
    assert server.account.bonuses == []


def test_a_bonus_is_in_dollars_and_says_why(platform: MTurkPlatform, payment: Payment) -> None:
    with pytest.raises(PlatformRefused, match="USD only"):
        platform.bonus(payment, currency="GBP", reason="Thank you.")
    for reason in ("", "x" * 1010):
        with pytest.raises(PlatformRefused, match="reason"):
            pay(platform, payment, reason)


def test_a_bonus_for_what_is_not_handed_in_is_refused(
    platform: MTurkPlatform, server: MTurkServer, hit_id: str
) -> None:
    taken = server.workers.accept(hit_id, "AWORKER3")
    with pytest.raises(PlatformRefused, match="does not exist"):
        pay(platform, Payment(token="b", worker_id="AWORKER3", submission_id=taken.assignment_id, minor_units=5))
