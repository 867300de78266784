"""Planning a launch: what is typed becomes a draft, or is kept beside what is wrong with it."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from annotation.models import Batch, Launch, Study
from tests import cast
from tests.annotation.payments import desks
from tests.frontend.launches import scenes
from tests.frontend.launches.scenes import AT_MTURK, AT_PROLIFIC, TYPED, address

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(researcher: User) -> Study:
    return scenes.study(researcher)


def preview(client: Client, **typed: str) -> str:
    return client.post(address("launch-preview"), TYPED | typed, headers={"HX-Request": "true"}).text


def test_what_is_typed_becomes_a_draft_and_nothing_goes_to_workers(
    researcher_client: Client, researcher: User, study: Study
) -> None:
    page = researcher_client.post(
        address("launch-create"), TYPED | {"budget": "9", "keywords": "pictures, bows"}, follow=True
    )
    launch = Launch.objects.get()
    assert page.redirect_chain == [(address("launch-detail", launch.pk), 302)]
    assert (launch.pay_minor_units, launch.currency, launch.budget_minor_units) == (50, "EUR", 900)
    assert (launch.keywords, launch.num_pilot, launch.made_by) == (["pictures", "bows"], 1, researcher)
    assert not Batch.objects.exists()
    assert "Find the bows" in researcher_client.get(address("grid-list")).text


def test_a_grid_is_expected_to_take_as_long_as_it_took(
    researcher_client: Client, researcher: User, study: Study
) -> None:
    assert "a grid took people" not in researcher_client.get(address("launch-create")).text
    batch = cast.batch(study, list(study.grids.all()[:1]))
    done = cast.handed_in(batch, cast.worker(), cast.NOW)
    done.claimed_at = cast.NOW - timedelta(seconds=46.5)
    done.save(update_fields=["claimed_at"])
    page = researcher_client.get(address("launch-create"))
    assert f"In batch {batch.pk} a grid took people 47 seconds, in the middle." in page.text
    assert page.context["form"].initial["seconds_estimated"] == 47


def test_a_draft_can_be_rehearsed_from_its_page(researcher_client: Client, researcher: User, study: Study) -> None:
    """By a button: the address takes nothing else."""
    page = researcher_client.get(address("launch-create")).text
    assert "Save the draft: its page has a button that rehearses it" in page
    assert address("rehearsal") not in page
    launch = scenes.drafted(study, researcher)
    page = researcher_client.get(address("launch-detail", launch.pk)).text
    assert f'<form class="stack stack--tight" method="post" action="{address("rehearsal")}">' in page


def test_a_refused_form_keeps_all_that_was_typed(researcher_client: Client, study: Study) -> None:
    page = researcher_client.post(address("launch-create"), TYPED | {"pay": "0.005", "title": "Kept as typed"})
    assert page.status_code == 400
    assert "0.005 EUR can&#x27;t be paid" in page.text
    assert "Kept as typed" in page.text
    assert not Launch.objects.exists()


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"currency": ""}, "Say in which currency"),
        (AT_MTURK | {"currency": "EUR"}, "Choose USD: the platform pays in nothing else."),
        (AT_PROLIFIC | {"currency": "EUR"}, "Choose GBP or USD"),
        (AT_PROLIFIC | {"pay": ""}, "this platform has no unpaid work"),
        ({"pay": "", "budget": "5"}, "Nobody is paid"),
        ({"platform": "elsewhere"}, "elsewhere is not one of the available choices"),
        ({"platform": "simulated"}, "simulated is not one of the available choices"),
        ({"classes": "999999"}, "Class 999999 has no grid that waits"),
        ({"seconds_estimated": "5000"}, "give them more time"),
    ],
)
def test_what_cannot_be_launched_is_said_at_once(
    researcher_client: Client, study: Study, typed: dict[str, str], told: str
) -> None:
    page = researcher_client.post(address("launch-create"), TYPED | typed)
    assert page.status_code == 400
    assert told in page.text
    assert not Launch.objects.exists()


def test_one_grid_a_place_and_no_groups_where_the_platform_has_none(researcher_client: Client, study: Study) -> None:
    researcher_client.post(address("launch-create"), TYPED | {"num_grids": "5", "allowed_group": "friends"})
    launch = Launch.objects.get()
    assert (launch.num_grids, launch.allowed_group) == (1, "")


def test_a_draft_is_changed_where_it_was_left(researcher_client: Client, researcher: User, study: Study) -> None:
    bow = study.target_classes.get(name="bow")
    launch = scenes.drafted(study, researcher, target_class_ids=(bow.pk,), budget_minor_units=1234)
    page = researcher_client.get(address("launch-edit", launch.pk)).text
    assert 'value="12.34"' in page
    assert f'value="{bow.pk}" id="id_classes_0" checked' in page
    researcher_client.post(address("launch-edit", launch.pk), TYPED | {"classes": str(bow.pk), "num_assignments": "7"})
    launch.refresh_from_db()
    assert (launch.num_assignments, launch.target_class_ids) == (7, [bow.pk])


def test_guidelines_change_with_the_draft_only_where_somebody_typed_there(
    researcher_client: Client, study: Study
) -> None:
    Study.objects.update(guidelines="Written meanwhile by another.")
    researcher_client.post(address("launch-create"), TYPED)
    study.refresh_from_db()
    assert study.guidelines == "Written meanwhile by another."
    researcher_client.post(address("launch-create"), TYPED | {"guidelines": "Drawings do not."})
    study.refresh_from_db()
    assert study.guidelines == "Drawings do not."


def test_the_cost_follows_what_is_typed_and_nothing_is_saved(researcher_client: Client, study: Study) -> None:
    page = preview(researcher_client)
    assert "5.00\N{NO-BREAK SPACE}EUR" in page  # five grids, two workers, half a euro
    assert "about 15.00\N{NO-BREAK SPACE}EUR an hour" in page
    assert "<html" not in page
    assert "7.50\N{NO-BREAK SPACE}EUR" in preview(researcher_client, num_assignments="3")
    assert not Launch.objects.exists()


def test_the_preview_shows_the_workers_page_as_it_is_typed(researcher_client: Client, study: Study) -> None:
    page = preview(researcher_client, title="Typed title", guidelines="Typed rule.")
    assert "Typed title" in page
    assert "Typed rule." in page
    study.refresh_from_db()
    assert study.guidelines == "Toys count."


def test_the_preview_says_what_is_missing_instead_of_a_cost(researcher_client: Client, study: Study) -> None:
    assert "Workers per grid: This field is required." in preview(researcher_client, num_assignments="")
    assert "5.00\N{NO-BREAK SPACE}EUR" in preview(researcher_client, lasts_days="soon")  # the cost doesn't depend on it


def test_the_preview_warns_of_a_budget_that_is_too_small(researcher_client: Client, study: Study) -> None:
    assert "3.00\N{NO-BREAK SPACE}EUR more than the budget" in preview(researcher_client, budget="2")
    assert "more than the budget" not in preview(researcher_client, budget="5")


def test_low_pay_is_called_so(researcher_client: Client, study: Study) -> None:
    assert "That is little" in preview(researcher_client, currency="USD", pay="0.10")
    assert "That is little" not in preview(researcher_client, currency="USD", pay="0.50")


def test_the_platforms_fee_is_asked_for(researcher_client: Client, study: Study, settings: Any) -> None:
    with desks.mturk() as desk:
        scenes.at_mturk(settings, desk)
        page = preview(researcher_client, **AT_MTURK)
    assert "6.00\N{NO-BREAK SPACE}USD" in page
    assert "1.00\N{NO-BREAK SPACE}USD" in page


def test_prolific_names_its_own_fee(researcher_client: Client, study: Study, settings: Any) -> None:
    with desks.prolific() as desk:
        scenes.at_prolific(settings, desk)
        page = preview(researcher_client, **AT_PROLIFIC)
    assert "not known" not in page
    assert "5.00\N{NO-BREAK SPACE}GBP" in page


def test_a_platform_out_of_reach_costs_only_its_fee(researcher_client: Client, study: Study, settings: Any) -> None:
    settings.PROLIFIC_ENDPOINT, settings.PROLIFIC_TOKEN = "http://127.0.0.1:9", "a-token"
    settings.PROLIFIC_WORKSPACE = settings.PROLIFIC_PROJECT = "6" * 24
    page = preview(researcher_client, **AT_PROLIFIC)
    assert "fee is not in it" in page
    assert "5.00\N{NO-BREAK SPACE}GBP" in page


def test_a_card_says_which_variables_are_missing(researcher_client: Client, study: Study, settings: Any) -> None:
    settings.PROLIFIC_TOKEN = ""
    page = researcher_client.get(address("launch-create")).text
    assert "PROLIFIC_TOKEN" in page
    assert "closes for good on 30 September 2026" in page


def test_without_waiting_grids_the_page_says_where_to_go(researcher_client: Client, researcher: User) -> None:
    scenes.study(researcher, num_grids=0)
    page = researcher_client.get(address("launch-create")).text
    assert "No grid waits for workers" in page
    assert "launch-form" not in page


def test_a_draft_of_another_study_is_not_found(
    researcher_client: Client, researcher: User, stranger: User, study: Study
) -> None:
    from tests import cast

    other = cast.study("other", [stranger])
    launch = scenes.drafted(other, stranger)
    assert researcher_client.get(address("launch-detail", launch.pk)).status_code == 404
    assert researcher_client.post(address("launch-withdraw", launch.pk)).status_code == 404
