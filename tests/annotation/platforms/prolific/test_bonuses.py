"""Bonuses: Prolific pays as often as it is asked, Twinset asks once."""

from datetime import timedelta

import pytest

from annotation.platforms.paid import NoAccess, Payment, PlatformRefused, Uncertain
from annotation.platforms.prolific import ProlificPlatform
from annotation.platforms.prolific.bonuses import SETTLED_AFTER
from tests.annotation.platforms.prolific import given
from tests.fakes.prolific import Account, Fault, ProlificServer
from tests.fakes.prolific.account import FakeSubmission

PAY = "pay-bonus-payments"


@pytest.fixture
def submission(platform: ProlificPlatform, account: Account) -> FakeSubmission:
    posted_id = platform.post(given.posting()).external_id
    return given.submitted(account, posted_id)


def pay(platform: ProlificPlatform, payment: Payment) -> None:
    platform.bonus(payment, currency="GBP", reason="More grids than asked for")


@pytest.mark.parametrize(("amount", "sent"), [(50, [50]), (1, [1]), (100, [100]), (1999, [1999]), (120_00, [12_000])])
def test_a_bonus_arrives_to_the_penny(
    platform: ProlificPlatform, submission: FakeSubmission, amount: int, sent: list[int]
) -> None:
    pay(platform, given.payment(submission, minor_units=amount))
    assert submission.bonuses == sent


def test_bonuses_are_listed_without_their_tokens(platform: ProlificPlatform, submission: FakeSubmission) -> None:
    payment = given.payment(submission)
    pay(platform, payment)
    assert list(platform.bonuses(submission.study.id)) == [
        Payment(token="", worker_id=submission.participant, submission_id=submission.id, minor_units=50)
    ]


def test_once_the_books_know_it_nothing_is_asked(
    platform: ProlificPlatform, server: ProlificServer, book: given.MemoryBook, submission: FakeSubmission
) -> None:
    payment = given.payment(submission)
    pay(platform, payment)
    book.payments.append(payment)
    pay(platform, payment)
    assert (submission.bonuses, server.count(PAY)) == ([50], 1)


def test_killed_after_it_was_ordered_it_is_recognised(
    platform: ProlificPlatform, server: ProlificServer, submission: FakeSubmission
) -> None:
    """The outcome was never written down; the book has the order, and the submission shows the amount."""
    payment = given.payment(submission)
    pay(platform, payment)
    pay(platform, payment)
    assert (submission.bonuses, server.count(PAY)) == ([50], 1)


def test_an_order_that_does_not_show_yet_is_not_given_again(
    platform: ProlificPlatform, hasty: ProlificPlatform, server: ProlificServer, submission: FakeSubmission
) -> None:
    account, payment = server.account, given.payment(submission)
    account.settles_at_once = False
    server.faults.plan(PAY, Fault.SILENT_AFTER)
    with pytest.raises(Uncertain, match="did not answer"):
        pay(hasty, payment)
    for waited in (timedelta(0), SETTLED_AFTER - timedelta(seconds=1)):
        account.pass_time(waited)
        with pytest.raises(Uncertain, match="2026-03-01 12:00 UTC and does not show yet"):
            pay(platform, payment)
    account.settle()
    pay(platform, payment)
    assert (submission.bonuses, server.count(PAY)) == ([50], 1)


def test_an_order_that_never_shows_is_given_again_the_next_day(
    platform: ProlificPlatform, hasty: ProlificPlatform, server: ProlificServer, submission: FakeSubmission
) -> None:
    payment = given.payment(submission)
    server.faults.plan(PAY, Fault.SILENT_BEFORE)
    with pytest.raises(Uncertain):
        pay(hasty, payment)
    server.account.pass_time(SETTLED_AFTER)
    pay(platform, payment)
    assert submission.bonuses == [50]


def test_bonuses_of_the_same_amount_are_told_apart_by_their_number(
    platform: ProlificPlatform,
    hasty: ProlificPlatform,
    server: ProlificServer,
    book: given.MemoryBook,
    submission: FakeSubmission,
) -> None:
    """Two for one submission: the first is uncertain while the second is paid, and each is paid once in the end."""
    first, second = (given.payment(submission, token=token) for token in ("bonus-1", "bonus-2"))
    server.faults.plan(PAY, Fault.SILENT_BEFORE)
    with pytest.raises(Uncertain):
        pay(hasty, first)
    pay(platform, second)
    book.payments.append(second)
    with pytest.raises(Uncertain):
        pay(platform, first)
    server.account.pass_time(SETTLED_AFTER)
    pay(platform, first)
    book.payments.append(first)
    pay(platform, first)
    pay(platform, second)
    assert submission.bonuses == [50, 50]


def test_whichever_of_two_it_was_the_sum_is_right(
    platform: ProlificPlatform,
    hasty: ProlificPlatform,
    server: ProlificServer,
    book: given.MemoryBook,
    submission: FakeSubmission,
) -> None:
    """Only the second was carried out, and its outcome was lost: its amount is taken for the first's."""
    first, second = (given.payment(submission, token=token) for token in ("bonus-1", "bonus-2"))
    server.faults.plan(PAY, Fault.SILENT_BEFORE)
    with pytest.raises(Uncertain):
        pay(hasty, first)
    pay(platform, second)
    pay(platform, first)
    book.payments.append(first)
    with pytest.raises(Uncertain):
        pay(platform, second)
    server.account.pass_time(SETTLED_AFTER)
    pay(platform, second)
    assert submission.bonuses == [50, 50]


def test_one_that_a_person_paid_by_hand_is_not_paid_again(
    platform: ProlificPlatform, server: ProlificServer, submission: FakeSubmission
) -> None:
    submission.bonuses.append(50)
    with pytest.raises(Uncertain, match="by hand"):
        pay(platform, given.payment(submission))
    pay(platform, given.payment(submission, token="bonus-2", minor_units=60))
    assert submission.bonuses == [50, 60]


def test_two_processes_pay_once(
    platform: ProlificPlatform, server: ProlificServer, book: given.MemoryBook, submission: FakeSubmission
) -> None:
    book.is_taken = True
    with pytest.raises(Uncertain, match="Another process"):
        pay(platform, given.payment(submission))
    assert (submission.bonuses, server.count(PAY)) == ([], 0)


def test_one_that_was_refused_may_be_asked_for_at_once(
    platform: ProlificPlatform, account: Account, book: given.MemoryBook, submission: FakeSubmission
) -> None:
    payment, account.total_balance = given.payment(submission), 500
    with pytest.raises(NoAccess, match="Not enough funds"):
        pay(platform, payment)
    assert book.orders == {}
    account.total_balance = 100_000
    pay(platform, payment)
    assert submission.bonuses == [50]


@pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.UNAVAILABLE, Fault.EXPIRED])
def test_one_that_was_not_taken_may_be_asked_for_at_once(
    platform: ProlificPlatform, server: ProlificServer, submission: FakeSubmission, fault: Fault
) -> None:
    server.faults.plan(PAY, fault)
    payment = given.payment(submission)
    with pytest.raises(Exception, match="Prolific"):
        pay(platform, payment)
    pay(platform, payment)
    assert submission.bonuses == [50]


def test_setting_up_may_be_repeated(
    platform: ProlificPlatform, hasty: ProlificPlatform, server: ProlificServer, submission: FakeSubmission
) -> None:
    server.faults.plan("create-bonus-payments", Fault.SILENT_AFTER)
    payment = given.payment(submission)
    with pytest.raises(Exception, match="Nothing was done"):
        pay(hasty, payment)
    pay(platform, payment)
    assert (submission.bonuses, len(server.account.orders)) == ([50], 2)


def test_another_currency_another_worker_or_nothing_is_refused(
    platform: ProlificPlatform, server: ProlificServer, submission: FakeSubmission
) -> None:
    with pytest.raises(PlatformRefused, match="GBP"):
        platform.bonus(given.payment(submission), currency="USD", reason="")
    with pytest.raises(PlatformRefused, match="another worker"):
        pay(platform, given.payment(submission, worker_id="0" * 24))
    with pytest.raises(PlatformRefused, match="more than nothing"):
        pay(platform, given.payment(submission, minor_units=0))
    assert server.count("create-bonus-payments") == 0


def test_a_sum_that_prolific_understood_otherwise_is_not_ordered(
    platform: ProlificPlatform, server: ProlificServer, submission: FakeSubmission, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.fakes.prolific.submissions.Decimal", lambda text: 100 * int(float(text) * 100) // 100)
    with pytest.raises(PlatformRefused, match="would pay 5000 instead of 50"):
        pay(platform, given.payment(submission))
    assert server.count(PAY) == 0
