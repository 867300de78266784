import csv
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from annotation import candidates
from annotation.candidates import IngestReport
from annotation.errors import AnnotationError
from annotation.models import Candidate, Origin, Study
from annotation.sources import open_source
from annotation.sources.base import printable

NUM_SHOWN = 20
SECONDS_BETWEEN_LINES = 1


class Command(BaseCommand):
    help = "Take in images from a folder per class or a CSV manifest (path,class_id); run it again to resume."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--study", required=True, metavar="SLUG")
        parser.add_argument("--origin", required=True, choices=Origin.values)
        parser.add_argument("--report", type=Path, metavar="CSV", help="write every refused file and the reason here")
        parser.add_argument("path", type=Path, metavar="FOLDER|MANIFEST.csv")

    def handle(self, *args: Any, **options: Any) -> None:
        study = Study.objects.filter(slug=options["study"]).first()
        if study is None:
            raise CommandError(f"There is no study {options['study']!r}; make it with create_study.")
        origin = Origin(options["origin"])
        self._started = self._next_line_at = time.monotonic()
        with self._report_file(options["report"]) as file:
            report = self._ingest(study, origin, Path(options["path"]))
            if file is not None:
                _write_refusals(report, file)
        self._summarise(report, options["report"])
        if report.num_read == len(report.refusals):
            raise CommandError(f"Nothing was imported: {_nothing(report)}.")
        self._warn_of_empty_classes(study, origin)

    def _ingest(self, study: Study, origin: Origin, path: Path) -> IngestReport:
        try:
            return candidates.ingest(
                study=study,
                origin=origin,
                records=open_source(path),
                now=timezone.now(),
                on_progress=self._show_progress,
            )
        except AnnotationError as error:
            raise CommandError(str(error)) from error

    def _report_file(self, path: Path | None) -> Any:
        """Opened before the work begins: better to fail now than after an hour."""
        try:
            return nullcontext() if path is None else Path(path).open("w", encoding="utf-8", newline="")
        except OSError as error:
            raise CommandError(f"The report can't be written to {path}: {error.strerror}.") from error

    def _show_progress(self, report: IngestReport) -> None:
        now = time.monotonic()
        if now < self._next_line_at:
            return
        self._next_line_at = now + SECONDS_BETWEEN_LINES
        rate = report.num_read / max(now - self._started, 0.001)
        self.stdout.write(f"  {report.num_read:,} files read, {rate:,.0f} per second")

    def _summarise(self, report: IngestReport, path: Path | None) -> None:
        for refusal in report.refusals[:NUM_SHOWN]:
            self.stdout.write(self.style.WARNING(f"  refused {refusal.source}: {printable(refusal.reason)}"))
        num_hidden = len(report.refusals) - NUM_SHOWN
        if num_hidden > 0:
            where = f"all are in {path}" if path else "name a file with --report to get them all"
            self.stdout.write(self.style.WARNING(f"  ... and {num_hidden:,} more; {where}"))
        self.stdout.write(
            f"{report.num_read:,} files: {report.num_created + report.num_supplied:,} imported, "
            f"{report.num_existing:,} were there already, {len(report.refusals):,} refused."
        )
        if report.num_supplied:
            self.stdout.write(f"  {report.num_supplied:,} are the pictures of candidates that had none.")

    def _warn_of_empty_classes(self, study: Study, origin: Origin) -> None:
        included = Candidate.objects.filter(study=study, origin=origin).included()
        empty = study.target_classes.exclude(pk__in=included.values("target_class"))
        for row in empty[:NUM_SHOWN]:
            self.stdout.write(self.style.WARNING(f"Warning: class {row.class_id} ({row.name}) has no {origin} images."))
        if empty.count() > NUM_SHOWN:
            self.stdout.write(self.style.WARNING(f"Warning: so have {empty.count() - NUM_SHOWN:,} more classes."))


def _write_refusals(report: IngestReport, file: TextIO) -> None:
    rows = csv.writer(file)
    rows.writerow(["source", "reason"])
    rows.writerows((refusal.source, printable(refusal.reason)) for refusal in report.refusals)


def _nothing(report: IngestReport) -> str:
    if report.refusals:
        return f"all {len(report.refusals):,} were refused, for the reasons above"
    return "there are no files"
