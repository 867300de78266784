"""Reference images: from a folder, signed with no picture kept, or from a table of hashes."""

import base64
from pathlib import Path

import pytest

from annotation import duplicates, imaging
from annotation.duplicates import references
from annotation.errors import UnreadableSource
from annotation.models import Image, ReferenceImage, Study
from annotation.sources.references import open_references
from tests import cast
from tests.annotation.duplicates.scenes import hash_of, scene

pytestmark = pytest.mark.django_db
GREY = scene(1).tobytes()
HASH = hash_of(scene(1))


@pytest.fixture
def study() -> Study:
    return cast.study()


def add(study: Study, path: Path) -> duplicates.ReferenceReport:
    return duplicates.add_references(study=study, source=str(path), references=open_references(path))


def table(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "table.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_the_images_of_a_folder_are_signed_however_deep_they_lie(study: Study, tmp_path: Path) -> None:
    for name in ("a.png", "deep/er/b.png", ".hidden.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(cast.png(len(name)))
    assert add(study, tmp_path).num_added == 2
    rows = {row.name: bytes(row.grey) for row in ReferenceImage.objects.all()}
    assert rows == {name: imaging.grey(cast.png(len(name))) for name in ("a.png", "deep/er/b.png")}
    assert not Image.objects.exists()


def test_files_that_are_no_pictures_or_lead_out_are_refused_and_the_others_taken(study: Study, tmp_path: Path) -> None:
    folder = tmp_path / "train"
    (folder / "sub").mkdir(parents=True)
    (tmp_path / "secret.png").write_bytes(cast.png())
    (folder / "a.png").write_bytes(b"no picture")
    (folder / "b.png").symlink_to(tmp_path / "secret.png")
    (folder / "c.png").write_bytes(cast.png(3))
    (folder / "d").symlink_to(tmp_path)
    report = add(study, folder)
    assert (report.num_read, report.num_added, report.num_refused) == (4, 1, 3)
    assert {refusal.source for refusal in report.refusals} == {"a.png", "b.png", "d"}


def test_what_is_there_is_not_read_again(study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(references, "PER_CHUNK", 2)
    for number in range(5):
        (tmp_path / f"{number}.png").write_bytes(cast.png(number))
    told: list[int] = []
    first = open_references(tmp_path)
    duplicates.add_references(
        study=study,
        source=str(tmp_path),
        references=[next(first) for _ in range(3)],
        on_progress=lambda r: told.append(r.num_read),
    )
    assert told == [2, 3]
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(b"unreadable now")
    report = add(study, tmp_path)
    assert (report.num_existing, report.num_added, report.num_refused) == (3, 2, 0)


def test_a_second_folder_with_the_same_names_is_taken(study: Study, tmp_path: Path) -> None:
    for number, folder in enumerate(("train", "extra")):
        (tmp_path / folder).mkdir()
        for name in range(3):
            (tmp_path / folder / f"{name}.png").write_bytes(cast.png(10 * number + name))
    (tmp_path / "extra" / "0.png").write_bytes(cast.png(0))  # the same picture in both
    assert add(study, tmp_path / "train").num_added == 3
    report = add(study, tmp_path / "extra")
    assert (report.num_added, report.num_existing, report.num_namesakes) == (2, 1, 2)
    assert ReferenceImage.objects.filter(source=str(tmp_path / "extra")).count() == 2
    assert add(study, tmp_path / "extra").num_existing == 3


def test_references_from_before_sources_were_noted_get_theirs_and_are_not_doubled(study: Study, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(cast.png(1))
    add(study, tmp_path)
    ReferenceImage.objects.update(source="")
    assert add(study, tmp_path).num_existing == 1
    assert ReferenceImage.objects.get().source == str(tmp_path)


@pytest.mark.parametrize("signature", ["", base64.b64encode(GREY).decode(), GREY.hex()], ids=["none", "base64", "hex"])
def test_a_table_has_hashes_and_perhaps_signatures(study: Study, tmp_path: Path, signature: str) -> None:
    add(study, table(tmp_path, f"name,hash,signature\ntrain/1.jpg,{HASH:016x},{signature}\n"))
    row = ReferenceImage.objects.get()
    assert (row.name, row.hash % 2**64) == ("train/1.jpg", HASH)
    assert (row.grey and bytes(row.grey)) == (GREY if signature else None)


def test_a_name_that_comes_twice_is_taken_once(study: Study, tmp_path: Path) -> None:
    report = add(study, table(tmp_path, f"name,hash\na,{HASH:016x}\na,{HASH:016X}\n"))
    assert (report.num_added, report.num_existing) == (1, 1)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (f",{HASH:016x},", "Line 2 of the table lacks a name"),
        ("a,12ab,", "'12ab' is no hash; give 16 hexadecimal digits"),
        ("a,-00000000000000f,", "is no hash"),
        (f"a,{HASH:016x},?", "neither base64 nor hexadecimal"),
        (f"a,{HASH:016x},AAAA", "the signature has 3 bytes"),
        (f"a,{HASH | 2**64 - 2**40:016x},", "bits set, and those made here never more than 32: another tool"),
        (f"a,{hash_of(scene(2)):016x},{GREY.hex()}", "Line 2 of the table: the hash differs in "),
    ],
)
def test_a_row_that_says_nonsense_is_refused_by_its_line(study: Study, tmp_path: Path, row: str, reason: str) -> None:
    report = add(study, table(tmp_path, f"name,hash,signature\n{row}\n"))
    assert reason in report.refusals[0].reason
    assert not ReferenceImage.objects.exists()


@pytest.mark.parametrize("num_bits", [1, 8])
def test_a_hash_that_was_rounded_otherwise_is_still_that_of_its_signature(
    study: Study, tmp_path: Path, num_bits: int
) -> None:
    lowest = [bit for bit in range(64) if HASH >> bit & 1][:num_bits]
    value = HASH - sum(1 << bit for bit in lowest)
    assert add(study, table(tmp_path, f"name,hash,signature\na,{value:016x},{GREY.hex()}\n")).num_added == 1


def test_rows_with_a_hash_alone_are_counted_as_unchecked(study: Study, tmp_path: Path) -> None:
    report = add(study, table(tmp_path, f"name,hash,signature\na,{HASH:016x},\nb,{HASH:016x},{GREY.hex()}\n"))
    assert (report.num_added, report.num_unchecked) == (2, 1)


@pytest.mark.parametrize(
    ("text", "encoding", "complaint"),
    [
        ("a,b\n", "utf-8", "no column hash and no name"),
        ("name,hash\nä,1\n", "latin-1", "UTF-8"),
        ('name,hash\n"a', "utf-8", "CSV"),
    ],
)
def test_a_table_that_is_none_is_an_error(
    study: Study, tmp_path: Path, text: str, encoding: str, complaint: str
) -> None:
    with pytest.raises(UnreadableSource, match=complaint):
        add(study, table(tmp_path, text, encoding))


def test_what_is_neither_a_folder_nor_a_table_is_an_error(study: Study, tmp_path: Path) -> None:
    with pytest.raises(UnreadableSource, match="neither a folder of images nor a table"):
        add(study, tmp_path / "nowhere")
