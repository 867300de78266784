"""Lists of classes, however they are written: read whole, or refused with a sentence that says what to do."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from annotation.errors import UnreadableSource
from annotation.sources.classes import ClassRecord, Given, base, read_classes

INFO = {"cid": 0, "wnid": "n01440764", "synset": ["tench", "Tinca tinca"], "gloss": "a fish"}


def read(name: str, content: Any) -> list[ClassRecord]:
    given = content if isinstance(content, str | bytes) else json.dumps(content)
    return read_classes(Given(name, given.encode() if isinstance(given, str) else given))


def complaint(name: str, content: Any) -> str:
    with pytest.raises(UnreadableSource) as caught:
        read(name, content)
    return str(caught.value)


def test_a_table_and_its_json_say_the_same() -> None:
    header = "class_id,name,synonyms,definition,wider_words,links,nearest\n"
    from_csv = read("a.CSV", f"{header}1,one,I|a,the digit,digit|number,More https://example.org/1,7\n\n7,seven,,,,,\n")
    link = {"text": "More", "url": "https://example.org/1"}
    one = {"class_id": "1", "name": "one", "synonyms": ["I", "a"], "definition": "the digit", "nearest": "7"}
    rows = [one | {"wider_words": ["digit", "number"], "links": [link]}, {"class_id": "7", "name": "seven"}]
    assert from_csv == read("a.json", rows)
    assert from_csv == [
        ClassRecord("1", "one", ("I", "a"), "the digit", ("digit", "number"), (("More", link["url"]),), ("7",)),
        ClassRecord("7", "seven"),
    ]


def test_a_list_as_imagenet_s_is_read_in_the_order_of_its_numbers() -> None:
    shark = {"cid": 2, "wnid": "n01484850", "synset": ["great white shark"]}
    assert read("class_info.json", [shark, INFO]) == [
        ClassRecord("n01440764", "tench", ("Tinca tinca",), "a fish"),
        ClassRecord("n01484850", "great white shark"),
    ]


def test_lines_of_ids_perhaps_with_names() -> None:
    text = "n01440764 tench, Tinca tinca\r\nn02879718, bow\n\nn03126707\n"
    assert read("synset_words.txt", text) == [
        ClassRecord("n01440764", "tench", ("Tinca tinca",)),
        ClassRecord("n02879718", "bow"),
        ClassRecord("n03126707", "n03126707"),
    ]


def test_a_folder_of_class_folders(tmp_path: Path) -> None:
    for name in ("zebra", "great_white_shark", ".hidden", "弓"):
        (tmp_path / name).mkdir()
    (tmp_path / "notes.txt").write_text("no class")
    (tmp_path / "link").symlink_to(tmp_path / "zebra")
    assert read_classes(Given.at(tmp_path)) == [
        ClassRecord("great_white_shark", "great white shark"),
        ClassRecord("zebra", "zebra"),
        ClassRecord("弓", "弓"),
    ]


def test_a_folder_without_folders_is_no_list(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSource, match="holds no class"):
        read_classes(Given.at(tmp_path))


def test_a_name_that_is_no_text_is_read_and_refused_later(tmp_path: Path) -> None:
    os.mkdir(os.fsencode(tmp_path) + b"/bow\xff")  # noqa: PTH102 - no path object spells this name
    assert read_classes(Given.at(tmp_path))[0].class_id == "bow\udcff"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.exe", b"MZ", "must end in .csv, .json or .txt"),
        ("a\x1b[31m.exe", b"", r"a\x1b[31m.exe is no list"),
        ("", b"", "The file is no list"),
        ("a.json", b"\xff\xfe[\x00", "not UTF-8 text"),
        ("a.csv", "class_id,name\n1,bj\u00f6rn\n".encode("latin-1"), "not UTF-8 text"),
        ("a.json", b"", "is not JSON"),
        ("a.json", b"[" * 200_000, "is not JSON"),
        ("a.json", b"1" * 5000, "is not JSON"),
        ("a.json", b"[]", "holds no class"),
        ("a.json", {"class_id": "1"}, "must hold a list"),
        ("a.json", [1], "Class 1 is not an object"),
        ("a.json", [None], "Class 1 is not an object"),
        ("a.json", b'[{"class_id": "1", "class_id": "2", "name": "one"}]', "'class_id' stands twice"),
        ("a.json", [{"class_id": "1", "name": "one"}, {"class_id": " 1", "name": "uno"}], "the class '1' twice"),
        ("a.json", [{"class_id": "1", "name": "one", "wider_words": [1]}], "as a list of texts"),
        ("a.json", [{"class_id": "1", "name": ["one"]}], "needs class_id and name as text"),
        ("a.json", [{"class_id": "1", "name": "one", "\u202e\n": 1}], r"the field '\u202e\n'"),
        ("a.csv", "class_id,name\n1,one,two\n", "Line 2 of a.csv has 3 cells, and the header 2"),
        ("a.csv", "class_id,name,name\n1,one,two\n", "the same column twice"),
        ("a.csv", "class_id,name\n1\n", "needs class_id and name as text"),
        ("a.csv", "id,name\n1,one\n", "has the field 'id'"),
        ("a.csv", b"x," * 1_000_000, "has the field 'x'"),
        ("a.csv", 'class_id,name\n"1,one\n', "is not a CSV table, line"),
        ("a.csv", "class_id,name\n1," + "x" * 200_000, "is not a CSV table"),
        ("a.csv", "class_id,name\n1,one\n1,uno\n", "the class '1' twice"),
        ("a.csv", b"", "holds no class"),
        ("a.txt", "n01440764\nn01440764\n", "the class 'n01440764' twice"),
        ("a.txt", b"\n , \n", "holds no class"),
        ("class_info.json", [INFO, {"wnid": "n2"}], "Class 2 needs a wnid as text and a synset"),
        ("class_info.json", [INFO, 3], "Class 2 needs a wnid"),
        ("class_info.json", [INFO | {"synset": []}], "Class 1 needs a wnid"),
        ("class_info.json", [INFO | {"gloss": 1}], "Class 1 needs a wnid"),
        ("class_info.json", [INFO, INFO | {"wnid": "n2"}], "the same cid"),
        ("class_info.json", [INFO, INFO | {"cid": 1}], "the class 'n01440764' twice"),
    ],
)
def test_what_is_no_list_of_classes_is_refused(name: str, content: Any, words: str) -> None:
    assert words in complaint(name, content)


def test_a_sentence_about_a_stranger_s_text_stays_short() -> None:
    assert len(complaint("a.json", [{"class_id": "1", "x" * 100_000: 1}])) < 300
    assert len(complaint("y" * 100_000, b"")) < 300


def test_more_classes_than_can_be_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "MAX_CLASSES", 2)
    assert "holds 3 classes; at most 2" in complaint("a.txt", "1\n2\n3\n")


def test_a_file_without_an_end_is_read_no_further_than_allowed(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("wb") as file:
        file.truncate(base.MAX_BYTES * 50)
    with pytest.raises(UnreadableSource, match="more than 20,000,000 bytes"):
        Given.at(path)


@pytest.mark.parametrize("name", ["nowhere.csv", "x" * 300, "a\x00b"])
def test_a_path_to_nothing_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnreadableSource, match="can't be read"):
        Given.at(tmp_path / name)
