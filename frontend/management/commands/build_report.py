from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse
from django.utils import timezone

from annotation.models import Study
from evaluation import reports
from evaluation.errors import EvaluationError
from evaluation.models import Report
from evaluation.reports import Selection
from evaluation.reports.content import Content, ResultContent
from frontend.reporting import choosing, folder
from frontend.templatetags.figures import percent_value, points


class Command(BaseCommand):
    help = "Compute the report of a study, print its table, and write it with its charts as files."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--study", required=True, metavar="SLUG")
        parser.add_argument(
            "--set",
            action="append",
            default=[],
            dest="test_sets",
            metavar="CITATION",
            help="a test set to compare, such as digits-twin/easier@r1; repeat it; by default all newest frozen ones",
        )
        parser.add_argument(
            "--classifier",
            action="append",
            default=[],
            dest="classifiers",
            metavar="NAME",
            help="a classifier to compare; repeat it; by default all that are scored",
        )
        parser.add_argument("--families-once", action="store_true", help="count near-copies once in the fitted lines")
        parser.add_argument(
            "--output", metavar="DIR", help="folder for report.html, report.json and every chart as SVG, PNG, PDF, CSV"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        selection = Selection(tuple(options["test_sets"]), tuple(options["classifiers"]), options["families_once"])
        try:
            study = Study.objects.get(slug=options["study"])
            report = reports.build(study=study, now=timezone.now(), selection=selection)
        except Study.DoesNotExist as error:
            raise CommandError(f"There is no study {options['study']!r}; see create_study.") from error
        except EvaluationError as error:
            raise CommandError(str(error)) from error
        self._print(report.content)
        if options["output"]:
            self._write(report, Path(options["output"]))
        query = choosing.query_of(selection)
        address = reverse("frontend:report-detail", args=[study.slug]) + (f"?{query}" if query else "")
        self.stdout.write(f"Page: {settings.PUBLIC_URL}{address}")

    def _print(self, content: Content) -> None:
        names = [each["name"] for each in content["test_sets"]]
        width = max(len(row["name"]) for row in content["classifiers"])
        self.stdout.write("Top-1 accuracy in %, [95 % interval], change in points")
        self.stdout.write(" " * width + "".join(f"  {name:<26}" for name in names))
        for row in content["classifiers"]:
            self.stdout.write(f"{row['name']:<{width}}" + "".join(f"  {_cell(each):<26}" for each in row["results"]))
        for each in content["comparisons"]:
            self.stdout.write(
                f"{each['test_set']}: mean {percent_value(each['mean_new_accuracy'])} % against "
                f"{percent_value(each['mean_original_accuracy'])} % on the original, "
                f"change {points(each['mean_change'])} points"
            )
        for warning in content["warnings"]:
            self.stdout.write(self.style.WARNING(warning))

    def _write(self, report: Report, output: Path) -> None:
        folder.write(report, output)
        self.stdout.write(f"Files: {output}")


def _cell(result: ResultContent) -> str:
    low, high = percent_value(result["low"]), percent_value(result["high"])
    text = f"{percent_value(result['accuracy'])} [{low}, {high}]"
    return f"{text} {points(result['change'])}" if "change" in result else text
