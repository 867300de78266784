"""Taking a picture down: administrators see what it changes, say why, and it is gone."""

from http import HTTPStatus
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from annotation import candidates
from annotation.models import Candidate, Exclusion, Study
from tests import cast
from tests.annotation.takedowns.scenes import candidate, study

pytestmark = pytest.mark.django_db


@pytest.fixture
def mine(researcher: User) -> Study:
    made = study("mine", range(3))
    made.researchers.add(researcher)
    study("yours", range(2, 3))
    cast.grid(made.target_classes.get(), [candidate(made, 2)])
    return made


def address(row: Candidate, name: str = "candidate-take-down") -> str:
    return reverse(f"frontend:{name}", args=["mine", row.pk])


def said(page: Any, **other: str) -> dict[str, str]:
    return {
        "ground": "owner", "note": "Mail of 1 March", "is_meant": "on",
        "fingerprint": page.context["preview"].fingerprint,
    } | other  # fmt: skip


def test_the_page_says_what_it_would_change_and_changes_nothing(admin_client: Client, mine: Study) -> None:
    page = admin_client.get(address(candidate(mine, 2)))
    assert "<strong>2 candidates</strong> lose their picture and are excluded, in mine, yours." in page.text
    assert "1 grid that nobody was given yet goes on without it." in page.text
    assert candidate(mine, 2).image is not None


def test_once_confirmed_it_is_gone_and_its_page_says_so(admin_client: Client, mine: Study) -> None:
    row = candidate(mine, 2)
    page = admin_client.get(address(row))
    after = admin_client.post(address(row), said(page), follow=True)
    assert "The picture is gone, from 2 candidates of mine, yours." in after.text
    assert "Its files are gone for good, because its owner asked for it." in after.text
    assert "Mail of 1 March" in after.text
    assert f"by {after.context['user'].username}" in after.text
    assert "Let it in again" not in after.text
    assert reverse("frontend:candidate-take-down", args=["mine", row.pk]) not in after.text
    assert admin_client.get(address(row, "candidate-image")).status_code == HTTPStatus.NOT_FOUND
    assert "there is nothing to take down" in admin_client.get(address(row), follow=True).text


@pytest.mark.parametrize(
    "other", [{"ground": ""}, {"note": " "}, {"is_meant": ""}, {"ground": "whim"}, {"fingerprint": ""}]
)
def test_half_a_word_takes_nothing_down(admin_client: Client, mine: Study, other: dict[str, str]) -> None:
    row = candidate(mine, 2)
    page = admin_client.get(address(row))
    assert admin_client.post(address(row), said(page) | other).status_code == HTTPStatus.BAD_REQUEST
    assert candidate(mine, 2).image is not None


def test_researchers_find_no_such_page_and_no_link_to_it(researcher_client: Client, mine: Study) -> None:
    row = candidate(mine, 2)
    assert researcher_client.get(address(row)).status_code == HTTPStatus.NOT_FOUND
    assert researcher_client.post(address(row), {}).status_code == HTTPStatus.NOT_FOUND
    assert address(row) not in researcher_client.get(address(row, "candidate-detail")).text


def test_the_reason_is_not_offered_for_ordinary_exclusions(researcher_client: Client, mine: Study) -> None:
    row = candidate(mine, 2)
    page = researcher_client.get(address(row, "candidate-detail"))
    assert "taken_down" not in page.text
    answer = researcher_client.post(address(row, "candidate-exclude"), {"reason": "taken_down"}, follow=True)
    assert "Say why the image is excluded." in answer.text


def test_a_second_person_reads_whose_reason_stays(researcher_client: Client, admin: User, mine: Study) -> None:
    row = candidate(mine, 2)
    rows = Candidate.objects.filter(pk=row.pk)
    candidates.exclude(candidates=rows, reason=Exclusion.Reason.UNCLEAR, now=cast.NOW, by=admin)
    answer = researcher_client.post(address(row, "candidate-exclude"), {"reason": "rotated"}, follow=True)
    assert f"was excluded before: {admin.username} said that it does not show clearly what it is of." in answer.text


def test_what_was_said_of_many_at_once_stays_to_be_read(researcher_client: Client, admin: User, mine: Study) -> None:
    row = candidate(mine, 2)
    rows = Candidate.objects.filter(pk=row.pk)
    candidates.exclude(candidates=rows, reason=Exclusion.Reason.DUPLICATE, now=cast.NOW, by=admin, stage="duplicates")
    page = researcher_client.post(address(row, "candidate-exclude"), {"reason": "rotated"}, follow=True)
    assert "Before " in page.text
    assert f"shows the same scene as another candidate, by {admin.username}" in page.text
