"""Both sides' books compared: what only finishes what was begun is set right, the rest is told to a person."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from annotation import postings
from annotation.models import Batch, Place, Posting
from annotation.payments import bonuses, ledger, paying, reconciling
from annotation.payments.reconciling import Finding, Findings, Kinds, reconcile
from annotation.platforms.paid import Payment, Submission
from tests import cast
from tests.annotation.payments.desks import TEXT, Desk
from tests.annotation.payments.test_paying import books_agree, two_sided, worked

pytestmark = pytest.mark.django_db


def found(desk: Desk, batch: Batch, days: float = 2) -> Findings:
    return reconcile(batch=batch, platform=desk.platform(), now=desk.later(days))


def kinds(findings: Findings) -> list[str]:
    assert all(each.text.endswith((".", "!")) for each in findings.left)
    return [each.kind.value for each in findings.left]


def test_where_all_is_well_nothing_is_found_and_the_sums_are_equal(desk: Desk) -> None:
    batch, [place, _] = worked(desk)
    desk.pay(batch)
    bonuses.pay_bonus(place=place, minor_units=30, purpose="care", platform=desk.platform(), now=desk.later(2))
    findings = found(desk, batch)
    assert (findings.fixed, findings.left) == ([], [])
    assert findings.paid_here == findings.paid_there == 230
    assert books_agree(desk, batch)


def test_a_posting_whose_answer_was_lost_is_adopted(desk: Desk) -> None:
    two_sided(desk)
    batch = desk.batch(num_grids=1)
    postings.prepare(batch=batch, platform=desk.platform(), now=cast.NOW)
    if desk.name == "mturk":
        desk.fault("post", "after")
    else:
        desk.fault("close", "after")  # the transition that publishes the draft
    postings.post_next(batch=batch, platform=desk.platform(), text=TEXT, now=cast.NOW)
    assert batch.postings.get().state == "waiting"
    findings = found(desk, batch)
    assert (len(findings.fixed), findings.left, batch.postings.get().state) == (1, [], "open")
    assert found(desk, batch).fixed == []


def test_a_posting_of_another_installation_is_listed_and_let_alone(desk: Desk) -> None:
    two_sided(desk)
    batch = desk.batch(num_grids=1)
    posting = desk.post(batch)[0]
    other = Posting(
        batch=batch,
        prepared_at=cast.NOW,
        token="b" * 40,
        num_places=1,
        num_grids=1,
        pay_minor_units=100,
        fee_minor_units=0,
    )
    desk.platform().post(TEXT.of(other, now=cast.NOW))
    findings = found(desk, batch)
    assert kinds(findings) == ["orphaned posting"]
    assert [each.state for each in desk.platform().postings()] == ["open", "open"]
    assert list(batch.postings.all()) == [posting]


def test_a_posting_that_is_gone_there_is_a_phantom(desk: Desk) -> None:
    batch = desk.batch(num_grids=1)
    desk.post(batch)
    Posting.objects.update(external_id="0" * 24)
    findings = reconcile(batch=batch, platform=desk.platform(), now=desk.later(0))
    assert "phantom posting" in kinds(findings)


def test_a_place_that_is_heard_of_while_the_platform_is_asked_is_not_missing_there(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = desk.batch(num_grids=1)
    [posting] = desk.post(batch)
    platform = desk.platform()

    def none_yet(posted_id: str) -> Iterator[Submission]:
        desk.work(posting)
        heard = postings.learn(batch=batch, platform=desk.platform(), now=desk.later(2) + timedelta(seconds=1))
        assert heard.num_done == 1
        return iter([])

    monkeypatch.setattr(platform, "submissions", none_yet)
    findings = reconcile(batch=batch, platform=platform, now=desk.later(2))
    assert Place.objects.get().state == "submitted"
    assert "place here, not there" not in kinds(findings)
    monkeypatch.setattr(platform, "submissions", lambda posted_id: iter([]))
    findings = reconcile(batch=batch, platform=platform, now=desk.later(3))
    assert "place here, not there" in kinds(findings)


def test_what_was_closed_here_and_is_open_there_is_closed(desk: Desk) -> None:
    two_sided(desk)
    batch = desk.batch(num_grids=1)
    desk.post(batch)
    Posting.objects.update(state="closed")
    findings = found(desk, batch)
    assert (len(findings.fixed), findings.left) == (1, [])
    assert next(iter(desk.platform().postings())).state == "closed"


def test_places_and_work_without_each_other_are_listed(desk: Desk) -> None:
    two_sided(desk)
    batch = desk.batch(num_grids=1)
    [posting] = desk.post(batch)
    desk.take(posting, 0)
    cast.handed_in(batch, desk.worker(1), cast.NOW)
    now = max(desk.later(1), cast.NOW.replace(year=2030))
    findings = reconcile(batch=batch, platform=desk.platform(), now=now)
    assert sorted(kinds(findings)) == ["place there, no work here", "work here, no place there"]
    Place.objects.create(
        posting=posting, external_id="f" * 24, state="submitted", submitted_at=cast.NOW, seen_at=cast.NOW,
        worker_external_id="nobody",
    )  # fmt: skip
    assert "place here, not there" in kinds(found(desk, batch))


def test_a_payment_that_was_intended_and_made_is_settled(desk: Desk) -> None:
    batch, [place] = worked(desk, num_workers=1)
    paying.intend(place, now=desk.later(2))
    desk.platform().approve(place.external_id)
    findings = found(desk, batch)
    assert (len(findings.fixed), findings.left, findings.paid_here) == (1, [], 100)
    assert f"A payment of 1.00 {desk.currency} was under way" in findings.fixed[0]
    assert books_agree(desk, batch)


def test_what_was_paid_there_without_an_intent_is_listed_until_it_is_entered(desk: Desk, researcher: User) -> None:
    two_sided(desk)
    batch, [place] = worked(desk, num_workers=1)
    desk.platform().approve(place.external_id)
    assert kinds(found(desk, batch)) == ["paid there, not in the ledger"]
    paying.enter(place=place, by=researcher, now=desk.later(2))
    assert found(desk, batch).left == []
    assert books_agree(desk, batch)


def test_what_the_ledger_says_was_paid_and_was_not_is_listed(desk: Desk) -> None:
    two_sided(desk)
    batch, [place] = worked(desk, num_workers=1)
    ledger.done(token=paying.intend(place, now=desk.later(2)), now=desk.later(2))
    Place.objects.update(state="approved")
    assert kinds(found(desk, batch)) == ["in the ledger, not paid there"]


def test_a_bonus_paid_twice_is_noticed(desk: Desk) -> None:
    two_sided(desk)
    batch, [place] = worked(desk, num_workers=1)
    desk.pay(batch)
    bonuses.pay_bonus(place=place, minor_units=30, purpose="care", platform=desk.platform(), now=desk.later(2))
    if desk.name == "mturk":
        again = desk.server.account.bonuses[0]
        desk.server.account.bonuses.append(dict(again))
    else:
        desk.server.account.submissions[place.external_id].bonuses.append(30)
    findings = found(desk, batch)
    assert "paid twice" in kinds(findings)
    assert findings.paid_there - findings.paid_here == 30


def test_a_bonus_by_hand_and_a_rejection_by_hand_are_listed(desk: Desk) -> None:
    two_sided(desk)
    batch, [first, second] = worked(desk)
    desk.pay(batch)
    if desk.name == "mturk":
        payment = Payment(
            token="by-hand", worker_id=first.worker_external_id, submission_id=first.external_id, minor_units=7
        )
        desk.platform().bonus(payment, currency="USD", reason="by hand")
    else:
        desk.server.account.submissions[first.external_id].bonuses.append(7)
    findings = found(desk, batch)
    assert kinds(findings) == ["paid there, not in the ledger"]
    assert f"a bonus of 0.07 {desk.currency} for {first.external_id}" in findings.left[0].text
    del second


def test_what_is_unpaid_after_the_promised_time_says_why(desk: Desk) -> None:
    batch, _ = worked(desk, num_workers=1)
    assert kinds(found(desk, batch, days=1)) == []
    assert kinds(found(desk, batch, days=4)) == ["unpaid after the promised time"]


def test_it_is_patient_where_it_may_wait_and_ends_where_it_may_not(desk: Desk) -> None:
    batch, _ = worked(desk, num_workers=1)
    desk.fault("list", "throttled")
    assert found(desk, batch).come_back_after is not None
    desk.fault("list", "throttled")
    waits: list[float] = []
    reconcile(batch=batch, platform=desk.platform(), now=desk.later(1), wait=waits.append)
    assert len(waits) == 1


def test_what_was_found_is_kept_until_the_next_time(desk: Desk) -> None:
    two_sided(desk)
    batch, [place, _] = worked(desk)
    desk.platform().approve(place.external_id)  # by hand
    row = reconciling.remember(batch=batch, found=found(desk, batch), now=desk.later(2))
    assert (row.is_complete, row.num_left, row.num_fixed) == (True, 1, 0)
    assert row.left[0]["kind"] == "paid there, not in the ledger"
    assert place.external_id in row.left[0]["text"]
    assert (row.paid_here, row.paid_there) == (0, 100)
    reconciling.remember(batch=batch, found=Findings(come_back_after=9.0), now=desk.later(3))
    batch.refresh_from_db()
    assert (batch.reconciliation.is_complete, batch.reconciliation.left) == (False, [])
    assert batch.reconciliation.at == desk.later(3)


def test_more_than_anybody_reads_is_counted_and_not_kept(desk: Desk) -> None:
    batch = desk.batch(num_grids=1)
    many = [Finding(Kinds.LATE, "Late.")] * (reconciling.MOST_KEPT + 5)
    row = reconciling.remember(batch=batch, found=Findings(left=many), now=cast.NOW)
    assert (row.num_left, len(row.left)) == (reconciling.MOST_KEPT + 5, reconciling.MOST_KEPT)
