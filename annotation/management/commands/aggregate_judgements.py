import csv
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from annotation import quality
from annotation.errors import AnnotationError
from annotation.models import Study

COLUMNS = ["candidate", "target_class", "num_selected", "num_seen", "frequency", "posterior"]


class Command(BaseCommand):
    help = "Write each candidate's counts beside what a model of annotation makes of the judgements, as CSV."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--study", required=True, metavar="SLUG")
        parser.add_argument("--model", choices=sorted(quality.MODELS), default="two_coin", help="Default: %(default)s.")
        parser.add_argument("--output", required=True, type=Path, metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        study = Study.objects.filter(slug=options["study"]).first()
        if study is None:
            raise CommandError(f"There is no study {options['study']!r}; see create_study.")
        class_ids = dict(study.target_classes.values_list("pk", "class_id"))
        try:
            rows = list(quality.aggregate(study=study, model=options["model"], now=timezone.now()))
        except AnnotationError as error:
            raise CommandError(str(error)) from error
        with options["output"].open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            for row in rows:
                counts = [row.num_selected, row.num_seen, row.num_selected / row.num_seen]
                writer.writerow([row.candidate_id, class_ids[row.target_class_id], *counts, row.posterior])
        self.stdout.write(f"{len(rows):,} candidates by {options['model']}: {options['output']}")
