"""From where images may be taken in: a command may name anything, a page or a program only what the operator allows."""

from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any

from django.conf import settings

from annotation import storage
from annotation.collecting.records import Wanted
from annotation.errors import CannotCollect, UnreadableSource
from annotation.models import Collection, Origin
from annotation.sources import kind_of
from annotation.sources.base import is_remote, printable
from annotation.sources.files.buckets import NAME, split
from annotation.sources.files.shards import is_pattern
from annotation.sources.flickr import FlickrOptions

FLICKR = "flickr"
UPLOAD = "upload"
MAX_UPLOAD_BYTES = 64 * 1024 * 1024
MAX_ADDRESS = 1000
MAX_NAME = 200
TABLES = (".csv", ".jsonl", ".parquet")
MAX_LISTED = 200


def named(*, address: str, origin: Origin) -> Wanted:
    """Whatever lies at this address."""
    _check_written(address)
    whole = address if is_remote(address) else str(Path(address).absolute())
    return Wanted(origin, kind_of(whole), whole)


def allowed(*, address: str, origin: Origin) -> Wanted:
    """What lies at this address, if the operator lets pages and programs take in from there."""
    _check_written(address)
    if is_remote(address):
        _check_bucket(address)
        return Wanted(origin, kind_of(address), address)
    path = _inside(address)
    try:
        return Wanted(origin, kind_of(path), str(path))
    except UnreadableSource as error:
        raise CannotCollect(str(error)) from error


def uploaded(*, name: str, content: bytes, origin: Origin) -> Wanted:
    """A table that somebody has handed in; it is kept under its hash before a row names it."""
    shown = printable(PurePath(name).name)[-MAX_NAME:]
    if not shown.lower().endswith(TABLES):
        raise CannotCollect(f"{shown or 'The file'} is no table: hand in one that ends in {', '.join(TABLES)}.")
    if not content:
        raise CannotCollect(f"{shown} is empty.")
    if len(content) > MAX_UPLOAD_BYTES:
        raise CannotCollect(
            f"{shown} has {len(content):,} bytes; at most {MAX_UPLOAD_BYTES:,} are taken. Hand it in in parts."
        )
    return Wanted(origin, UPLOAD, shown, {"sha256": storage.put("manifests", content)})


def searched(*, options: dict[str, Any], origin: Origin) -> Wanted:
    """What Flickr finds for the classes of the study."""
    if not has_flickr():
        raise CannotCollect("Flickr can't be asked: the operator sets FLICKR_API_KEY to a key of Flickr's first.")
    return Wanted(origin, FLICKR, "", FlickrOptions.from_json(options).to_json())


def check_still_allowed(collection: Collection) -> None:
    """What the queue takes in must be allowed at the moment that it does so, wherever links lead by then."""
    if collection.kind in (FLICKR, UPLOAD):
        return
    if is_remote(collection.address):
        _check_bucket(collection.address)
    elif str(_inside(collection.address)) != collection.address:
        raise CannotCollect(f"{printable(collection.address)} is a link by now; name the folder that it leads to.")


def has_flickr() -> bool:
    return bool(settings.FLICKR_API_KEY)


def listed() -> list[str]:
    """What lies right in the folders that may be taken in from, to choose among."""
    return [str(entry) for root in _roots() for entry in _entries(root)][:MAX_LISTED]


def buckets() -> list[str]:
    """The buckets that may be taken in from."""
    return [f"s3://{bucket}/" for bucket in settings.COLLECT_BUCKETS if bucket != settings.STORAGE_BUCKET]


def _entries(root: Path) -> Iterator[Path]:
    try:
        entries = sorted(root.iterdir())
    except OSError:  # the operator named what isn't there, or may not be read: nothing to choose
        return
    for entry in entries:
        if not entry.name.startswith(".") and (entry.is_dir() or entry.name.lower().endswith(TABLES)):
            yield entry


def _roots() -> list[Path]:
    return [Path(each).resolve() for each in settings.COLLECT_FROM]


def _inside(address: str) -> Path:
    """Where the path leads; only into the folders that may be taken in from."""
    roots = _roots()
    if not roots:
        raise CannotCollect(
            "No folder of the server may be named here: the operator allows those in COLLECT_FROM. The command "
            "import_images takes in any folder that it can read."
        )
    for root in roots:
        path = root / address
        try:
            # What stands for several files is no file itself; where those lie is looked at when they are opened.
            path = path.parent.resolve(strict=True) / path.name if is_pattern(address) else path.resolve(strict=True)
        except (OSError, ValueError, RuntimeError):
            continue
        if path.is_relative_to(root):
            return path
    # The same words whether or not something is there: nobody learns what else the server has.
    places = ", ".join(map(str, roots))
    raise CannotCollect(f"There is no {printable(address)} in the folders that may be taken in from: {places}.")


def asks_public_buckets() -> bool:
    """Whether buckets are asked for as anybody could: at the cloud provider's own address, without keys."""
    return not (settings.COLLECT_S3["access_key"] or settings.COLLECT_S3["endpoint_url"])


def _check_bucket(address: str) -> None:
    bucket, _ = split(address)
    is_allowed = bucket in settings.COLLECT_BUCKETS or asks_public_buckets()
    if not is_allowed or bucket == settings.STORAGE_BUCKET:
        names = ", ".join(settings.COLLECT_BUCKETS) or "none so far"
        raise CannotCollect(
            f"The bucket {printable(bucket)!r} may not be named here: the operator allows buckets in COLLECT_BUCKETS "
            f"({names})."
        )


def _check_written(address: str) -> None:
    if not address.strip():
        raise CannotCollect("Name the folder, manifest or bucket to take in from.")
    if len(address) > MAX_ADDRESS:
        raise CannotCollect(f"The address has {len(address):,} characters; at most {MAX_ADDRESS:,} are taken.")
    if printable(address) != address:
        raise CannotCollect("The address has signs that can't be printed.")
    if is_remote(address) and not NAME.fullmatch(split(address)[0]):  # some would write their keys before it
        raise CannotCollect("That is no name of a bucket; give an address such as s3://bucket/folder/, without keys.")
