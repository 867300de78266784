"""Pictures by their content: checked, stored, known again, and signed so that near-duplicates can be found."""

import hashlib
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import numpy as np
from django.db.models import QuerySet

from annotation import imaging, storage
from annotation.candidates.records import File
from annotation.errors import AnnotationError, RefusedImage
from annotation.models import Image, ImageSignature, Study
from annotation.stats.pictures import signatures

MAX_THREADS = 4
IMAGES_PER_CHUNK = 200


def take_image(*, content: bytes, name: str, now: datetime) -> Image:
    """One picture that is no candidate, checked and stored like all others; known by its content."""
    imaging.check_size(len(content))
    file = File(name, content=content, sha256=hashlib.sha256(content).hexdigest())
    known = {row.sha256: row for row in Image.objects.filter(sha256=file.sha256)}
    _examine_file(file, known=known, now=now)
    if file.reason:
        raise RefusedImage(file.reason)
    return Image.objects.get(pk=keep([file])[file.sha256])


def examine(chunk: list[File], threads: ThreadPoolExecutor, now: datetime) -> None:
    """Give each file its image, or a reason; decode and store only what is not there yet."""
    readable = [file for file in chunk if not file.reason]
    known = {row.sha256: row for row in Image.objects.filter(sha256__in={file.sha256 for file in readable})}
    for _ in threads.map(partial(_examine_file, known=known, now=now), readable):
        pass


def _examine_file(file: File, known: dict[str, Image], now: datetime) -> None:
    row = known.get(file.sha256)
    try:
        if row is not None and _is_stored(row):
            imaging.check_name(file.source, row.format)
            file.image = row
        else:
            picture = imaging.read(file.content)
            imaging.check_name(file.source, picture.format)
            storage.put("images", file.content)
            storage.put("renditions", picture.rendition)
            file.image, file.grey = _image(picture, row, now), picture.grey
            file.is_restored = row is not None
        file.taken_at = file.taken_at or imaging.taken_at(file.content)
    except AnnotationError as error:
        file.reason = str(error)
    file.content = b""


def _is_stored(row: Image) -> bool:
    return storage.has("images", row.sha256) and storage.has("renditions", row.rendition_sha256)


def _image(picture: imaging.Picture, row: Image | None, now: datetime) -> Image:
    """A new row, or the known row with the rendition made anew (its file was lost)."""
    rendition_sha256 = hashlib.sha256(picture.rendition).hexdigest()
    if row is not None:
        row.rendition_sha256 = rendition_sha256
        return row
    return Image(
        sha256=picture.sha256,
        pixel_sha256=picture.pixel_sha256,
        format=picture.format,
        width=picture.width,
        height=picture.height,
        num_bytes=picture.num_bytes,
        rendition_sha256=rendition_sha256,
        created_at=now,
    )


def keep(files: list[File]) -> dict[str, int]:
    """The ids by hash; missing rows are made, in one order everywhere so that imports can't deadlock."""
    fresh = {file.sha256: file.image for file in files if file.image.pk is None}
    Image.objects.bulk_create((fresh[sha256] for sha256 in sorted(fresh)), ignore_conflicts=True)
    ids = dict(Image.objects.filter(sha256__in={file.sha256 for file in files}).values_list("sha256", "pk"))
    _keep_signatures({ids[file.sha256]: file.grey for file in files if file.grey})
    return ids


def restore(files: list[File]) -> None:
    """Note the new renditions of pictures whose files were lost."""
    Image.objects.bulk_update([file.image for file in files if file.is_restored], ["rendition_sha256"])


@dataclass
class SigningReport:
    """What became of the images that had no signature."""

    num_wanted: int
    num_signed: int = 0
    num_unreadable: int = 0
    """Their files are lost or damaged: importing them again restores them."""

    @property
    def num_read(self) -> int:
        return self.num_signed + self.num_unreadable


def unsigned(study: Study) -> QuerySet[Image]:
    """The images of a study that were taken in before images were signed."""
    return Image.objects.filter(candidates__study=study, signature__isnull=True).distinct()


def sign_missing(*, study: Study, on_progress: Callable[[SigningReport], None] | None = None) -> SigningReport:
    """Sign the images of a study that have no signature, some at a time; what broke off is just run again."""
    waiting = list(unsigned(study).order_by("pk").values_list("pk", "sha256"))
    report = SigningReport(len(waiting))
    with ThreadPoolExecutor(min(MAX_THREADS, os.cpu_count() or 1)) as threads:
        for start in range(0, len(waiting), IMAGES_PER_CHUNK):
            chunk = waiting[start : start + IMAGES_PER_CHUNK]
            greys = dict(zip([pk for pk, _ in chunk], threads.map(_grey_of, [sha for _, sha in chunk]), strict=True))
            found = {pk: grey for pk, grey in greys.items() if grey is not None}
            _keep_signatures(found)
            report.num_signed += len(found)
            report.num_unreadable += len(chunk) - len(found)
            if on_progress is not None:
                on_progress(report)
    return report


def _grey_of(sha256: str) -> bytes | None:
    """None where the file is lost or no longer readable, which the report counts."""
    try:
        return imaging.grey(storage.get("images", sha256))
    except AnnotationError:
        return None


def _keep_signatures(greys: dict[int, bytes]) -> None:
    if not greys:
        return
    ids = sorted(greys)
    hashes = signatures.perceptual_hashes(unpacked(greys[pk] for pk in ids)).view(np.int64).tolist()
    rows = [ImageSignature(image_id=pk, hash=value, grey=greys[pk]) for pk, value in zip(ids, hashes, strict=True)]
    ImageSignature.objects.bulk_create(rows, ignore_conflicts=True)


def unpacked(greys: Iterable[bytes]) -> np.ndarray:
    """Stored signatures as an array of shape (n, 32, 32)."""
    side = signatures.SIDE
    return np.frombuffer(b"".join(bytes(grey) for grey in greys), dtype=np.uint8).reshape(-1, side, side)
