import csv
import json
import os
import shlex
import socket
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from annotation import collecting
from annotation.errors import AnnotationError, CannotCollect, CollectionLeaseLost, SourceBusy
from annotation.models import Candidate, Collection, Origin, Study
from annotation.spreadsheets import harmless

NUM_SHOWN = 20
SECONDS_BETWEEN_LINES = 1
MOST_OPTIONS_BYTES = 1024 * 1024
INTERRUPTED = 130


class Command(BaseCommand):
    help = (
        "Take in images from a folder per class, a manifest (path,class_id), a bucket (s3://BUCKET/PREFIX), WebDataset "
        "shards, a datasets folder or Flickr; run it again to resume."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--study", required=True, metavar="SLUG")
        parser.add_argument("--origin", choices=Origin.values, help="not needed with --resume")
        parser.add_argument("--report", type=Path, metavar="CSV", help="write every refused file and the reason here")
        parser.add_argument("--flickr", type=Path, metavar="OPTIONS.json", help="search Flickr for every class")
        parser.add_argument("--resume", type=int, metavar="ID", help="go on with this collection where it stands")
        parser.add_argument("address", nargs="?", metavar="FOLDER|MANIFEST|s3://BUCKET/PREFIX")

    def handle(self, *args: Any, **options: Any) -> None:
        study = Study.objects.filter(slug=options["study"]).first()
        if study is None:
            raise CommandError(f"There is no study {options['study']!r}; make it with create_study.")
        self._started = self._next_line_at = time.monotonic()
        with self._report_file(options["report"]) as file:
            try:
                held = self._claimed(self._asked(study, options))
            except AnnotationError as error:
                raise CommandError(str(error)) from error
            self._num_before = held.collection.num_read
            try:
                self._take_in(held)
            finally:
                held.collection.refresh_from_db()
                if file is not None:
                    _write_refusals(held.collection, file)
        self._summarise(held.collection, options["report"])

    def _asked(self, study: Study, options: dict[str, Any]) -> Collection:
        """The collection that the words of the command mean: a new one, or one that is not finished."""
        given = [name for name in ("address", "flickr", "resume") if options.get(name) is not None]
        if len(given) != 1:
            raise CommandError("Name one: a folder, manifest or bucket, or --flickr OPTIONS.json, or --resume ID.")
        if options["resume"] is not None:
            return self._resumed(study, options["resume"])
        if options["origin"] not in Origin.values:
            wrong = "" if options["origin"] is None else f" ({options['origin']!r} is an invalid choice)"
            raise CommandError(f"Say with --origin what the images are, {' or '.join(Origin.values)}{wrong}.")
        origin = Origin(options["origin"])
        if options["flickr"] is not None:
            wanted = collecting.searched(options=_read_options(options["flickr"]), origin=origin)
        else:
            wanted = collecting.named(address=str(options["address"]), origin=origin)
        before = collecting.unfinished(study=study, wanted=wanted)
        if before is not None:
            self._free_of_the_dead(before)
        row = collecting.request(study=study, wanted=wanted, now=timezone.now(), is_queued=False)
        if before is not None and row.num_read:
            self.stdout.write(f"Going on with collection {row.pk}, which has read {row.num_read:,} files so far.")
        return row

    def _resumed(self, study: Study, pk: int) -> Collection:
        row = study.collections.filter(pk=pk).first()
        if row is None:
            raise CommandError(f"The study has no collection {pk}; its page lists them.")
        self._free_of_the_dead(row)
        row = collecting.resume(collection=row, now=timezone.now(), is_queued=False)
        self.stdout.write(f"Going on with collection {row.pk}, which has read {row.num_read:,} files so far.")
        return row

    def _free_of_the_dead(self, row: Collection) -> None:
        """A command that was killed on this machine holds its lease; nobody need wait for its end."""
        host, _, pid = row.consumer.rpartition("-")
        if not row.is_queued and host == socket.gethostname() and pid.isdecimal() and not _is_alive(int(pid)):
            collecting.free(collection=row, consumer=row.consumer, now=timezone.now())

    def _claimed(self, row: Collection) -> collecting.Held:
        consumer = f"{socket.gethostname()}-{os.getpid()}"
        held = collecting.claim(collection=row, consumer=consumer, now=timezone.now())
        if held is None:
            row.refresh_from_db()
            if row.state == Collection.State.FAILED:
                raise CommandError(row.failure)
            raise CommandError(
                f"{row.consumer or 'Another consumer'} takes in collection {row.pk} now. Stop it on its page first, or "
                f"wait: if it was killed, the collection is free at {row.lease_expires_at:%H:%M:%S} UTC."
            )
        return held

    def _take_in(self, held: collecting.Held) -> None:
        """To the end, waiting where the source asks for it."""
        try:
            while not self._is_done(held):
                pass
        except CollectionLeaseLost as lost:  # so it is not for this command to fail
            raise CommandError(str(lost)) from lost
        except AnnotationError as error:
            collecting.fail(held=held, reason=str(error), now=timezone.now())
            raise CommandError(f"{error} Once the cause is gone, go on with: {self._resume_words(held)}") from error
        except KeyboardInterrupt as stopped:
            row = collecting.stop(collection=held.collection, now=timezone.now())
            self.stdout.write(f"Stopped after {row.num_read:,} files. Go on with: {self._resume_words(held)}")
            raise SystemExit(INTERRUPTED) from stopped
        except Exception:
            collecting.stop(collection=held.collection, now=timezone.now(), reason="The command broke off.")
            self.stderr.write(f"What was taken in is kept. Go on with: {self._resume_words(held)}")
            raise

    def _is_done(self, held: collecting.Held) -> bool:
        try:
            return collecting.run(held=held, clock=timezone.now, on_chunk=self._show_progress)
        except SourceBusy as busy:
            at = collecting.put_off(held=held, reason=str(busy), seconds=busy.seconds, now=timezone.now())
            if at is None:
                held.collection.refresh_from_db()
                raise CommandError(f"{held.collection.failure} Go on with: {self._resume_words(held)}") from busy
            self.stdout.write(f"{busy} Going on at {at:%H:%M:%S} UTC.")
            time.sleep(max((at - timezone.now()).total_seconds(), 0.0))
            again = collecting.claim(collection=held.collection, consumer=held.consumer, now=timezone.now())
            if again is None:
                raise CollectionLeaseLost(
                    "The collection was stopped meanwhile, or somebody else takes it in."
                ) from busy
            held.collection.refresh_from_db()
            return False

    def _resume_words(self, held: collecting.Held) -> str:
        slug = held.collection.study.slug
        return shlex.join(["import_images", "--study", slug, "--resume", str(held.collection.pk)])

    def _report_file(self, path: Path | None) -> Any:
        """Opened before the work begins: better to fail now than after an hour."""
        try:
            return nullcontext() if path is None else Path(path).open("w", encoding="utf-8", newline="")
        except OSError as error:
            raise CommandError(f"The report can't be written to {path}: {error.strerror}.") from error

    def _show_progress(self, row: Collection) -> None:
        now = time.monotonic()
        if now < self._next_line_at:
            return
        self._next_line_at = now + SECONDS_BETWEEN_LINES
        rate = (row.num_read - self._num_before) / max(now - self._started, 0.001)
        of = f" of {row.num_expected:,}" if row.num_expected else ""
        left = max((row.num_expected or 0) - row.num_read, 0) / rate if rate else 0
        minutes, seconds = divmod(round(left), 60)
        remaining = f", {minutes // 60}:{minutes % 60:02d}:{seconds:02d} left" if row.num_expected else ""
        self.stdout.write(f"  {row.num_read:,}{of} files read, {rate:,.0f} per second{remaining}")

    def _summarise(self, row: Collection, path: Path | None) -> None:
        for refusal in row.refusals.all()[:NUM_SHOWN]:
            self.stdout.write(self.style.WARNING(f"  refused {refusal.source}: {refusal.reason}"))
        num_hidden = row.num_refused - NUM_SHOWN
        if num_hidden > 0:
            where = f"all are in {path}" if path else "name a file with --report to get them all"
            self.stdout.write(self.style.WARNING(f"  ... and {num_hidden:,} more; {where}"))
        self.stdout.write(
            f"{row.num_read:,} files: {row.num_created + row.num_supplied:,} imported, "
            f"{row.num_existing:,} were there already, {row.num_refused:,} refused."
        )
        if row.num_supplied:
            self.stdout.write(f"  {row.num_supplied:,} are the pictures of candidates that had none.")
        if row.num_read == row.num_refused:
            raise CommandError(f"Nothing was imported: {_nothing(row)}.")
        self._warn_of_empty_classes(row.study, Origin(row.origin))

    def _warn_of_empty_classes(self, study: Study, origin: Origin) -> None:
        included = Candidate.objects.filter(study=study, origin=origin).included()
        empty = study.target_classes.exclude(pk__in=included.values("target_class"))
        for row in empty[:NUM_SHOWN]:
            self.stdout.write(self.style.WARNING(f"Warning: class {row.class_id} ({row.name}) has no {origin} images."))
        if empty.count() > NUM_SHOWN:
            self.stdout.write(self.style.WARNING(f"Warning: so have {empty.count() - NUM_SHOWN:,} more classes."))


def _is_alive(pid: int) -> bool:
    """Whether another process has this number; if it is this one's own, whoever had it before is dead."""
    if pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _read_options(path: Path) -> dict[str, Any]:
    try:
        with Path(path).open("rb") as file:
            told = json.loads(file.read(MOST_OPTIONS_BYTES))
    except (OSError, ValueError, RecursionError) as error:
        raise CannotCollect(f"The options of Flickr can't be read from {path}: {error}.") from error
    if not isinstance(told, dict):
        raise CannotCollect(f'{path} holds no JSON object such as {{"per_query": 100}}.')
    return told


def _write_refusals(row: Collection, file: TextIO) -> None:
    rows = csv.writer(file)
    rows.writerow(["source", "reason"])
    refused = row.refusals.values_list("source", "reason").iterator()
    rows.writerows([harmless(cell) for cell in cells] for cells in refused)  # names are whatever a disk can hold


def _nothing(row: Collection) -> str:
    if row.num_refused:
        return f"all {row.num_refused:,} were refused, for the reasons above"
    return "there are no files"
