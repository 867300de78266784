"""A tar or zip by the target's suffix, packed in one go: what a killed consumer has left of it is packed anew."""

import gzip
import secrets
import tempfile
import zipfile
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Protocol, Self

from annotation import storage
from annotation.exports import reading, tar
from annotation.exports.base import PictureFiles, Written
from annotation.exports.targets.base import BLOCK_BYTES, Target, write_hashed
from annotation.exports.targets.folder import check_free

IN_MEMORY_BYTES = 8 * 1024 * 1024
SUFFIXES = (".tar", ".tar.gz", ".tgz", ".zip")


class Container(Protocol):
    """Takes folders and files by relative name, in the order they come."""

    def folder(self, name: str) -> None: ...

    def file(self, name: str, num_bytes: int, chunks: Iterable[bytes]) -> None: ...

    def close(self) -> None: ...


class Tar:
    def __init__(self, stream: IO[bytes] | gzip.GzipFile) -> None:
        self.stream = stream

    def folder(self, name: str) -> None:
        self.stream.write(tar.header(f"{name}/", 0, tar.FOLDER))

    def file(self, name: str, num_bytes: int, chunks: Iterable[bytes]) -> None:
        self.stream.write(tar.header(name, num_bytes))
        for chunk in chunks:
            self.stream.write(chunk)
        self.stream.write(tar.padding(num_bytes))

    def close(self) -> None:
        self.stream.write(tar.END)


class Zip:
    def __init__(self, path: Path) -> None:
        self.archive = zipfile.ZipFile(path, "x")

    def folder(self, name: str) -> None:
        self.archive.writestr(_dated(f"{name}/", 0o40755), b"")

    def file(self, name: str, num_bytes: int, chunks: Iterable[bytes]) -> None:
        entry = _dated(name, 0o100644)
        entry.file_size = num_bytes  # decides whether the entry needs 64 bits
        with self.archive.open(entry, "w") as file:
            for chunk in chunks:
                file.write(chunk)

    def close(self) -> None:
        self.archive.close()


class Archive(Target):
    """Grows beside its name."""

    resumes = False
    num_at_once = 1

    def __init__(self, path: Path) -> None:
        self.path = path
        self.beside = path.parent / f".{secrets.token_hex(8)}.part"
        self.there: dict[str, int] = {}

    def __enter__(self) -> Self:
        self.files = ExitStack()
        name = self.path.name.lower()
        if name.endswith(".zip"):
            self.container: Container = Zip(self.beside)
            self.files.callback(self.container.close)
            return self
        raw = self.files.enter_context(self.beside.open("xb"))
        if name.endswith("gz"):
            packed = gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0)
            self.container = Tar(self.files.enter_context(packed))
        else:
            self.container = Tar(raw)
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.files.close()
        self.beside.unlink(missing_ok=True)

    def check_free(self) -> None:
        check_free(self.path)

    def folder(self, path: str) -> None:
        self.container.folder(path)

    def pictures(self, piece: PictureFiles, go_on: Callable[[], None]) -> list[Written]:
        """In their order, so not by the threads that read."""
        contents = reading.contents(piece.pictures, go_on=go_on)
        rows = zip(piece.paths, piece.pictures, contents, strict=True)
        return [self.picture(path, picture.sha256, content) for path, picture, content in rows]

    def picture(self, path: str, sha256: str, content: bytes) -> Written:
        self._add(path, len(content), [content])
        return Written(path, sha256, len(content))

    def file(self, path: str, chunks: Iterator[bytes]) -> Written:
        """Its size comes before its bytes, so it is written elsewhere first."""
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as file:
            sha256, num_bytes = write_hashed(chunks, file.writelines)
            file.seek(0)
            self._add(path, num_bytes, iter(lambda: file.read(BLOCK_BYTES), b""))
        return Written(path, sha256, num_bytes)

    def is_there(self, written: Written) -> bool:
        return False

    def lacking(self, files: Iterable[Written]) -> list[str]:
        return [each.name for each in files if not each.is_folder and self.there.get(each.name) != each.num_bytes]

    def clear(self, names: Collection[str]) -> None:
        """A file of its own is packed each time."""

    def complete(self, manifest: Written) -> None:
        self.container.close()
        self.files.close()
        check_free(self.path)
        storage.flush(self.beside)
        self.beside.rename(self.path)
        storage.flush(self.path)

    def _add(self, path: str, num_bytes: int, chunks: Iterable[bytes]) -> None:
        self.container.file(path, num_bytes, chunks)
        self.there[path] = num_bytes


def _dated(name: str, mode: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)  # of 1980-01-01, the earliest a zip can say
    entry.create_system, entry.external_attr = 3, mode << 16
    return entry
