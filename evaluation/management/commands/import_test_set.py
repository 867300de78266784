from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from annotation import frequencies, testsets
from annotation.errors import AnnotationError, UnreadableSource
from annotation.models import Strategy, Study
from annotation.sources.base import CandidateRecord, printable
from annotation.sources.manifest import ManifestSource
from annotation.testsets import GivenImage


class Command(BaseCommand):
    help = (
        "Take a test set that was drawn elsewhere as it is: a table (CSV, JSON lines or parquet) with the columns path "
        "or id, and class_id. Images that the study lacks are known by their names; no picture is read."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--study", required=True, metavar="SLUG")
        parser.add_argument("--strategy", required=True, choices=Strategy.values, help="what kind of set it is")
        parser.add_argument("--name", default="", metavar="NAME", help="default: that of sets of this kind")
        parser.add_argument("path", type=Path, metavar="TABLE.csv")

    def handle(self, *args: Any, **options: Any) -> None:
        study = Study.objects.filter(slug=options["study"]).first()
        if study is None:
            raise CommandError(f"There is no study {options['study']!r}; make it with create_study.")
        now = timezone.now()
        try:
            images = list(map(_given, ManifestSource(Path(options["path"]))))
            frequencies.recompute_stale(study=study, now=now)
            test_set = testsets.import_given(
                study=study, strategy=Strategy(options["strategy"]), name=options["name"], images=images, now=now
            )
        except AnnotationError as error:
            raise CommandError(str(error)) from error
        num_named = test_set.images.filter(candidate__image__isnull=True).count()
        self.stdout.write(
            f"{test_set}: {len(images):,} images, of {num_named:,} only the name is known. freeze_test_sets closes it."
        )


def _given(record: Any) -> GivenImage:
    if not isinstance(record, CandidateRecord):
        raise UnreadableSource(f"{printable(record.source)}: {record.reason}")
    return GivenImage(record.source, record.class_id)
