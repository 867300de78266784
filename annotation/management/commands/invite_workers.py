from argparse import ArgumentTypeError
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from annotation import inviting, workers
from annotation.errors import AnnotationError
from annotation.models import Study
from annotation.tasks import enqueue_letters


def moment(text: str) -> datetime:
    """A time as ISO 8601 writes it; without a zone it is UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no time, such as 2026-12-31T18:00") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


class Command(BaseCommand):
    help = (
        "Make an invitation to a study, perhaps for so many workers or until some time, and print its link; or one for "
        "each person of a list."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--study", required=True, metavar="SLUG")
        kind = parser.add_mutually_exclusive_group(required=True)
        kind.add_argument("--name", help="to whom it is sent; workers don't see it")
        kind.add_argument(
            "--people", type=Path, metavar="FILE", help="a CSV file: name, email, and perhaps language and note"
        )
        parser.add_argument("--max-workers", type=int, help="how many may join; without it as many as come")
        parser.add_argument("--expires-at", type=moment, metavar="TIME", help="such as 2026-12-31T18:00, in UTC")
        parser.add_argument("--dry-run", action="store_true", help="with --people: say what would be done")
        parser.add_argument("--skip-refused", action="store_true", help="with --people: leave out what can't be taken")
        parser.add_argument("--send", action="store_true", help="with --people: write to them by e-mail")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            study = Study.objects.get(slug=options["study"])
            if options["people"]:
                self._invite_people(study, options)
            else:
                self._invite(study, options)
        except Study.DoesNotExist as error:
            raise CommandError(f"There is no study {options['study']!r}; see create_study.") from error
        except OSError as error:
            raise CommandError(f"{options['people']} can't be read: {error.strerror}.") from error
        except AnnotationError as error:
            raise CommandError(str(error)) from error

    def _invite(self, study: Study, options: dict[str, Any]) -> None:
        if options["dry_run"] or options["skip_refused"] or options["send"]:
            raise CommandError("--dry-run, --skip-refused and --send go with --people.")
        fields = {name: options[name] for name in ("name", "max_workers", "expires_at")}
        invitation = workers.invite(study=study, **fields, now=timezone.now())
        self.stdout.write(f"Invitation: {inviting.link_of(invitation)}")

    def _invite_people(self, study: Study, options: dict[str, Any]) -> None:
        if options["max_workers"] is not None or options["expires_at"] is not None:
            raise CommandError("--max-workers and --expires-at go with --name: each of --people is for one person.")
        reading = inviting.read(options["people"].read_bytes())
        shown = inviting.preview(study=study, reading=reading)
        for refused in shown.refusals:
            self.stdout.write(f"line {refused.line}: {refused.reason}")
        self.stdout.write(
            f"{len(shown.fresh):,} people to invite, {len(shown.known):,} invited before, "
            f"{len(shown.refusals):,} refused."
        )
        if options["dry_run"]:
            return
        if options["send"] and not inviting.is_configured():
            raise CommandError(inviting.NOT_SET)
        made = inviting.invite(
            study=study, reading=reading, now=timezone.now(), without_refused=options["skip_refused"]
        )
        for invitation in made:
            self.stdout.write(f"{invitation.email}: {inviting.link_of(invitation)}")
        if options["send"]:
            num = inviting.ask(study=study, invitation_ids=[row.pk for row in made], now=timezone.now())
            enqueue_letters()
            self.stdout.write(f"{num:,} e-mails wait to be sent.")
