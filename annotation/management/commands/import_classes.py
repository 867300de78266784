from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from annotation import studies
from annotation.errors import AnnotationError
from annotation.models import Study
from annotation.sources.base import printable
from annotation.sources.classes import Given, WordNet, read_classes, read_confusion, read_nearest, read_pages

NUM_SHOWN = 20
BY_WORDNET = "wordnet"


class Command(BaseCommand):
    help = "Add classes to a study from a list, and complete those it has: names, definitions, pages, nearest classes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--study", required=True, metavar="SLUG")
        parser.add_argument(
            "path",
            nargs="?",
            type=Path,
            metavar="FILE|FOLDER",
            help="CSV or JSON with class_id and name; class_info.json as ImageNet's; .txt with an id a line; a folder "
            "per class. Without one, only the classes that are there are completed",
        )
        parser.add_argument(
            "--wordnet",
            type=Path,
            metavar="FOLDER",
            help="a WordNet 3.0 database (Debian's wordnet-base: /usr/share/wordnet), for classes whose id is a wnid",
        )
        parser.add_argument("--pages", type=Path, metavar="FILE", help="JSON: for each class id a list of addresses")
        nearest = parser.add_mutually_exclusive_group()
        nearest.add_argument(
            "--nearest",
            metavar=f"FILE|{BY_WORDNET}",
            help=f"JSON: for each class id a list of others, the nearest first; or {BY_WORDNET}, by path similarity",
        )
        nearest.add_argument(
            "--confusion",
            type=Path,
            metavar="FILE",
            help="CSV: a row for each true class, a column for each predicted one",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        study = Study.objects.filter(slug=options["study"]).first()
        if study is None:
            raise CommandError(f"There is no study {options['study']!r}; make it with create_study.")
        try:
            with transaction.atomic():
                for what, report in self._reports(study, options):
                    self._tell(what, report)
        except AnnotationError as error:
            raise CommandError(f"Nothing was changed. {printable(str(error))}") from error
        self.stdout.write(self.style.SUCCESS(f"Study {study.slug} has {study.target_classes.count():,} classes."))

    def _reports(self, study: Study, options: dict[str, Any]) -> Sequence[tuple[str, studies.ImportReport]]:
        """What each part did, in the order in which a later one completes an earlier."""
        path, pages, nearest, confusion = (options[name] for name in ("path", "pages", "nearest", "confusion"))
        if not (path or options["wordnet"] or pages or nearest or confusion):
            raise CommandError("Name a list of classes, or what is to complete the classes: see --help.")
        if nearest == BY_WORDNET and not options["wordnet"]:
            raise CommandError("Say with --wordnet where the WordNet database is.")
        reports = []
        if path:
            records = read_classes(Given.at(Path(path)))
            reports.append(("List", studies.import_classes(study=study, records=records)))
        if pages:
            reports.append(("Pages", studies.import_pages(study=study, pages=read_pages(Given.at(Path(pages))))))
        if options["wordnet"]:
            with WordNet(Path(options["wordnet"])) as wordnet:
                reports.append(("WordNet", studies.complete_from_wordnet(study=study, wordnet=wordnet)))
                if nearest == BY_WORDNET:
                    reports.append(("Nearest", studies.nearest_by_wordnet(study=study, wordnet=wordnet)))
        if nearest and nearest != BY_WORDNET:
            listed = read_nearest(Given.at(Path(nearest)))
            reports.append(("Nearest", studies.import_nearest(study=study, nearest=listed)))
        elif confusion:
            counted = read_confusion(Given.at(Path(confusion)))
            reports.append(("Confusion", studies.import_nearest(study=study, nearest=counted)))
        return reports

    def _tell(self, what: str, report: studies.ImportReport) -> None:
        self.stdout.write(f"{what}: {report.summary}")
        for note in report.notes[:NUM_SHOWN]:
            self.stdout.write(self.style.WARNING(f"  {printable(note)}"))
        if len(report.notes) > NUM_SHOWN:
            self.stdout.write(self.style.WARNING(f"  ... and {len(report.notes) - NUM_SHOWN:,} notes more."))
