"""Taking pictures down: rows first, in one transaction, then the files that nothing names any more.

A crash in between leaves files that their take-down still names: `remove_files` goes on with them.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from annotation import candidates as pool
from annotation import examples, exports, grids, hits, storage
from annotation.errors import CannotExport, CannotTakeDown, NumberChanged
from annotation.models import Candidate, Example, Image, Study, TakeDown, TestSet
from annotation.takedowns.previewing import Preview, Reach, preview_of, reach_of

MAX_NOTE = 500


@dataclass(frozen=True)
class Told:
    """Why, as the person says it, and which preview they were shown."""

    ground: TakeDown.Ground
    note: str
    fingerprint: str


@transaction.atomic
def take_down(
    *, candidates: Collection[int], images: Collection[int] = (), told: Told, now: datetime, by: Any
) -> Preview:
    """Remove these images (ids), and those of these candidates, for good, everywhere; what was done, as the preview
    said it.

    Candidates stay as rows, excluded, with who took their picture down and why. Frozen sets keep their manifests.
    """
    _check(told)
    _take_turns()
    reach = reach_of(candidates, images)
    done = preview_of(reach, now=now)
    if done.fingerprint != told.fingerprint:
        raise NumberChanged(
            "Other pictures, candidates or grids would be touched now than you were shown. Nothing is removed; look "
            "at the numbers as they are now, then confirm.",
            num_included=done.num_candidates,
        )
    ids = reach.candidate_ids
    given = set(grids.showing(ids).values_list("pk", flat=True)) - set(
        grids.unseen(grids.showing(ids)).values_list("pk", flat=True)
    )
    hits.stop(grid_ids=given, now=now)
    sheets = grids.cut(candidate_ids=ids)
    pool.take_out(candidates=Candidate.objects.filter(pk__in=ids), now=now, by=by)
    _remove_examples(reach)
    for image in reach.images:
        _let_go(image, told, sheets, now, by)
        sheets = []  # named once
    _remove_downloads(now)
    transaction.on_commit(lambda: remove_files(now=now), robust=True)
    return done


def waiting() -> QuerySet[TakeDown]:
    """Those whose files are not all gone yet."""
    return TakeDown.objects.exclude(files_left=[]).order_by("pk")


def remove_files(*, now: datetime) -> int:
    """Remove the files of all that was taken down; how many there were. What fails is tried again by the sweep."""
    num_removed = 0
    for row in waiting():
        for kind, sha256 in row.files_left:
            if kind == "sheets":
                storage.remove(storage.key_of(kind, sha256))
            else:
                pool.remove_file(kind, sha256)
            num_removed += 1
        TakeDown.objects.filter(pk=row.pk).update(files_left=[])
    _remove_downloads(now)  # one may have been written to its end meanwhile
    return num_removed


def _check(told: Told) -> None:
    if len(told.note) > MAX_NOTE or not told.note.replace("\n", " ").replace("\r", " ").isprintable():
        raise CannotTakeDown(f"A note is a text of at most {MAX_NOTE} characters.")
    if not told.note.strip():
        raise CannotTakeDown("Say who asked for it and where that is written: the picture can't be looked at later.")


def _take_turns() -> None:
    """One after another with imports, composing and decisions, in one order.

    In all studies: one that does not have the pictures may be taking them in.
    """
    list(Study.objects.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))


def _remove_examples(reach: Reach) -> None:
    rows = Example.objects.filter(image__in=reach.images).select_related("study")
    for row in rows:
        examples.remove(study=row.study, ids=[row.pk])


def _let_go(image: Image, told: Told, sheets: list[str], now: datetime, by: Any) -> None:
    files = [["images", image.sha256], ["renditions", image.rendition_sha256], *(["sheets", each] for each in sheets)]
    row = TakeDown.objects.create(
        sha256=image.sha256, pixel_sha256=image.pixel_sha256, ground=told.ground, note=told.note.strip(),
        taken_down_by=by, taken_down_at=now, files_left=files,
    )  # fmt: skip
    pool.lose_picture(image=image, take_down=row)
    pool.remove(image=image)


def _remove_downloads(now: datetime) -> None:
    """Exports that are kept here of sets that lost a picture; one that is being written fails at its next turn."""
    gone = Candidate.objects.filter(take_down__isnull=False)
    sets = TestSet.objects.filter(images__candidate__in=gone.values("pk")).order_by().distinct()
    for export in exports.kept_of(sets).order_by("pk"):
        try:
            exports.remove(export=export, now=now)
        except CannotExport:  # begun again since: it ends by itself, as its pictures are gone
            continue
