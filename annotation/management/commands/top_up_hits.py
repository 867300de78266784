from argparse import ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from annotation import frequencies, hits, workers
from annotation.counting import unsettled
from annotation.errors import AnnotationError
from annotation.grids import design_for
from annotation.management.terms import add_terms, terms_of
from annotation.models import Study
from annotation.platforms.base import invitation_path


def fraction(text: str) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no number, such as 0.7") from error
    if not 0 < value < 1:
        raise ArgumentTypeError(f"{text} is no cut: give a number between 0 and 1, such as 0.7")
    return value


class Command(BaseCommand):
    help = "Put candidates whose interval straddles a cut to more workers, as far as that should settle them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--study", required=True, metavar="SLUG")
        parser.add_argument("--cut", type=fraction, default=0.7, help="a selection frequency, such as 0.7")
        parser.add_argument("--dry-run", action="store_true", help="only say what it would take")
        add_terms(parser, assignments_help="workers more per grid")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            # Locked, so that two top-ups at once don't put the same candidates to workers twice.
            study = Study.objects.select_for_update().get(slug=options["study"])
            terms = terms_of(options)
            hits.refuse_quick_launch(terms.platform)
            found = unsettled.of_pool(frequencies.standard_filter(study), cut=options["cut"])
            ids = found.within(terms.num_assignments)
            num_grids = found.num_grids(terms.num_assignments, design_for(study).num_measured)
            self.stdout.write(
                f"{len(found.candidate):,} candidates straddle {options['cut']:g}; {terms.num_assignments} judgements "
                f"more each should settle {len(ids):,} of them, in {num_grids:,} grids: "
                f"{num_grids * terms.num_assignments:,} assignments."
            )
            if found.num_asked:
                self.stdout.write(f"Workers are being asked about {found.num_asked:,} more, not counted here.")
            if not ids or options["dry_run"]:
                return
            done = hits.top_up(study=study, candidate_ids=ids, terms=terms, now=timezone.now())
            invitation = workers.invite_everyone(
                study=study, now=timezone.now(), platform=terms.platform, is_simulated=terms.is_simulated
            )
        except Study.DoesNotExist as error:
            raise CommandError(f"There is no study {options['study']!r}; see create_study.") from error
        except AnnotationError as error:
            raise CommandError(str(error)) from error
        for warning in done.warnings:
            self.stderr.write(self.style.WARNING(warning))
        self.stdout.write(f"Launched batch {done.batch.pk}; who judged these images before is not asked again.")
        path = invitation_path(invitation)
        self.stdout.write(f"Invitation: {settings.PUBLIC_URL}{path}")
