"""Data sets of the `datasets` library: read with pyarrow alone, row by row, and not believed."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from annotation.errors import AnnotationError, UnreadableSource, UnsafePath
from annotation.sources import CandidateRecord, RefusedRecord, kind_of, open_source
from annotation.sources.files import image_columns
from tests.annotation.sources.written import arrow_table, save_arrow

Record = CandidateRecord | RefusedRecord


def taken(records: Sequence[Record]) -> list[tuple[str, str, bytes]]:
    found = [record for record in records if isinstance(record, CandidateRecord)]
    return [(record.source, record.class_id, record.read()) for record in found if record.read is not None]


def refused(records: Sequence[Record]) -> dict[str, str]:
    return {record.source: record.reason for record in records if isinstance(record, RefusedRecord)}


def test_what_the_library_saves_is_read(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    names = datasets.ClassLabel(names=["tench", "stingray"])
    features = datasets.Features({"image": datasets.Image(decode=False), "label": names})
    images = [{"bytes": f"picture {number}".encode(), "path": f"{number}.jpg"} for number in range(3)]
    saved = datasets.Dataset.from_dict({"image": images, "label": [1, 0, 1]}, features=features)
    saved.save_to_disk(tmp_path / "saved", num_shards=2)
    datasets.DatasetDict({"test": saved}).save_to_disk(tmp_path / "splits")
    saved.to_parquet(tmp_path / "hub/data/test-00000-of-00001.parquet")
    expected = [("stingray", b"picture 0"), ("tench", b"picture 1"), ("stingray", b"picture 2")]
    for folder in ("saved", "splits", "splits/test", "hub", "hub/data"):
        assert kind_of(tmp_path / folder) == "huggingface"
        records = taken(list(open_source(tmp_path / folder)))
        assert [(class_id, content) for _, class_id, content in records] == expected
    assert [source for source, *_ in taken(list(open_source(tmp_path / "saved")))] == [
        "data-00000-of-00002.arrow/1/0.jpg",
        "data-00000-of-00002.arrow/2/1.jpg",
        "data-00001-of-00002.arrow/1/2.jpg",
    ]


def test_one_of_several_splits_must_be_named(tmp_path: Path) -> None:
    for split in ("train", "test"):
        save_arrow(tmp_path / "saved" / split, [arrow_table([b"x"], ["1"])])
        (tmp_path / "hub").mkdir(exist_ok=True)
        parquet.write_table(arrow_table([b"x"], [split]), tmp_path / f"hub/{split}-00000-of-00001.parquet")
    (tmp_path / "saved/dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    with pytest.raises(UnreadableSource, match=r"several splits \(test, train\); name one, such as .*/saved/test"):
        list(open_source(tmp_path / "saved"))
    with pytest.raises(UnreadableSource, match=r"several splits \(test, train\).*test-\*.parquet"):
        list(open_source(tmp_path / "hub"))
    ((_, class_id, _),) = taken(list(open_source(tmp_path / "hub/train-*.parquet")))
    assert class_id == "train"


def rows(path: Path, images: Any, labels: Any, **more: Any) -> list[Record]:
    parquet.write_table(arrow_table(images, labels, **more), path / "a.parquet")
    return list(open_source(path))


def test_facts_come_from_columns_of_their_names_and_others_are_passed_over(tmp_path: Path) -> None:
    (record,) = rows(tmp_path, [b"x"], ["n01"], license=["CC BY"], owner=["Ann"], page=["http://a"], note=[[1]])
    assert isinstance(record, CandidateRecord)
    assert (record.class_id, record.licence, record.owner, record.page_url) == ("n01", "CC BY", "Ann", "http://a")


@pytest.mark.parametrize(
    ("image", "label", "reason"),
    [
        (None, "1", "has no image"),
        (b"", "1", "empty"),
        (b"x", None, "has no class"),
        (b"x", " ", "has no class"),
        (b"x", b"\xff", "not UTF-8"),
    ],
)
def test_a_row_that_lacks_something_is_refused_and_the_next_is_taken(
    tmp_path: Path, image: bytes | None, label: Any, reason: str
) -> None:
    labels = pa.array([label, "2"] if not isinstance(label, bytes) else [label, b"2"])
    records = rows(tmp_path, [image, b"y"], labels.view(pa.string()) if pa.types.is_binary(labels.type) else labels)
    assert reason in refused(records)["a.parquet/1"]
    assert taken(records) == [("a.parquet/2", "2", b"y")]


@pytest.mark.parametrize("number", [-1, 2])
def test_a_number_that_is_no_class_is_refused(tmp_path: Path, number: int) -> None:
    features = {"label": {"_type": "ClassLabel", "names": ["tench", "ray"]}, "image": {"_type": "Image"}}
    table = arrow_table([b"x", b"y"], [number, 1])
    told = {"huggingface": json.dumps({"info": {"features": features}})}
    parquet.write_table(table.replace_schema_metadata(told), tmp_path / "a.parquet")
    first, second = open_source(tmp_path)
    assert isinstance(first, RefusedRecord)
    assert isinstance(second, CandidateRecord)
    assert second.class_id == "ray"


def test_images_may_lie_beside_the_table_and_not_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(b"secret")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/1.png").write_bytes(b"one")
    cells = [{"bytes": None, "path": path} for path in ("1.png", "../secret.png", str(tmp_path / "secret.png"))]
    inside, *outside = rows(tmp_path / "data", cells, ["1"] * 3)
    assert taken([inside]) == [("a.parquet/1/1.png", "1", b"one")]
    for record in outside:
        assert isinstance(record, CandidateRecord)
        assert record.read is not None
        with pytest.raises(UnsafePath):
            record.read()


def test_a_large_image_is_read_once_more_when_it_is_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_columns, "MAX_HELD", 3)
    monkeypatch.setattr(image_columns, "ROWS_PER_PART", 2)
    images = [f"large {number}".encode() for number in range(7)]
    parquet.write_table(arrow_table(images, ["1"] * 7), tmp_path / "a.parquet", row_group_size=5)
    records = list(open_source(tmp_path))
    assert [content for *_, content in taken(records)] == images
    parquet.write_table(arrow_table(images[:1], ["1"]), tmp_path / "a.parquet")
    with pytest.raises(AnnotationError, match=r"has changed|can't be read any more"):
        taken(records[-1:])


@pytest.mark.parametrize(
    ("columns", "complaint"),
    [
        ({"image": ["a.png"], "label": ["1"]}, "no one column of images among its columns 'image', 'label'"),
        ({"image": [b"x"], "breed": ["1"]}, "no one column of classes"),
        ({"left": [b"x"], "right": [b"x"], "label": ["1"]}, "no one column of images"),
    ],
)
def test_a_table_of_something_else_says_what_is_missing(tmp_path: Path, columns: Any, complaint: str) -> None:
    parquet.write_table(pa.table(columns), tmp_path / "a.parquet")
    with pytest.raises(UnreadableSource, match=complaint):
        list(open_source(tmp_path))


def test_a_damaged_file_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    save_arrow(tmp_path, [arrow_table([b"x"] * 5, ["1"] * 5), arrow_table([b"y"], ["1"]), arrow_table([b"z"], ["1"])])
    names = [f"data-0000{number}-of-00003.arrow" for number in range(3)]
    (tmp_path / names[0]).write_bytes((tmp_path / names[0]).read_bytes()[:-300])
    (tmp_path / names[1]).write_bytes(b"no arrow")
    records = list(open_source(tmp_path))
    assert set(refused(records)) == set(names[:2])
    assert (f"{names[2]}/1", "1", b"z") in taken(records)


def test_arrow_with_offsets_that_lead_elsewhere_is_not_looked_into(tmp_path: Path) -> None:
    save_arrow(tmp_path, [arrow_table([b"x" * 77], ["1"])])
    path = tmp_path / "data-00000-of-00001.arrow"
    honest, lying = (bytes(4) + number.to_bytes(4, "little") for number in (77, 2**30))
    before, _, behind = path.read_bytes().rpartition(honest)
    path.write_bytes(before + lying + behind)
    with pytest.raises(UnreadableSource, match=r"can't be read: .*offset"):
        list(open_source(tmp_path))


@pytest.mark.parametrize("name", ["../data.arrow", "/etc/passwd", "..", ""])
def test_only_files_of_the_folder_belong_to_a_data_set(tmp_path: Path, name: str) -> None:
    (tmp_path / "state.json").write_text(json.dumps({"_data_files": [{"filename": name}]}))
    with pytest.raises(UnreadableSource, match="is no file"):
        list(open_source(tmp_path))


def test_a_link_that_leads_out_or_a_pipe_is_no_file_of_a_data_set(tmp_path: Path) -> None:
    save_arrow(tmp_path / "elsewhere", [arrow_table([b"secret"], ["1"])])
    save_arrow(tmp_path / "saved", [arrow_table([b"x"], ["1"])] * 3)
    names = [f"data-0000{number}-of-00003.arrow" for number in range(3)]
    for name in names[:2]:
        (tmp_path / "saved" / name).unlink()
    (tmp_path / "saved" / names[0]).symlink_to(tmp_path / "elsewhere/data-00000-of-00001.arrow")
    os.mkfifo(tmp_path / "saved" / names[1])
    records = list(open_source(tmp_path / "saved"))
    assert taken(records) == [(f"{names[2]}/1", "1", b"x")]
    assert "leads out" in refused(records)[names[0]]
    assert "not a regular file" in refused(records)[names[1]]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"_data_files": 7}', '{"_data_files": [7]}', "[" * 100_000])
def test_a_note_of_the_files_that_says_nothing_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "state.json").write_text(text)
    with pytest.raises(UnreadableSource, match="does not tell the files"):
        list(open_source(tmp_path))
