"""The top-up page: what more workers would settle, and launching it."""

import re

import pytest
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse

from annotation.models import IMPORTED, Batch, Origin, Study
from tests import cast

pytestmark = pytest.mark.django_db


def own_batches() -> QuerySet[Batch]:
    """Without what the cast has judged."""
    return Batch.objects.exclude(platform=IMPORTED)


@pytest.fixture
def study(researcher: User) -> Study:
    study = cast.study(researchers=[researcher])
    target_class = cast.target_class(study)
    for num_selected in (0, 5, 6, 8, 10):
        cast.measured(target_class, Origin.POOL, num_selected)
    return study


def address(study: Study) -> str:
    return reverse("frontend:top-up", args=[study.slug])


TERMS = {"cut": "50", "num_assignments": "200", "lease_minutes": "30", "pay": "", "currency": ""}


def test_the_page_counts_what_straddles(researcher_client: Client, study: Study) -> None:
    text = researcher_client.get(address(study), {"cut": "50"}).text
    assert "3 candidates straddle 50" in text
    assert "intervals of 2 others" in text
    offers = re.findall(r'<th scope="row" class="number">(\d+)</th><td class="number">(\d+)</td>', text)
    least = next(num_more for num_more, num_candidates in offers if int(num_candidates))
    assert f'name="num_assignments" value="{least}"' in text  # the fewest that should settle one
    assert ">Cut<" not in text


def test_launching_puts_them_to_new_workers(researcher_client: Client, study: Study) -> None:
    answer = researcher_client.post(address(study), TERMS)
    batch = own_batches().get()
    assert answer.headers["Location"] == reverse("frontend:batch-detail", args=[study.slug, batch.pk])
    assert batch.num_assignments == 200
    assert study.invitations.count() == 1
    again = researcher_client.post(address(study), TERMS, follow=True)
    assert own_batches().count() == 1  # a second click does not pay twice
    assert "nothing to top up" in again.text


def test_a_launch_of_them_is_planned_for_any_platform(researcher_client: Client, study: Study) -> None:
    answer = researcher_client.post(address(study), TERMS | {"plan": "1"})
    assert answer.headers["Location"] == f"{reverse('frontend:launch-create', args=[study.slug])}?workers=200"
    assert study.grids.waiting().exists()
    assert not own_batches().exists()
    page = researcher_client.get(answer.headers["Location"])
    assert "composed. Plan the launch of them" in page.text
    assert 'name="num_assignments" value="200"' in page.text
    again = researcher_client.post(address(study), TERMS | {"plan": "1"}, follow=True)
    assert "nothing to top up" in again.text


def test_too_few_workers_to_settle_one_are_refused_as_such(researcher_client: Client, study: Study) -> None:
    answer = researcher_client.post(address(study), TERMS | {"num_assignments": "1"}, follow=True)
    assert "So many workers should settle none of them" in answer.text
    assert not own_batches().exists()


def test_nothing_to_do_is_said(researcher_client: Client, study: Study) -> None:
    study.candidates.all().delete()
    assert "No candidate is measured yet" in researcher_client.get(address(study)).text


def test_candidates_without_pictures_need_them_first(researcher_client: Client, study: Study) -> None:
    study.candidates.update(image=None)
    assert "Import their pictures" in researcher_client.get(address(study), {"cut": "50"}).text


@pytest.mark.parametrize("cut", ["0", "100", "x", ""])
def test_a_cut_without_sense_is_told(researcher_client: Client, study: Study, cut: str) -> None:
    assert 'role="alert"' in researcher_client.get(address(study), {"cut": cut}).text
    assert 'role="alert"' in researcher_client.post(address(study), TERMS | {"cut": cut}).text
    assert not own_batches().exists()
