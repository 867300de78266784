"""The list of studies, a new study, and the flow of one."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from annotation import studies
from annotation.models import Batch, Origin, Study
from frontend import flow, overview
from tests import cast
from tests.whole_study import whole_study

pytestmark = pytest.mark.django_db
MAX_QUERIES = 14


def next_title(study: Study) -> str:
    counts = overview.counts_of(Study.objects.all(), now=timezone.now())[study.pk]
    return flow.next_step(study, counts).title


def detail(study: Study) -> str:
    return reverse("frontend:study-detail", args=[study.slug])


def test_without_a_study_the_list_says_how_to_make_one(researcher_client: Client) -> None:
    page = researcher_client.get("/")
    assert "No study yet" in page.text
    assert reverse("frontend:study-create") in page.text


def test_no_study_has_the_address_of_another_page() -> None:
    addresses = " ".join(_addresses(get_resolver("frontend.urls").url_patterns))
    assert set(re.findall(r"\bstudies/([\w-]+)/", addresses)) == studies.PAGES


def _addresses(patterns: list[Any]) -> Iterator[str]:
    for each in patterns:
        yield str(each.pattern)
        yield from _addresses(getattr(each, "url_patterns", []))


def test_the_list_shows_one_s_own_studies_and_what_is_next(researcher_client: Client, researcher: User) -> None:
    cast.study("mine", [researcher])
    cast.study("theirs")
    page = researcher_client.get("/")
    assert "mine" in page.text
    assert "theirs" not in page.text
    assert "Add target classes" in page.text


def test_the_list_needs_no_more_queries_for_more_studies(
    researcher_client: Client, researcher: User, django_assert_max_num_queries: Any
) -> None:
    for number in range(6):
        whole_study(f"study-{number}", [researcher])
    with django_assert_max_num_queries(8):
        researcher_client.get("/")


def test_the_flow_shows_every_stage_in_few_queries(
    researcher_client: Client, researcher: User, django_assert_max_num_queries: Any
) -> None:
    study = whole_study(researchers=[researcher]).study
    with django_assert_max_num_queries(MAX_QUERIES):
        page = researcher_client.get(detail(study))
    before = ["Candidates", "Duplicates", "Guidelines", "Grids", "HITs", "Frequencies"]
    stages = [*before, "Test sets", "Classifiers", "Runs", "Report"]
    places = [page.text.index(f">{name}</a></h3>") for name in stages]
    assert places == sorted(places)


def test_strangers_find_no_study(researcher: User, stranger: User) -> None:
    client = Client()
    client.force_login(stranger)
    assert client.get(detail(cast.study(researchers=[researcher]))).status_code == 404


def test_counts_of_a_whole_study() -> None:
    study = whole_study().study
    counts = overview.counts_of(Study.objects.all(), now=cast.NOW)[study.pk]
    assert (counts.num_classes, counts.num_grids, counts.num_free, counts.num_submitted) == (2, 4, 2, 30)
    assert (counts.num_sets, counts.num_drafts, counts.num_frozen) == (3, 1, 2)
    assert (counts.num_classifiers, counts.num_finished, counts.num_missing_runs) == (1, 2, 0)


def test_a_slot_whose_lease_has_ended_counts_as_free() -> None:
    whole = whole_study()
    study = whole.study
    slot = whole.batch.hits.get().assignments.first()
    slot.worker, slot.claimed_at, slot.lease_expires_at = cast.worker(), cast.NOW, cast.NOW
    slot.save()
    counts = overview.counts_of(Study.objects.all(), now=cast.NOW)[study.pk]
    assert (counts.num_free, counts.num_claimed) == (2, 0)


def test_the_next_step_follows_the_flow() -> None:
    study = cast.study()
    seen = [next_title(study)]
    zero = cast.target_class(study)
    seen.append(next_title(study))
    original = cast.candidate(zero, Origin.ORIGINAL)
    seen.append(next_title(study))
    pool = cast.candidate(zero, Origin.POOL)
    seen.append(next_title(study))
    grid = cast.grid(zero, [original, pool])
    seen.append(next_title(study))
    cast.batch(study, [grid])
    seen.append(next_title(study))
    assert seen == [
        "Add target classes",
        "Import the original test set",
        "Import the pool of candidates",
        "Compose grids",
        "Launch HITs",
        "Collect judgements",
    ]


def test_an_expired_batch_is_not_waited_for() -> None:
    study = whole_study().study
    Batch.objects.update(expired_at=cast.NOW)
    assert next_title(study) != "Collect judgements"


def test_simulated_judgements_are_said_on_the_page(researcher_client: Client, researcher: User) -> None:
    study = whole_study(researchers=[researcher]).study
    assert "Simulated judgements" not in researcher_client.get(detail(study)).text
    Batch.objects.update(is_simulated=True)
    assert "Simulated judgements" in researcher_client.get(detail(study)).text


def test_the_list_says_which_studies_are_simulated(researcher_client: Client, researcher: User) -> None:
    whole_study(researchers=[researcher])
    assert "simulated judgements" not in researcher_client.get("/").text
    Batch.objects.update(is_simulated=True)
    assert "simulated judgements" in researcher_client.get("/").text


FIELDS = {"name": "Bows", "slug": "bows", "seed": "7", "classes": "n1, bow\n\nn2, <script>alert(1)</script>"}


def test_a_new_study_has_its_classes_and_its_researcher(researcher_client: Client, researcher: User) -> None:
    response = researcher_client.post(reverse("frontend:study-create"), FIELDS)
    study = Study.objects.get()
    assert response.headers["Location"] == detail(study)
    assert list(study.researchers.all()) == [researcher]
    assert [row.class_id for row in study.target_classes.all()] == ["n1", "n2"]


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [("classes", "bow", "Line 1 must be"), ("slug", "no spaces", "valid"), ("classes", "a, b\na, c", "a")],
)
def test_a_wrong_study_is_not_made_and_what_was_typed_stays(
    researcher_client: Client, field: str, value: str, complaint: str
) -> None:
    page = researcher_client.post(reverse("frontend:study-create"), FIELDS | {field: value})
    assert page.status_code == 400
    assert complaint in page.text
    assert "Bows" in page.text
    assert not Study.objects.exists()


# --- who takes part -----------------------------------------------------------------------------------


def test_an_administrator_adds_and_removes_researchers(
    researcher: User, stranger: User, admin: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="frontend")
    study = cast.study(researchers=[researcher])
    client, added = Client(), Client()
    client.force_login(admin)
    added.force_login(stranger)
    page = client.post(f"{detail(study)}researchers/add/", {"username": "sten"}, follow=True)
    assert "sten sees and runs this study from now on" in page.text
    assert added.get(detail(study)).status_code == 200
    page = client.post(f"{detail(study)}researchers/remove/", {"username": "sten"}, follow=True)
    assert "sten sees nothing of this study any more" in page.text
    assert added.get(detail(study)).status_code == 404
    assert list(study.researchers.all()) == [researcher]
    assert "ada added sten to the researchers of digits-twin" in caplog.text
    assert "ada removed sten from the researchers of digits-twin" in caplog.text


@pytest.mark.parametrize(
    ("what", "username", "told"),
    [
        ("add", "nobody", "no account"),
        ("add", "closed", "no account"),
        ("remove", "sten", "no researcher"),
        ("add", "", "no account"),
    ],
)
def test_a_name_that_means_nobody_is_said(admin: User, stranger: User, what: str, username: str, told: str) -> None:
    User.objects.create_user("closed", is_active=False)
    study = cast.study()
    client = Client()
    client.force_login(admin)
    page = client.post(f"{detail(study)}researchers/{what}/", {"username": username}, follow=True)
    assert told in page.text
    assert not study.researchers.exists()


def test_a_researcher_sees_who_takes_part_and_lets_nobody_in(
    researcher_client: Client, researcher: User, stranger: User
) -> None:
    study = cast.study(researchers=[researcher])
    page = researcher_client.get(detail(study))
    assert "An administrator adds and removes researchers" in page.text
    assert "Add a researcher" not in page.text
    assert researcher_client.post(f"{detail(study)}researchers/add/", {"username": "sten"}).status_code == 404
    assert list(study.researchers.all()) == [researcher]


def test_researchers_say_whom_citations_name(researcher_client: Client, researcher: User) -> None:
    study = cast.study("mine", [researcher])
    address = reverse("frontend:authors-change", args=[study.slug])
    page = researcher_client.post(address, {"authors": "O'Brien, Seán\r\nMüller & Söhne\r\n"}, follow=True)
    study.refresh_from_db()
    assert study.authors == "O'Brien, Seán\nMüller & Söhne"
    assert "The authors are kept." in page.text
    assert "Müller &amp; Söhne</textarea>" in page.text


def test_a_new_study_may_have_authors_from_the_beginning(researcher_client: Client) -> None:
    address, sent = reverse("frontend:study-create"), {"name": "Bows", "slug": "bows", "seed": "0"}
    refused = researcher_client.post(address, sent | {"authors": "Luz\r\nLuz"})
    assert refused.status_code == 400
    assert "is there twice" in refused.text
    assert "Luz</textarea>" in refused.text
    assert not Study.objects.exists()
    assert researcher_client.post(address, sent | {"authors": "O'Brien, Seán\r\nMüller & Söhne"}).status_code == 302
    assert Study.objects.get().authors == "O'Brien, Seán\nMüller & Söhne"


def test_authors_who_are_refused_stay_to_be_corrected(researcher_client: Client, researcher: User) -> None:
    study = cast.study("mine", [researcher], authors="Rosa")
    page = researcher_client.post(reverse("frontend:authors-change", args=[study.slug]), {"authors": "Luz\nLuz"})
    assert page.status_code == 400
    assert "is there twice" in page.text
    assert "Luz\nLuz</textarea>" in page.text
    study.refresh_from_db()
    assert study.authors == "Rosa"


def test_a_reviewer_names_no_authors(researcher_client: Client, researcher: User) -> None:
    study = cast.study("theirs")
    study.reviewers.add(researcher)
    address = reverse("frontend:authors-change", args=[study.slug])
    assert researcher_client.post(address, {"authors": "Me"}).status_code == 404
    study.refresh_from_db()
    assert study.authors == ""
