"""import_classes: lists, pages, WordNet and nearest classes, all of it or nothing."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from annotation.models import Study
from tests import cast

pytestmark = pytest.mark.django_db
INFO = [
    {"cid": 0, "wnid": "n01440764", "synset": ["tench", "Tinca tinca"], "gloss": "a fish"},
    {"cid": 1, "wnid": "n01443537", "synset": ["goldfish"], "gloss": "another"},
]


@pytest.fixture
def study() -> Study:
    return cast.study("fish")


def run(*args: Any, **options: Any) -> str:
    out = StringIO()
    call_command("import_classes", *map(str, args), study="fish", stdout=out, **options)
    return out.getvalue()


def file(folder: Path, name: str, content: Any) -> str:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(path)


def test_a_list_with_pages_and_a_confusion_matrix(study: Study, tmp_path: Path) -> None:
    told = run(
        file(tmp_path, "class_info.json", INFO),
        pages=file(tmp_path, "pages.json", {"n01440764": ["https://en.wikipedia.org/wiki/Tench"]}),
        confusion=file(tmp_path, "confusion.csv", ",tench,goldfish\ntench,8,2\n"),
    )
    assert "List: 2 classes added." in told
    assert "Pages: 1 class completed." in told
    assert "Confusion: Nearest class set for 2 classes." in told
    assert "Study fish has 2 classes." in told
    tench, goldfish = study.target_classes.order_by("number")
    assert (tench.nearest, goldfish.nearest) == (goldfish, tench)
    assert tench.links == [{"text": "Wikipedia: Tench", "url": "https://en.wikipedia.org/wiki/Tench"}]


def test_a_folder_of_wnids_is_named_by_wordnet(study: Study, tmp_path: Path, wordnet_dir: Path) -> None:
    for row in INFO:
        (tmp_path / str(row["wnid"])).mkdir()
    assert "Nearest class set for 2 classes" in run(tmp_path, wordnet=str(wordnet_dir), nearest="wordnet")
    tench, goldfish = study.target_classes.order_by("number")
    assert (tench.name, goldfish.name, tench.nearest) == ("tench", "goldfish", goldfish)
    assert tench.wider_words == ["cyprinid", "cypriniform fish", "soft-finned fish"]


def test_a_bad_part_leaves_everything_as_it_was(study: Study, tmp_path: Path) -> None:
    info, pages = file(tmp_path, "class_info.json", INFO), file(tmp_path, "pages.json", {"n01440764": ["ftp://a.org"]})
    with pytest.raises(CommandError, match=r"Nothing was changed\. .* is not a web address"):
        run(info, pages=pages)
    assert not study.target_classes.exists()


def test_notes_beyond_a_screen_are_counted(study: Study, tmp_path: Path) -> None:
    for number in range(25):
        cast.target_class(study, f"c{number}", f"class {number}")
    told = run(file(tmp_path, "other.txt", "".join(f"c{number} other {number}\n" for number in range(25))))
    assert "c0 stays 'class 0'; the list calls it 'other 0'." in told
    assert "... and 5 notes more." in told


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "Name a list of classes"),
        ({"nearest": "wordnet"}, "Say with --wordnet"),
        ({"nearest": "nowhere.json"}, "can't be read"),
        ({"wordnet": "nowhere"}, "is no WordNet database"),
    ],
)
def test_what_can_t_be_done_is_said(study: Study, options: dict[str, Any], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        run(**options)


def test_there_must_be_such_a_study() -> None:
    with pytest.raises(CommandError, match="There is no study 'fish'"):
        run("classes.csv")
