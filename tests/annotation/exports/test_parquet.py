"""Parquet, read by Hugging Face's `datasets`, from the files and through the dataset card."""

from pathlib import Path
from typing import Any

import datasets
import pytest
import yaml

from annotation import storage
from annotation.exports import parquet
from annotation.models import TestSet
from tests.annotation.exports.exported import HOSTILE, NUMBERS, WNIDS, export, frozen_set

pytestmark = pytest.mark.django_db


def load(folder: Path, cache: Path) -> Any:
    """By the card, as from the Hub."""
    return datasets.load_dataset(str(folder), split="test", cache_dir=str(cache))


def expected(test_set: TestSet) -> list[tuple[int, str, bytes]]:
    rows = test_set.images.order_by("number").values_list("target_class__number", "candidate__image__sha256")
    return [(index, sha256, storage.get("images", sha256)) for index, sha256 in rows]


@pytest.mark.parametrize("class_ids", [NUMBERS, WNIDS, HOSTILE])
def test_datasets_finds_every_picture_with_its_class(
    class_ids: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "IMAGES_PER_FILE", 5)
    monkeypatch.setattr(parquet, "GROUP_IMAGES", 2)
    test_set = frozen_set(class_ids)
    export(test_set, "parquet", tmp_path / "export")
    loaded = load(tmp_path / "export", tmp_path / "cache")
    assert isinstance(loaded.features["image"], datasets.Image)
    assert loaded.features["label"].names == class_ids
    raw = loaded.cast_column("image", datasets.Image(decode=False))
    assert [(row["label"], row["sha256"], row["image"]["bytes"]) for row in raw] == expected(test_set)
    assert loaded[0]["image"].size == (24, 16)


def test_the_files_say_by_themselves_which_columns_are_pictures_and_labels(tmp_path: Path) -> None:
    export(frozen_set(WNIDS), "parquet", tmp_path / "export")
    files = sorted(str(path) for path in (tmp_path / "export" / "data").iterdir())
    loaded = datasets.Dataset.from_parquet(files, cache_dir=str(tmp_path / "cache"))
    assert isinstance(loaded.features["image"], datasets.Image)
    assert loaded.features["label"] == datasets.ClassLabel(names=WNIDS)


def test_the_columns_have_counts_frequencies_and_intervals(tmp_path: Path) -> None:
    export(frozen_set(["0"], per_class=4), "parquet", tmp_path / "export")
    row = load(tmp_path / "export", tmp_path / "cache")[3]
    assert (row["number"], row["seen"], row["selected"], row["frequency"]) == (3, 10, 3, 0.3)
    assert 0.1 < row["interval_low"] < 0.3 < row["interval_high"] < 0.61
    assert (row["licence"], row["owner"], row["page_url"]) == ("CC BY 4.0", "Ada L.", "https://photos.example/1")


def test_no_name_breaks_out_of_the_card(tmp_path: Path) -> None:
    names = [*HOSTILE, "delete \x7f", "next \x85", "line \u2028", "mark \ufeff", "none \uffff"]
    test_set = frozen_set(names)
    export(test_set, "parquet", tmp_path / "export")
    card = (tmp_path / "export" / "README.md").read_text()
    facts = yaml.safe_load(card.split("---\n")[1])
    [label] = [each for each in facts["dataset_info"]["features"] if each["name"] == "label"]
    assert list(label["dtype"]["class_label"]["names"].values()) == names
    assert test_set.content_sha256 in card
