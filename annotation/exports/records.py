"""Exports and their pieces: the only writer of `Export` and `ExportPiece`.

Whoever holds the lease of an export writes its pieces; a dead consumer's export is taken over when its lease ends.
"""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Q, QuerySet

from annotation.errors import CannotExport, ExportLeaseLost
from annotation.exports import targets
from annotation.exports.base import Piece, SoFar, Written
from annotation.exports.contents import check_frozen
from annotation.exports.planning import LAYOUTS
from annotation.models import Export, ExportPiece, TestSet

LEASE = timedelta(minutes=2)
ABANDONED = "The command that wrote it was stopped and not given again."
MAX_ATTEMPTS = 5  # without a piece finished in between
ABANDONED_AFTER = timedelta(hours=1)  # a command that was killed would long have been given again
QUEUED = (Export.Target.DOWNLOAD, Export.Target.BUCKET)  # folders are where a command is run


@dataclass(frozen=True)
class Held:
    """An export that this consumer writes; it may have been left by one that died."""

    export: Export
    consumer: str
    is_left: bool


def request(*, test_set: TestSet, layout: str, now: datetime, address: str = "", by: Any = None) -> Export:
    """Open an export; one to the same place that is open comes back, one that failed is opened again, and a download
    that is there is enough."""
    check_frozen(test_set)
    if layout not in LAYOUTS:
        raise CannotExport(f"There is no layout {layout!r}; choose one of {', '.join(LAYOUTS)}.")
    address = targets.normalised(address)
    wanted = {"test_set": test_set, "layout": layout, "target": targets.kind_of(address), "address": address}
    found = _existing(wanted)
    if found is not None:
        return try_again(export=found, now=now)
    num_expected = test_set.images.count()
    try:
        with transaction.atomic():
            _check_apart(address)
            return Export.objects.create(**wanted, num_expected=num_expected, requested_by=by, requested_at=now)
    except IntegrityError as error:
        same = Export.objects.filter(**wanted, state=Export.State.OPEN).first()
        if same is None:
            raise _taken(address) from error
        return same  # somebody else asked at the same moment


def try_again(*, export: Export, now: datetime) -> Export:
    """Open a failed export anew, and no other; what is written stays written, once it was looked at."""
    with transaction.atomic():
        row: Export = Export.objects.select_for_update(of=("self",)).get(pk=export.pk)
        if row.state != Export.State.FAILED:
            return row
        _check_apart(row.address)
        row.pieces.exclude(missing=[]).update(missing=[])
        if row.started_at is not None and _is_anothers_since(row.address, row.started_at):
            row.pieces.all().delete()
            row.started_at = None  # so that the place has to be free again
        row.state, row.failure, row.ended_at, row.num_attempts = Export.State.OPEN, "", None, 0
        row.lease_expires_at = now  # so that it does not look as if it had waited ever since it was asked for
        try:
            with transaction.atomic():
                row.save()
        except IntegrityError as error:
            raise _taken(row.address) from error
    return row


def queue_again(*, export: Export, now: datetime) -> Export:
    """Open a failed export anew for the queue, which writes to no folder of whatever machine it runs on."""
    if export.target not in QUEUED:
        raise CannotExport(
            f"Only the command that makes a {export.target} can make it again: {command_of(export)} "
            "on the machine where it was given."
        )
    return try_again(export=export, now=now)


def command_of(export: Export) -> str:
    """What writes this export from a shell."""
    words = ["export_test_set", export.test_set.citation, export.address, "--layout", export.layout]
    return shlex.join(words)


def end_abandoned(*, now: datetime) -> None:
    """Fail what commands have left open: nobody but whoever gave the command can go on with it."""
    since = now - ABANDONED_AFTER
    left = Q(lease_expires_at__lte=since) | Q(lease_expires_at__isnull=True, requested_at__lte=since)
    rows = Export.objects.filter(left, state=Export.State.OPEN).exclude(target__in=QUEUED)
    rows.update(state=Export.State.FAILED, failure=ABANDONED, ended_at=now, lease_expires_at=None)


def claimable(*, now: datetime) -> QuerySet[Export]:
    """Open exports that nobody writes now."""
    free = Q(lease_expires_at__isnull=True) | Q(lease_expires_at__lte=now)
    return Export.objects.filter(free, state=Export.State.OPEN)


def claim(*, export: Export, consumer: str, now: datetime, lease: timedelta = LEASE) -> Held | None:
    """Lease an export that nobody writes; one that was tried too often fails."""
    with transaction.atomic():
        rows = claimable(now=now).filter(pk=export.pk).select_related("test_set__study")
        row: Export | None = rows.select_for_update(skip_locked=True, of=("self",)).first()
        if row is None:
            return None
        if row.num_attempts < MAX_ATTEMPTS:
            held = Held(row, consumer, is_left=bool(row.consumer))
            row.consumer, row.lease_expires_at = consumer, now + lease
            row.num_attempts += 1
            row.save(update_fields=["consumer", "lease_expires_at", "num_attempts"])
            return held
        _end(row, Export.State.FAILED, now, _died(row))
    return None


def renew(*, held: Held, now: datetime, lease: timedelta = LEASE) -> None:
    """Hold the export for another lease."""
    _change(held, lease_expires_at=now + lease)


def release(*, held: Held, now: datetime, retry_after: timedelta = timedelta()) -> None:
    """Let another consumer go on, at once or a little later; only a piece that was recorded makes up for attempts."""
    _change(held, consumer="", lease_expires_at=now + retry_after)


@transaction.atomic
def start(*, held: Held, pieces: Sequence[Piece], now: datetime) -> None:
    """Note what is to be written, once the place was found free or was cleared."""
    _change(held, started_at=now)
    held.export.pieces.all().delete()
    ExportPiece.objects.bulk_create(
        ExportPiece(export=held.export, number=number, name=piece.name, num_images=len(piece.pictures))
        for number, piece in enumerate(pieces)
    )
    held.export.started_at = now


@transaction.atomic
def finish_piece(*, held: Held, number: int, files: Sequence[Written], now: datetime) -> None:
    """Record what was written."""
    _change(held, num_attempts=0)
    ExportPiece.objects.filter(export=held.export, number=number).update(
        files=[each.to_dict() for each in files],
        num_bytes=sum(each.num_bytes for each in files),
        missing=[],
        finished_at=now,
    )


@transaction.atomic
def note_missing(*, held: Held, number: int, missing: Sequence[str]) -> None:
    """Record what could not be written, so that the other pieces are tried first."""
    _change(held, num_attempts=0)
    ExportPiece.objects.filter(export=held.export, number=number).update(missing=list(missing))


@transaction.atomic
def reopen_pieces(*, held: Held, numbers: Sequence[int]) -> None:
    """Pieces that are not what was recorded are written again."""
    _change(held, num_attempts=held.export.num_attempts)
    ExportPiece.objects.filter(export=held.export, number__in=numbers).update(files=[], num_bytes=0, finished_at=None)


def finish(*, held: Held, manifest_sha256: str, now: datetime) -> None:
    """The export is whole and in its place."""
    _change(
        held,
        state=Export.State.FINISHED,
        manifest_sha256=manifest_sha256,
        ended_at=now,
        consumer="",
        lease_expires_at=None,
        num_attempts=0,
    )


def fail(*, held: Held, reason: str, now: datetime) -> None:
    """End an export with the reason; it can be tried again."""
    with transaction.atomic():
        _change(held, consumer=held.consumer)
        _end(held.export, Export.State.FAILED, now, reason)


def outdated(*, now: datetime) -> QuerySet[Export]:
    """Ended exports whose files are kept here, and have been for long enough."""
    return Export.objects.filter(
        target=Export.Target.DOWNLOAD,
        state__in=[Export.State.FINISHED, Export.State.FAILED],
        ended_at__lte=now - timedelta(days=settings.EXPORT_DAYS),
    ).exclude(state=Export.State.FAILED, started_at=None)


def kept_of(test_sets: QuerySet[Any]) -> QuerySet[Export]:
    """Ended exports of these sets whose files are kept here."""
    ended = [Export.State.FINISHED, Export.State.FAILED]
    rows = Export.objects.filter(target=Export.Target.DOWNLOAD, state__in=ended, test_set__in=test_sets.values("pk"))
    return rows.exclude(state=Export.State.FAILED, started_at=None)


def copies_of(test_sets: QuerySet[Any]) -> list[str]:
    """Where else files of these sets may be, of exports that have ended or not: only people can remove them."""
    begun = Export.objects.filter(test_set__in=test_sets.values("pk"), started_at__isnull=False)
    return sorted({place for row in begun.exclude(target=Export.Target.DOWNLOAD) for place in targets.places_of(row)})


def remove(*, export: Export, now: datetime) -> None:
    """Remove the files of an export that has ended; first nobody can get them, then they go."""
    with transaction.atomic():
        row: Export = Export.objects.select_for_update(of=("self",)).get(pk=export.pk)
        if row.target != Export.Target.DOWNLOAD or row.is_open:
            raise CannotExport("Only the files of an export that is kept here, and has ended, can be removed.")
        row.pieces.all().delete()
        if row.state == Export.State.FINISHED:
            _end(row, Export.State.REMOVED, now, "")
        else:
            Export.objects.filter(pk=row.pk).update(started_at=None)  # tried again, it starts from the beginning
        transaction.on_commit(partial(targets.remove_kept, row.pk))


def so_far(export: Export) -> tuple[SoFar, dict[int, list[Written]]]:
    """What is written: altogether, and by the number of the piece."""
    together, by_number = SoFar(), {}
    for piece in export.pieces.filter(finished_at__isnull=False).order_by("number"):
        by_number[piece.number] = [Written(**each) for each in piece.files]
        together.files.update((each.name, each) for each in by_number[piece.number])
        together.num_images += piece.num_images
    return together, by_number


def names_of(export: Export) -> set[str]:
    """Of all files that were recorded, and of those that may have been begun."""
    rows = export.pieces.values_list("name", "files")
    return {name for name, _ in rows} | {each["name"] for _, files in rows for each in files}


def _existing(wanted: dict[str, Any]) -> Export | None:
    newest: Export | None = Export.objects.filter(**wanted).order_by("-id").first()
    if newest is None or newest.state == Export.State.REMOVED:
        return None
    is_over = newest.state == Export.State.FINISHED and newest.target != Export.Target.DOWNLOAD
    return None if is_over else newest


def _check_apart(address: str) -> None:
    """Refuse a place in a bucket that an open export lies in, or that lies in one's; asked for one after another."""
    if targets.kind_of(address) != Export.Target.BUCKET:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('places of exports in buckets'))")
    opened = Export.objects.filter(target=Export.Target.BUCKET, state=Export.State.OPEN).exclude(address=address)
    for other in opened.values_list("address", flat=True):
        if _overlap(address, other):
            raise _taken(other)


def _is_anothers_since(address: str, started_at: datetime) -> bool:
    """Whether another export found this place in a bucket free since then, so that what lies there now is its own."""
    others = Export.objects.filter(target=Export.Target.BUCKET, started_at__gt=started_at)
    return any(_overlap(address, other) for other in others.values_list("address", flat=True))


def _overlap(address: str, other: str) -> bool:
    return f"{address}/".startswith(f"{other}/") or f"{other}/".startswith(f"{address}/")


def _taken(address: str) -> CannotExport:
    place = f"to {address}" if address else "like this"
    return CannotExport(f"Another export {place} is open; wait until it has ended, or choose another place.")


def _change(held: Held, **changes: Any) -> None:
    mine = Export.objects.filter(pk=held.export.pk, consumer=held.consumer, state=Export.State.OPEN)
    if not mine.update(**changes):
        raise ExportLeaseLost(f"{held.export} was taken over by another consumer, or has ended.")


def _end(export: Export, state: Export.State, now: datetime, failure: str) -> None:
    Export.objects.filter(pk=export.pk).update(state=state, failure=failure, ended_at=now, lease_expires_at=None)


def _died(export: Export) -> str:
    return (
        f"It was begun {export.num_attempts} times and came no further; each time the consumer stopped "
        f"(last {export.consumer}). See that there is enough memory and space, then try again."
    )
