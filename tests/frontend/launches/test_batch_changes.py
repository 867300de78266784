"""A batch that is with workers: what its page shows of it, and what can be changed."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from annotation import launches, postings, tasks
from annotation.models import Assignment, Batch, LastRound, Posting, Study
from annotation.payments import bonuses, ledger
from annotation.platforms.own import OwnPlatform
from frontend.launching.live import Live
from tests import cast, own_people
from tests.frontend.launches import scenes
from tests.frontend.launches.scenes import NAME, address

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def rounds(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Of which batches the queue is asked for a round."""
    asked: list[int] = []
    monkeypatch.setattr(tasks, "enqueue_round", asked.append)
    return asked


def went_live(researcher: User, **plan: Any) -> Batch:
    """Of one's own people: five grids, two workers each."""
    launch = scenes.drafted(scenes.study(researcher), researcher, **plan)
    own = OwnPlatform(launch.platform)
    cost = launches.preview(launch=launch, platform=own).total
    row = launches.confirm(launch=launch, typed=NAME, cost=cost, by=researcher, platform=own, now=cast.NOW)
    assert row.batch is not None
    return row.batch


@pytest.fixture
def batch(researcher: User) -> Batch:
    return went_live(researcher, budget_minor_units=600)


def at_a_platform(batch: Batch) -> None:
    """As if it had been launched there; nobody is asked."""
    Batch.objects.update(platform="mturk", currency="USD")
    type(batch.launch).objects.update(platform="mturk", currency="USD")


def page_of(client: Client, batch: Batch, **headers: str) -> str:
    return client.get(address("batch-detail", batch.pk), headers=headers).text


def test_the_page_goes_on_counting_until_what_was_handed_in_is_paid(researcher_client: Client, batch: Batch) -> None:
    launches.go_on(batch=batch, platform=OwnPlatform(), now=cast.NOW)
    for worker in (cast.worker("w1"), cast.worker("w2")):
        for _ in range(5):
            cast.handed_in(batch, worker, cast.NOW)
    page = page_of(researcher_client, batch, **HTMX)
    assert ("every 3s" in page, "every 20s" in page) == (False, True)
    assert "again every 20 seconds, until all is paid" in page
    own_people.take_in(batch, now=cast.NOW)
    assert "every 20s" in page_of(researcher_client, batch, **HTMX)
    own_people.pay_due(batch, now=cast.NOW + timedelta(days=2))
    assert "hx-get" not in page_of(researcher_client, batch, **HTMX)


def test_spend_is_shown_against_the_cap(researcher_client: Client, batch: Batch) -> None:
    page = page_of(researcher_client, batch)
    for told in (
        "0.00\N{NO-BREAK SPACE}EUR paid",
        "5.00\N{NO-BREAK SPACE}EUR promised",
        "1.00\N{NO-BREAK SPACE}EUR left of 6.00",
    ):
        assert told in page
    assert 'class="spend__promised" width="83.33"' in page


def test_a_bonus_takes_from_what_is_left(researcher_client: Client, batch: Batch) -> None:
    """As the server reckons, which would refuse a second one of this amount."""
    cast.handed_in(batch, cast.worker("w1"), cast.NOW)
    [place] = own_people.take_in(own_people.put_up(batch), now=cast.NOW)
    amount = bonuses.amount_of(70, platform=OwnPlatform())
    token = bonuses.intend(place=place, amount=amount, purpose="care", now=cast.NOW)
    for _ in range(2):
        page = page_of(researcher_client, batch)
        assert "0.30\N{NO-BREAK SPACE}EUR left of 6.00" in page
        ledger.done(token=token, now=cast.NOW)
    assert "0.70\N{NO-BREAK SPACE}EUR paid" in page_of(researcher_client, batch)


def test_before_anybody_came_the_page_says_what_to_do(researcher_client: Client, batch: Batch) -> None:
    page = page_of(researcher_client, batch)
    assert "Nobody has handed in yet. Send the invitation link" in page
    assert "/join/" in page


def test_the_figures_of_the_work_come_with_it(researcher_client: Client, batch: Batch) -> None:
    for name in ("w1", "w2"):
        cast.handed_in(batch, cast.worker(name), cast.NOW, selected=[0])
    page = page_of(researcher_client, batch, **HTMX)
    assert "of pairs of answers" in page or "needs two workers on one grid" in page
    assert "no controls in these grids" in page
    assert "<html" not in page


def test_what_is_closed_can_be_neither_paused_nor_resumed(researcher_client: Client, batch: Batch) -> None:
    researcher_client.post(address("batch-expire", batch.pk))
    for name in ("pause", "resume"):
        assert "is closed" in researcher_client.post(address(f"batch-{name}", batch.pk), follow=True).text
    batch.refresh_from_db()
    assert batch.paused_at is None


def test_paused_nobody_begins_until_it_is_resumed(researcher_client: Client, batch: Batch, rounds: list[int]) -> None:
    page = researcher_client.post(address("batch-pause", batch.pk), follow=True).text
    assert "Paused: nobody new begins." in page
    assert 'badge--warn">paused' in page
    batch.refresh_from_db()
    assert batch.paused_at is not None
    page = researcher_client.post(address("batch-resume", batch.pk), follow=True).text
    assert "Resumed" in page
    batch.refresh_from_db()
    assert (batch.paused_at, rounds) == (None, [batch.pk, batch.pk])


def test_after_the_pilot_one_button_puts_up_the_rest(
    researcher_client: Client, researcher: User, rounds: list[int]
) -> None:
    batch = went_live(researcher, num_pilot=2)
    assert "0 of 4 grids of the pilot are handed in" in page_of(researcher_client, batch)
    for name in ("w1", "w2"):
        for _ in range(2):
            cast.handed_in(batch, cast.worker(f"{name}{_}"), cast.NOW)
    assert "All 4 grids of the pilot are handed in" in page_of(researcher_client, batch, **HTMX)
    page = researcher_client.post(address("batch-rest", batch.pk), follow=True).text
    assert "The pilot" not in page
    assert (batch.hits.count(), rounds) == (5, [batch.pk])
    assert "had no pilot" not in researcher_client.post(address("batch-rest", batch.pk), follow=True).text


def test_the_time_to_finish_is_that_of_the_pilot(batch: Batch) -> None:
    """Of five grids for two workers each, two are put up first; three of the four answers took an hour."""
    batch.launch.num_pilot = 2
    figures = replace(
        launches.figures(batch=batch, now=cast.NOW), num_submitted=3, seconds_to_finish=(10 - 3) * 3600 / 3
    )
    assert Live(batch, figures).time_to_finish == "about 20 minutes"
    done = replace(figures, num_submitted=4)
    assert (Live(batch, done).time_to_finish, Live(batch, done).is_pilot_over) == ("", True)
    batch.launch.rest_at = cast.NOW
    assert Live(batch, figures).time_to_finish == "about 2.3 hours"


def test_a_batch_without_a_pilot_has_no_rest(researcher_client: Client, batch: Batch, rounds: list[int]) -> None:
    assert "had no pilot" in researcher_client.post(address("batch-rest", batch.pk), follow=True).text
    assert rounds == []


def test_more_workers_get_slots_and_places(researcher_client: Client, batch: Batch) -> None:
    Batch.objects.update(budget_minor_units=None)
    postings.prepare(batch=batch, platform=OwnPlatform(), now=cast.NOW)
    page = researcher_client.post(address("batch-extend", batch.pk), {"num_assignments": 3}, follow=True).text
    assert "judged by 3 workers now" in page
    assert Assignment.objects.filter(hit__batch=batch).count() == 15
    assert set(batch.postings.values_list("num_places", flat=True)) == {3}


@pytest.mark.parametrize(
    ("number", "told"), [("2", "choose more"), ("x", "Enter a whole number"), ("3", "Raise the budget")]
)
def test_workers_are_added_within_reason_and_budget(
    researcher_client: Client, batch: Batch, number: str, told: str
) -> None:
    page = researcher_client.post(address("batch-extend", batch.pk), {"num_assignments": number}, follow=True).text
    assert told in page
    batch.refresh_from_db()
    assert (batch.num_assignments, Assignment.objects.filter(hit__batch=batch).count()) == (2, 10)


def test_refusals_are_told_and_tried_again(researcher_client: Client, batch: Batch, rounds: list[int]) -> None:
    at_a_platform(batch)
    batch.postings.update(state=Posting.State.REFUSED, refusal="There is no money for it.")
    page = page_of(researcher_client, batch)
    assert "There is no money for it." in page
    assert 'figure__value">5</dd><dt class="figure__label">refused' in page
    page = researcher_client.post(address("batch-retry", batch.pk), follow=True).text
    assert "is put up once more" in page
    assert set(batch.postings.values_list("state", flat=True)) == {Posting.State.WAITING}
    assert rounds == [batch.pk]


def test_what_came_up_at_the_platform_is_shown(researcher_client: Client, batch: Batch) -> None:
    at_a_platform(batch)
    LastRound.objects.create(batch=batch, at=cast.NOW, come_back_at=cast.NOW, problems=["It is busy."])
    page = page_of(researcher_client, batch)
    assert "What came up at 12:00 UTC; it is tried again at 12:00 UTC" in page
    assert "It is busy." in page


def test_everything_is_stopped_by_who_means_it(researcher_client: Client, batch: Batch, rounds: list[int]) -> None:
    assert "Nothing was stopped" in researcher_client.post(address("batches-stop"), follow=True).text
    assert Study.objects.get().batches.get().is_open
    assert "Stopped: 1 batch." in researcher_client.post(address("batches-stop"), {"meant": "yes"}, follow=True).text
    batch.refresh_from_db()
    assert (batch.is_open, rounds) == (False, [batch.pk])
    assert "Stop everything" not in researcher_client.get(address("grid-list")).text


def test_a_closed_batch_cannot_be_widened(researcher_client: Client, batch: Batch) -> None:
    researcher_client.post(address("batch-expire", batch.pk))
    page = researcher_client.post(address("batch-extend", batch.pk), {"num_assignments": 3}, follow=True).text
    assert "is closed" in page
    assert "Change it" not in page


def test_the_budget_can_be_raised_and_workers_added_once_all_is_handed_in(
    researcher_client: Client, batch: Batch
) -> None:
    for number in range(5):
        for _ in range(2):
            cast.handed_in(batch, cast.worker(f"w{number} {_}"), cast.NOW)
    page = page_of(researcher_client, batch)
    assert "All of it is handed in." in page
    for name in ("batch-budget", "batch-extend", "batch-expire"):
        assert address(name, batch.pk) in page


def test_the_budget_can_be_raised_when_the_batch_is_over(
    researcher_client: Client, batch: Batch, rounds: list[int]
) -> None:
    researcher_client.post(address("batch-expire", batch.pk))
    page = page_of(researcher_client, batch)
    assert "is paid as far as the budget holds it" in page
    assert address("batch-expire", batch.pk) not in page
    assert (
        f"{address('batch-detail', batch.pk)}#budget"
        in researcher_client.get(address("batch-statement", batch.pk)).text
    )
    researcher_client.post(address("batch-budget", batch.pk), {"budget": "9"})
    batch.refresh_from_db()
    assert (batch.budget_minor_units, rounds) == (900, [batch.pk, batch.pk])


def test_strangers_change_nothing(stranger: User, batch: Batch, rounds: list[int]) -> None:
    client = Client()
    client.force_login(stranger)
    for name in ("pause", "resume", "expire", "rest", "retry", "extend"):
        assert client.post(address(f"batch-{name}", batch.pk)).status_code == 404
    assert client.post(address("batches-stop"), {"meant": "yes"}).status_code == 404
    batch.refresh_from_db()
    assert (batch.is_open, batch.paused_at, rounds) == (True, None, [])


def test_the_flow_asks_for_a_draft_to_be_confirmed_and_then_for_workers(
    researcher_client: Client, researcher: User
) -> None:
    launch = scenes.drafted(scenes.study(researcher), researcher)
    page = researcher_client.get(address("study-detail")).text
    assert "Confirm 1 planned launch" in page
    assert "0 HITs; 1 launch planned" in page
    launches.withdraw(launch=launch, now=cast.NOW)
    assert "Confirm 1 planned launch" not in researcher_client.get(address("study-detail")).text


def test_the_budget_is_changed_and_what_was_refused_is_tried_again(
    researcher_client: Client, batch: Batch, rounds: list[int]
) -> None:
    response = researcher_client.post(address("batch-budget", batch.pk), {"budget": "20.50"}, follow=True)
    batch.refresh_from_db()
    assert batch.budget_minor_units == 2050
    assert rounds == [batch.pk]
    assert "The budget is" in response.text
    for wrong in ("", "x", "1.234", "-1"):
        response = researcher_client.post(address("batch-budget", batch.pk), {"budget": wrong}, follow=True)
        assert "Budget: " in response.text
    batch.refresh_from_db()
    assert batch.budget_minor_units == 2050
