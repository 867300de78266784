from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from annotation.models import Study
from evaluation import runs
from evaluation.errors import EvaluationError
from evaluation.models import Run


class Command(BaseCommand):
    help = "End runs of a study that are open, without a result; their consumers stop within seconds."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--study", required=True, metavar="SLUG")
        parser.add_argument("--classifier", metavar="NAME", help="Only its runs.")
        parser.add_argument("--run", type=int, action="append", default=[], metavar="ID", help="Only these runs.")

    def handle(self, *args: Any, **options: Any) -> None:
        study = Study.objects.filter(slug=options["study"]).first()
        if study is None:
            raise CommandError(f"There is no study {options['study']!r}.")
        asked = Run.objects.filter(classifier__study=study).select_related("classifier", "test_set__study")
        if options["run"]:
            asked = asked.filter(pk__in=options["run"])
            if unknown := sorted(set(options["run"]) - set(asked.values_list("pk", flat=True))):
                raise CommandError(f"{study.slug} has no run {', '.join(map(str, unknown))}.")
        else:
            asked = asked.filter(state=Run.State.OPEN)
        if options["classifier"]:
            asked = asked.filter(classifier__name=options["classifier"])
        num_cancelled = 0
        for run in asked:
            try:
                runs.cancel(run=run, now=timezone.now())
            except EvaluationError as error:
                if options["run"]:
                    raise CommandError(str(error)) from error
                continue  # it has ended meanwhile
            num_cancelled += 1
        self.stdout.write(f"{num_cancelled} runs cancelled.")
