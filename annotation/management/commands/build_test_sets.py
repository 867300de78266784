from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from annotation import frequencies, testsets
from annotation.errors import AnnotationError
from annotation.management.parameters import add_parameters, parameters_of
from annotation.models import JudgementFilter, Study, TestSet


class Command(BaseCommand):
    help = "Build the next revision of the original, calibrated, recalibrated, easier and easiest test sets of a study."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--study", required=True, metavar="SLUG")
        add_parameters(parser)
        parser.add_argument("--seed", type=int, help="default: the study's own")
        parser.add_argument("--filter", metavar="SLUG", help="whose frequencies to use; default: the standard filter's")
        parser.add_argument(
            "--rebuild",
            action="store_true",
            help="the next revision of every set by the recipe it was built by, with its images that still fit",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        study = Study.objects.filter(slug=options["study"]).first()
        if study is None:
            raise CommandError(f"There is no study {options['study']!r}.")
        now = timezone.now()
        for target_class, counted in frequencies.recompute_stale(study=study, now=now).items():
            self.stdout.write(f"class {target_class.class_id}: {counted} assignments counted")
        try:
            with transaction.atomic():
                built = self._rebuilt(study, now) if options["rebuild"] else self._built(study, options, now)
        except AnnotationError as error:
            raise CommandError(str(error)) from error
        for test_set in built:
            self._describe(test_set, is_new=test_set.built_at == now)

    def _rebuilt(self, study: Study, now: datetime) -> list[TestSet]:
        """What was imported as a list of images has no recipe, and stays."""
        rows = [each for each in study.test_sets.current() if not each.is_given]
        if not rows:
            raise CommandError(f"{study} has no test sets that were built; build them without --rebuild.")
        return [testsets.rebuild(test_set=each, now=now) for each in rows]

    def _built(self, study: Study, options: dict[str, Any], now: datetime) -> list[TestSet]:
        seed = study.seed if options["seed"] is None else options["seed"]
        used = study.judgement_filters.filter(slug=options["filter"] or JudgementFilter.STANDARD).first()
        if used is None:
            raise CommandError(f"There is no judgement filter {options['filter']!r} in this study; see define_filter.")
        original = testsets.import_original(study=study, now=now, judgement_filter=used)
        drawn = testsets.build_all(
            study=study, parameters=parameters_of(options), seed=seed, now=now, judgement_filter=used
        )
        return [original, *drawn]

    def _describe(self, test_set: TestSet, *, is_new: bool) -> None:
        there = "" if is_new else "; nothing has changed since, so no other revision is built"
        simulated = " (simulated judgements)" if test_set.is_simulated else ""
        self.stdout.write(f"{test_set}: {test_set.images.count()} images{simulated}{there}")
        figures = testsets.figures_of(test_set)
        if figures is not None and figures.gap is not None:
            self.stdout.write(f"  {_told(figures)}")
        if test_set.substitutions:
            self.stdout.write(f"  {len(test_set.substitutions)} taken from a higher bin than asked for")
        for row in test_set.shortages:
            where = "" if row["bin"] is None else f", bin {row['bin']}"
            self.stdout.write(f"  class {row['class_id']}{where}: {row['num_missing']} missing, {row['reason']}")


def _told(figures: testsets.Figures) -> str:
    """What judgements that had no say show, in percent."""
    assert figures.gap is not None
    gap, held_out = figures.gap, figures.held_out
    mean = held_out.original_mean if figures.is_matched else figures.chosen_by.set_mean
    beside = "original" if figures.is_matched else "those chosen by"
    part = ": they part, the set is biased" if figures.is_biased else ""
    return (
        f"selected by {held_out.set_mean:.1%} of judgements held out, {beside} {mean:.1%}; "
        f"gap {100 * gap.gap:+.1f} points [{100 * gap.low:+.1f}, {100 * gap.high:+.1f}]{part}"
    )
