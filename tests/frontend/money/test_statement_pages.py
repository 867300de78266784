"""The statement of a batch as page and table: sums equal the ledger's, cells are no formulas, decisions are written."""

import csv
import io
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from annotation import workers
from annotation.models import Batch, LedgerEntry, Place, Reconciliation, Rejection, Study
from annotation.payments import ledger, paying, reconciling, rejections
from annotation.platforms.paid import Uncertain
from tests import cast
from tests.annotation.payments.desks import OUTSIDE, REASON, Desk
from tests.annotation.payments.test_paying import worked
from tests.own_people import pay_due, take_in

pytestmark = pytest.mark.django_db


def table(client: Client, batch: Batch) -> list[dict[str, str]]:
    response = client.get(f"/studies/{batch.study.slug}/batches/{batch.pk}/statement.csv")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def cents(rows: list[dict[str, str]], column: str) -> int:
    return sum(round(float(row[column]) * 100) for row in rows)


def page(client: Client, batch: Batch, query: str = "") -> str:
    response = client.get(f"/studies/{batch.study.slug}/batches/{batch.pk}/statement/{query}")
    assert response.status_code == 200
    return response.content.decode()


def test_the_page_says_what_is_due_and_that_no_money_moves_here(
    researcher_client: Client, batch: Batch, places: list[Place]
) -> None:
    text = page(researcher_client, batch)
    assert "Twinset moves no money here" in text
    assert "2 places, 0.60\N{NO-BREAK SPACE}EUR" in text
    assert text.count("/places/") == len(places)
    assert "There is no platform that keeps books of its own" in text
    assert "They were not compared" not in text


def test_all_is_accepted_by_one_button_and_the_queue_is_asked(
    researcher_client: Client, batch: Batch, places: list[Place], asked: list[int]
) -> None:
    address = f"/studies/{batch.study.slug}/batches/{batch.pk}/statement/payment/"
    response = researcher_client.post(address, follow=True)
    assert "2 places are written down to be paid" in response.content.decode()
    assert (asked, ledger.spend(batch).num_unsettled) == ([batch.pk], 2)
    pay_due(batch, now=cast.NOW)
    assert "accepted pay" in page(researcher_client, batch)
    assert cents(table(researcher_client, batch), "pay") == ledger.spend(batch).paid == 60
    del places


@pytest.mark.parametrize("name", sorted(OUTSIDE))
def test_page_table_ledger_and_account_have_the_same_sums(name: str, researcher: User, asked: list[int]) -> None:
    client = Client()
    client.force_login(researcher)
    with OUTSIDE[name]() as desk:
        batch = _decided_by_clicks(desk, client, researcher)
        rows, spend = table(client, batch), ledger.spend(batch)
        assert cents(rows, "pay") + cents(rows, "bonus") == cents(rows, "worker_gets") == spend.paid == 250
        assert cents(rows, "fee") == spend.fees
        assert spend.paid + spend.fees == desk.spent
        text = page(client, batch)
        for amount in (200, 50, spend.fees):
            assert f"{amount / 100:.2f}\N{NO-BREAK SPACE}{desk.currency}</dd>" in text
        assert {row["worker_on_platform"] for row in rows} == {desk.worker(n).external_id for n in range(3)}
        assert sorted(row["standing"] for row in rows) == ["paid", "paid", "rejected"]


def _decided_by_clicks(desk: Desk, client: Client, researcher: User) -> Batch:
    """Three places: one rejected, one with a bonus, the others paid; all told by rounds."""
    batch, places = worked(desk, num_workers=3)
    batch.study.researchers.add(researcher)
    home = f"/studies/{batch.study.slug}/places"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("frontend.views.money.places.reached_soon", lambda name, clock: _Reached(desk))
        client.post(f"{home}/{places[0].pk}/bonus/", {"amount": "0.50", "purpose": "care"})
    client.post(f"{home}/{places[1].pk}/rejection/", {"words": REASON})
    client.post(f"/studies/{batch.study.slug}/batches/{batch.pk}/statement/payment/")
    assert desk.spent == 0
    desk.pay(batch, days=0)
    desk.learn(batch)
    return batch


class _Reached:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def __enter__(self) -> Any:
        return self.desk.platform()

    def __exit__(self, *what: object) -> None:
        pass


def test_no_cell_is_a_formula(researcher_client: Client, batch: Batch, places: list[Place], researcher: User) -> None:
    rejections.reject(place=places[0], reason='=HYPERLINK("http://x","y")', by=researcher, now=cast.NOW)
    Place.objects.filter(pk=places[1].pk).update(external_id="+1", worker_external_id="@cmd")
    named = workers.invite(study=batch.study, name="-2+3", now=cast.NOW, by=researcher)
    batch.study.enrolments.update(invitation=named)
    rows = table(researcher_client, batch)
    assert rows[0]["note"] == '\'=HYPERLINK("http://x","y")'
    assert (rows[1]["submission"], rows[1]["worker_on_platform"], rows[1]["invitation"]) == ("'+1", "'@cmd", "'-2+3")
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]


def test_a_place_is_rejected_for_a_standard_reason_and_paid_after_all(
    researcher_client: Client, study: Study, places: list[Place], asked: list[int]
) -> None:
    home = f"/studies/{study.slug}/places/{places[0].pk}/"
    standard = researcher_client.get(home).context["rejection_form"].fields["standard"].choices[1][0]
    sent = {"standard": standard, "words": "See the last row."}
    response = researcher_client.post(f"{home}rejection/", sent, follow=True)
    assert "Rejected. The worker reads the reason" in response.content.decode()
    rejection = Rejection.objects.get()
    assert rejection.reason == f"{standard} See the last row."
    response = researcher_client.post(
        f"/studies/{study.slug}/rejections/{rejection.pk}/reversal/", {"reason": "We looked again."}, follow=True
    )
    assert "taken back, and the pay is written down" in response.content.decode()
    assert ledger.spend(places[0].posting.batch).num_unsettled == 1
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("platform", "state", "has_work", "told"),
    [
        ("mturk", "submitted", False, "pays it by itself seven days after"),
        ("prolific", "submitted", False, "Reject it, or wait: what comes later is taken in."),
        ("mturk", "approved", False, "though nothing was handed in here. Enter it"),
        ("mturk", "approved", True, "Enter it here."),
    ],
)
def test_a_place_says_what_can_be_done(
    researcher_client: Client, study: Study, places: list[Place], platform: str, state: str, has_work: bool, told: str
) -> None:
    Batch.objects.update(platform=platform)
    Place.objects.update(state=state, **({} if has_work else {"assignment": None}))
    text = researcher_client.get(f"/studies/{study.slug}/places/{places[0].pk}/").content.decode()
    assert told in text
    assert ("Enter this payment" in text) == (state == "approved")
    assert ("Enter a bonus that was paid there" in text) == (state == "approved" and not has_work)


def test_of_a_place_that_was_rejected_after_it_was_paid_there_the_page_says_so(
    researcher_client: Client, study: Study, places: list[Place], researcher: User
) -> None:
    rejections.reject(place=places[0], reason="Empty.", by=researcher, now=cast.NOW)
    home = f"/studies/{study.slug}/places/{places[0].pk}/"
    assert "Pay it after all" in researcher_client.get(home).text
    Batch.objects.update(platform="mturk")
    Place.objects.update(state="approved")
    text = researcher_client.get(home).text
    assert ("which came too late" in text, "Enter this payment" in text) == (True, True)
    assert "Pay it after all" not in text


def test_a_grid_has_the_same_number_as_on_its_stage_and_times_say_whose_they_are(
    researcher_client: Client, batch: Batch, places: list[Place]
) -> None:
    grids = researcher_client.get(f"/studies/{batch.study.slug}/grids/").content.decode()
    assert '<td class="number">1</td>' in grids
    assert "2026, 12:00 UTC" in grids
    text = researcher_client.get(f"/studies/{batch.study.slug}/places/{places[0].pk}/").content.decode()
    assert "zero 1: selected" in text
    assert "Handed in (UTC)" in page(researcher_client, batch)


def test_of_ones_own_people_nobody_says_that_a_platform_paid(
    researcher_client: Client, batch: Batch, places: list[Place]
) -> None:
    pay_due(batch, now=cast.NOW + 2 * paying.GRACE)
    home = f"/studies/{batch.study.slug}/places/{places[0].pk}/"
    assert "It is accepted. Hand the money over yourself" in researcher_client.get(home).text
    Batch.objects.update(platform="mturk")
    assert "The platform has paid it." in researcher_client.get(home).text
    assert "Pay goes by Mechanical Turk." in page(researcher_client, batch)


def test_every_standard_reason_is_long_enough_for_every_platform(study: Study) -> None:
    from frontend.views.money.forms import REASONS

    assert min(map(len, REASONS.values())) >= max(map(rejections.shortest_reason, ("mturk", "prolific", "local")))


def test_what_is_refused_is_said_and_nothing_is_written(
    researcher_client: Client, study: Study, places: list[Place], asked: list[int]
) -> None:
    home = f"/studies/{study.slug}/places/{places[0].pk}/"
    response = researcher_client.post(f"{home}rejection/", {}, follow=True)
    assert "Give the reason: the worker reads it." in response.content.decode()
    response = researcher_client.post(f"{home}bonus/", {"amount": "0.005", "purpose": "care"})
    assert response.status_code == 400
    response = researcher_client.post(f"{home}bonus/", {"amount": "100", "purpose": "care"}, follow=True)
    assert "more than" in response.content.decode()
    assert (Rejection.objects.count(), LedgerEntry.objects.count(), asked) == (0, 0, [])


def test_a_bonus_is_not_written_where_its_fee_can_not_be_asked_for(
    researcher_client: Client, study: Study, places: list[Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*args: object, **given: object) -> int:
        raise Uncertain("No answer came.")

    monkeypatch.setattr("annotation.platforms.own.OwnPlatform.fee", silent)
    sent = {"amount": "0.10", "purpose": "care"}
    response = researcher_client.post(f"/studies/{study.slug}/places/{places[0].pk}/bonus/", sent, follow=True)
    assert "No answer came." in response.content.decode()
    assert not LedgerEntry.objects.exists()


def test_what_the_platform_refuses_is_given_up_by_its_page(
    researcher_client: Client, study: Study, places: list[Place], asked: list[int]
) -> None:
    home = f"/studies/{study.slug}/places/{places[0].pk}/"
    assert "Give the payment up" not in researcher_client.get(home).content.decode()
    token = paying.intend(places[0], now=cast.NOW)
    ledger.refused(token=token, reason="Too late.", now=cast.NOW)
    text = researcher_client.get(home).content.decode()
    assert ("Give the payment up" in text, "Too late." in text) == (True, True)
    refused = researcher_client.post(f"{home}giving-up/", {"reason": " "}, follow=True).content.decode()
    assert "Say why it is given up" in refused
    text = researcher_client.post(f"{home}giving-up/", {"reason": "Never taken."}, follow=True).content.decode()
    assert "Its pay was given up: Never taken." in text
    assert "Reject it" in text
    assert asked == [places[0].posting.batch_id]


def test_money_that_came_back_is_entered_on_the_page_of_its_place(
    researcher_client: Client, study: Study, places: list[Place], asked: list[int]
) -> None:
    batch, home = places[0].posting.batch, f"/studies/{study.slug}/places/{places[0].pk}/"
    assert "came back" not in researcher_client.get(home).content.decode()
    token = paying.intend(places[0], now=cast.NOW)
    ledger.done(token=token, now=cast.NOW)
    sent = {"payment": token, "amount": "0.20", "reason": "The account was closed."}
    assert researcher_client.post(f"{home}refund/", sent | {"payment": "another"}).status_code == 400
    response = researcher_client.post(f"{home}refund/", sent, follow=True)
    assert "0.20\N{NO-BREAK SPACE}EUR came back" in response.content.decode()
    assert table(researcher_client, batch)[0]["refund"] == "0.20"
    assert (ledger.spend(batch).refunded, len(asked)) == (20, 1)


def test_places_are_found_by_where_they_stand(
    researcher_client: Client, batch: Batch, places: list[Place], researcher: User
) -> None:
    rejections.reject(place=places[0], reason="Empty.", by=researcher, now=cast.NOW)
    assert page(researcher_client, batch, "?standing=rejected").count("/places/") == 1
    address = f"/studies/{batch.study.slug}/batches/{batch.pk}/statement/?standing=nonsense"
    assert researcher_client.get(address).status_code == 404


def test_the_last_comparison_is_told_in_sentences(researcher_client: Client, batch: Batch) -> None:
    Reconciliation.objects.create(
        batch=batch, at=cast.NOW, is_complete=True, num_fixed=0, num_left=1, paid_here=60, paid_there=90,
        left=[{"kind": "paid twice", "text": "The bonus with the token x was paid 2 times there."}],
    )  # fmt: skip
    text = page(researcher_client, batch)
    assert "1 thing is for you to look at." in text
    assert "was paid 2 times there." in text
    assert "0.90\N{NO-BREAK SPACE}EUR" in text


def test_what_was_paid_there_is_entered_from_the_list(researcher: User, asked: list[int]) -> None:
    client = Client()
    client.force_login(researcher)
    with OUTSIDE["mturk"]() as desk:
        batch = desk.batch(num_grids=1)
        batch.study.researchers.add(researcher)
        desk.platform().approve(desk.take(desk.post(batch)[0]))
        desk.learn(batch)
        found = reconciling.reconcile(batch=batch, platform=desk.platform(), now=desk.later(2))
        reconciling.remember(batch=batch, found=found, now=desk.later(2))
        [address] = re.findall(r'href="([^"]+)">Enter it on the page', page(client, batch))
        assert "Enter this payment" in client.get(address).text
        assert "the books say now" in client.post(f"{address}entry/", follow=True).text
        sent = {"amount": "0.20", "purpose": "care"}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("frontend.views.money.places.reached_soon", lambda name, clock: _Reached(desk))
            assert "Entered" in client.post(f"{address}bonus/", sent, follow=True).text
    [row] = table(client, batch)
    assert (row["standing"], row["receipt"], row["pay"], row["bonus"]) == ("paid", "", "1.00", "0.20")
    assert cents([row], "fee") == ledger.spend(batch).fees


def test_an_unpaid_batch_has_no_statement_and_says_so(researcher_client: Client, study: Study) -> None:
    target_class = cast.target_class(study)
    unpaid = cast.batch(study, [cast.grid(target_class, [cast.candidate(target_class)])])
    text = page(researcher_client, unpaid)
    assert "Nothing is paid here" in text
    assert f'<a class="button" href="/studies/{study.slug}/batches/{unpaid.pk}/">Go to the batch</a>' in text


def test_the_number_of_queries_does_not_grow_with_the_places(
    researcher_client: Client, batch: Batch, places: list[Place], django_assert_max_num_queries: Any
) -> None:
    with CaptureQueriesContext(connection) as few:
        page(researcher_client, batch)
    for number in range(6):
        cast.handed_in(batch, cast.worker(f"many {number}"), cast.NOW)
    assert len(take_in(batch, now=cast.NOW)) == len(places) + 6
    with django_assert_max_num_queries(len(few)):
        page(researcher_client, batch)
    assert len(few) <= 40
