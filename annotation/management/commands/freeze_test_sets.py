from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from annotation import testsets
from annotation.errors import AnnotationError
from annotation.models import Study, TestSet


class Command(BaseCommand):
    help = "Freeze the latest revision of each test set of a study; nothing changes them afterwards."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--study", required=True, metavar="SLUG")

    def handle(self, *args: Any, **options: Any) -> None:
        study = Study.objects.filter(slug=options["study"]).first()
        if study is None:
            raise CommandError(f"There is no study {options['study']!r}.")
        test_sets = TestSet.objects.filter(study=study).current()
        if not test_sets:
            raise CommandError(f"{study} has no test sets; build them with build_test_sets.")
        refused = [reason for each in test_sets if (reason := self._freeze(each))]
        if refused:
            raise CommandError("\n".join(refused))

    def _freeze(self, test_set: TestSet) -> str | None:
        """Freeze one set; a refusal comes back as text, so that the others are still frozen."""
        try:
            frozen = testsets.freeze(test_set=test_set, now=timezone.now())
        except AnnotationError as error:
            return str(error)
        self.stdout.write(f"{frozen}: frozen, sha256 {frozen.content_sha256}")
        return None
