"""Grids measure what takes part when they are composed, by whichever way."""

from collections.abc import Callable
from http import HTTPStatus

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from annotation import candidates, duplicates
from annotation.models import Candidate, Exclusion, Grid, Study
from tests import cast
from tests.annotation.duplicates.scenes import pair, scene, shown

pytestmark = pytest.mark.django_db
Compose = Callable[[Client, Study], None]


def by_page(client: Client, study: Study) -> None:
    address = f"/studies/{study.slug}/grids/compose/"
    assert client.post(address, {"num_controls": 0}).status_code == HTTPStatus.FOUND


def by_program(client: Client, study: Study) -> None:
    body = {"study": study.slug, "num_positive": 0, "num_negative": 0}
    made = client.post("/api/v1/grids/", body, content_type="application/json")
    assert made.status_code == HTTPStatus.CREATED


def by_command(client: Client, study: Study) -> None:
    call_command("compose_grids", study=study.slug, controls=0)


@pytest.mark.parametrize("compose", [by_page, by_program, by_command])
def test_where_the_one_that_stayed_is_excluded_another_is_measured(
    compose: Compose, researcher: User, researcher_client: Client
) -> None:
    bow = cast.target_class(cast.study())
    bow.study.researchers.add(researcher)
    first, second, other = (shown(bow, scene(seed)) for seed in (1, 1, 2))
    duplicates.decide(pair=pair(first, second), is_duplicate=True, by=researcher, now=cast.NOW)
    rows, reason = Candidate.objects.filter(pk=first.pk), Exclusion.Reason.UNUSABLE
    candidates.exclude(candidates=rows, reason=reason, now=cast.NOW, by=researcher)
    compose(researcher_client, bow.study)
    assert sorted(Grid.objects.get().candidate_ids) == [second.pk, other.pk]
