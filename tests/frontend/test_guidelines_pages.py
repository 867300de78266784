"""The page on which a researcher tells workers what counts: texts, examples, and what becomes of them."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from annotation.models import Example, Study, TargetClass
from tests import cast, pictures

pytestmark = pytest.mark.django_db

TEXTS = {
    "description": "A twin.",
    "contact": "Rosa",
    "content_warning": "Weapons.",
    "guidelines": "Toys count.",
    "photographs_only": "on",
}


@pytest.fixture
def bow(researcher: User) -> TargetClass:
    return cast.target_class(cast.study("bows", [researcher]), "n01", "bow")


def address(name: str = "guidelines", *more: Any) -> str:
    return reverse(f"frontend:{name}", args=["bows", *more])


def picture(name: str = "a.png", content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, cast.png() if content is None else content)


def add(client: Client, *files: SimpleUploadedFile, **fields: Any) -> str:
    """Add these as examples; the page that this leads to."""
    body = {"target_class": "n01", "shows_class": "yes", "caption": "A longbow.", "pictures": list(files)} | fields
    return str(client.post(address("example-add"), body, follow=True).text)


# --- the texts ---


def test_what_was_written_is_saved_and_previewed(researcher_client: Client, bow: TargetClass) -> None:
    page = researcher_client.post(address(), TEXTS, follow=True).text
    study = Study.objects.get()
    assert (study.guidelines, study.content_warning, study.contact) == ("Toys count.", "Weapons.", "Rosa")
    assert "<p>Toys count.</p>" in page
    assert "<p>Weapons.</p>" in page
    assert "Photographs only" in page


def test_the_photographs_rule_is_taken_away_by_unticking_it(researcher_client: Client, bow: TargetClass) -> None:
    fields = {name: text for name, text in TEXTS.items() if name != "photographs_only"}
    page = researcher_client.post(address(), fields, follow=True).text
    assert not Study.objects.get().photographs_only
    assert "Photographs only: leave out" not in page


def test_what_can_not_be_told_is_refused_and_stays_in_the_form(researcher_client: Client, bow: TargetClass) -> None:
    page = researcher_client.post(address(), TEXTS | {"guidelines": "Toys\a count."})
    assert page.status_code == 400
    assert "control character U+0007" in page.text
    assert Study.objects.get().guidelines == ""
    assert "Toys\a count.</textarea>" in page.text


def test_what_a_researcher_writes_is_shown_as_text(researcher_client: Client, bow: TargetClass) -> None:
    texts = dict.fromkeys(("description", "contact", "content_warning", "guidelines"), "<script>alert(1)</script>")
    assert "<script>alert" not in researcher_client.post(address(), texts, follow=True).text


# --- examples ---


def test_without_examples_the_page_says_what_they_are_for(researcher_client: Client, bow: TargetClass) -> None:
    page = researcher_client.get(address()).text
    assert "No examples yet" in page
    assert "at least one example that shows it and one that does not makes a practice grid" in page


@pytest.mark.parametrize(("said", "shows"), [("yes", True), ("no", False)])
def test_several_pictures_are_added_at_once(
    researcher_client: Client, bow: TargetClass, said: str, shows: bool
) -> None:
    page = add(researcher_client, picture(), picture("b.png", cast.png(1)), shows_class=said)
    assert "Added for bow: 2 examples." in page
    assert [(row.shows_class, row.caption) for row in Example.objects.all()] == [(shows, "A longbow.")] * 2


def test_each_refusal_names_its_file_and_the_others_are_taken(researcher_client: Client, bow: TargetClass) -> None:
    page = add(researcher_client, picture(), picture("<b>.png", b"no picture"), picture("again.png"))
    assert "Added for bow: 1 example." in page
    assert "&lt;b&gt;.png: The file is not an image" in page
    assert "again.png: The image is an example of bow already." in page
    assert Example.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"target_class": "n99"}, "Target class: "),
        ({"shows_class": "perhaps"}, "The answer: "),
        ({"caption": "x" * 201}, "Caption: "),
        ({"pictures": []}, "Pictures: "),
    ],
)
def test_what_was_not_understood_adds_nothing(
    researcher_client: Client, bow: TargetClass, fields: dict[str, Any], told: str
) -> None:
    assert told in add(researcher_client, picture(), **fields)
    assert not Example.objects.exists()


def test_a_class_of_another_study_is_not_known(researcher_client: Client, bow: TargetClass) -> None:
    cast.target_class(cast.study("theirs"), "n77", "crane")
    add(researcher_client, picture(), target_class="n77")
    assert not Example.objects.exists()


def test_an_example_is_removed_and_one_of_another_study_is_not(researcher_client: Client, bow: TargetClass) -> None:
    mine, theirs = cast.example(bow, cast.png()), cast.example(cast.target_class(cast.study("theirs")), cast.png())
    for pk in (mine.pk, theirs.pk):
        researcher_client.post(address("example-remove"), {"example": pk})
    assert list(Example.objects.all()) == [theirs]


@pytest.mark.parametrize("given", ["", "x", "-1", "9" * 30, "9" * 5000])
def test_an_example_that_is_not_there_is_said_to_be_gone(
    researcher_client: Client, bow: TargetClass, given: str
) -> None:
    page = researcher_client.post(address("example-remove"), {"example": given}, follow=True)
    assert "was removed before" in page.text


def test_examples_are_shown_by_class_with_their_answer(researcher_client: Client, bow: TargetClass) -> None:
    pictures.taught(bow, 2, 1)
    page = researcher_client.get(address()).text
    assert (page.count(">shows it<"), page.count(">does not<")) == (2, 1)
    assert "workers practise on <strong>bow</strong>: 3 images, 2 of which show it" in page


def test_one_answer_only_is_said_to_make_no_practice(researcher_client: Client, bow: TargetClass) -> None:
    pictures.taught(bow, 2, 0)
    assert "There is no practice yet" in researcher_client.get(address()).text


def test_one_class_can_be_looked_at_alone(researcher_client: Client, bow: TargetClass) -> None:
    pictures.taught(bow, 2, 1)
    cast.example(cast.target_class(bow.study, "n02", "crane"), cast.png(7))
    page = researcher_client.get(address(), {"class": "n02"}).text
    assert "Example 1 of crane" in page
    assert "Example 1 of bow" not in page


def test_more_examples_take_no_more_queries(
    researcher_client: Client, bow: TargetClass, django_assert_max_num_queries: Any
) -> None:
    for number in range(5):
        cast.example(cast.target_class(bow.study, f"n1{number}", f"class {number}"), cast.png(number))
    with django_assert_max_num_queries(19):
        researcher_client.get(address())


def test_a_study_without_classes_has_a_page_too(researcher_client: Client, researcher: User) -> None:
    cast.study("bows", [researcher])
    page = researcher_client.get(address())
    assert page.status_code == 200
    assert "Add examples" not in page.text


def test_strangers_see_no_example(stranger: User, bow: TargetClass) -> None:
    row = cast.example(bow, cast.png())
    client = Client()
    client.force_login(stranger)
    assert client.get(address("example-image", row.pk)).status_code == 404
