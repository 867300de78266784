"""Files under the hash of their content: written before the row that names them, never changed."""

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Literal

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, storages

from annotation.errors import MissingContent

Kind = Literal["images", "renditions", "sheets", "manifests", "judgements", "exports", "classifiers", "predictions"]


def key_of(kind: Kind, sha256: str) -> str:
    """Where content of this kind lies: two levels of folders keep each small."""
    return f"{kind}/{sha256[:2]}/{sha256[2:4]}/{sha256}"


def put(kind: Kind, content: bytes) -> str:
    """Store the content and return its sha256; storing it again changes nothing."""
    sha256 = hashlib.sha256(content).hexdigest()
    key = key_of(kind, sha256)
    storage = storages["default"]
    if isinstance(storage, FileSystemStorage):
        _write_whole(Path(storage.path(key)), content)
    elif not storage.exists(key):
        storage.save(key, ContentFile(content))
    return sha256


def has(kind: Kind, sha256: str) -> bool:
    """Whether content with this hash is stored; it is not read."""
    return storages["default"].exists(key_of(kind, sha256))


def get(kind: Kind, sha256: str) -> bytes:
    """The content, checked against its hash."""
    with open_file(kind, sha256) as file:
        content = bytes(file.read())
    if hashlib.sha256(content).hexdigest() != sha256:
        raise MissingContent(f"{key_of(kind, sha256)} was damaged in the storage: its content has another hash.")
    return content


def open_file(kind: Kind, sha256: str) -> File:
    """The content as a file, for streaming."""
    key = key_of(kind, sha256)
    try:
        return storages["default"].open(key, "rb")
    except FileNotFoundError as error:
        raise MissingContent(f"{key} is not in the storage; restore it from a backup or import it again.") from error


def _write_whole(path: Path, content: bytes) -> None:
    """Write beside, then rename: a crash leaves no half file under a whole file's name."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, beside = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise
