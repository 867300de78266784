"""Kept in the storage until somebody downloads it: pictures are there already, so only other files are written."""

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from django.core.files.storage import FileSystemStorage, storages

from annotation.exports.base import Written
from annotation.exports.targets.base import Target
from annotation.exports.targets.bucket import Bucket
from annotation.exports.targets.folder import Folder


class Kept(Target):
    """The files of one export under `exports/ID/`; its pictures stay where they are and are only checked."""

    def __init__(self, inner: Target) -> None:
        self.inner = inner

    def check_free(self) -> None:
        """Its place bears its number, so it is nobody else's."""

    def folder(self, path: str) -> None:
        """Downloads make folders from names."""

    def picture(self, path: str, sha256: str, content: bytes) -> Written:
        return Written(path, sha256, len(content), is_picture=True)

    def file(self, path: str, chunks: Iterator[bytes]) -> Written:
        return self.inner.file(path, chunks)

    def is_there(self, written: Written) -> bool:
        return written.is_picture or written.is_folder or self.inner.is_there(written)

    def lacking(self, files: Iterable[Written]) -> list[str]:
        return self.inner.lacking([each for each in files if not (each.is_picture or each.is_folder)])

    def clear(self, names: Collection[str] = ()) -> None:
        self.inner.clear(names)

    def flush(self) -> None:
        self.inner.flush()

    def complete(self, manifest: Written) -> None:
        """Nobody gets it before the row says that it is finished."""
        self.flush()


def kept(export_id: int) -> Kept:
    storage = storages["default"]
    if isinstance(storage, FileSystemStorage):
        return Kept(Folder(Path(storage.path(folder_of(export_id)))))
    return Kept(_bucket(storage, export_id))


def folder_of(export_id: int) -> str:
    """Not under a hash, like all else in the storage: these files are removed again."""
    return f"exports/{export_id}"


def remove_kept(export_id: int) -> None:
    """Remove all files of an export; nothing where there are none."""
    kept(export_id).clear()


def _bucket(storage: Any, export_id: int) -> Bucket:
    return Bucket(storage.connection.meta.client, storage.bucket_name, f"{folder_of(export_id)}/", is_own=True)
