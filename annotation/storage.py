"""Files under the hash of their content: written before the row that names them, never changed."""

import ctypes
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, storages

from annotation.errors import MissingContent

Kind = Literal["images", "renditions", "sheets", "manifests", "judgements", "exports", "classifiers", "predictions"]

LASTING: frozenset[Kind] = frozenset({"manifests", "judgements", "classifiers", "predictions"})
READ_ONLY = 0o444
CHUNK_BYTES = 1024 * 1024
LIBC = ctypes.CDLL(None, use_errno=True)


def key_of(kind: Kind, sha256: str) -> str:
    """Where content of this kind lies: two levels of folders keep each small."""
    return f"{kind}/{sha256[:2]}/{sha256[2:4]}/{sha256}"


def put(kind: Kind, content: bytes) -> str:
    """Store the content and return its sha256; storing it again changes nothing but when it came.

    So that what somebody is about to name does not look as if it had lain there for long: `came_at` tells.

    What can't be made again is on the disk when this returns. Pictures may still be in memory, for hundreds are stored
    in a second: after a power cut, those that are lost are named by their hashes and imported again.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    key = key_of(kind, sha256)
    storage = storages["default"]
    if isinstance(storage, FileSystemStorage):
        _write_whole(Path(storage.path(key)), content, is_lasting=kind in LASTING)
    else:
        storage.save(key, ContentFile(content))
    return sha256


def has(kind: Kind, sha256: str) -> bool:
    """Whether content with this hash is stored; it is not read."""
    return storages["default"].exists(key_of(kind, sha256))


def is_local() -> bool:
    """Whether content lies on a disk of this machine."""
    return isinstance(storages["default"], FileSystemStorage)


def path_of(kind: Kind, sha256: str) -> str | None:
    """Where the content lies on this machine; nothing where a bucket holds it."""
    storage = storages["default"]
    return f"{storage.location}/{key_of(kind, sha256)}" if isinstance(storage, FileSystemStorage) else None


def get(kind: Kind, sha256: str) -> bytes:
    """The content, checked against its hash."""
    content = _read(kind, sha256)
    if hashlib.sha256(content).hexdigest() != sha256:
        raise _damaged(kind, sha256)
    return content


def chunks(kind: Kind, sha256: str) -> Iterator[bytes]:
    """The content in parts, however large it is; that it was damaged is known, and said, at the end."""
    digest = hashlib.sha256()
    with open_file(kind, sha256) as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
            yield chunk
    if digest.hexdigest() != sha256:
        raise _damaged(kind, sha256)


def flush(path: str | Path) -> None:
    """Until all that was written to the disk of this path would outlast a power cut.

    One call for any number of files, however they were written: `os.fsync` for each takes as long as writing them.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        if LIBC.syncfs(descriptor) == -1:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(path))
    finally:
        os.close(descriptor)


def open_file(kind: Kind, sha256: str) -> File:
    """The content as a file, for streaming."""
    try:
        return storages["default"].open(key_of(kind, sha256), "rb")
    except FileNotFoundError as error:
        raise _missing(kind, sha256) from error


def stored(kind: Kind) -> Iterator[tuple[str, datetime]]:
    """The key of everything that lies there under this kind, whoever put it, and when it came."""
    storage: Any = storages["default"]
    if not isinstance(storage, FileSystemStorage):
        for found in storage.bucket.objects.filter(Prefix=f"{kind}/"):
            yield found.key, found.last_modified
        return
    for folder, _, names in os.walk(storage.path(kind)):
        for name in names:
            path = Path(folder, name)
            with suppress(FileNotFoundError):  # a file is written beside its place and moved there
                yield path.relative_to(storage.location).as_posix(), datetime.fromtimestamp(path.stat().st_mtime, UTC)


def came_at(key: str) -> datetime | None:
    """When that came, or came again, which `stored` found; nothing where it has gone."""
    storage = storages["default"]
    return storage.get_modified_time(key) if storage.exists(key) else None


def remove(key: str) -> None:
    """Let the content go for good; nothing where it is not there. Whoever calls knows that no row names it."""
    storages["default"].delete(key)


def _read(kind: Kind, sha256: str) -> bytes:
    path = path_of(kind, sha256)
    if path is None:
        with open_file(kind, sha256) as file:
            return bytes(file.read())
    try:  # Django's way to open a file takes as long as reading 30 KB from it
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError as error:
        raise _missing(kind, sha256) from error
    try:
        num_bytes = os.fstat(descriptor).st_size
        content = os.read(descriptor, num_bytes)
        while len(content) < num_bytes and (more := os.read(descriptor, num_bytes - len(content))):
            content += more
        return content
    finally:
        os.close(descriptor)


def _missing(kind: Kind, sha256: str) -> MissingContent:
    return MissingContent(f"{key_of(kind, sha256)} is not in the storage; restore it from a backup or import it again.")


def _damaged(kind: Kind, sha256: str) -> MissingContent:
    return MissingContent(f"{key_of(kind, sha256)} was damaged in the storage: its content has another hash.")


def _write_whole(path: Path, content: bytes, *, is_lasting: bool) -> None:
    """Write beside, then rename: a crash leaves no half file under a whole file's name.

    What is stored never changes, so nobody may write to it: exports lead to the same file by hard links, and whoever
    may open such a folder may read it. Who may read the storage is for its own folder to say.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, beside = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            os.fchmod(descriptor, READ_ONLY)
            if is_lasting:
                file.flush()
                os.fsync(descriptor)
        Path(beside).replace(path)
        if is_lasting:
            _sync_folders(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def _sync_folders(path: Path) -> None:
    """The name too, and the two folders above it, which may be new."""
    for folder in list(path.parents)[:3]:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
