from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotation import frequencies
from annotation.errors import CannotBuild
from annotation.management.parameters import add_parameters, parameters_of
from annotation.models import JudgementFilter, Study
from annotation.testsets import feasibility
from annotation.testsets.feasibility import ClassNeed, Feasibility

NUM_SHOWN = 20


class Command(BaseCommand):
    help = "Say what each test set of a study would lack, and how many more candidates and HITs should fill it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--study", required=True, metavar="SLUG")
        add_parameters(parser)
        parser.add_argument("--filter", metavar="SLUG", help="whose frequencies to use; default: the standard filter's")
        parser.add_argument(
            "--num-measured", type=int, metavar="N", help="candidates per HIT; default: as in the grids composed last"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        study = Study.objects.filter(slug=options["study"]).first()
        if study is None:
            raise CommandError(f"There is no study {options['study']!r}.")
        frequencies.standard_filter(study)
        used = study.judgement_filters.filter(slug=options["filter"] or JudgementFilter.STANDARD).first()
        if used is None:
            raise CommandError(f"There is no judgement filter {options['filter']!r} in this study; see define_filter.")
        try:
            wanted = parameters_of(options)
        except CannotBuild as error:
            raise CommandError(str(error)) from error
        num_measured = options["num_measured"]
        if num_measured is not None and num_measured < 1:
            raise CommandError(f"A HIT measures at least one candidate; --num-measured is {num_measured}.")
        for strategy, parameters in wanted.items():
            found = feasibility.check(judgement_filter=used, parameters=parameters, num_measured=num_measured)
            self._describe(strategy.label, found)

    def _describe(self, name: str, found: Feasibility) -> None:
        self.stdout.write(f"{name}: {found.num_wanted - found.num_missing:,} of {found.num_wanted:,} images")
        if found.num_missing and not found.has_rates:
            self.stdout.write(f"  no candidate is judged yet ({found.num_waiting:,} wait): have a pilot judged first")
        elif found.num_missing:
            self.stdout.write(
                f"  {found.num_missing:,} are missing: {found.num_new:,} candidates to find, {found.num_waiting:,} "
                f"here that wait for judgements, {found.num_grids:,} HITs of {found.num_measured:,} candidates"
            )
        for row in found.lacking[:NUM_SHOWN]:
            self.stdout.write(f"  class {row.target_class.class_id}: {_said(row)}")
            if row.left_out:
                why = "; ".join(f"{number:,} {reason}" for reason, number in row.left_out.items())
                self.stdout.write(f"    not used: {why}")
        if len(found.lacking) > NUM_SHOWN:
            self.stdout.write(f"  and {len(found.lacking) - NUM_SHOWN:,} classes more")


def _said(row: ClassNeed) -> str:
    if row.refusal:
        return row.refusal
    bins = "; ".join(
        f"bin {each.bin}: {each.num_valid} of {each.num_wanted}"
        for each in row.bins
        if each.num_wanted or len(row.bins) == 1
    )
    to_find = f"{row.num_new} to find, {row.num_grids} HITs" if row.is_reachable else "their like was never seen"
    return f"{row.num_missing} missing ({bins}), {to_find}"
