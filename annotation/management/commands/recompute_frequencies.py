from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from annotation import frequencies
from annotation.models import Study


class Command(BaseCommand):
    help = "Count the selection frequencies of a study again, from its judgements."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--study", required=True, metavar="SLUG")

    def handle(self, *args: Any, **options: Any) -> None:
        study = Study.objects.filter(slug=options["study"]).first()
        if study is None:
            raise CommandError(f"There is no study {options['study']!r}; see create_study.")
        now = timezone.now()
        for target_class, counted in frequencies.recompute_study(study=study, now=now).items():
            self.stdout.write(f"{target_class.name}: {counted} assignments counted")
        for fit in frequencies.fit_mixtures(study=study, now=now):
            self.stdout.write(f"{fit.judgement_filter}: {fit} fitted")
