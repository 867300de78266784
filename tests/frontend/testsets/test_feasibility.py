"""What is missing, on its page and by command."""

from datetime import timedelta
from urllib.parse import parse_qs

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from annotation import frequencies
from annotation.models import Candidate, Origin, Study
from frontend.views.testsets.feasibility import FeasibilityForm
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(researcher: User) -> Study:
    """Originals in the highest fifth, and few candidates there."""
    row = cast.study(researchers=[researcher])
    zero = cast.target_class(row)
    for _ in range(6):
        cast.measured(zero, Origin.ORIGINAL, 10)
    for count in (1, 5, 9, 10):
        cast.measured(zero, Origin.POOL, count)
    return row


def page(client: Client, study: Study, query: str = "") -> str:
    response = client.get(reverse("frontend:test-set-feasibility", args=[study.slug]) + query)
    assert response.status_code == 200
    return response.text


def test_the_page_says_what_is_missing_and_what_fills_it(researcher_client: Client, study: Study) -> None:
    text = page(researcher_client, study, "?images_per_class=5")
    assert "<strong>2 of 5</strong>" in text
    assert '<span class="figure__value">3</span><span class="figure__label">missing' in text
    assert '<span class="figure__value">6</span><span class="figure__label">candidates to find' in text


def test_every_class_says_why_its_candidates_cannot_be_used(researcher_client: Client, study: Study) -> None:
    zero = study.target_classes.get()
    cast.candidate(zero)
    text = page(researcher_client, study, "?images_per_class=5")
    assert '<td class="small">1: nobody has judged it yet</td>' in text
    assert '<span class="small">3 missing</span>' in text


def test_the_judgements_of_another_filter_are_asked_about(researcher_client: Client, study: Study) -> None:
    rules = frequencies.FilterRules(until=cast.NOW - timedelta(days=1))
    frequencies.define_filter(study=study, slug="early", name="Early", rules=rules, now=cast.NOW)
    query = "?strategy=threshold&images_per_class=2"
    assert "Nothing is missing" in page(researcher_client, study, query)
    assert "No candidate of the pool is judged yet" in page(researcher_client, study, f"{query}&judgement_filter=early")
    assert "field__error" in page(researcher_client, study, f"{query}&judgement_filter=other")


def test_a_set_without_bins_has_one_column(researcher_client: Client, study: Study) -> None:
    text = page(researcher_client, study, "?strategy=threshold&images_per_class=5")
    assert "Valid of wanted" in text
    assert "Its selection frequency does not fit" in text


def test_what_a_fifth_borrows_is_said(researcher_client: Client, study: Study) -> None:
    zero = study.target_classes.get()
    cast.measured(zero, Origin.POOL, 10)
    for _ in range(6):
        cast.measured(zero, Origin.ORIGINAL, 7)
    text = page(researcher_client, study, "?images_per_class=4")
    missing, borrowed = '<span class="small">1 missing</span>', '<span class="small soft">1 from higher</span>'
    assert f"<strong>0 of 2</strong><br>{missing}<br>{borrowed}" in text


def test_hits_are_counted_for_as_many_candidates_as_are_asked_for(researcher_client: Client, study: Study) -> None:
    assert 'name="num_measured" value="42"' in page(researcher_client, study)
    text = page(researcher_client, study, "?images_per_class=5&num_measured=2")
    assert '<span class="figure__value">3</span><span class="figure__label">HITs for both' in text
    assert "2 candidates and 10 workers per HIT" in text
    assert "field__error" in page(researcher_client, study, "?num_measured=0")


def test_what_only_some_sets_take_is_folded_away_while_it_is_as_usual(researcher_client: Client, study: Study) -> None:
    assert '<details class="disclosure">' in page(researcher_client, study)
    assert '<details class="disclosure" open>' in page(researcher_client, study, "?strategy=threshold&threshold=8/10")


def test_where_nothing_is_missing_the_next_step_is_to_build(researcher_client: Client, study: Study) -> None:
    text = page(researcher_client, study, "?images_per_class=2")
    assert "Nothing is missing" in text
    assert f"{reverse('frontend:test-set-list', args=[study.slug])}#build" in text


def test_what_was_asked_is_asked_on_the_next_page_too(study: Study) -> None:
    form = FeasibilityForm({"strategy": "threshold", "threshold": "0"}, study=study)
    assert parse_qs(form.query())["threshold"] == ["0"]


def test_what_was_never_seen_is_not_promised(researcher_client: Client, study: Study) -> None:
    Candidate.objects.filter(origin=Origin.POOL, selection_frequencies__num_selected__gte=9).delete()
    text = page(researcher_client, study)
    assert "never seen so far" in text
    assert "1 class can&#x27;t be promised" in text.replace("can't", "can&#x27;t")


def test_a_study_without_classes_says_what_to_do(researcher_client: Client, researcher: User) -> None:
    assert "No class yet" in page(researcher_client, cast.study("empty", [researcher]))


def test_numbers_out_of_range_are_refused_beside_their_field(researcher_client: Client, study: Study) -> None:
    assert "field__error" in page(researcher_client, study, "?images_per_class=0")


def test_the_command_says_the_same(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("plan_test_sets", study=study.slug, images_per_class=5)
    said = capsys.readouterr().out
    assert (
        "calibrated: 2 of 5 images\n  3 are missing: 6 candidates to find, 0 here that wait for judgements, 1 HITs"
        in said
    )
    assert "class 0: 3 missing (bin 4: 2 of 5), 6 to find, 1 HITs" in said


def test_the_command_refuses_what_is_not_there(study: Study) -> None:
    with pytest.raises(CommandError, match="There is no study 'other'"):
        call_command("plan_test_sets", study="other")
    with pytest.raises(CommandError, match="There is no judgement filter 'other'"):
        call_command("plan_test_sets", study=study.slug, filter="other")
    with pytest.raises(CommandError, match="images_per_class must lie between"):
        call_command("plan_test_sets", study=study.slug, images_per_class=0)
