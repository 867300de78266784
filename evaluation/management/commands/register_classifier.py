import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from annotation.models import Study
from evaluation import classifiers
from evaluation.classifiers import ClassifierSpec, Preprocessing
from evaluation.errors import EvaluationError
from evaluation.management import descriptions
from evaluation.runtimes import RUNTIMES
from evaluation.runtimes.onnx import MAX_BYTES
from evaluation.runtimes.timm import own_preprocessing

TOLD = {
    "family": "What near-copies have in common; describe_classifiers changes this and the rest later.",
    "group": "standard (the default), robustness or more_data.",
    "counterpart": "Name of the classifier that is the same without the intervention.",
    "released_on": "Date of release, such as 2020-01-31.",
}


class Command(BaseCommand):
    help = "Register a classifier from its file, with the preprocessing and the classes it was trained with."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help=".onnx, .pt2 or .safetensors, according to the runtime.")
        parser.add_argument("--study", required=True, metavar="SLUG")
        parser.add_argument("--name", required=True)
        parser.add_argument("--runtime", default="onnx", help=f"One of {', '.join(sorted(RUNTIMES))}.")
        parser.add_argument(
            "--preprocessing", metavar="FILE.json", help="With --runtime timm, timm's own is the default."
        )
        for option, told in TOLD.items():
            parser.add_argument(f"--{option.removesuffix('_on').replace('_', '-')}", dest=option, default="", help=told)
        classes = parser.add_mutually_exclusive_group(required=True)
        classes.add_argument("--classes", metavar="ID,ID,...", help="The class id of each output, in their order.")
        classes.add_argument("--classes-file", metavar="FILE", help="The same: one a line, or a JSON list.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            study = Study.objects.get(slug=options["study"])
            described = descriptions.read(study, {name: options[name] for name in TOLD})
            content = _content(Path(options["file"]))
            spec = ClassifierSpec(
                name=options["name"],
                runtime=options["runtime"],
                content=content,
                preprocessing=_preprocessing(content, options),
                class_ids=_class_ids(options),
            )
            with transaction.atomic():
                classifier = classifiers.register(study=study, spec=spec, now=timezone.now())
                classifiers.describe(classifier=classifier, **described)
        except Study.DoesNotExist as error:
            raise CommandError(f"There is no study {options['study']!r}.") from error
        except (OSError, ValueError, EvaluationError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Registered {classifier.name} ({classifier.num_bytes:,} bytes).")


def _content(path: Path) -> bytes:
    if (size := path.stat().st_size) > MAX_BYTES:
        raise CommandError(f"{path} has {size:,} bytes; at most {MAX_BYTES:,} are taken.")
    return path.read_bytes()


def _preprocessing(content: bytes, options: dict[str, Any]) -> Preprocessing:
    if options["preprocessing"] is not None:
        return Preprocessing.from_json(json.loads(Path(options["preprocessing"]).read_text()))
    if options["runtime"] != "timm":
        raise CommandError("Name the preprocessing: --preprocessing FILE.json. Only networks of timm bring their own.")
    return own_preprocessing(content)


def _class_ids(options: dict[str, Any]) -> list[str]:
    if options["classes"] is not None:
        return [class_id.strip() for class_id in options["classes"].split(",")]
    text: str = Path(options["classes_file"]).read_text()
    if text.lstrip().startswith("["):
        return [str(class_id) for class_id in json.loads(text)]
    return [line.strip() for line in text.splitlines() if line.strip()]
