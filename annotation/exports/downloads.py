"""A finished export as one tar, made while it is sent: nothing of it is stored twice, and any part can be asked for."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate

from django.core import signing
from django.core.files.storage import storages

from annotation import storage
from annotation.errors import BrokenDownload, ExportGone
from annotation.exports import tar
from annotation.exports.base import Written
from annotation.exports.targets.kept import folder_of
from annotation.models import Export

SALT = "annotation.link.export"
VALID = timedelta(hours=1)
CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True)
class Part:
    """Bytes of the tar: either these, or those of a stored file."""

    num_bytes: int
    content: bytes = b""
    key: str = ""


class Download:
    """The tar of an export; its bytes are known before they are read."""

    def __init__(self, export: Export) -> None:
        if not export.can_be_downloaded:
            raise ExportGone("The files of this export are not kept here any more. Export the set again.")
        self.parts = list(_parts(export))
        self.ends = list(accumulate(part.num_bytes for part in self.parts))
        self.filename = filename_of(export)
        self.etag = f'"{export.manifest_sha256}"'

    @property
    def num_bytes(self) -> int:
        return self.ends[-1]

    def chunks(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes from start up to stop."""
        left = (self.num_bytes if stop is None else stop) - start
        first = bisect_right(self.ends, start)
        skip = start - (self.ends[first - 1] if first else 0)
        for part in self.parts[first:]:
            for chunk in _bytes_of(part, skip):
                yield chunk[:left]
                left -= min(left, len(chunk))
                if not left:
                    return
            skip = 0


def filename_of(export: Export) -> str:
    """What a download is called where it is saved; a shell needs no quotes around it."""
    citation = export.test_set.citation.replace("/", "-").replace("@", "-")
    return f"{citation}-{export.layout}.tar"


def token_of(export: Export) -> str:
    """For a link that whoever has it can use until it expires; who may make one is asked before."""
    return signing.TimestampSigner(salt=SALT).sign_object(export.pk)


def read_token(token: str) -> int:
    """The id of the export."""
    try:
        return int(signing.TimestampSigner(salt=SALT).unsign_object(token, max_age=VALID))
    except signing.SignatureExpired as error:
        raise ExportGone(
            f"The link has expired: links work for {VALID.total_seconds() / 3600:.0f} hour. Take a new one from the "
            "page of the test set; a download that broke off goes on by it."
        ) from error
    except signing.BadSignature as error:
        raise BrokenDownload("The link is not complete. Copy the whole link, or take a new one.") from error


def _parts(export: Export) -> Iterator[Part]:
    for piece in export.pieces.order_by("number"):
        for each in piece.files:
            yield from _entry(export, Written(**each))
    yield Part(len(tar.END), tar.END)


def _entry(export: Export, written: Written) -> Iterator[Part]:
    kind = tar.FOLDER if written.is_folder else tar.FILE
    yield Part(tar.BLOCK, tar.header(written.name, written.num_bytes, kind))
    if written.num_bytes:
        yield Part(written.num_bytes, key=_key(export, written))
        if fill := tar.padding(written.num_bytes):
            yield Part(len(fill), fill)


def _key(export: Export, written: Written) -> str:
    if written.is_picture:
        return storage.key_of("images", written.sha256)
    return f"{folder_of(export.pk)}/{written.name}"


def _bytes_of(part: Part, skip: int) -> Iterator[bytes]:
    """From the place after those to skip; whole chunks."""
    if part.content:
        yield part.content[skip:]
        return
    with storages["default"].open(part.key, "rb") as file:
        file.seek(skip)
        left = part.num_bytes - skip
        while left:
            chunk = file.read(min(CHUNK_BYTES, left))
            if not chunk:
                raise ExportGone(f"{part.key} is shorter than it was when it was exported.")
            left -= len(chunk)
            yield chunk
