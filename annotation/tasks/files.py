"""Files: contact sheets of grids, and exports."""

import logging
import os
import socket
import time
import uuid
from collections.abc import Iterable
from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from annotation import exports, grids, takedowns
from annotation.errors import AnnotationError, ExportLeaseLost, MissingContent
from annotation.models import Export, Grid
from annotation.tasks.asking import ask_once, is_overtaken, or_swept

logger = logging.getLogger(__name__)

NUM_ENQUEUED = 2000  # grids that one request asks contact sheets for; the sweep finds the others
NUM_SWEPT = 100
SECONDS_TO_WRITE = 20  # that one message writes an export for: what else waits for the consumer gets its turn
RETRY_EXPORT_AFTER = timedelta(seconds=30)


def enqueue_contact_sheets(grid_ids: Iterable[int]) -> None:
    """Ask for the contact sheets of new grids; who looks at a grid before they are made gets them on demand."""
    with or_swept("contact sheets wait for the sweep"):
        for grid_id in list(grid_ids)[:NUM_ENQUEUED]:
            make_contact_sheets.delay(grid_id)


def enqueue_export(export_id: int) -> None:
    """Ask for an export to be written; with Redis away it waits for the sweep."""
    with or_swept(f"export {export_id} waits for the sweep"):
        ask_once(write_export, export_id)


@shared_task(name="annotation.tasks.make_contact_sheets")
def make_contact_sheets(grid_id: int) -> None:
    """Make the sheets of one grid, unless that was done."""
    grid = Grid.objects.filter(pk=grid_id).first()
    if grid is not None and not grid.sheets:
        grids.make_sheets(grid=grid)


@shared_task(name="annotation.tasks.sweep_contact_sheets")
def sweep_contact_sheets() -> None:
    """Make the sheets of grids that lost their message; newest first, as work goes on there."""
    for grid in Grid.objects.filter(sheets=[]).with_pictures().order_by("-id")[:NUM_SWEPT]:
        try:
            grids.make_sheets(grid=grid)
        except MissingContent as error:
            logger.warning("grid %d has no contact sheets: %s", grid.pk, error)


@shared_task(name="annotation.tasks.write_export")
def write_export(export_id: int) -> None:
    """Write some pieces of an export, then make place for others; what a command writes is left to commands."""
    if is_overtaken(write_export, export_id):
        return
    export = Export.objects.filter(pk=export_id, target__in=exports.QUEUED).first()
    consumer = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    held = exports.claim(export=export, consumer=consumer, now=timezone.now()) if export else None
    if held is None:
        return
    try:
        if not _go_on(held):
            enqueue_export(export_id)
    except ExportLeaseLost as lost:
        logger.warning("%s", lost)


@shared_task(name="annotation.tasks.sweep_exports")
def sweep_exports() -> None:
    """Go on with exports whose message got lost, or whose consumer died; those of commands end, in time."""
    exports.end_abandoned(now=timezone.now())
    waiting = exports.claimable(now=timezone.now()).filter(target__in=exports.QUEUED)
    for export_id in waiting.order_by("pk").values_list("pk", flat=True):
        enqueue_export(export_id)


@shared_task(name="annotation.tasks.remove_old_exports")
def remove_old_exports() -> None:
    """Remove the files of exports that nobody has to download any more, and what is left of pictures taken down."""
    now = timezone.now()
    takedowns.remove_files(now=now)
    for export in exports.outdated(now=now).order_by("pk"):
        exports.remove(export=export, now=now)


def _go_on(held: exports.Held) -> bool:
    """Whether the export has ended; one that the world was in the way of is tried again a little later."""
    deadline = time.monotonic() + SECONDS_TO_WRITE
    try:
        rules = exports.Rules(is_time_up=lambda: time.monotonic() > deadline)
        has_ended = exports.write(held=held, clock=timezone.now, rules=rules)
    except ExportLeaseLost:
        raise
    except AnnotationError as error:
        exports.fail(held=held, reason=str(error), now=timezone.now())
        return True
    except Exception as error:
        logger.exception("writing %s failed", held.export)
        _try_later(held, error)
        return True
    if not has_ended:
        exports.release(held=held, now=timezone.now())
    return has_ended


def _try_later(held: exports.Held, error: Exception) -> None:
    """Give the export back to the sweep, or fail it when that was done often enough."""
    now = timezone.now()
    if held.export.num_attempts >= exports.MAX_ATTEMPTS:
        exports.fail(held=held, reason=f"{error} (tried {held.export.num_attempts} times)", now=now)
    else:
        exports.release(held=held, now=now, retry_after=RETRY_EXPORT_AFTER)
