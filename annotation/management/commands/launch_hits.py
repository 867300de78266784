from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from annotation import hits, workers
from annotation.errors import AnnotationError
from annotation.management.terms import add_terms, terms_of
from annotation.models import Study
from annotation.platforms.base import invitation_path


class Command(BaseCommand):
    help = "Put every grid that waits for workers to them, and print the invitation link."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--study", required=True, metavar="SLUG")
        add_terms(parser, assignments_help="workers per HIT")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            # Locked, so that two launches at once don't put the same grids to workers twice.
            study = Study.objects.select_for_update().get(slug=options["study"])
            grids = list(study.grids.waiting())
            if not grids:
                raise CommandError("No grid waits for workers; import candidates and run compose_grids first.")
            terms = terms_of(options)
            hits.refuse_quick_launch(terms.platform)
            batch = hits.launch(study=study, grids=grids, terms=terms, now=timezone.now())
            invitation = workers.invite_everyone(
                study=study, now=timezone.now(), platform=terms.platform, is_simulated=terms.is_simulated
            )
        except Study.DoesNotExist as error:
            raise CommandError(f"There is no study {options['study']!r}; see create_study.") from error
        except AnnotationError as error:
            raise CommandError(str(error)) from error
        path = invitation_path(invitation)
        self.stdout.write(f"Launched {len(grids)} HITs with {terms.num_assignments} slots each.")
        self.stdout.write(
            f"It takes {hits.num_workers_needed(batch):,} workers or more: nobody is shown an image twice."
        )
        self.stdout.write(f"Invitation: {settings.PUBLIC_URL}{path}")
