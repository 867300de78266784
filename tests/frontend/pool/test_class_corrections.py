"""A class is corrected on its page: new words for workers, the old ones kept to be read, its id for ever."""

from http import HTTPStatus
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from annotation import testsets
from annotation.models import ClassCorrection, Origin, TargetClass
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def bow(researcher: User) -> TargetClass:
    row = cast.target_class(cast.study(researchers=[researcher]), "n02879718", "bwo")
    row.synonyms, row.definition = ["longbow"], "a knot"
    row.links = [{"text": "Bow and arrow", "url": "https://en.wikipedia.org/wiki/Bow_and_arrow"}]
    row.save()
    return row


def address(row: TargetClass) -> str:
    return reverse("frontend:class-correct", args=[row.study.slug, row.pk])


def words(client: Client, row: TargetClass, **other: str) -> dict[str, str]:
    """The form as it is filled in, but for these."""
    return client.get(address(row)).context["form"].initial | other


def test_what_is_saved_unchanged_changes_nothing(researcher_client: Client, bow: TargetClass) -> None:
    page = researcher_client.post(address(bow), words(researcher_client, bow), follow=True)
    assert "nothing changed" in page.text
    assert not ClassCorrection.objects.exists()


def test_new_words_stand_there_and_the_old_ones_are_kept(
    researcher_client: Client, researcher: User, bow: TargetClass
) -> None:
    said = words(
        researcher_client, bow, name="bow", definition="a weapon\r\nfor arrows", synonyms="longbow\r\n\r\n crossbow ",
        links="Archery at large https://example.org/archery",
    )  # fmt: skip
    page = researcher_client.post(address(bow), said, follow=True)
    assert "n02879718: name, other names, definition, links changed." in page.text
    bow.refresh_from_db()
    assert (bow.name, bow.definition, bow.synonyms) == ("bow", "a weapon\nfor arrows", ["longbow", "crossbow"])
    assert bow.links == [{"text": "Archery at large", "url": "https://example.org/archery"}]
    kept = bow.corrections.get()
    assert (kept.before["name"], kept.after["name"], kept.corrected_by) == ("bwo", "bow", researcher)
    again = researcher_client.get(address(bow)).text
    assert "<del>bwo</del>" in again
    assert f"by {researcher.username}" in again


@pytest.mark.parametrize(
    ("other", "refusal"),
    [
        ({"name": ""}, "This field is required"),
        ({"links": "evil javascript:alert(1)"}, "is not a web address"),
        ({"definition": "a\x01b"}, "holds the control character"),
        ({"synonyms": "\n".join("abc" for _ in range(101))}, "at most 100 are possible"),
    ],
)
def test_what_can_not_be_shown_is_refused_with_a_reason(
    researcher_client: Client, bow: TargetClass, other: dict[str, str], refusal: str
) -> None:
    page = researcher_client.post(address(bow), words(researcher_client, bow, **other))
    assert page.status_code == HTTPStatus.BAD_REQUEST
    assert refusal in page.text
    bow.refresh_from_db()
    assert bow.name == "bwo"


def test_the_page_says_who_reads_and_what_was_frozen_under_the_old_words(
    researcher_client: Client, bow: TargetClass
) -> None:
    row = cast.measured(bow, Origin.ORIGINAL, 5)
    batch = cast.batch(bow.study, [cast.grid(bow, [row])])
    frozen = testsets.freeze(test_set=testsets.import_original(study=bow.study, now=cast.NOW), now=cast.NOW)
    page = researcher_client.get(address(bow)).text
    assert f"batch {batch.pk}" in page
    assert "10 grids were handed in under the words that stand here." in page
    assert f"Frozen sets keep the name they were frozen with: {frozen.citation}." in page
    researcher_client.post(address(bow), words(researcher_client, bow, name="bow"))
    assert testsets.manifest_of(frozen)["classes"][0]["name"] == "bwo"


def test_programs_correct_what_they_name_and_read_what_was_changed(researcher_client: Client, bow: TargetClass) -> None:
    here = f"/api/v1/target-classes/{bow.pk}/corrections/"

    def ask(body: dict[str, Any]) -> Any:
        return researcher_client.post(here, body, content_type="application/json")

    made = ask({"definition": "a weapon"})
    assert made.status_code == HTTPStatus.CREATED
    assert (made.json()["name"], made.json()["definition"]) == ("bwo", "a weapon")
    [told] = researcher_client.get(here).json()
    assert (told["before"], told["after"]) == ({"definition": "a knot"}, {"definition": "a weapon"})
    assert ask({"class_id": "other"}).status_code == HTTPStatus.BAD_REQUEST
