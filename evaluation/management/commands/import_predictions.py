from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from annotation.models import Study, TestSet
from evaluation import uploads
from evaluation.errors import EvaluationError
from evaluation.models import Run
from evaluation.uploads import Handed

Options = dict[str, Any]


class Command(BaseCommand):
    help = (
        "Take in what a classifier, scored elsewhere, predicted for one frozen test set: npz, npy, parquet or CSV, "
        "with class ids from the likeliest on, or with logits. Rows go by names of images, columns by class ids."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--study", required=True, metavar="SLUG")
        parser.add_argument("--classifier", required=True, metavar="NAME", help="a new name is a new classifier")
        parser.add_argument(
            "--test-set", required=True, metavar="NAME", help="its newest frozen revision, or one by its citation"
        )
        parser.add_argument("--images", type=Path, metavar="FILE", help="names of the rows, where the file has none")
        parser.add_argument("--classes-file", type=Path, metavar="FILE", help="class ids, where the file has none")
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--withdraw", metavar="REASON", help="let what was uploaded by mistake count no more")
        what.add_argument("file", nargs="?", type=Path, metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        test_set = _test_set(options)
        try:
            if options["withdraw"] is not None:
                uploads.withdraw(run=_run(test_set, options), reason=options["withdraw"], now=timezone.now())
                self.stdout.write("Withdrawn; other predictions can be imported now.")
                return
            taken = uploads.upload(
                classifier_name=options["classifier"], test_set=test_set, handed=_handed(options), now=timezone.now()
            )
        except (OSError, EvaluationError) as error:
            raise CommandError(str(error)) from error
        for note in taken.notes:
            self.stdout.write(self.style.WARNING(note))
        self.stdout.write(taken.summary)


def _test_set(options: Options) -> TestSet:
    study = Study.objects.filter(slug=options["study"]).first()
    if study is None:
        raise CommandError(f"There is no study {options['study']!r}.")
    name = options["test_set"]
    cited = (
        study.test_sets.cited(name).first()
        if "/" in name
        else study.test_sets.newest_frozen().filter(name=name).first()
    )
    if cited is None:
        names = ", ".join(study.test_sets.newest_frozen().values_list("name", flat=True)) or "none"
        raise CommandError(f"{study.slug} has no frozen test set {name!r}; there are: {names}.")
    found: TestSet = cited
    return found


def _run(test_set: TestSet, options: Options) -> Run:
    runs = Run.objects.filter(test_set=test_set, classifier__name=options["classifier"], state=Run.State.FINISHED)
    run: Run | None = runs.select_related("classifier").first()
    if run is None:
        raise CommandError(f"{options['classifier']} has no predictions for {test_set.citation}.")
    return run


def _handed(options: Options) -> Handed:
    beside = {
        name: uploads.listed(options[option].read_bytes(), told)
        for name, option, told in (("images", "images", "names of images"), ("class_ids", "classes_file", "class ids"))
        if options[option] is not None
    }
    path: Path = options["file"]
    if (size := path.stat().st_size) > uploads.MAX_BYTES:
        raise CommandError(f"{path} has {size:,} bytes; at most {uploads.MAX_BYTES:,} are taken.")
    return Handed(path.read_bytes(), **beside)
