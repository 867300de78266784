import csv
from argparse import ArgumentParser
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotation.models import Study
from annotation.sources.base import printable
from evaluation import comparing
from evaluation.comparing import Comparison, Table
from evaluation.errors import EvaluationError
from evaluation.stats.comparing.fits import FitWithIntervals, Scale

COLUMNS = ["classifier", "test_set", "num_correct", "num_images"]


class Command(BaseCommand):
    help = (
        "Print how classifiers do on new test sets against the original: mean change, the line of new on original "
        "accuracy (linear and probit) with bootstrap intervals, and single classifiers with Clopper-Pearson intervals."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        source = parser.add_mutually_exclusive_group(required=True)
        source.add_argument("--study", metavar="SLUG", help="from the finished runs on its newest frozen sets")
        source.add_argument("--counts", type=Path, metavar="CSV", help=f"from a table with {', '.join(COLUMNS)}")
        parser.add_argument(
            "--original", default="original", metavar="NAME", help="the set that others are compared with"
        )
        parser.add_argument(
            "--leave-out",
            action="append",
            default=[],
            metavar="PATTERN",
            help="classifiers, such as 'fv_*'; repeatable",
        )
        parser.add_argument(
            "--show", action="append", default=[], metavar="NAME", help="a single classifier; repeatable"
        )
        parser.add_argument("--seed", type=int, default=0, help="of the bootstrap")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            table = _of_study(options["study"]) if options["study"] else _of_file(Path(options["counts"]))
            patterns = options["leave_out"]
            kept = {
                name: counts for name, counts in table.items() if not any(fnmatchcase(name, each) for each in patterns)
            }
            names = sorted({name for counts in kept.values() for name in counts} - {options["original"]})
            for name in names:
                found = comparing.compare(kept, original=options["original"], new=name, seed=options["seed"])
                self._show(found, options["show"])
        except EvaluationError as error:
            raise CommandError(str(error)) from error
        if not names:
            raise CommandError("There is no other set to compare with the original.")

    def _show(self, found: Comparison, shown: list[str]) -> None:
        self.stdout.write(
            f"{found.test_set}: {len(found.classifiers)} classifiers, mean change {100 * found.mean_change:+.2f} points"
        )
        for fit, over_classifiers in zip(found.fits, found.fits_over_classifiers, strict=True):
            self.stdout.write(f"  {_line(fit)}; slope over classifiers alone {_slope(over_classifiers)}")
        for name in shown:
            if name not in found.classifiers:
                raise CommandError(f"There is no classifier {name!r} with counts on {found.test_set}.")
            accuracy = found.accuracy(name)
            self.stdout.write(
                f"  {name}: {100 * float(accuracy.accuracy):.2f} % "
                f"[{100 * float(accuracy.low):.2f}, {100 * float(accuracy.high):.2f}]"
            )


def _line(fit: FitWithIntervals) -> str:
    """Intercepts in points on the linear scale, as papers give them."""
    factor, digits = (100, 2) if fit.scale == Scale.LINEAR else (1, 3)
    intercept = fit.intercept_interval
    return (
        f"{fit.scale}: new = {fit.slope:.3f} · original {factor * fit.intercept:+.{digits}f}, R² {fit.r_squared:.4f}; "
        f"slope {_slope(fit)}, "
        f"intercept [{factor * intercept.low:.{digits}f}, {factor * intercept.high:.{digits}f}]"
    )


def _slope(fit: FitWithIntervals) -> str:
    return f"[{fit.slope_interval.low:.2f}, {fit.slope_interval.high:.2f}]"


def _of_study(slug: str) -> Table:
    study = Study.objects.filter(slug=slug).first()
    if study is None:
        raise CommandError(f"There is no study {slug!r}.")
    return comparing.counts_of(list(study.test_sets.newest_frozen()))


def _of_file(path: Path) -> Table:
    table: Table = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            if missing := sorted(set(COLUMNS) - set(rows.fieldnames or [])):
                raise CommandError(f"{path} has no column {', '.join(missing)}.")
            for row in rows:
                pair = _count(row, "num_correct", rows.line_num), _count(row, "num_images", rows.line_num)
                if not 0 <= pair[0] <= pair[1] or not pair[1]:
                    raise CommandError(f"Line {rows.line_num}: {pair[0]} of {pair[1]} images is no count.")
                table.setdefault(str(row["classifier"]), {})[str(row["test_set"])] = pair
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CommandError(f"{path} can't be read as CSV: {error}") from error
    return table


def _count(row: dict[str, str | None], name: str, line: int) -> int:
    text = row[name] or ""
    if not text.isdecimal() or len(text) > 15:
        raise CommandError(f"Line {line}, column {name}: {printable(text[:40])!r} is no whole number.")
    return int(text)
