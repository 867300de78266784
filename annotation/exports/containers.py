"""Where an export goes: a folder, a tar or a zip; the same files make the same bytes on any day."""

import gzip
import io
import secrets
import shutil
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol, cast

from annotation.errors import CannotExport


class Writable(Protocol):
    """All that a stream must be able to do: a response, a pipe, a file."""

    def write(self, content: bytes, /) -> object: ...


class Container(Protocol):
    """Takes folders and files by relative name, in the order they come."""

    def folder(self, name: str) -> None: ...

    def file(self, name: str, content: bytes) -> None: ...


class Folder:
    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, name: str) -> None:
        (self.root / name).mkdir()

    def file(self, name: str, content: bytes) -> None:
        with (self.root / name).open("xb") as file:
            file.write(content)


class Tar:
    def __init__(self, archive: tarfile.TarFile) -> None:
        self.archive = archive

    def folder(self, name: str) -> None:
        entry = tarfile.TarInfo(name)
        entry.type, entry.mode = tarfile.DIRTYPE, 0o755
        self.archive.addfile(entry)

    def file(self, name: str, content: bytes) -> None:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = len(content), 0o644
        self.archive.addfile(entry, io.BytesIO(content))


class Zip:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive

    def folder(self, name: str) -> None:
        self._write(f"{name}/", b"", 0o40755)

    def file(self, name: str, content: bytes) -> None:
        self._write(name, content, 0o100644)

    def _write(self, name: str, content: bytes, mode: int) -> None:
        entry = zipfile.ZipInfo(name)  # dated 1980-01-01, the earliest a zip can say
        entry.create_system, entry.external_attr = 3, mode << 16
        self.archive.writestr(entry, content)


@contextmanager
def tar_to(fileobj: Writable) -> Iterator[Container]:
    """A tar that needs no seeking; after a failure it has no end, so it is seen to be cut."""
    stream = cast("IO[bytes]", fileobj)  # the stream mode only writes
    with tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as archive:
        yield Tar(archive)


@contextmanager
def whole(target: Path) -> Iterator[Container]:
    """A new folder, or an archive by the target's suffix, that appears under its name only when complete."""
    _check_free(target)
    beside = target.parent / f".{secrets.token_hex(8)}.part"
    try:
        with _opened(target.name.lower(), beside) as container:
            yield container
        _check_free(target)
        beside.rename(target)
    finally:
        if beside.is_dir():
            shutil.rmtree(beside)
        beside.unlink(missing_ok=True)


def _check_free(target: Path) -> None:
    if target.is_symlink() or target.exists():
        raise CannotExport(f"{target} is already there, and exports overwrite nothing; choose another name.")
    if not target.parent.is_dir():
        raise CannotExport(f"{target.parent} is not a folder; make it first.")


@contextmanager
def _opened(name: str, beside: Path) -> Iterator[Container]:
    if name.endswith(".zip"):
        with zipfile.ZipFile(beside, "x") as archive:
            yield Zip(archive)
    elif name.endswith((".tar.gz", ".tgz")):
        with (
            beside.open("xb") as raw,
            gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as packed,
            tar_to(packed) as container,
        ):
            yield container
    elif name.endswith(".tar"):
        with beside.open("xb") as raw, tar_to(raw) as container:
            yield container
    else:
        beside.mkdir()
        yield Folder(beside)
