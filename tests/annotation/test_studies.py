"""A study, and the classes workers are asked about."""

from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import User

from annotation import studies
from annotation.errors import InvalidStudy, UnknownClass
from annotation.models import Study
from annotation.studies import ClassFinder, LinkSpec, TargetClassSpec
from tests import cast

pytestmark = pytest.mark.django_db

BOW = TargetClassSpec("n01", "bow", ("longbow",), "a weapon")
CRANE = TargetClassSpec("n02", "crane")


def test_a_study_keeps_what_it_was_given(now: datetime) -> None:
    study = studies.create(slug="birds", name=" Birds ", now=now, seed=7, contact="Rosa")
    study.refresh_from_db()
    assert (study.name, study.seed, study.contact, study.created_at) == ("Birds", 7, "Rosa", now)


def test_a_slug_is_taken_once(now: datetime) -> None:
    studies.create(slug="birds", name="Birds", now=now)
    with pytest.raises(InvalidStudy, match="There is a study 'birds' already; choose another slug"):
        studies.create(slug="birds", name="Others", now=now)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("slug", "with space"),
        ("slug", "../up"),
        ("slug", ""),
        ("slug", "new"),
        ("slug", "x" * 81),
        ("name", " "),
        ("name", "a\x00b"),
        ("name", "x" * 201),
        ("contact", "line\nbreak"),
        ("description", "bell\a"),
        ("seed", -1),
        ("seed", 2**63),
    ],
)
def test_what_a_study_can_not_be_is_refused(field: str, value: Any, now: datetime) -> None:
    with pytest.raises(InvalidStudy):
        studies.create(**{"slug": "birds", "name": "Birds", "now": now, field: value})
    assert not Study.objects.exists()


def test_what_workers_read_is_changed_field_by_field(now: datetime) -> None:
    study = studies.create(slug="birds", name="Birds", now=now, contact="Rosa", description="Cranes.")
    studies.instruct(study=study, guidelines=" Toys count. ", photographs_only=False)
    studies.instruct(study=study, content_warning="Dead birds.", contact="")
    study.refresh_from_db()
    assert (study.guidelines, study.content_warning, study.photographs_only) == ("Toys count.", "Dead birds.", False)
    assert (study.contact, study.description) == ("", "Cranes.")


@pytest.mark.parametrize(
    ("field", "value"),
    [("guidelines", "x" * 5001), ("content_warning", "\x00"), ("contact", "two\nlines"), ("description", "bell\a")],
)
def test_what_workers_can_not_be_told_is_refused(field: str, value: str) -> None:
    study = cast.study(guidelines="Toys count.")
    with pytest.raises(InvalidStudy):
        studies.instruct(study=study, **{field: value})
    study.refresh_from_db()
    assert (study.guidelines, study.content_warning, study.contact) == ("Toys count.", "", "")


def test_a_researcher_who_was_added_sees_the_study(researcher: User, stranger: User) -> None:
    study = cast.study()
    studies.add_researcher(study=study, user=researcher)
    assert list(Study.objects.visible_to(researcher)) == [study]
    assert not Study.objects.visible_to(stranger)


def test_classes_are_numbered_on() -> None:
    study = cast.study()
    studies.add_target_classes(study=study, classes=[BOW])
    rows = studies.add_target_classes(study=study, classes=[CRANE, BOW])
    assert [(row.class_id, row.number) for row in rows] == [("n02", 1), ("n01", 0)]
    assert rows[1].synonyms == ["longbow"]


def test_a_class_can_not_change_its_name() -> None:
    study = cast.study()
    studies.add_target_classes(study=study, classes=[BOW])
    with pytest.raises(InvalidStudy, match="called 'bow' already"):
        studies.add_target_classes(study=study, classes=[TargetClassSpec("n01", "crossbow")])


def test_a_class_listed_twice_is_refused() -> None:
    with pytest.raises(InvalidStudy, match="listed twice"):
        studies.add_target_classes(study=cast.study(), classes=[BOW, BOW])


@pytest.mark.parametrize(
    "spec",
    [
        TargetClassSpec("", "bow"),
        TargetClassSpec("n01", ""),
        TargetClassSpec("n01", "x" * 201),
        TargetClassSpec("n01", "bow\x1b[31m"),
        TargetClassSpec("n01", "b\u2028ow"),
        TargetClassSpec("n01", "bow", ("long\nbow",)),
        TargetClassSpec("n01", "bow", ("",)),
        TargetClassSpec("n01", "bow", (), "\x00"),
        TargetClassSpec("../n01", "bow"),
        TargetClassSpec("..", "bow"),
        TargetClassSpec("a\\b", "bow"),
        TargetClassSpec("x" * 101, "bow"),
        TargetClassSpec("n01", "bow", links=[LinkSpec("", "https://example.org")]),
        TargetClassSpec("n01", "bow", links=[LinkSpec("x" * 101, "https://example.org")]),
        TargetClassSpec("n01", "bow", links=[LinkSpec("More", "javascript:alert(1)")]),
        TargetClassSpec("n01", "bow", links=[LinkSpec("More", "file:///etc/passwd")]),
        TargetClassSpec("n01", "bow", links=[LinkSpec("More", "https://")]),
        TargetClassSpec("n01", "bow", links=[LinkSpec("More", "https://example.org/\nb")]),
        TargetClassSpec("n01", "bow", links=[LinkSpec("More", "https://example.org/" + "x" * 1990)]),
        TargetClassSpec("n01", "bow", links=[LinkSpec("More", "https://example.org")] * 6),
    ],
)
def test_a_class_with_a_bad_name_is_refused(spec: TargetClassSpec) -> None:
    study = cast.study()
    with pytest.raises(InvalidStudy):
        studies.add_target_classes(study=study, classes=[CRANE, spec])
    assert not study.target_classes.exists()


def test_names_in_any_script_are_kept_composed() -> None:
    (row,) = studies.add_target_classes(study=cast.study(), classes=[TargetClassSpec("弓", "a\u0308rm 🏹")])
    assert (row.class_id, row.name) == ("弓", "ärm 🏹")


def test_the_nearest_class_is_another_of_the_study() -> None:
    study = cast.study()
    bow, crane = studies.add_target_classes(study=study, classes=[BOW, CRANE])
    studies.set_nearest_classes(study=study, nearest={"n01": " n02 "})
    bow.refresh_from_db()
    assert bow.nearest == crane
    for nearest, complaint in (({"n01": "n01"}, "itself"), ({"n01": "n09"}, "no class 'n09'")):
        with pytest.raises(InvalidStudy, match=complaint):
            studies.set_nearest_classes(study=study, nearest=nearest)


@pytest.fixture
def finder() -> ClassFinder:
    study = cast.study()
    specs = [BOW, CRANE, TargetClassSpec("n03", "crane"), TargetClassSpec("n04", "bär")]
    studies.add_target_classes(study=study, classes=specs)
    return ClassFinder(study)


@pytest.mark.parametrize(("text", "class_id"), [("n01", "n01"), ("bow", "n01"), (" bow ", "n01"), ("ba\u0308r", "n04")])
def test_a_class_is_found_by_id_or_name(finder: ClassFinder, text: str, class_id: str) -> None:
    assert finder.find(text).class_id == class_id


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("crane", "Several classes are called 'crane': n02, n03"),
        ("bows", "did you mean n01"),
        ("xyzzy", "its classes are n01, n02, n03, n04"),
    ],
)
def test_an_unknown_class_is_refused_with_a_suggestion(finder: ClassFinder, text: str, complaint: str) -> None:
    with pytest.raises(UnknownClass, match=complaint):
        finder.find(text)


def test_authors_are_kept_one_a_line() -> None:
    study = cast.study()
    studies.name_authors(study=study, authors="  O'Brien,  Seán\r\n\r\nMüller & Söhne\n")
    study.refresh_from_db()
    assert study.authors == "O'Brien, Seán\nMüller & Söhne"
    studies.instruct(study=study, guidelines="Toys count.")
    assert study.authors == "O'Brien, Seán\nMüller & Söhne"


@pytest.mark.parametrize(
    ("authors", "complaint"),
    [
        ("\n".join(f"Number {number}" for number in range(101)), "at most 100"),
        ("x" * 201, "at most 200"),
        ("Rosa\nRosa", "twice"),
        ("Rosa\x0bLuz", "control character"),
        ("O'Brien,", "lacks a part"),
        (", Seán", "lacks a part"),
    ],
)
def test_authors_whom_nobody_could_cite_are_refused(authors: str, complaint: str) -> None:
    study = cast.study(authors="Rosa")
    with pytest.raises(InvalidStudy, match=complaint):
        studies.name_authors(study=study, authors=authors)
    study.refresh_from_db()
    assert study.authors == "Rosa"


def test_a_copy_has_the_same_authors() -> None:
    made, _ = studies.copy(study=cast.study(authors="Rosa"), slug="other", name="Other", now=cast.NOW)
    assert made.authors == "Rosa"
