import csv
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import timezone

from annotation import judgements
from annotation.errors import AnnotationError
from annotation.judgements import How, Import, ImportReport, Reading, Refusals
from annotation.models import HIT, Assignment, Batch, Candidate, Grid, Origin, Study, TargetClass, Worker
from annotation.sources.base import printable
from annotation.sources.judgements import Columns, read_judgements

NUM_LABELS_SHOWN = 10
SECONDS_BETWEEN_LINES = 1
MAX_NAME = 80
FILLED = (TargetClass, Candidate, Worker, Grid, Batch, HIT, Assignment)


class Command(BaseCommand):
    help = (
        "Take in judgements made with another tool: a CSV (perhaps compressed) or parquet table with a row for each, "
        "of worker, image, target_class and selected, or of task, worker and label. Run again, it adds what is new."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--study", required=True, metavar="SLUG")
        columns = parser.add_argument_group("columns", "what they are called in the table; others are passed over")
        columns.add_argument("--worker-column", default="", metavar="NAME", help="default: worker")
        columns.add_argument(
            "--image-column",
            default="",
            metavar="NAME",
            help="name, path, SHA-256 or candidate id of the image; default: image, or else task",
        )
        columns.add_argument(
            "--class-column",
            default="",
            metavar="NAME",
            help="id or name of the class asked about; default: target_class, or else the class of the candidate",
        )
        columns.add_argument("--selected-column", default="", metavar="NAME", help="default: selected, or else label")
        columns.add_argument("--origin-column", default="", metavar="NAME", help="whether it is an original image")
        columns.add_argument("--time-column", default="", metavar="NAME", help="default: submitted_at")
        cells = parser.add_argument_group("cells")
        cells.add_argument(
            "--selected-value",
            action="append",
            default=[],
            metavar="LABEL",
            help="a label that says selected; all others then say not selected. Without: yes/no, true/false, 1/0",
        )
        cells.add_argument(
            "--unselected-value",
            action="append",
            default=[],
            metavar="LABEL",
            help="a label that says not selected; what is neither is then refused",
        )
        cells.add_argument("--origin", choices=Origin.values, help="of all images of the table")
        cells.add_argument(
            "--original-value",
            action="append",
            default=[],
            metavar="VALUE",
            help="what the origin column says of originals; without: original or pool",
        )
        parser.add_argument(
            "--create-candidates", action="store_true", help="make candidates without a picture of unknown images"
        )
        parser.add_argument("--create-classes", action="store_true", help="make unknown classes, named by their ids")
        parser.add_argument("--all-or-nothing", action="store_true", help="import nothing where a row is refused")
        parser.add_argument(
            "--workers-from",
            metavar="NAME",
            help="where worker ids are unique: tables with the same name mean the same people; default: the study",
        )
        parser.add_argument("--simulated", action="store_true", help="mark the judgements as simulated")
        parser.add_argument("--refused", type=Path, metavar="CSV", help="write every refused line and the reason here")
        parser.add_argument("path", type=Path, metavar="TABLE")

    def handle(self, *args: Any, **options: Any) -> None:
        study = Study.objects.filter(slug=options["study"]).first()
        if study is None:
            raise CommandError(f"There is no study {options['study']!r}; make it with create_study.")
        how = _how(study, options)
        self._started = self._next_line_at = time.monotonic()
        with self._file(options["refused"]) as file:
            write = None if file is None else csv.writer(file).writerow
            if write is not None:
                write(["line", "reason"])
            refusals = Refusals(None if write is None else lambda line, reason: write([line, printable(reason)]))
            report = ImportReport(refusals)
            try:
                rows = read_judgements(Path(options["path"]), _columns(options))
                this = Import(study, how, timezone.now(), report, self._show_progress)
                judgements.take_in(rows, this=this)
            except AnnotationError as error:
                self._show_refusals(report, options["refused"])
                raise CommandError(str(error)) from error
        self._show_refusals(report, options["refused"])
        if report.num_taken:
            _analyze()
        self._summarise(report)

    def _file(self, path: Path | None) -> Any:
        """Opened before the work begins: better to fail now than after an hour."""
        try:
            return nullcontext() if path is None else Path(path).open("w", encoding="utf-8", newline="")
        except OSError as error:
            raise CommandError(f"The refused rows can't be written to {path}: {error.strerror}.") from error

    def _show_progress(self, report: ImportReport) -> None:
        now = time.monotonic()
        if now < self._next_line_at:
            return
        self._next_line_at = now + SECONDS_BETWEEN_LINES
        seconds = max(now - self._started, 0.001)
        taken = f", {report.num_taken:,} judgements taken" if report.num_taken else ""
        self.stdout.write(f"  {report.num_read:,} rows read{taken}, {report.num_read / seconds:,.0f} rows per second")

    def _show_refusals(self, report: ImportReport, path: Path | None) -> None:
        refusals = report.refusals
        for row in refusals.first:
            self.stdout.write(self.style.WARNING(f"  refused line {row.line:,}: {printable(row.reason)}"))
        if refusals.num > len(refusals.first):
            where = f"all are in {path}" if path else "name a file with --refused to get them all"
            num_hidden = refusals.num - len(refusals.first)
            self.stdout.write(self.style.WARNING(f"  ... and {num_hidden:,} more; {where}"))

    def _summarise(self, report: ImportReport) -> None:
        for label, is_selected, num in report.labels[:NUM_LABELS_SHOWN]:
            self.stdout.write(
                f"  {printable(label)!r} is {'selected' if is_selected else 'not selected'}: {num:,} rows"
            )
        self.stdout.write(
            f"{report.num_read:,} rows: {report.num_taken:,} judgements taken, "
            f"{report.num_existing:,} were there already, {report.num_repeated:,} said the same again, "
            f"{report.refusals.num:,} refused."
        )
        if report.num_read == report.refusals.num:
            raise CommandError("Nothing was imported: " + ("every row was refused." if report.num_read else "no rows."))
        if not report.num_taken:
            self.stdout.write("Nothing has changed.")
            return
        made = {
            "classes": report.num_new_classes,
            "candidates without a picture": report.num_new_candidates,
            "grids": report.num_new_grids,
        }
        new = "".join(f"; {num:,} new {what}" for what, num in made.items() if num)
        self.stdout.write(
            f"They are {report.num_assignments:,} assignments of {report.num_workers:,} workers in a closed batch{new}."
        )
        self.stdout.write("recompute_frequencies counts them, and so does the queue by itself.")


def _analyze() -> None:
    """Tell the database what has come, after all is committed: until it looks by itself, its plans are for the tables
    as they were, and pages take many times as long."""
    with connection.cursor() as cursor:
        for table in FILLED:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(table._meta.db_table)}")


def _columns(options: dict[str, Any]) -> Columns:
    return Columns(
        worker=options["worker_column"],
        image=options["image_column"],
        target_class=options["class_column"],
        selected=options["selected_column"],
        origin=options["origin_column"],
        submitted_at=options["time_column"],
    )


def _how(study: Study, options: dict[str, Any]) -> How:
    if options["origin"] and options["origin_column"]:
        raise CommandError("Give --origin or --origin-column, not both.")
    if options["original_value"] and not options["origin_column"]:
        raise CommandError("--original-value says what stands in the origin column: name it with --origin-column.")
    workers_from = (options["workers_from"] or study.slug).strip()
    # A slash divides it from the id: it could not be told where one ends.
    if not 1 <= len(workers_from) <= MAX_NAME or printable(workers_from) != workers_from or "/" in workers_from:
        raise CommandError(f"--workers-from takes a name of 1 to {MAX_NAME} plain characters without a slash.")
    reading = Reading(
        selected=frozenset(options["selected_value"]),
        not_selected=frozenset(options["unselected_value"]),
        origin=Origin(options["origin"]) if options["origin"] else None,
        original=frozenset(options["original_value"]),
    )
    return How(
        imported_from=printable(Path(options["path"]).name)[:200],
        workers_from=workers_from,
        reading=reading,
        create_candidates=options["create_candidates"],
        create_classes=options["create_classes"],
        all_or_nothing=options["all_or_nothing"],
        is_simulated=options["simulated"],
    )
