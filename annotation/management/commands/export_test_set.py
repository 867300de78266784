import os
import socket
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from annotation import exports
from annotation.errors import AnnotationError, ExportLeaseLost
from annotation.exports.base import SoFar
from annotation.models import Export, TestSet

PAUSE_SECONDS = 1


class Command(BaseCommand):
    help = "Write a frozen test set to a new folder, archive or bucket; the same command again goes on after a kill."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("citation", help="such as digits-twin/calibrated@r1")
        parser.add_argument(
            "target", help="a new folder, a file ending in .tar, .tar.gz or .zip, or s3://BUCKET/NAME (EXPORT_BUCKETS)"
        )
        parser.add_argument("--layout", choices=list(exports.LAYOUTS), default="imagefolder")
        parser.add_argument(
            "--copy", action="store_true", help="copy images into a folder even where hard links could be made"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        test_set = TestSet.objects.cited(options["citation"]).select_related("study").first()
        if test_set is None:
            raise CommandError(
                f"There is no test set {options['citation']!r}; a citation looks like digits-twin/calibrated@r1."
            )
        target = str(options["target"])
        address = target if target.startswith("s3://") else str(Path(target).absolute())
        try:
            export = exports.request(test_set=test_set, layout=options["layout"], address=address, now=timezone.now())
            held = self._claim(export)
        except AnnotationError as error:
            raise CommandError(str(error)) from error
        self._num_shown = 0
        self._write(held, may_link=not options["copy"])
        written = Export.objects.with_progress().get(pk=export.pk)
        self.stdout.write(f"{test_set}: {written.num_written} of {written.num_expected} images in {options['target']}")

    def _claim(self, export: Export) -> exports.Held:
        """Take the export; where a killed command still holds it, as soon as its lease ends."""
        consumer = f"{socket.gethostname()}-{os.getpid()}"
        while (held := exports.claim(export=export, consumer=consumer, now=timezone.now())) is None:
            export.refresh_from_db()
            if not export.is_open:
                raise CommandError(export.failure or "Somebody else has just written it.")
            self.stdout.write(f"{export.consumer} writes it, or was killed; going on when its lease ends.")
            time.sleep(PAUSE_SECONDS)
        return held

    def _write(self, held: exports.Held, *, may_link: bool) -> None:
        rules = exports.Rules(may_link=may_link, on_piece=lambda so_far: self._show(held.export, so_far))
        try:
            exports.write(held=held, clock=timezone.now, rules=rules)
        except ExportLeaseLost as lost:  # so it is not for this command to fail
            raise CommandError(f"{lost} Look at its page, or give the command again.") from lost
        except AnnotationError as error:
            exports.fail(held=held, reason=str(error), now=timezone.now())
            raise CommandError(str(error)) from error
        except BaseException:  # Ctrl-C too: whoever runs the command again need not wait
            exports.release(held=held, now=timezone.now())
            raise

    def _show(self, export: Export, so_far: SoFar) -> None:
        if so_far.num_images > self._num_shown:
            self._num_shown = so_far.num_images
            self.stdout.write(f"{so_far.num_images} of {export.num_expected} images")
