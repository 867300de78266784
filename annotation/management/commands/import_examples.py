from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from annotation import examples, imaging
from annotation.errors import AnnotationError
from annotation.examples import ExampleSpec
from annotation.models import Study
from annotation.sources.base import printable
from annotation.studies import ClassFinder


class Command(BaseCommand):
    help = "Take in pictures whose answer workers are told: examples of a class, and what they practise on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--study", required=True, metavar="SLUG")
        parser.add_argument("--class", required=True, dest="target_class", metavar="CLASS", help="its class id or name")
        answer = parser.add_mutually_exclusive_group(required=True)
        answer.add_argument("--shows", action="store_true", dest="shows", help="these are to be selected")
        answer.add_argument("--shows-not", action="store_false", dest="shows", help="these are to be left out")
        parser.add_argument("--caption", default="", help="why, for all of these; shown to workers")
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        study = Study.objects.filter(slug=options["study"]).first()
        if study is None:
            raise CommandError(f"There is no study {options['study']!r}; make it with create_study.")
        try:
            target_class = ClassFinder(study).find(options["target_class"])
        except AnnotationError as error:
            raise CommandError(str(error)) from error
        num_added = 0
        for path in map(Path, options["files"]):
            try:
                spec = ExampleSpec(_content(path), path.name, options["shows"], options["caption"])
                examples.add(target_class=target_class, spec=spec, now=timezone.now())
                num_added += 1
            except (AnnotationError, OSError) as error:
                reason = error.strerror if isinstance(error, OSError) else error
                self.stdout.write(self.style.WARNING(f"  refused {printable(f'{path}: {reason}')}"))
        if not num_added:
            raise CommandError("No example was added, for the reasons above.")
        self.stdout.write(f"{num_added:,} of {len(options['files']):,} files are examples of {target_class.name} now.")


def _content(path: Path) -> bytes:
    """Looked at before it is read: a file may be larger than the memory."""
    imaging.check_size(path.stat().st_size)
    return path.read_bytes()
