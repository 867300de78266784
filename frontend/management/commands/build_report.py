import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse
from django.utils import timezone

from annotation.models import Study
from evaluation import reports
from evaluation.errors import EvaluationError
from frontend import charts
from frontend.templatetags.figures import percent_value, points


class Command(BaseCommand):
    help = "Compute the report of a study, print its table, and write it with its charts as files."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--study", required=True, metavar="SLUG")
        parser.add_argument("--output", metavar="DIR", help="folder for report.json and the charts")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            study = Study.objects.get(slug=options["study"])
            report = reports.build(study=study, now=timezone.now())
        except Study.DoesNotExist as error:
            raise CommandError(f"There is no study {options['study']!r}; see create_study.") from error
        except EvaluationError as error:
            raise CommandError(str(error)) from error
        self._print(report.content)
        if options["output"]:
            self._write(report.content, Path(options["output"]))
        self.stdout.write(f"Page: {settings.PUBLIC_URL}{reverse('frontend:report-detail', args=[study.slug])}")

    def _print(self, content: dict[str, Any]) -> None:
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

    def _write(self, content: Any, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "report.json").write_text(json.dumps(content, indent=1))
        scales: list[charts.Scale] = ["linear", "probit"]
        for scale in scales:
            chart = charts.draw("key", content, scale=scale)
            for image_format in ("svg", "png", "pdf"):
                (folder / f"key-{scale}.{image_format}").write_bytes(charts.render(chart, image_format))
        self.stdout.write(f"Files: {folder}")


def _cell(result: dict[str, Any]) -> str:
    low, high = percent_value(result["low"]), percent_value(result["high"])
    text = f"{percent_value(result['accuracy'])} [{low}, {high}]"
    return f"{text} {points(result['change'])}" if "change" in result else text
