import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotation.errors import AnnotationError
from annotation.models import Study
from annotation.sources.base import printable
from evaluation import embeddings
from evaluation.errors import EvaluationError
from evaluation.models import Classifier

NUM_SHOWN = 20
SECONDS_BETWEEN_LINES = 1


class Command(BaseCommand):
    help = "Compare the images of near-duplicate pairs by the features of a registered ONNX classifier."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--study", required=True, metavar="SLUG")
        parser.add_argument("--classifier", required=True, metavar="NAME")

    def handle(self, *args: Any, **options: Any) -> None:
        study = Study.objects.filter(slug=options["study"]).first()
        if study is None:
            raise CommandError(f"There is no study {options['study']!r}.")
        classifier = Classifier.objects.filter(study=study, name=options["classifier"]).first()
        if classifier is None:
            raise CommandError(
                f"The study has no classifier {options['classifier']!r}; register it with register_classifier."
            )
        self._next_line_at = 0.0
        try:
            report = embeddings.embed_duplicates(study=study, classifier=classifier, on_progress=self._show)
        except (AnnotationError, EvaluationError) as error:
            raise CommandError(str(error)) from error
        for reason in list(report.lost.values())[:NUM_SHOWN]:
            self.stdout.write(self.style.WARNING(f"  {printable(reason)}"))
        if len(report.lost) > NUM_SHOWN:
            self.stdout.write(self.style.WARNING(f"  ... and {len(report.lost) - NUM_SHOWN:,} more"))
        self.stdout.write(f"{report.num_measured:,} pairs have an embedding distance by {classifier.name} now.")
        if report.lost:
            raise CommandError(
                f"{report.num_lacking:,} pairs have none, as the pictures of {len(report.lost):,} candidates could not "
                "be read; import them again, and run this again."
            )

    def _show(self, num_done: int, num_wanted: int) -> None:
        if time.monotonic() >= self._next_line_at:
            self._next_line_at = time.monotonic() + SECONDS_BETWEEN_LINES
            self.stdout.write(f"  {num_done:,} of {num_wanted:,} pairs")
