"""The page of classes: searched, counted, imported from files and WordNet, and a nearest class by hand."""

import html
import json
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotation.models import Candidate, Exclusion, Origin, Study, TargetClass
from tests import cast, pictures

pytestmark = pytest.mark.django_db
INFO = [{"wnid": "n02879718", "synset": ["bow", "longbow"], "gloss": "a weapon"}]
HOSTILE = '<script>alert("x")</script>'


@pytest.fixture
def study(researcher: User) -> Study:
    row = cast.study("things", [researcher])
    for class_id, name in (("n02879718", "bow"), ("n03126707", "crane"), ("n02012849", "crane")):
        cast.target_class(row, class_id, name)
    return row


def address(name: str, *args: Any) -> str:
    return reverse(f"frontend:{name}", args=["things", *args])


def listed(client: Client, **wanted: str) -> list[str]:
    response = client.get(address("class-list"), wanted)
    assert response.status_code == HTTPStatus.OK
    return [line.target_class.class_id for line in response.context["lines"]]


def upload(client: Client, kind: str, name: str, content: Any) -> Any:
    given = content if isinstance(content, bytes) else json.dumps(content).encode()
    form = {"kind": kind, "file": SimpleUploadedFile(name, given)}
    return client.post(address("class-import"), form, follow=True)


def text(response: Any) -> str:
    return html.unescape(response.text)


# --- the list ---


def test_a_class_is_found_by_what_it_is_called_or_said_of_it(researcher_client: Client, study: Study) -> None:
    bow = study.target_classes.get(name="bow")
    TargetClass.objects.filter(pk=bow.pk).update(synonyms=["longbow", "弓"], definition="for 100% arrows")
    for words in ("n0287", "BOW", "longb", "弓", "arrows", "100%"):
        assert listed(researcher_client, q=words) == ["n02879718"], words
    assert listed(researcher_client, q="crane") == ["n03126707", "n02012849"]
    assert listed(researcher_client, q="50%") == []
    assert len(listed(researcher_client, q="\x00")) == 3  # not understood, and said so


def test_what_classes_lack_is_found(researcher_client: Client, study: Study) -> None:
    bow, crane, bird = study.target_classes.order_by("number")
    TargetClass.objects.filter(pk=bow.pk).update(definition="x", wider_words=["weapon"], nearest=crane)
    TargetClass.objects.filter(pk=bow.pk).update(links=[{"text": "x", "url": "https://example.org"}])
    cast.candidate(bow, Origin.ORIGINAL)
    excluded = cast.candidate(bow, Origin.POOL)
    Exclusion.objects.create(candidate=excluded, reason=Exclusion.Reason.WRONG_CLASS, excluded_at=cast.NOW)
    for lack in ("definition", "wider", "links", "nearest", "original"):
        assert listed(researcher_client, lacks=lack) == [crane.class_id, bird.class_id], lack
    assert len(listed(researcher_client, lacks="pool")) == 3
    assert len(listed(researcher_client, lacks="password")) == 3


def test_images_that_take_part_are_counted_per_class_and_origin(researcher_client: Client, study: Study) -> None:
    bow = study.target_classes.get(name="bow")
    for origin in (Origin.ORIGINAL, Origin.POOL, Origin.POOL):
        cast.candidate(bow, origin)
    line = researcher_client.get(address("class-list")).context["lines"][0]
    assert (line.target_class, line.num_originals, line.num_pool) == (bow, 1, 2)


def test_a_page_of_a_thousand_classes_takes_as_few_queries_as_one_of_three(
    researcher_client: Client, study: Study
) -> None:
    with CaptureQueriesContext(
        connection,
    ) as few:
        listed(researcher_client)
    TargetClass.objects.bulk_create(
        TargetClass(study=study, class_id=f"c{number}", number=number, name=f"class {number}")
        for number in range(3, 1200)
    )
    with CaptureQueriesContext(connection) as many:
        assert len(listed(researcher_client)) == 25
    assert len(many) <= len(few)
    assert listed(researcher_client, page="48")[-1] == "c1199"


def test_names_of_strangers_are_text(researcher_client: Client, study: Study) -> None:
    study.target_classes.filter(name="bow").update(
        name=HOSTILE, class_id='a&b"c', synonyms=[HOSTILE], definition=HOSTILE, wider_words=[HOSTILE]
    )
    bow = study.target_classes.get(name=HOSTILE)
    cast.candidate(bow, Origin.POOL)
    for page in (address("class-list"), address("class-nearest", bow.pk)):
        assert "<script>alert" not in researcher_client.get(page).text
    found = researcher_client.get(address("candidate-list") + "?class=a%26b%22c&origin=pool")
    assert "class=a%26b%22c&amp;origin=pool" in researcher_client.get(address("class-list")).text
    assert len(found.context["cards"]) == 1


def test_a_study_without_classes_says_what_to_do(researcher_client: Client, researcher: User) -> None:
    cast.study("things", [researcher])
    page = researcher_client.get(address("class-list"))
    assert "No classes yet" in page.text
    assert address("class-import") in page.text
    assert address("class-import") in researcher_client.get(reverse("frontend:study-detail", args=["things"])).text


# --- imports ---


def test_a_list_adds_completes_and_tells(researcher_client: Client, study: Study) -> None:
    rows = [*INFO, {"wnid": "n01440764", "synset": ["tench"]}, {"wnid": "n03126707", "synset": ["lifting device"]}]
    page = upload(researcher_client, "classes", "class_info.json", rows)
    assert page.redirect_chain == [(address("class-list"), HTTPStatus.FOUND)]
    assert "1 class added, 1 class completed." in page.text
    assert "n03126707 stays 'crane'; the list calls it 'lifting device'." in text(page)
    assert study.target_classes.get(class_id="n02879718").definition == "a weapon"


def test_pages_nearest_classes_and_a_confusion_matrix_are_taken(researcher_client: Client, study: Study) -> None:
    upload(researcher_client, "pages", "pages.json", {"n02879718": ["https://en.wikipedia.org/wiki/Bow"]})
    upload(researcher_client, "nearest", "nearest.json", {"n02879718": ["n02879718", "n02012849"]})
    upload(researcher_client, "confusion", "matrix.csv", b",bow,n03126707\nn03126707,4,9\n")
    bow, crane, _ = study.target_classes.order_by("number")
    assert bow.links == [{"text": "Wikipedia: Bow", "url": "https://en.wikipedia.org/wiki/Bow"}]
    assert (bow.nearest, crane.nearest) == (crane, bow)


@pytest.mark.parametrize(
    ("kind", "name", "content", "words"),
    [
        ("classes", "a.exe", b"MZ", "a.exe is no list of classes"),
        ("classes", f"{HOSTILE}.json", b"{", "is not JSON"),
        ("classes", "a.json", [{"class_id": "../x", "name": "x"}], "can't name a folder"),
        ("classes", "a.json", [{"class_id": "1", "name": HOSTILE, "nearest": 4}], "needs class_id and name"),
        ("pages", "a.json", {"n02879718": ["javascript:alert(1)"]}, "is not a web address"),
        ("nearest", "a.json", {"n1": ["n2"]}, "none of the classes that are listed"),
        ("nearest", "a.json", {"crane": ["bow"]}, "Several classes are called 'crane'"),
        ("confusion", "a.csv", b"bow,1\n", "is no confusion matrix"),
        ("users", "a.csv", b"class_id,name\n1,one\n", "is not one of the available choices"),
        ("classes", "a.csv", b"", "The submitted file is empty"),
    ],
)
def test_a_refusal_stands_on_the_form_and_nothing_changes(
    researcher_client: Client, study: Study, kind: str, name: str, content: Any, words: str
) -> None:
    before = list(study.target_classes.values())
    page = upload(researcher_client, kind, name, content)
    assert page.status_code == HTTPStatus.BAD_REQUEST
    assert words in text(page)
    assert HOSTILE not in page.text
    assert list(study.target_classes.values()) == before


def test_wordnet_completes_where_an_operator_has_set_it(
    researcher_client: Client, study: Study, settings: Any, wordnet_dir: Path
) -> None:
    settings.WORDNET_DIR = str(wordnet_dir)
    assert "Find nearest classes" in researcher_client.get(address("class-import")).text
    page = researcher_client.post(address("class-wordnet"), {"what": "complete"}, follow=True)
    assert "3 classes completed." in page.text
    page = researcher_client.post(address("class-wordnet"), {"what": "nearest"}, follow=True)
    assert "Nearest class set for 3 classes." in page.text
    bow, crane, bird = study.target_classes.order_by("number")
    assert (bow.nearest, crane.nearest, bird.nearest) == (crane, bow, crane)
    assert bow.wider_words == ["weapon", "instrument", "device"]


@pytest.mark.parametrize(
    ("folder", "what", "words"),
    [
        ("", "complete", "No WordNet database is set here"),
        ("/nowhere", "complete", "is no WordNet database"),
        ("/nowhere", "everything", "Say what is to be taken"),
    ],
)
def test_without_wordnet_it_is_said_how_to_get_it(
    researcher_client: Client, study: Study, settings: Any, folder: str, what: str, words: str
) -> None:
    settings.WORDNET_DIR = folder
    assert words in text(researcher_client.post(address("class-wordnet"), {"what": what}, follow=True))
    assert ("WORDNET_DIR" in researcher_client.get(address("class-import")).text) == (not folder)


# --- the nearest class, by hand ---


def choose(client: Client, study: Study, typed: str) -> Any:
    bow = study.target_classes.get(name="bow")
    return client.post(address("class-nearest", bow.pk), {"nearest": typed}, follow=True)


def test_the_nearest_class_is_chosen_and_taken_back(researcher_client: Client, study: Study) -> None:
    assert "the nearest class is crane (n02012849) from now on" in choose(researcher_client, study, " n02012849 ").text
    assert study.target_classes.get(name="bow").nearest.class_id == "n02012849"
    assert "no class is nearest now" in choose(researcher_client, study, "").text
    assert study.target_classes.get(name="bow").nearest is None


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("crane", "Several classes are called 'crane': n03126707, n02012849"),
        ("n02879718", "can't be the nearest class to itself"),
        ("crone", "did you mean"),
        (HOSTILE, "The study has no class"),
        ("\x00", "The study has no class"),
    ],
)
def test_a_class_that_can_t_be_nearest_is_said(researcher_client: Client, study: Study, typed: str, words: str) -> None:
    page = choose(researcher_client, study, typed)
    assert page.status_code == HTTPStatus.BAD_REQUEST
    assert words in text(page)
    assert HOSTILE not in page.text


def test_originals_of_both_are_shown_side_by_side(researcher_client: Client, study: Study) -> None:
    bow, crane, _ = study.target_classes.order_by("number")
    shown = [pictures.pictured(each, Origin.ORIGINAL, number) for number, each in enumerate((bow, crane))]
    pictures.pictured(bow, Origin.POOL, 5)
    choose(researcher_client, study, crane.class_id)
    page = researcher_client.get(address("class-nearest", bow.pk))
    assert [candidate for _, side in page.context["sides"] for candidate in side] == shown
    assert Candidate.objects.count() == 3


def test_a_class_of_another_study_is_not_there(researcher_client: Client, study: Study) -> None:
    other = cast.target_class(cast.study("other"), "x", "x")
    assert researcher_client.get(address("class-nearest", other.pk)).status_code == HTTPStatus.NOT_FOUND
    assert researcher_client.post(address("class-nearest", other.pk)).status_code == HTTPStatus.NOT_FOUND
