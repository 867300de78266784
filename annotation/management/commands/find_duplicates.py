import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from annotation import duplicates
from annotation.duplicates import ReferenceReport
from annotation.errors import AnnotationError
from annotation.models import DuplicateSearch, Study
from annotation.sources.base import printable, provenance
from annotation.sources.references import open_references

NUM_SHOWN = 20
SECONDS_BETWEEN_LINES = 1


class Command(BaseCommand):
    help = "Find images of the pool that look like another, like an original or like a reference image."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--study", required=True, metavar="SLUG")
        parser.add_argument(
            "--reference", type=Path, metavar="FOLDER|TABLE.csv",
            help="first sign these images, such as a training set; a table has the columns name, hash, signature",
        )  # fmt: skip
        parser.add_argument(
            "--max-distance", type=int, default=duplicates.STANDARD_DISTANCE, metavar="BITS",
            choices=range(duplicates.MAX_DISTANCE + 1),
            help=f"in which two hashes may differ, 0 to {duplicates.MAX_DISTANCE}; {duplicates.STANDARD_DISTANCE} "
            "unless told",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        study = Study.objects.filter(slug=options["study"]).first()
        if study is None:
            raise CommandError(f"There is no study {options['study']!r}; make it with create_study.")
        self._next_line_at = 0.0
        try:
            if options["reference"] is not None:
                self._add_references(study, Path(options["reference"]))
            duplicates.request(study=study, max_distance=options["max_distance"], now=timezone.now())
            search = duplicates.search(study=study, now=timezone.now(), on_progress=self._show_search)
        except AnnotationError as error:
            raise CommandError(str(error)) from error
        self._summarise(study, search)

    def _add_references(self, study: Study, path: Path) -> None:
        report = duplicates.add_references(
            study=study,
            source=provenance(str(path.resolve())),
            references=open_references(path),
            on_progress=self._show_references,
        )
        for refusal in report.refusals[:NUM_SHOWN]:
            line = f"  refused {printable(refusal.source)}: {printable(refusal.reason)}"
            self.stdout.write(self.style.WARNING(line))
        if report.num_refused > NUM_SHOWN:
            self.stdout.write(self.style.WARNING(f"  ... and {report.num_refused - NUM_SHOWN:,} more"))
        self.stdout.write(
            f"{report.num_read:,} reference images: {report.num_added:,} signed, {report.num_existing:,} were there "
            f"already, {report.num_refused:,} refused."
        )
        if report.num_namesakes:
            self.stdout.write(
                f"{report.num_namesakes:,} of them have the name of another one that is there; both take part."
            )
        if report.num_unchecked:
            self.stdout.write(
                self.style.WARNING(
                    f"{report.num_unchecked:,} of them came with a hash alone. If another tool has made it, they find "
                    "nothing, or what is not alike, and nobody can tell: give the signatures too, or a folder."
                )
            )

    def _show_references(self, report: ReferenceReport) -> None:
        self._line(f"  {report.num_read:,} reference images read")

    def _show_search(self, row: DuplicateSearch) -> None:
        self._line(f"  {row.step}: {row.num_done:,} of {row.num_wanted:,}")

    def _line(self, text: str) -> None:
        if time.monotonic() >= self._next_line_at:
            self._next_line_at = time.monotonic() + SECONDS_BETWEEN_LINES
            self.stdout.write(text)

    def _summarise(self, study: Study, search: DuplicateSearch) -> None:
        pairs = study.duplicate_pairs.concerning()
        num_pairs, num_waiting = pairs.count(), pairs.undecided().count()
        noun = "pair" if num_pairs == 1 else "pairs"
        self.stdout.write(
            f"{search.num_images:,} images compared: {num_pairs:,} {noun} within {search.max_distance} bits, "
            f"{num_waiting:,} of them to be looked at."
        )
        if search.num_unreadable:
            lost = f"{search.num_unreadable:,} images could not be signed: their files are lost. Import them again."
            self.stdout.write(self.style.WARNING(lost))
        if num_waiting:
            self.stdout.write(f"Look at them on the study's page: /studies/{study.slug}/duplicates/")
