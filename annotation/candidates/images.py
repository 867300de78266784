"""Pictures by their content: checked, stored, known again, and signed so that near-duplicates can be found."""

import hashlib
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import numpy as np
from django.db.models import Q, QuerySet

from annotation import imaging, storage
from annotation.candidates.records import File
from annotation.errors import AnnotationError, RefusedImage
from annotation.models import Image, ImageSignature, Study, TakeDown
from annotation.stats.pictures import signatures

MAX_THREADS = 4
MEANS = ("mean_red", "mean_green", "mean_blue")
IMAGES_PER_CHUNK = 200

Decoding = AbstractContextManager[Any]
"""Within which pictures are decoded: it bounds how many are at once, for a large one fills much memory."""


def take_image(*, content: bytes, name: str, now: datetime) -> Image:
    """One picture that is no candidate, checked and stored like all others; known by its content."""
    file = File(name)
    examine(file, content, now, nullcontext())
    recognise([file], map, now, nullcontext())
    refuse_taken_down([file])
    if file.reason:
        raise RefusedImage(file.reason)
    return Image.objects.get(pk=keep([file])[file.sha256])


def examine(file: File, content: bytes, now: datetime, decoding: Decoding) -> None:
    """Decode and store what is not stored yet, or give it a reason; for threads, so the database is not asked."""
    try:
        imaging.check_size(len(content))
        file.sha256, file.num_bytes = hashlib.sha256(content).hexdigest(), len(content)
        if not storage.has("images", file.sha256):
            with decoding:
                picture = imaging.read(content)
            _keep_files(file, picture, content, now)
        if file.said.taken_at is None and (taken_at := imaging.taken_at(content)):
            file.said = replace(file.said, taken_at=taken_at)
    except AnnotationError as error:
        file.reason = str(error)


def _keep_files(file: File, picture: imaging.Picture, content: bytes, now: datetime) -> None:
    imaging.check_name(file.source, picture.format)
    storage.put("images", content)
    file.image, file.grey = _image(picture, storage.put("renditions", picture.rendition), now), picture.grey


def recognise(files: list[File], run: Callable[..., Iterable[None]], now: datetime, decoding: Decoding) -> None:
    """Give examined files the rows that are there of their content; what was stored without a row is decoded."""
    readable = [file for file in files if file.has_picture and not file.reason]
    known = {row.sha256: row for row in Image.objects.filter(sha256__in={file.sha256 for file in readable})}
    stored_before = [file for file in readable if file.image is None]
    for _ in run(partial(_look_at_stored, known=known, now=now, decoding=decoding), stored_before):
        pass
    for file in readable:
        row = known.get(file.sha256)
        if row is not None and file.image is not None and file.image is not row:
            _restore(row, file.image)
            file.image, file.is_restored = row, True


def refuse_taken_down(files: list[File]) -> None:
    """What was removed for good does not come back, however often it is found; what was stored of it goes again.

    Under the study's lock, which whoever takes down holds: so nothing comes in that is taken down at this moment.
    """
    readable = [file for file in files if not file.reason]
    gone = TakeDown.objects.filter(pixel_sha256__in={file.picture.pixel_sha256 for file in readable})
    days = {row.pixel_sha256: f"{row.taken_down_at:%Y-%m-%d}" for row in gone}
    for file in readable:
        if day := days.get(file.picture.pixel_sha256):
            file.reason = f"The picture was taken down on {day}: it may not be kept here."
            remove_file("images", file.sha256)
            remove_file("renditions", file.picture.rendition_sha256)


def remove_file(kind: storage.Kind, sha256: str) -> None:
    """Let a file of a picture go that is here no more, unless another has the same: of two that hardly differ, the
    renditions may be alike."""
    named = {"images": Q(sha256=sha256), "renditions": Q(rendition_sha256=sha256)}[kind]
    if not Image.objects.filter(named).exists():
        storage.remove(storage.key_of(kind, sha256))


def remove(*, image: Image) -> None:
    """Let a picture's row go with its signature, once no candidate and no example is it; its files are for others."""
    image.delete()


def _look_at_stored(file: File, known: dict[str, Image], now: datetime, decoding: Decoding) -> None:
    row = known.get(file.sha256)
    try:
        if row is not None and storage.has("renditions", row.rendition_sha256):
            imaging.check_name(file.source, row.format)
            file.image = row
        else:
            with decoding:
                content = storage.get("images", file.sha256)
                picture = imaging.read(content)
            _keep_files(file, picture, content, now)
    except AnnotationError as error:
        file.reason = str(error)


def _restore(row: Image, made: Image) -> None:
    """Its files were lost, and made anew."""
    for name in ("rendition_sha256", *MEANS):
        setattr(row, name, getattr(made, name))


def _image(picture: imaging.Picture, rendition_sha256: str, now: datetime) -> Image:
    red, green, blue = picture.colour
    return Image(
        sha256=picture.sha256,
        pixel_sha256=picture.pixel_sha256,
        format=picture.format,
        width=picture.width,
        height=picture.height,
        num_bytes=picture.num_bytes,
        rendition_sha256=rendition_sha256,
        mean_red=red,
        mean_green=green,
        mean_blue=blue,
        created_at=now,
    )


def keep(files: list[File]) -> dict[str, int]:
    """The ids by hash; missing rows are made, in one order everywhere so that imports can't deadlock."""
    fresh = {file.sha256: file.picture for file in files if file.picture.pk is None}
    Image.objects.bulk_create((fresh[sha256] for sha256 in sorted(fresh)), ignore_conflicts=True)
    ids = dict(Image.objects.filter(sha256__in={file.sha256 for file in files}).values_list("sha256", "pk"))
    _keep_signatures({ids[file.sha256]: file.grey for file in files if file.grey})
    return ids


def restore(files: list[File]) -> None:
    """Note what was made anew of pictures whose files were lost."""
    rows = [file.picture for file in files if file.is_restored]
    Image.objects.bulk_update(rows, ["rendition_sha256", *MEANS])


@dataclass
class CatchUp:
    """What became of the images of which something was not known that is found out of each that comes now."""

    num_wanted: int
    num_done: int = 0
    num_unreadable: int = 0
    """Their files are lost or damaged: importing them again restores them."""

    @property
    def num_read(self) -> int:
        return self.num_done + self.num_unreadable


OnProgress = Callable[[CatchUp], None]
Found = TypeVar("Found")


def unsigned(study: Study) -> QuerySet[Image]:
    """The images of a study that were taken in before images were signed."""
    return Image.objects.filter(candidates__study=study, signature__isnull=True).distinct()


def sign_missing(*, study: Study, on_progress: OnProgress | None = None) -> CatchUp:
    """Sign the images of a study that have no signature, some at a time; what broke off is just run again."""
    return _catch_up(unsigned(study), imaging.grey, _keep_signatures, on_progress)


def unmeasured(study: Study) -> QuerySet[Image]:
    """The images of a study that were taken in before their colour was measured."""
    return Image.objects.filter(candidates__study=study, mean_red__isnull=True).distinct()


def measure_missing(*, study: Study, on_progress: OnProgress | None = None) -> CatchUp:
    """Measure the images of a study whose mean colour is not known, some at a time, as `sign_missing` does."""
    return _catch_up(unmeasured(study), imaging.colour, _keep_colours, on_progress)


def _catch_up(
    images: QuerySet[Image],
    look: Callable[[bytes], Found],
    keep: Callable[[dict[int, Found]], None],
    on_progress: OnProgress | None,
) -> CatchUp:
    waiting = list(images.order_by("pk").values_list("pk", "sha256"))
    report = CatchUp(len(waiting))

    def look_at(sha256: str) -> Found | None:
        """None where the file is lost or no longer readable, which the report counts."""
        try:
            return look(storage.get("images", sha256))
        except AnnotationError:
            return None

    with ThreadPoolExecutor(min(MAX_THREADS, os.cpu_count() or 1)) as threads:
        for start in range(0, len(waiting), IMAGES_PER_CHUNK):
            chunk = waiting[start : start + IMAGES_PER_CHUNK]
            seen = zip([pk for pk, _ in chunk], threads.map(look_at, [sha256 for _, sha256 in chunk]), strict=True)
            found = {pk: value for pk, value in seen if value is not None}
            keep(found)
            report.num_done += len(found)
            report.num_unreadable += len(chunk) - len(found)
            if on_progress is not None:
                on_progress(report)
    return report


def _keep_colours(colours: dict[int, imaging.Colour]) -> None:
    rows = [Image(pk=pk, **dict(zip(MEANS, colours[pk], strict=True))) for pk in sorted(colours)]
    Image.objects.bulk_update(rows, MEANS)


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
