from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotation.errors import AnnotationError
from annotation.exports import EXPORTS
from annotation.models import TestSet

STEP = 1000


class Command(BaseCommand):
    help = "Write a frozen test set to a new folder or archive."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("citation", help="such as digits-twin/calibrated@r1")
        parser.add_argument("target", type=Path, help="a new folder, or a file ending in .tar, .tar.gz or .zip")
        parser.add_argument("--layout", choices=sorted(EXPORTS), default="imagefolder")

    def handle(self, *args: Any, **options: Any) -> None:
        test_set = TestSet.objects.cited(options["citation"]).select_related("study").first()
        if test_set is None:
            raise CommandError(
                f"There is no test set {options['citation']!r}; a citation looks like digits-twin/calibrated@r1."
            )
        export = EXPORTS[options["layout"]]
        try:
            report = export(test_set=test_set, target=options["target"], on_progress=self._show)
        except AnnotationError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{test_set}: {report.num_written} of {report.num_expected} images in {options['target']}")

    def _show(self, num_done: int, num_images: int) -> None:
        if num_done % STEP == 0:
            self.stdout.write(f"{num_done} of {num_images} images")
