"""Which files an address means that stands for several: a folder, `*` and `?`, or numbers such as {000..146}."""

import fnmatch
import os
import re
from pathlib import Path

from annotation.errors import AnnotationError, UnreadableSource
from annotation.sources.base import is_file, is_folder, is_remote, printable, resolve_inside
from annotation.sources.files.buckets import Bucket, split

TAR = ".tar"
MAX_SHARDS = 100_000
RANGE = re.compile(r"\{(\d{1,9})\.\.(\d{1,9})\}")


def is_shards(address: str) -> bool:
    """Whether tars are meant: by the suffix, or in a folder that holds tars and no folders of classes."""
    if address.lower().endswith(TAR):
        return is_remote(address) or is_file(address) or is_pattern(address)
    return is_folder(address) and _holds_tars_alone(address)


def is_pattern(address: str) -> bool:
    """Whether it can stand for several files; one that is there under this very name does not."""
    name = address.rpartition("/")[2]
    return bool(set(name) & set("*?") or RANGE.search(name)) and not is_file(address)


def files_of(address: str, suffix: str) -> list[tuple[str, str]]:
    """Names and addresses in the bytewise order of the names; none for a folder or pattern of nothing."""
    if not is_remote(address) and is_folder(address):
        address = f"{address.rstrip('/') or ''}/*{suffix}"
    folder, slash, name = address.rpartition("/")
    if not is_pattern(address):
        return [(name, address)]
    if numbers := RANGE.search(name):
        found = _numbered(name, numbers)
    else:
        found = [each for each in _names(folder + slash, name) if fnmatch.fnmatchcase(each, name)]
    if not found:
        raise UnreadableSource(f"There is no file {printable(address)}; check the address.")
    return [(each, f"{folder}{slash}{each}") for each in sorted(found, key=os.fsencode)]


def check_inside(address: str) -> None:
    """That what was found in a folder is a file, and no link that leads out of it."""
    if not is_remote(address):
        path = Path(address)
        try:
            resolve_inside(path.parent.resolve(), path.name)
        except AnnotationError as error:
            raise UnreadableSource(str(error)) from error
        if not is_file(address):  # a pipe would be waited for
            raise UnreadableSource("It is not a regular file.")


def _numbered(name: str, numbers: re.Match[str]) -> list[str]:
    first, last = numbers[1], numbers[2]
    if not 0 <= int(last) - int(first) < MAX_SHARDS:
        raise UnreadableSource(f"{numbers[0]} must count upwards, and to at most {MAX_SHARDS:,} files.")
    width = len(first) if first.startswith("0") else 0
    begin, end = name[: numbers.start()], name[numbers.end() :]
    return [f"{begin}{number:0{width}d}{end}" for number in range(int(first), int(last) + 1)]


def _names(folder: str, name: str) -> list[str]:
    if is_remote(folder):
        bucket, prefix = split(folder)
        begin = re.split(r"[*?\[]", name)[0]
        names = [key.removeprefix(prefix) for key in Bucket(bucket).keys(prefix + begin)]
        return [each for each in names if "/" not in each]
    try:
        return [each.name for each in Path(folder or ".").iterdir() if not each.name.startswith(".")]
    except OSError as error:
        raise UnreadableSource(f"The folder {printable(folder)} can't be read: {error.strerror}.") from error


def _holds_tars_alone(address: str) -> bool:
    has_tars = False
    try:
        with os.scandir(address) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir():
                    return False
                has_tars = has_tars or entry.name.lower().endswith(TAR)
    except OSError:
        return False
    return has_tars
