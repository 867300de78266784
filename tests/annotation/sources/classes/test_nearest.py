"""Nearest classes: as a file lists them, or by what a classifier confused; and pages about classes."""

import json
from typing import Any

import pytest

from annotation.errors import UnreadableSource
from annotation.sources.classes import Given, nearest, read_confusion, read_nearest, read_pages

MATRIX = ",bow,tie,crane\nbow,40,2,8\ntie,9,30,0\ncrane,1,0,49\n"


def given(content: Any, name: str = "a.json") -> Given:
    return Given(name, content if isinstance(content, bytes) else json.dumps(content).encode())


def confusion(text: str) -> dict[str, tuple[str, ...]]:
    return read_confusion(Given("matrix.csv", text.encode("utf-8-sig")))


def test_a_list_that_begins_with_the_class_itself_goes_on_with_the_nearest() -> None:
    assert read_nearest(given({"n1": ["n1", "n2", "n3"], "n2": ["n1"], "n3": []})) == {
        "n1": ("n2", "n3"),
        "n2": ("n1",),
        "n3": (),
    }


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([], "must hold one object"),
        ({}, "must hold one object"),
        ({"n1": "n2"}, "needs a list of texts for the class 'n1'"),
        ({"n1": [1]}, "needs a list of texts"),
        ({"\u001b[2J": 1}, r"the class '\x1b[2J'"),
        (b'{"n1": [], "n1": ["n2"]}', "'n1' stands twice"),
        (b"{" * 100_000, "is not JSON"),
        (b"\xff", "not UTF-8"),
    ],
)
def test_what_lists_nothing_by_class_is_refused(content: Any, words: str) -> None:
    for read in (read_nearest, read_pages):
        with pytest.raises(UnreadableSource) as caught:
            read(given(content))
        assert words in str(caught.value)


def test_classes_are_the_nearer_the_more_often_one_was_taken_for_the_other() -> None:
    # bow and tie 2 + 9 times, bow and crane 8 + 1 times, tie and crane never.
    assert confusion(MATRIX) == {"bow": ("tie", "crane"), "tie": ("bow",), "crane": ("bow",)}


def test_of_classes_confused_equally_often_the_first_column_is_nearer() -> None:
    assert confusion(",a,b,c\nc,3,3,90\n")["c"] == ("a", "b")


def test_rows_may_stand_in_any_order_and_some_may_be_missing() -> None:
    assert confusion(",a,b\nb,5,90\n") == {"a": ("b",), "b": ("a",)}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is no confusion matrix"),
        ("x\n", "is no confusion matrix"),
        (",a,b\n", "has no row of counts"),
        (",a,b\nc,1,2\n", "Line 2 is about 'c', which has no column"),
        (",a,b\na,1\n", "Line 2 has 1 counts for 2 columns"),
        (",a,b\na,1,-2\n", "'-2' where a count must be"),
        (",a,b\na,1,nan\n", "'nan' where a count must be"),
        (",a,b\na,1,1e999\n", "where a count must be"),
        (",a,b\na,1,many\n", "'many' where a count must be"),
        (",a,a\na,1,2\n", "2 columns for 'a'"),
        (",a,b\na,1,2\na,1,2\n", "2 rows for 'a'"),
        (',a,b\n"a,1,2\n', "is not a CSV table"),
        (",x" * 5000, "at most 3,000"),
    ],
)
def test_what_is_no_confusion_matrix_is_refused(text: str, words: str) -> None:
    with pytest.raises(UnreadableSource) as caught:
        confusion(text)
    assert words in str(caught.value)


def test_no_more_near_classes_are_kept_than_anyone_asks_for() -> None:
    names = [f"c{number}" for number in range(60)]
    rows = "".join(f"{name},{','.join(['1'] * 60)}\n" for name in names)
    assert len(confusion(f",{','.join(names)}\n{rows}")["c0"]) == nearest.MAX_NEAREST


def test_a_page_is_called_by_its_article_or_by_whose_it_is() -> None:
    pages = {
        "n1": ["https://en.wikipedia.org/wiki/Great_white_shark", "https://example.org/a/b"],
        "n2": ["https://de.wikipedia.org/wiki/B%C3%A4r"],
        "n3": ["https://en.wikipedia.org/wiki/%1B%5B31m", "javascript:alert(1)", "http://[", "x" * 500],
    }
    assert read_pages(given(pages)) == {
        "n1": (("Wikipedia: Great white shark", pages["n1"][0]), ("example.org", pages["n1"][1])),
        "n2": (("Wikipedia: Bär", pages["n2"][0]),),
        "n3": (
            ("en.wikipedia.org", pages["n3"][0]),
            ("Page", "javascript:alert(1)"),
            ("Page", "http://["),
            ("Page", "x" * 500),
        ),
    }
