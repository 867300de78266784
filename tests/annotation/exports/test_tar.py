"""Headers of tars, beside those that `tarfile` makes."""

import tarfile

import pytest

from annotation.exports import tar

SIZES = [0, 1, 30_000, 8**11 - 1]
NAMES = [
    "classes.txt",
    "00000001.jpg",
    "shards/test-000000.tar",
    "ñ 名.json",
    "n" * 100,
    f"{'f' * 155}/{'n' * 100}",
    f"{'a' * 90}/{'b' * 60}/{'c' * 60}.jpg",
]

BUT_DEVICE = [slice(0, 148), slice(156, 329), slice(345, 512)]  # and but for the checksum


def check(name: str, num_bytes: int, kind: bytes) -> None:
    """As `tarfile` makes and reads it, which leaves the numbers of a device empty where there is none."""
    info = tarfile.TarInfo(name)
    info.size, info.type, info.mode = num_bytes, kind, 0o755 if kind == tar.FOLDER else 0o644
    here, there = tar.header(name, num_bytes, kind), info.tobuf(tarfile.USTAR_FORMAT, "utf-8", "strict")
    assert len(here) == tar.BLOCK
    assert [here[part] for part in BUT_DEVICE] == [there[part] for part in BUT_DEVICE]
    read = tarfile.TarInfo.frombuf(here, "utf-8", "strict")  # refuses a wrong checksum
    assert (read.name, read.size) == (name.rstrip("/"), num_bytes)


@pytest.mark.parametrize("num_bytes", SIZES)
@pytest.mark.parametrize("name", NAMES)
def test_a_header_is_the_one_that_tarfile_makes(name: str, num_bytes: int) -> None:
    check(name, num_bytes, tar.FILE)


def test_a_folder_too() -> None:
    check("images/", 0, tar.FOLDER)


@pytest.mark.parametrize("num_bytes", [8**11, 10**13])
def test_a_file_that_octal_digits_can_not_say(num_bytes: int) -> None:
    found = tarfile.TarInfo.frombuf(tar.header("large.tar", num_bytes), "utf-8", "strict")
    assert (found.name, found.size) == ("large.tar", num_bytes)


@pytest.mark.parametrize("name", ["n" * 101, f"folder/{'n' * 101}", f"{'f' * 156}/n"])
def test_a_name_too_long_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="can't hold"):
        tar.header(name, 1)
