"""Every page of a study: who may see it, what it shows, and what its buttons do."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from annotation.models import TargetClass
from tests.whole_study import WholeStudy, whole_study

pytestmark = pytest.mark.django_db
PAGES = [
    "study-detail",
    "candidate-list",
    "grid-list",
    "invitation-list",
    "frequency-list",
    "frequency-histogram",
    "test-set-list",
    "classifier-list",
    "run-list",
]
POSTS = [
    "grid-compose",
    "batch-launch",
    "frequency-recount",
    "test-set-build",
    "test-sets-freeze",
    "run-request",
]


@pytest.fixture
def whole(researcher: User) -> WholeStudy:
    return whole_study(researchers=[researcher])


def addresses(whole: WholeStudy) -> list[str]:
    slug, draft = whole.study.slug, whole.draft
    return [
        *(reverse(f"frontend:{name}", args=[slug]) for name in PAGES),
        reverse("frontend:batch-detail", args=[slug, whole.batch.pk]),
        reverse("frontend:invitation-detail", args=[slug, whole.invitation.pk]),
        reverse("frontend:candidate-image", args=[slug, whole.candidate.pk]),
        reverse("frontend:classifier-detail", args=[slug, whole.classifier.pk]),
        reverse("frontend:test-set-detail", args=[slug, draft.name, draft.revision]),
        reverse("frontend:test-set-detail", args=[slug, whole.test_set.name, whole.test_set.revision]),
    ]


def test_every_page_opens_for_its_researcher(researcher_client: Client, whole: WholeStudy) -> None:
    refused = [address for address in addresses(whole) if researcher_client.get(address).status_code != 200]
    assert refused == []


def test_a_page_below_a_stage_is_marked_as_a_part_of_it(researcher_client: Client, whole: WholeStudy) -> None:
    below = {
        "Grids and HITs": [
            ("launch-create",),
            ("launch-detail", whole.launch.pk),
            ("batch-detail", whole.batch.pk),
            ("batch-statement", whole.batch.pk),
            ("place-detail", whole.place.pk),
        ],
        "Frequencies": [("plan",), ("top-up",)],
    }
    for stage, pages in below.items():
        for name, *ids in pages:
            page = researcher_client.get(reverse(f"frontend:{name}", args=[whole.study.slug, *ids]))
            marked = re.search(r'aria-current="true">([^<]*)<', page.text)
            assert marked is not None, name
            assert marked[1] == stage


def test_no_page_opens_for_a_stranger(whole: WholeStudy, stranger: User) -> None:
    client = Client()
    client.force_login(stranger)
    assert {client.get(address).status_code for address in addresses(whole)} == {404}


def test_no_button_works_for_a_stranger(whole: WholeStudy, stranger: User) -> None:
    client = Client()
    client.force_login(stranger)
    assert {client.post(reverse(f"frontend:{name}", args=[whole.study.slug])).status_code for name in POSTS} == {404}


def test_buttons_are_no_links(researcher_client: Client, whole: WholeStudy) -> None:
    pages = [researcher_client.get(reverse(f"frontend:{name}", args=[whole.study.slug])) for name in POSTS]
    assert {page.status_code for page in pages} == {405}


def test_names_of_classes_are_shown_as_text(researcher_client: Client, whole: WholeStudy) -> None:
    TargetClass.objects.update(name="<script>alert(1)</script>")
    for address in addresses(whole):
        assert b"<script>alert" not in researcher_client.get(address).content
