import csv
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from annotation.models import Study
from evaluation import classifiers
from evaluation.errors import InvalidClassifier
from evaluation.management import descriptions

Line = tuple[int, dict[str, str]]


class Command(BaseCommand):
    help = (
        "Say what classifiers are, so that reports can group them: a CSV table with the column name and any of family, "
        "group (standard, robustness, more_data), counterpart (a name) and released_on. An empty cell changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--study", required=True, metavar="SLUG")
        parser.add_argument("path", type=Path, metavar="FILE.csv")

    def handle(self, *args: Any, **options: Any) -> None:
        study = Study.objects.filter(slug=options["study"]).first()
        if study is None:
            raise CommandError(f"There is no study {options['study']!r}.")
        lines = list(_lines(options["path"]))
        problems: list[str] = []
        with transaction.atomic():
            for number, cells in lines:
                try:
                    classifier = descriptions.named(study, cells["name"])
                    classifiers.describe(classifier=classifier, **descriptions.read(study, cells))
                except InvalidClassifier as error:
                    problems.append(f"Line {number}: {error}")
            if problems:
                raise CommandError("\n".join(["Nothing is changed.", *problems]))
        self.stdout.write(f"{len(lines):,} classifiers described.")


def _lines(path: Path) -> Iterator[Line]:
    """The lines with their numbers; each is of another classifier and has a cell for each column."""
    seen: dict[str, int] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            _check_header(path, list(rows.fieldnames or []))
            for row in rows:
                if None in row or None in row.values():
                    raise CommandError(f"Line {rows.line_num} has not as many cells as the header.")
                name = row["name"] = row["name"].strip()
                if name in seen:
                    raise CommandError(f"Line {rows.line_num} is of the same classifier as line {seen[name]}.")
                seen[name] = rows.line_num
                yield rows.line_num, row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CommandError(f"{path} can't be read as CSV: {error}") from error


def _check_header(path: Path, header: list[str]) -> None:
    known = ("name", *descriptions.NAMES)
    if "name" not in header:
        raise CommandError(f"{path} has no column name.")
    if len(header) == 1 or len(set(header)) < len(header) or not set(header) <= set(known):
        raise CommandError(f"{path} must have the column name and others of {', '.join(known)}, each at most once.")
