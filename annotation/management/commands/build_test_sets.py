from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from annotation import frequencies, testsets
from annotation.errors import AnnotationError
from annotation.models import JudgementFilter, Strategy, Study, TestSet
from annotation.strategies import MatchedFrequency, Parameters, Threshold, TopImages


class Command(BaseCommand):
    help = "Build the next revision of the original, calibrated, easier and easiest test sets of a study."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--study", required=True, metavar="SLUG")
        parser.add_argument("--images-per-class", type=int, default=10)
        parser.add_argument("--seed", type=int, help="default: the study's own")
        parser.add_argument("--min-judgements", type=int, default=5, help="candidates with fewer are left out")
        parser.add_argument(
            "--min-originals", type=int, default=5, help="annotated originals a class needs (calibrated)"
        )
        parser.add_argument(
            "--no-borrowing", action="store_true", help="never fill a bin from a higher one (calibrated)"
        )
        parser.add_argument("--filter", metavar="SLUG", help="whose frequencies to use; default: the standard filter's")
        parser.add_argument("--threshold", default="7/10", help='least selection frequency, as in "7/10" (easier)')

    def handle(self, *args: Any, **options: Any) -> None:
        study = Study.objects.filter(slug=options["study"]).first()
        if study is None:
            raise CommandError(f"There is no study {options['study']!r}.")
        seed = study.seed if options["seed"] is None else options["seed"]
        now = timezone.now()
        for target_class, counted in frequencies.recompute_stale(study=study, now=now).items():
            self.stdout.write(f"class {target_class.class_id}: {counted} assignments counted")
        used = study.judgement_filters.filter(slug=options["filter"] or JudgementFilter.STANDARD).first()
        if used is None:
            raise CommandError(f"There is no judgement filter {options['filter']!r} in this study; see define_filter.")
        try:
            with transaction.atomic():
                self._describe(testsets.import_original(study=study, now=now, judgement_filter=used))
                for strategy, parameters in _parameters(options).items():
                    built = testsets.build(
                        study=study,
                        strategy=strategy,
                        parameters=parameters,
                        seed=seed,
                        now=now,
                        judgement_filter=used,
                    )
                    self._describe(built)
        except AnnotationError as error:
            raise CommandError(str(error)) from error

    def _describe(self, test_set: TestSet) -> None:
        simulated = " (simulated judgements)" if test_set.is_simulated else ""
        self.stdout.write(f"{test_set}: {test_set.images.count()} images{simulated}")
        if test_set.substitutions:
            self.stdout.write(f"  {len(test_set.substitutions)} taken from a higher bin than asked for")
        for row in test_set.shortages:
            where = "" if row["bin"] is None else f", bin {row['bin']}"
            self.stdout.write(f"  class {row['class_id']}{where}: {row['num_missing']} missing, {row['reason']}")


def _parameters(options: dict[str, Any]) -> dict[Strategy, Parameters]:
    shared = {"images_per_class": options["images_per_class"], "min_judgements": options["min_judgements"]}
    return {
        Strategy.MATCHED_FREQUENCY: MatchedFrequency(
            **shared, min_originals=options["min_originals"], allow_borrowing=not options["no_borrowing"]
        ),
        Strategy.THRESHOLD: Threshold.from_dict({**shared, "threshold": options["threshold"]}),
        Strategy.TOP_IMAGES: TopImages(**shared),
    }
