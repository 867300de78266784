"""The thousand classes of ImageNet as published: names, glosses, pages, nearest classes, by files and by WordNet.

What differs is counted and printed by `python -m pytest -s` of this file; docs/classes.md says what that is.
"""

import json
import time
from collections import Counter
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from annotation.models import Study
from annotation.sources.classes import WordNet, taxonomy, wordnet
from tests import cast

pytestmark = [pytest.mark.reference, pytest.mark.django_db]
Described = dict[str, tuple[list[str], str]]


@pytest.fixture(scope="module")
def published(reference_dir: Path) -> Path:
    return reference_dir / "imagenetv2"


@pytest.fixture(scope="module")
def info(published: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((published / "class_info.json").read_text())
    return rows


@pytest.fixture(scope="module")
def listed(published: Path) -> dict[str, list[str]]:
    rows: dict[str, list[str]] = json.loads((published / "wnid_to_most_similar_wnids.json").read_text())
    return rows


def imported(*args: Path, **options: str) -> Study:
    study = cast.study("imagenet")
    call_command("import_classes", *map(str, args), study=study.slug, stdout=StringIO(), **options)
    return study


def described(study: Study) -> Described:
    return {row.class_id: (row.names, row.definition) for row in study.target_classes.all()}


def nearest_of(study: Study) -> dict[str, str]:
    return dict(study.target_classes.values_list("class_id", "nearest__class_id"))


def differing(what: str, ours: dict[str, Any], theirs: dict[str, Any]) -> list[str]:
    found = [f"{key}: {ours.get(key)!r} here, {theirs[key]!r} there" for key in theirs if ours.get(key) != theirs[key]]
    print(f"{what}: {len(found)} of {len(theirs)} differ", *found[:20], sep="\n  ")
    return found


def test_from_the_files(published: Path, info: list[dict[str, Any]], listed: dict[str, list[str]]) -> None:
    study = imported(
        published / "class_info.json",
        pages=str(published / "wikipedia_pages.json"),
        nearest=str(published / "wnid_to_most_similar_wnids.json"),
    )
    pages = json.loads((published / "wikipedia_pages.json").read_text())
    links = {row.class_id: [link["url"] for link in row.links] for row in study.target_classes.all()}
    texts = {row["wnid"]: (row["synset"], row["gloss"]) for row in info}
    assert differing("Names and glosses from the file", described(study), texts) == []
    assert differing("Pages from the file", links, pages) == []
    assert differing("Nearest from the file", nearest_of(study), {key: ids[1] for key, ids in listed.items()}) == []
    assert list(study.target_classes.order_by("number").values_list("class_id", flat=True)) == [
        row["wnid"] for row in info
    ]


def test_from_wordnet_alone(
    tmp_path: Path, wordnet_dir: Path, info: list[dict[str, Any]], listed: dict[str, list[str]]
) -> None:
    """Only ids go in: everything else is the database's."""
    ids = tmp_path / "ids.txt"
    ids.write_text("\n".join(row["wnid"] for row in info))
    started = time.perf_counter()
    study = imported(ids, wordnet=str(wordnet_dir), nearest="wordnet")
    print(f"1,000 classes from WordNet in {time.perf_counter() - started:.1f} s")
    texts = {row["wnid"]: (row["synset"], row["gloss"]) for row in info}
    assert differing("Names and glosses from WordNet", described(study), texts) == []
    assert differing("Nearest from WordNet", nearest_of(study), {key: ids[1] for key, ids in listed.items()}) == []
    assert all(row.wider_words and row.links for row in study.target_classes.all())


def test_how_much_the_rule_for_ties_decides(
    wordnet_dir: Path, info: list[dict[str, Any]], listed: dict[str, list[str]]
) -> None:
    """Most classes have several others equally near: which of them is listed follows from the order of the classes."""
    ids = [row["wnid"] for row in info]
    with WordNet(wordnet_dir) as database:
        above = [taxonomy.steps_up(database._synset(wnid), wordnet._wider) for wnid in ids]
    found, place = taxonomy.distances(above), {wnid: number for number, wnid in enumerate(ids)}
    kinds: Counter[str] = Counter()
    for wnid, row in zip(ids, found, strict=True):
        near = sorted((int(steps), number) for number, steps in enumerate(row) if ids[number] != wnid)
        equally = [number for steps, number in near if steps == near[0][0]]
        assert place[listed[wnid][1]] == equally[0]
        kinds["the only one as near" if len(equally) == 1 else "the first of several equally near"] += 1
    print("Listed as nearest:", dict(kinds))
    assert kinds == {"the only one as near": 355, "the first of several equally near": 645}
