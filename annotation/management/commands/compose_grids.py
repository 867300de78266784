from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from annotation import duplicates, grids, tasks
from annotation.errors import AnnotationError
from annotation.models import Study


class Command(BaseCommand):
    help = "Put the candidates that no grid measures yet into grids, with controls among them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--study", required=True, metavar="SLUG")
        parser.add_argument(
            "--positions",
            type=int,
            help="images per grid, controls included; 48, or 30 where images were collected from Flickr, unless told",
        )
        parser.add_argument("--controls", type=int, default=3, help="positive controls per grid, and as many negative")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            study = Study.objects.get(slug=options["study"])
            controls = options["controls"]
            positions = options["positions"] or grids.design_for(study).num_positions
            design = grids.GridDesign(positions, num_positive=controls, num_negative=controls)
            composition = duplicates.compose(study=study, now=timezone.now(), by=None, design=design)
        except Study.DoesNotExist as error:
            raise CommandError(f"There is no study {options['study']!r}; see create_study.") from error
        except AnnotationError as error:
            raise CommandError(str(error)) from error
        tasks.enqueue_contact_sheets(grid.pk for grid in composition.grids)
        for warning in composition.warnings:
            self.stderr.write(self.style.WARNING(warning))
        if composition.grids:
            self.stdout.write(f"Composed {len(composition.grids)} grids. Next: launch_hits --study {study.slug}")
        else:
            self.stdout.write("Every candidate is in a grid already; nothing to compose.")
