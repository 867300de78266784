"""Under which licence an image may be used, and when it was taken: as its source says, or the camera."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image as PillowImage
from PIL.ExifTags import IFD, Base

from annotation import candidates, imaging
from annotation.models import Candidate, Origin, Study
from annotation.sources import open_source
from annotation.sources.base import provenance
from tests import cast

NOON = datetime(2014, 5, 31, 12, 30, tzinfo=UTC)


def photograph(note: str, image_format: str = "JPEG") -> bytes:
    """A picture whose camera has noted when it was taken."""
    notes = PillowImage.Exif()
    notes[Base.Orientation] = 1  # notes of the camera alone would not be written
    notes.get_ifd(IFD.Exif)[Base.DateTimeOriginal] = note
    buffer = io.BytesIO()
    PillowImage.open(io.BytesIO(cast.png())).save(buffer, image_format, exif=notes)
    return buffer.getvalue()


@pytest.fixture
def study(db: None) -> Study:
    study = cast.study()
    cast.target_class(study, "n01", "bow")
    return study


def ingest(study: Study, folder: Path, table: str, content: bytes) -> list[str]:
    (folder / "a.jpg").write_bytes(content)
    (folder / "manifest.csv").write_text(table)
    report = candidates.ingest(
        study=study, origin=Origin.POOL, records=open_source(folder / "manifest.csv"), now=cast.NOW
    )
    return [refusal.reason for refusal in report.refusals]


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        ("https://ann:secret@example.org/a.jpg", "https://…@example.org/a.jpg"),
        (" HTTP://ann@x:secret@example.org/a.jpg", "HTTP://…@example.org/a.jpg"),
        ("https:\\\\ann:secret@example.org/a.jpg", "https:\\\\…@example.org/a.jpg"),
        ("https://example.org/@ann/a.jpg?to=a@b", "https://example.org/@ann/a.jpg?to=a@b"),
        ("http/ann:secret@x.jpg", "http/ann:secret@x.jpg"),
    ],
)
def test_no_password_is_kept_with_an_address(source: str, kept: str) -> None:
    assert provenance(source) == kept


def test_an_address_with_a_password_is_refused_and_the_password_not_shown(study: Study, tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("url,class_id\nhttps://ann:secret@example.org/a.jpg,n01\n")
    records = open_source(tmp_path / "m.csv")
    (refusal,) = candidates.ingest(study=study, origin=Origin.POOL, records=records, now=cast.NOW).refusals
    assert (refusal.source, "holds a name or a password" in refusal.reason) == ("https://…@example.org/a.jpg", True)


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])
def test_the_camera_says_when(image_format: str) -> None:
    assert imaging.taken_at(photograph("2014:05:31 12:30:00", image_format)) == NOON


@pytest.mark.parametrize(
    "note", ["", "    :  :     :  :  ", "0000:00:00 00:00:00", "2014-05-31", "yesterday", "2014:13:01 1:1:1"]
)
def test_an_ill_formed_note_is_none(note: str) -> None:
    assert imaging.taken_at(photograph(note)) is None


def test_a_picture_without_notes_has_no_date() -> None:
    assert imaging.taken_at(cast.png()) is None


def test_the_date_of_the_camera_is_kept_with_the_candidate(study: Study, tmp_path: Path) -> None:
    ingest(study, tmp_path, "path,class_id\na.jpg,n01\n", photograph("2014:05:31 12:30:00"))
    row = Candidate.objects.get()
    assert (row.taken_at, row.licence) == (NOON, "")


@pytest.mark.parametrize("column", ["licence", "license"])
def test_the_manifest_says_more_than_the_camera(study: Study, tmp_path: Path, column: str) -> None:
    table = f"path,class_id,taken_at,{column}\na.jpg,n01,2010-01-02T03:04:05+02:00,CC BY 2.0\n"
    ingest(study, tmp_path, table, photograph("2014:05:31 12:30:00"))
    row = Candidate.objects.get()
    assert row.taken_at == datetime(2010, 1, 2, 1, 4, 5, tzinfo=UTC)
    assert row.licence == "CC BY 2.0"


def test_a_date_without_a_zone_is_universal_time(study: Study, tmp_path: Path) -> None:
    ingest(study, tmp_path, "path,class_id,taken_at\na.jpg,n01,2010-01-02\n", photograph(""))
    assert Candidate.objects.get().taken_at == datetime(2010, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("column", "value", "complaint"),
    [
        ("taken_at", "last summer", "'last summer', which is no date"),
        ("taken_at", "0001-01-01T00:00:00+14:00", "which is no date"),
        ("licence", "x" * 201, "more than 200 characters"),
    ],
)
def test_a_row_that_says_nonsense_is_refused_by_its_line(
    study: Study, tmp_path: Path, column: str, value: str, complaint: str
) -> None:
    (reason,) = ingest(study, tmp_path, f"path,class_id,{column}\na.jpg,n01,{value}\n", cast.png())
    assert reason.startswith("Line 2 of the manifest has")
    assert complaint in reason
    assert not Candidate.objects.exists()


def test_a_candidate_that_lacked_its_picture_gets_its_date(study: Study, tmp_path: Path) -> None:
    places = [(study.target_classes.get().pk, Origin.POOL, "a.jpg")]
    candidates.add_without_picture(study=study, places=places, now=cast.NOW)
    ingest(study, tmp_path, "path,class_id,licence\na.jpg,n01,CC0\n", photograph("2014:05:31 12:30:00"))
    row = Candidate.objects.get()
    assert (row.taken_at, row.licence) == (NOON, "CC0")


def test_an_import_adds_what_was_not_known_and_changes_nothing_else(study: Study, tmp_path: Path) -> None:
    content = photograph("2014:05:31 12:30:00")
    ingest(study, tmp_path, "path,class_id\na.jpg,n01\n", content)
    Candidate.objects.update(taken_at=None)
    ingest(study, tmp_path, "path,class_id,licence\na.jpg,n01,CC0\n", content)
    row = Candidate.objects.get()
    assert (row.taken_at, row.licence) == (NOON, "CC0")
    ingest(study, tmp_path, "path,class_id,licence,taken_at\na.jpg,n01,MIT,2001-01-01\n", content)
    row.refresh_from_db()
    assert (row.taken_at, row.licence) == (NOON, "CC0")
