from argparse import ArgumentTypeError
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from annotation import workers
from annotation.errors import AnnotationError
from annotation.models import Study
from annotation.platforms.base import PLATFORMS


def moment(text: str) -> datetime:
    """A time as ISO 8601 writes it; without a zone it is UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no time, such as 2026-12-31T18:00") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


class Command(BaseCommand):
    help = "Make an invitation to a study, perhaps for so many workers or until some time, and print its link."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--study", required=True, metavar="SLUG")
        parser.add_argument("--name", required=True, help="to whom it is sent; workers don't see it")
        parser.add_argument("--max-workers", type=int, help="how many may join; without it as many as come")
        parser.add_argument("--expires-at", type=moment, metavar="TIME", help="such as 2026-12-31T18:00, in UTC")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            invitation = workers.invite(
                study=Study.objects.get(slug=options["study"]),
                name=options["name"],
                max_workers=options["max_workers"],
                expires_at=options["expires_at"],
                now=timezone.now(),
            )
        except Study.DoesNotExist as error:
            raise CommandError(f"There is no study {options['study']!r}; see create_study.") from error
        except AnnotationError as error:
            raise CommandError(str(error)) from error
        path = PLATFORMS[invitation.platform].invitation_path(invitation)
        self.stdout.write(f"Invitation: {settings.PUBLIC_URL}{path}")
