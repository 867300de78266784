"""A new folder, which appears under its name only when complete."""

import errno
import hashlib
import os
import secrets
import shutil
import stat
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from annotation import storage
from annotation.errors import CannotExport
from annotation.exports.base import Written
from annotation.exports.targets.base import Target, write_hashed

NO_LINKS = {errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.EACCES}
WRITABLE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH
READ_BYTES = 1024 * 1024


class Folder(Target):
    """Pictures become hard links to the storage where they can, unless copies are asked for.

    A link is the storage's own file, so it is made only to a file that nobody may write to.
    """

    def __init__(self, path: Path, *, beside: Path | None = None, may_link: bool = True) -> None:
        self.path = path
        self.beside = beside or path  # where it grows
        self.may_link = may_link

    @property
    def root(self) -> Path:
        return self.path if self.path.exists() else self.beside

    def check_free(self) -> None:
        check_free(self.path)

    def folder(self, path: str) -> None:
        (self.beside / path).mkdir(parents=True, exist_ok=True)

    def picture(self, path: str, sha256: str, content: bytes) -> Written:
        goal = f"{self.beside}/{path}"
        if not (self.may_link and _link(storage.path_of("images", sha256), goal)):
            _write_new(goal, content)
        return Written(path, sha256, len(content))

    def file(self, path: str, chunks: Iterator[bytes]) -> Written:
        goal = self.beside / path
        goal.parent.mkdir(parents=True, exist_ok=True)
        growing = goal.with_name(f".{secrets.token_hex(8)}.part")
        try:
            with growing.open("xb", buffering=0) as file:
                sha256, num_bytes = write_hashed(chunks, partial(_write_all, file.fileno()))
            growing.replace(goal)
        finally:
            growing.unlink(missing_ok=True)
        return Written(path, sha256, num_bytes)

    def is_there(self, written: Written) -> bool:
        path = self.root / written.name
        if written.is_folder:
            return path.is_dir()
        try:
            with path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == written.sha256
        except FileNotFoundError:
            return False

    def lacking(self, files: Iterable[Written]) -> list[str]:
        root = self.root  # asked once: it looks at the disk
        return [each.name for each in files if not _has_size(f"{root}/{each.name}", each)]

    def flush(self) -> None:
        storage.flush(self.root)

    def complete(self, manifest: Written) -> None:
        self.flush()
        if self.beside == self.path or (not self.beside.exists() and self.is_there(manifest)):
            return
        _sweep_parts(self.beside)
        check_free(self.path)
        self.beside.rename(self.path)
        self.flush()

    def clear(self, names: Collection[str] = ()) -> None:
        shutil.rmtree(self.beside, ignore_errors=True)

    def discard(self) -> None:
        if self.beside != self.path:
            self.clear()


def check_free(path: Path) -> None:
    if path.is_symlink() or path.exists():
        raise CannotExport(f"{path} is already there, and exports overwrite nothing; choose another name.")
    if not path.parent.is_dir():
        raise CannotExport(f"{path.parent} is not a folder; make it first.")


def _has_size(path: str, written: Written) -> bool:
    try:
        status = os.stat(path)  # noqa: PTH116 - ten thousand paths are made in vain
    except FileNotFoundError:
        return False
    return written.is_folder or status.st_size == written.num_bytes


def _link(source: str | None, goal: str) -> bool:
    """Whether the goal is now the file of the storage itself."""
    if source is None or os.stat(source).st_mode & WRITABLE:  # noqa: PTH116
        return False
    try:
        os.link(source, goal)
    except FileExistsError:  # left by a killed consumer
        os.unlink(goal)  # noqa: PTH108
        return _link(source, goal)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        return False
    return True


def _write_new(goal: str, content: bytes) -> None:
    """Only what is recorded counts as written, so a new file needs no other name first."""
    try:
        descriptor = os.open(goal, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except FileExistsError:  # left by a killed consumer, or being written by one that takes itself to be alive
        os.unlink(goal)  # noqa: PTH108
        return _write_new(goal, content)
    try:
        _write_all(descriptor, [content])
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, chunks: Sequence[bytes]) -> None:
    """Without joining them first: that would copy every byte once more."""
    num_written = os.writev(descriptor, chunks)
    if num_written < sum(map(len, chunks)):  # a full disk says so with the next byte
        rest = memoryview(b"".join(chunks))[num_written:]
        while rest:
            rest = rest[os.write(descriptor, rest) :]


def _sweep_parts(root: Path) -> None:
    """Remove what killed consumers have left of files they never finished."""
    for path in root.rglob(".*.part"):
        path.unlink()
