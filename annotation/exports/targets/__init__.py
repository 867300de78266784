"""One file per kind of place; which export goes where."""

from pathlib import Path

import boto3
from django.conf import settings

from annotation.errors import CannotExport
from annotation.exports.targets.archive import SUFFIXES, Archive
from annotation.exports.targets.base import Target
from annotation.exports.targets.bucket import Bucket
from annotation.exports.targets.folder import Folder
from annotation.exports.targets.kept import kept, remove_kept
from annotation.models import Export

__all__ = [
    "BUCKET_ADDRESS",
    "Target",
    "check_address",
    "kind_of",
    "normalised",
    "places_of",
    "remove_kept",
    "split_address",
    "target_of",
]

S3 = "s3://"
BUCKET_ADDRESS = r"\As3://[a-z0-9.-]{3,63}/[A-Za-z0-9._/-]{1,500}\Z"  # what people may ask for by page or API


def kind_of(address: str) -> Export.Target:
    """What an address names: a bucket, an archive by its suffix, else a folder."""
    if not address:
        return Export.Target.DOWNLOAD
    if address.startswith(S3):
        return Export.Target.BUCKET
    return Export.Target.ARCHIVE if address.lower().endswith(SUFFIXES) else Export.Target.FOLDER


def check_address(address: str) -> None:
    """Refuse a bucket that the operator has not named: who asks for an export chooses no service."""
    if not address.startswith(S3):
        return
    bucket, prefix = split_address(address)
    if bucket not in settings.EXPORT_BUCKETS:
        named = ", ".join(settings.EXPORT_BUCKETS) or "none"
        raise CannotExport(
            f"Exports may not go to the bucket {bucket!r}. EXPORT_BUCKETS names those they may: {named}."
        )
    if bucket == settings.STORAGE_BUCKET:
        raise CannotExport(f"{bucket} holds the storage itself; exports go to a bucket of their own.")
    if not prefix or prefix.startswith("/") or "//" in prefix or not prefix.isprintable():
        raise CannotExport(f"{address!r} needs a name within the bucket, such as s3://{bucket}/digits-twin/r1.")


def normalised(address: str) -> str:
    """One address for one place, which may be written to."""
    check_address(address)
    if address.startswith(S3):
        return address.rstrip("/")
    return str(Path(address)) if address else ""


def split_address(address: str) -> tuple[str, str]:
    """Bucket and prefix."""
    bucket, _, prefix = address.removeprefix(S3).partition("/")
    return bucket, prefix.rstrip("/")


def target_of(export: Export, *, may_link: bool = True) -> Target:
    """The place of an export; a folder grows beside its name."""
    path = Path(export.address)
    match Export.Target(export.target):
        case Export.Target.DOWNLOAD:
            return kept(export.pk)
        case Export.Target.BUCKET:
            check_address(export.address)
            bucket, prefix = split_address(export.address)
            return Bucket(boto3.client("s3", **settings.S3_CLIENT), bucket, f"{prefix}/")
        case Export.Target.ARCHIVE:
            return Archive(path)
        case Export.Target.FOLDER:
            return Folder(path, beside=_growing(export), may_link=may_link)


def places_of(export: Export) -> list[str]:
    """Where the files of an export may be that goes elsewhere: under its name, or beside it while it is not whole."""
    if export.target == Export.Target.BUCKET or export.state == Export.State.FINISHED:
        return [export.address]
    beside = Path(export.address).with_name(".*.part") if export.target == Export.Target.ARCHIVE else _growing(export)
    return [export.address, str(beside)] if export.is_open else [str(beside)]


def _growing(export: Export) -> Path:
    path = Path(export.address)
    return path.with_name(f".{path.name}.export-{export.pk}.part")
