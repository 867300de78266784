"""The verbs of annotation as a program calls them, and how each refuses."""

from http import HTTPStatus
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from annotation import bitmaps, frequencies
from annotation.models import Assignment, Batch, Exclusion, Grid, Invitation, Study, TargetClass, TestSet
from annotation.platforms import local
from tests import cast
from tests.whole_study import WholeStudy, whole_study


@pytest.fixture
def whole(researcher: User) -> WholeStudy:
    return whole_study(researchers=[researcher])


def post(client: Client, path: str, **body: Any) -> Any:
    return client.post(f"/api/v1/{path}", body, "application/json")


def hand_in(batch: Batch) -> None:
    """One worker's empty selection, all seen, that nobody has counted."""
    everything = bitmaps.pack(range(3), 3)
    slot = Assignment.objects.filter(hit__batch=batch)[:1].get()
    Assignment.objects.filter(pk=slot.pk).update(
        worker=cast.worker(), claimed_at=cast.NOW, lease_expires_at=cast.NOW, submitted_at=cast.NOW,
        seen=everything, selected=bitmaps.pack([], 3),
    )  # fmt: skip


def created(client: Client, path: str, **body: Any) -> Any:
    response = post(client, path, **body)
    assert response.status_code == HTTPStatus.CREATED, response.content
    return response.json()


def test_who_creates_a_study_is_its_researcher(researcher_client: Client, stranger_client: Client) -> None:
    told = created(researcher_client, "studies/", slug="bows", name="Bows", seed=7)
    assert (told["slug"], told["seed"], told["num_target_classes"]) == ("bows", 7, 0)
    assert researcher_client.get("/api/v1/studies/bows/").status_code == HTTPStatus.OK
    assert stranger_client.get("/api/v1/studies/bows/").status_code == HTTPStatus.NOT_FOUND


def test_what_workers_read_is_given_with_the_study(researcher_client: Client) -> None:
    given = {"guidelines": "Toys count.", "content_warning": "Weapons.", "photographs_only": False}
    told = created(researcher_client, "studies/", slug="bows", name="Bows", **given)
    assert given.items() <= told.items()


def test_a_study_has_authors_who_can_be_cited(researcher_client: Client) -> None:
    assert created(researcher_client, "studies/", slug="bows", name="Bows")["authors"] == ""
    told = created(researcher_client, "studies/", slug="two", name="Two", authors="O'Brien, Seán\nACME\n")
    assert told["authors"] == "O'Brien, Seán\nACME"
    response = post(researcher_client, "studies/", slug="three", name="Three", authors="ACME\nACME")
    assert response.status_code == HTTPStatus.CONFLICT
    assert not Study.objects.filter(slug="three").exists()


def test_a_class_comes_with_links_to_the_web_and_to_nowhere_else(researcher_client: Client, study: Study) -> None:
    link = {"text": "More", "url": "https://example.org"}
    described = {"class_id": "n1", "name": "bow", "links": [link]}
    assert created(researcher_client, "target-classes/", study=study.slug, target_classes=[described])[0]["links"] == [
        link
    ]
    link["url"], described["class_id"] = "javascript:alert(1)", "n2"
    response = post(researcher_client, "target-classes/", study=study.slug, target_classes=[described])
    assert response.status_code == HTTPStatus.CONFLICT


def test_a_slug_is_taken_once_and_a_stranger_s_counts(stranger_client: Client, study: Study) -> None:
    response = post(stranger_client, "studies/", slug=study.slug, name="Mine")
    assert response.status_code == HTTPStatus.CONFLICT
    assert response.json()["type"] == "urn:twinset:invalid-study"


def test_a_misspelt_field_is_not_quietly_ignored(researcher_client: Client) -> None:
    response = post(researcher_client, "studies/", slug="bows", name="Bows", sede=7)
    assert response.json()["errors"] == {"sede": ["There is no such field."]}
    assert not Study.objects.exists()


def test_classes_are_added_once_with_their_nearest(researcher_client: Client, study: Study) -> None:
    body = {
        "study": study.slug,
        "target_classes": [
            {"class_id": "n1", "name": "bow", "synonyms": ["ribbon"]},
            {"class_id": "n2", "name": "tie"},
        ],
        "nearest": {"n1": "n2"},
    }
    assert created(researcher_client, "target-classes/", **body) == created(
        researcher_client, "target-classes/", **body
    )
    first, second = TargetClass.objects.order_by("number")
    assert (first.synonyms, first.nearest, second.nearest) == (["ribbon"], second, None)


def test_a_nearest_class_and_wider_words_are_given_and_read(researcher_client: Client, study: Study) -> None:
    described = [{"class_id": "n1", "name": "bow", "wider_words": ["weapon"]}, {"class_id": "n2", "name": "tie"}]
    first, _ = created(researcher_client, "target-classes/", study=study.slug, target_classes=described)
    path = f"target-classes/{first['id']}/nearest/"
    assert created(researcher_client, path, nearest="n2")["nearest"] == "n2"
    told = researcher_client.get(f"/api/v1/target-classes/{first['id']}/").json()
    assert (told["nearest"], told["wider_words"]) == ("n2", ["weapon"])
    assert post(researcher_client, path, nearest="n1").status_code == HTTPStatus.CONFLICT
    assert post(researcher_client, path, nearest="n9").status_code == HTTPStatus.CONFLICT
    assert post(researcher_client, path).status_code == HTTPStatus.BAD_REQUEST
    assert created(researcher_client, path, nearest=None)["nearest"] is None


def test_a_stranger_changes_no_nearest_class(stranger_client: Client, study: Study) -> None:
    row = cast.target_class(study)
    assert post(stranger_client, f"target-classes/{row.pk}/nearest/", nearest=None).status_code == HTTPStatus.NOT_FOUND


def test_classes_are_added_whole_or_not_at_all(researcher_client: Client, study: Study) -> None:
    body = {"study": study.slug, "target_classes": [{"class_id": "n1", "name": "bow"}], "nearest": {"n1": "n9"}}
    assert post(researcher_client, "target-classes/", **body).status_code == HTTPStatus.CONFLICT
    assert not TargetClass.objects.exists()


@pytest.mark.parametrize("path", ["target-classes/", "grids/", "batches/", "invitations/", "test-sets/"])
def test_a_study_of_others_does_not_exist(stranger_client: Client, whole: WholeStudy, path: str) -> None:
    response = post(stranger_client, path, study=whole.study.slug)
    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert "does not exist" in response.json()["errors"]["study"][0]


def test_a_candidate_is_excluded_once(researcher_client: Client, researcher: User, whole: WholeStudy) -> None:
    path = f"candidates/{whole.candidate.pk}/exclusion/"
    assert created(researcher_client, path, reason="unusable")["exclusion"]["reason"] == "unusable"
    assert created(researcher_client, path, reason="duplicate")["exclusion"]["reason"] == "unusable"
    assert Exclusion.objects.get().excluded_by == researcher


def test_a_candidate_of_others_is_not_excluded(stranger_client: Client, whole: WholeStudy) -> None:
    response = post(stranger_client, f"candidates/{whole.candidate.pk}/exclusion/", reason="unusable")
    assert response.status_code == HTTPStatus.NOT_FOUND
    assert not Exclusion.objects.exists()


def test_grids_are_composed_then_launched_once(researcher_client: Client, study: Study) -> None:
    target_class = cast.target_class(study)
    for _ in range(5):
        cast.candidate(target_class)
    composed = created(researcher_client, "grids/", study=study.slug, num_positions=5, num_positive=0, num_negative=0)
    assert composed["grid_ids"] == [grid.pk for grid in Grid.objects.all()]
    batch = created(researcher_client, "batches/", study=study.slug, num_assignments=2, is_simulated=True)
    assert (batch["num_hits"], batch["num_slots"], batch["is_simulated"]) == (1, 2, True)
    assert "/join/" in batch["invitation_url"]
    assert post(researcher_client, "batches/", study=study.slug).status_code == HTTPStatus.CONFLICT


def test_grids_are_launched_with_pay(researcher_client: Client, whole: WholeStudy) -> None:
    grid = cast.grid(whole.target_class, [whole.candidate])
    body = {"study": whole.study.slug, "pay_minor_units": 30}
    assert post(researcher_client, "batches/", **body).status_code == HTTPStatus.CONFLICT
    assert post(researcher_client, "batches/", **body, currency="€").status_code == HTTPStatus.BAD_REQUEST
    told = created(researcher_client, "batches/", **body, currency="EUR")
    assert (told["pay_minor_units"], told["currency"]) == (30, "EUR")
    assert grid.hits.count() == 1


def test_a_study_without_classes_has_nothing_to_compose(researcher_client: Client, study: Study) -> None:
    response = post(researcher_client, "grids/", study=study.slug)
    assert response.status_code == HTTPStatus.CONFLICT
    assert response.json()["type"] == "urn:twinset:cannot-compose"


def test_an_invitation_is_made_and_withdrawn_once(researcher_client: Client, researcher: User, study: Study) -> None:
    body = {"study": study.slug, "name": "Students", "max_workers": 5, "expires_at": "2126-12-31T18:30:00Z"}
    told = created(researcher_client, "invitations/", **body)
    assert {key: told[key] for key in body} == body
    assert (told["num_joined"], told["state"]) == (0, "open")
    assert local.read_invitation(told["url"].rstrip("/").rpartition("/join/")[2]) == told["id"]
    assert Invitation.objects.get().invited_by == researcher
    withdrawn = created(researcher_client, f"invitations/{told['id']}/withdrawal/")
    assert withdrawn["state"] == "withdrawn"
    assert created(researcher_client, f"invitations/{told['id']}/withdrawal/") == withdrawn


def test_an_invitation_needs_no_limit_and_no_end(researcher_client: Client, study: Study) -> None:
    told = created(researcher_client, "invitations/", study=study.slug, name="Everyone of the course")
    assert (told["max_workers"], told["expires_at"]) == (None, None)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"name": ""}, HTTPStatus.BAD_REQUEST),
        ({"max_workers": 0}, HTTPStatus.BAD_REQUEST),
        ({"expires_at": "tomorrow"}, HTTPStatus.BAD_REQUEST),
        ({"limit": 5}, HTTPStatus.BAD_REQUEST),
        ({"expires_at": "2020-01-01T00:00:00Z"}, HTTPStatus.CONFLICT),
    ],
)
def test_an_invitation_that_makes_no_sense_is_refused(
    researcher_client: Client, study: Study, fields: dict[str, Any], status: HTTPStatus
) -> None:
    body = {"study": study.slug, "name": "Students"} | fields
    assert post(researcher_client, "invitations/", **body).status_code == status
    assert not Invitation.objects.exists()


def test_an_invitation_of_others_is_not_withdrawn(stranger_client: Client, whole: WholeStudy) -> None:
    path = f"invitations/{whole.invitation.pk}/withdrawal/"
    assert post(stranger_client, path).status_code == HTTPStatus.NOT_FOUND
    assert Invitation.objects.get().withdrawn_at is None


def test_an_expired_batch_stays_expired(researcher_client: Client, whole: WholeStudy) -> None:
    path = f"batches/{whole.batch.pk}/expiry/"
    first = created(researcher_client, path)
    assert first["expired_at"]
    assert created(researcher_client, path) == first


def test_a_test_set_is_built_and_frozen(researcher_client: Client, whole: WholeStudy) -> None:
    parameters = {"images_per_class": 1, "threshold": "7/10"}
    built = created(
        researcher_client, "test-sets/", study=whole.study.slug, strategy="threshold", parameters=parameters, seed=3
    )
    assert (built["citation"], built["num_images"], built["seed"]) == ("digits-twin/easier@r2", 1, 3)
    assert built["parameters"] == parameters | {"min_judgements": 5}
    whole.test_set_review.delete()  # a review of the revision before would have to be finished first
    frozen = created(researcher_client, f"test-sets/{built['id']}/freezing/")
    assert frozen["content_sha256"]
    assert created(researcher_client, f"test-sets/{built['id']}/freezing/") == frozen


def test_judgements_that_were_not_counted_yet_are_counted_before_building(
    researcher_client: Client, whole: WholeStudy
) -> None:
    hand_in(whole.batch)
    told = created(researcher_client, "test-sets/", study=whole.study.slug, strategy="original")
    assert TestSet.objects.get(pk=told["id"]).images.get().num_seen == 11
    assert not frequencies.stale_target_classes().exists()


def test_the_original_is_taken_as_it_is(researcher_client: Client, whole: WholeStudy) -> None:
    told = created(researcher_client, "test-sets/", study=whole.study.slug, strategy="original")
    assert (told["name"], told["num_images"]) == ("original", 1)


@pytest.mark.parametrize(
    "parameters",
    [{"threshold": "1e999999999"}, {"images_per_class": 0}, {"min_judgments": 5}, {"seed": 1}, []],
)
def test_parameters_that_make_no_sense_are_refused(
    researcher_client: Client, whole: WholeStudy, parameters: dict[str, Any]
) -> None:
    response = post(
        researcher_client, "test-sets/", study=whole.study.slug, strategy="threshold", parameters=parameters
    )
    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert TestSet.objects.latest("id") == whole.test_set


def test_parameters_of_another_strategy_are_refused(researcher_client: Client, whole: WholeStudy) -> None:
    body = {"study": whole.study.slug, "strategy": "top_images", "parameters": {"threshold": "7/10"}}
    assert post(researcher_client, "test-sets/", **body).status_code == HTTPStatus.CONFLICT
