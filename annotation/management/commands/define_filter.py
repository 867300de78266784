from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from annotation import frequencies
from annotation.errors import AnnotationError
from annotation.models import Study


class Command(BaseCommand):
    help = "Define a further way to count a study's judgements, and count them; it stands beside the standard one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--study", required=True, metavar="SLUG")
        parser.add_argument("--slug", required=True, help="the filter's name in addresses and in the API")
        parser.add_argument("--name", help="what pages call it; default: the slug")
        parser.add_argument("--until", metavar="TIME", help="count only what was handed in by then (2026-03-01T12:00)")
        parser.add_argument(
            "--with-excluded", action="store_true", help="count workers too whom a decision excludes from frequencies"
        )
        parser.add_argument(
            "--min-control-accuracy",
            type=float,
            metavar="FRACTION",
            help="leave out assignments with a smaller share of their controls right, such as 0.7",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        study = Study.objects.filter(slug=options["study"]).first()
        if study is None:
            raise CommandError(f"There is no study {options['study']!r}; see create_study.")
        now = timezone.now()
        try:
            rules = frequencies.FilterRules(
                until=_time(options["until"]),
                leaves_out_excluded=not options["with_excluded"],
                min_control_accuracy=options["min_control_accuracy"],
            )
            slug = options["slug"]
            defined = frequencies.define_filter(
                study=study, slug=slug, name=options["name"] or slug, rules=rules, now=now
            )
        except AnnotationError as error:
            raise CommandError(str(error)) from error
        counted = frequencies.recompute_stale(study=study, now=now)
        self.stdout.write(f"{defined}: {len(counted)} classes counted")


def _time(text: str | None) -> Any:
    if text is None:
        return None
    try:
        found = parse_datetime(text)
    except ValueError as error:
        raise CommandError(f"{text!r} is no time that exists: {error}.") from error
    if found is None:
        raise CommandError(f"{text!r} is not a time; write it as 2026-03-01T12:00.")
    return timezone.make_aware(found) if timezone.is_naive(found) else found
