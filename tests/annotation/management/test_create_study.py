"""create_study: a study with its classes from a file, or nothing at all."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError

from annotation.models import Study

pytestmark = pytest.mark.django_db

CLASSES = [
    {
        "class_id": "1",
        "name": "one",
        "synonyms": ["I", "a"],
        "definition": "the digit",
        "links": [{"text": "An encyclopaedia", "url": "https://example.org/1"}],
        "nearest": "7",
    },
    {"class_id": "7", "name": "seven"},
]


def create(**options: Any) -> str:
    out = StringIO()
    call_command("create_study", **{"slug": "digits", "name": "Digits", "stdout": out} | options)
    return out.getvalue()


def complaint(path: Path) -> str:
    with pytest.raises(CommandError) as caught:
        create(classes=str(path))
    assert not Study.objects.exists()
    return str(caught.value)


def test_classes_come_from_json(tmp_path: Path, researcher: User) -> None:
    path = tmp_path / "classes.json"
    path.write_text(json.dumps(CLASSES))
    assert "Study digits with 2 classes" in create(classes=str(path), seed=3, researcher=["rosa"])
    study = Study.objects.get()
    one, seven = study.target_classes.all()
    assert (study.seed, list(study.researchers.all())) == (3, [researcher])
    assert (one.names, one.definition, one.nearest, seven.nearest) == (["one", "I", "a"], "the digit", seven, None)
    assert one.links == CLASSES[0]["links"]


def test_classes_come_from_csv(tmp_path: Path) -> None:
    path = tmp_path / "classes.csv"
    first = "1,one,I|a,the digit,An encyclopaedia https://example.org/1|More http://example.org/2,7"
    path.write_text(f"class_id,name,synonyms,definition,links,nearest\n{first}\n7,seven,,,,\n", "utf-8-sig")
    create(classes=str(path))
    one, seven = Study.objects.get().target_classes.all()
    assert one.links == [
        {"text": "An encyclopaedia", "url": "https://example.org/1"},
        {"text": "More", "url": "http://example.org/2"},
    ]
    assert (one.names, one.definition, one.nearest, seven.names) == (["one", "I", "a"], "the digit", seven, ["seven"])


def test_a_study_may_start_without_classes() -> None:
    assert "with 0 classes" in create()


def test_what_workers_read_can_be_given_with_the_study(tmp_path: Path) -> None:
    path = tmp_path / "guidelines.txt"
    path.write_text("Toys count.\nSo do statues.\n")
    create(guidelines_file=str(path), content_warning="Weapons.", photographs_only=False)
    study = Study.objects.get()
    assert (study.guidelines, study.content_warning) == ("Toys count.\nSo do statues.", "Weapons.")
    assert not study.photographs_only


def test_authors_are_given_one_by_one() -> None:
    create(author=["O'Brien, Seán", "University of Somewhere"])
    assert Study.objects.get().authors == "O'Brien, Seán\nUniversity of Somewhere"


def test_a_study_shows_photographs_only_unless_told_otherwise() -> None:
    create()
    assert Study.objects.get().photographs_only


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ('{"class_id": "1"}', "must hold a list"),
        ("[1]", "Class 1 is not an object"),
        ('[{"class_id": 1, "name": "one"}]', "needs class_id and name as text"),
        ('[{"class_id": "1"}]', "needs class_id and name as text"),
        ('[{"class_id": "1", "name": "one", "synonyms": "I"}]', "as a list of texts"),
        ('[{"class_id": "1", "name": "one", "links": "https://example.org"}]', "needs its links"),
        ('[{"class_id": "1", "name": "one", "links": [{"text": "More"}]}]', "needs its links"),
        ('[{"class_id": "1", "name": "one", "links": [{"text": "x", "url": "ftp://a.org"}]}]', "not a web address"),
        ('[{"class_id": "1", "name": "one", "label": "I"}]', "has the field 'label'"),
        ('[{"class_id": "1", "name": "o\\u0007ne"}]', "control character U+0007"),
        ('[{"class_id": "1", "name": "one", "nearest": "9"}]', "no class '9'"),
    ],
)
def test_a_bad_file_of_classes_leaves_no_study(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "classes.json"
    path.write_text(text)
    assert words in complaint(path)


@pytest.mark.parametrize(
    "text", ["class_id,name\n1,one,two\n", 'class_id,name\n"1,one\n', "id,name\n1,one\n", "class_id,name\n1\n"]
)
def test_a_bad_table_of_classes_leaves_no_study(tmp_path: Path, text: str) -> None:
    path = tmp_path / "classes.csv"
    path.write_text(text)
    assert complaint(path)


def test_a_file_that_is_not_there_leaves_no_study(tmp_path: Path) -> None:
    assert "can't be read" in complaint(tmp_path / "nowhere.json")


def test_an_unknown_researcher_leaves_no_study(db: None) -> None:
    with pytest.raises(CommandError, match="no account 'nobody'"):
        create(researcher=["nobody"])
    assert not Study.objects.exists()


def test_a_slug_is_taken_once() -> None:
    create()
    with pytest.raises(CommandError, match="choose another slug"):
        create()
