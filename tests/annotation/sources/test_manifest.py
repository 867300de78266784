"""A CSV table of files and classes that can't reach outside its own folder."""

from pathlib import Path

import pytest

from annotation.errors import AnnotationError, RefusedImage, UnreadableSource, UnsafePath
from annotation.sources import CandidateRecord, ManifestSource, RefusedRecord, open_source


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secret.png").write_bytes(b"secret")
    folder = tmp_path / "data"
    (folder / "images").mkdir(parents=True)
    (folder / "images" / "ä, b.png").write_bytes(b"content")
    return folder


def records(folder: Path, text: str, encoding: str = "utf-8") -> list[CandidateRecord | RefusedRecord]:
    path = folder / "manifest.csv"
    path.write_bytes(text.encode(encoding))
    return list(open_source(path))


def complaint(folder: Path, path: str) -> AnnotationError:
    (record,) = records(folder, f"path,class_id\n{path},1\n")
    assert isinstance(record, CandidateRecord)
    with pytest.raises(AnnotationError) as caught:
        record.read()
    return caught.value


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_rows_become_records(folder: Path, encoding: str) -> None:
    (record,) = records(folder, 'class_id,note,path\r\n7,x,"./images/ä, b.png"\r\n', encoding)
    assert isinstance(record, CandidateRecord)
    assert (record.source, record.class_id, record.read()) == ("images/ä, b.png", "7", b"content")


@pytest.mark.parametrize("path", ["../secret.png", "images/../../secret.png", "../nowhere.png", "/etc/passwd", ".."])
def test_a_path_that_climbs_out_is_refused(folder: Path, path: str) -> None:
    assert isinstance(complaint(folder, path), UnsafePath)


def test_a_link_that_leads_out_is_refused(folder: Path) -> None:
    (folder / "link.png").symlink_to(folder.parent / "secret.png")
    assert isinstance(complaint(folder, "link.png"), UnsafePath)


@pytest.mark.parametrize("path", ["nowhere.png", "images", "https://example.org/a.png", "x" * 300, "images/ä, b.png/c"])
def test_a_path_to_no_file_is_refused(folder: Path, path: str) -> None:
    assert isinstance(complaint(folder, f'"{path}"'), RefusedImage)


@pytest.mark.parametrize("row", [",1", "a.png,", "a.png"])
def test_a_row_that_lacks_something_is_refused_by_its_line(folder: Path, row: str) -> None:
    _, refused = records(folder, f"path,class_id\nimages/a.png,1\n{row}\n")
    assert isinstance(refused, RefusedRecord)
    assert refused.reason == "Line 3 of the manifest lacks a path or a class id."


@pytest.mark.parametrize(
    ("text", "encoding", "complaint"),
    [
        ("file,label\na,b\n", "utf-8", "no column class_id and no path"),
        ("", "utf-8", "no column"),
        ("path,class_id\nä.png,1\n", "latin-1", "not UTF-8"),
        ('path,class_id\n"a.png,1\n', "utf-8", "not a CSV table"),
    ],
)
def test_a_table_that_is_none_is_an_error(folder: Path, text: str, encoding: str, complaint: str) -> None:
    with pytest.raises(UnreadableSource, match=complaint):
        records(folder, text, encoding)


def test_only_a_csv_file_is_a_manifest(folder: Path) -> None:
    assert not ManifestSource.accepts(str(folder))
    assert not ManifestSource.accepts(str(folder / "images" / "ä, b.png"))
