import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from annotation import frequencies
from annotation.models import Assignment, Batch, Strategy, Study
from annotation.platforms import local, simulated
from config import services
from evaluation.demo import classifiers, digits
from evaluation.models import Run, RunShard

NUM_WORKERS = 60
STALL_SECONDS = 120
MAX_DISTANCE = 2  # bits: in pictures of 8 × 8 pixels every other one of the same digit is close


class Command(BaseCommand):
    help = "Build a twin of a real test set (handwritten digits), from files on disk to the report, in two minutes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, default=0, help="another seed: other splits, other crowd")
        parser.add_argument("--images-per-class", type=int, default=30)

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        call_command("migrate", verbosity=0)
        data = digits.load(seed=options["seed"])
        slug = _free_slug("digits-twin")
        folder = settings.VAR_DIR / "demo" / slug
        with services.everything(port=services.free_port()) as address:
            study = self._import(data, slug, folder, options["seed"])
            self._label(study, data, address, options["seed"])
            self._build(study, options)
            self._export(study, folder)
            self._score(study, data, folder)
            call_command("build_report", study=slug, output=str(folder / "report"), stdout=self.stdout)
        path = f"/studies/{slug}/report/"
        self.stdout.write(f"\nDone in {time.monotonic() - started:.0f} s; everything that was started is stopped.")
        self.stdout.write(f"The report as files: {_shown(folder / 'report')}")
        self.stdout.write(f"The report as a page: run `make serve`, then open {settings.PUBLIC_URL}{path}")

    def _import(self, data: digits.Digits, slug: str, folder: Path, seed: int) -> Study:
        self._stage("Candidates: 360 originals and a pool of 837, from PNG files")
        digits.write_folders(data, folder)
        nearest = digits.nearest_class(data)
        classes = [
            {
                "class_id": str(digit),
                "name": name,
                "definition": f"the handwritten digit {digit}",
                "nearest": nearest[str(digit)],
            }
            for digit, name in enumerate(digits.NAMES)
        ]
        (folder / "classes.json").write_text(json.dumps(classes))
        call_command(
            "create_study",
            slug=slug,
            name="Handwritten digits",
            seed=seed,
            classes=str(folder / "classes.json"),
            contact="The Twinset demonstration",
            photographs_only=False,
            stdout=self.stdout,
        )
        for origin in ("original", "pool"):
            call_command("import_images", str(folder / origin), study=slug, origin=origin, stdout=self.stdout)
        self._stage("Duplicates: images of the pool that look alike, for people to look at")
        call_command("find_duplicates", study=slug, max_distance=MAX_DISTANCE, stdout=self.stdout)
        return Study.objects.get(slug=slug)

    def _label(self, study: Study, data: digits.Digits, address: str, seed: int) -> None:
        self._stage("Grids and HITs")
        call_command("compose_grids", study=study.slug, stdout=self.stdout)
        call_command("launch_hits", study=study.slug, assignments=10, simulated=True, stdout=self.stdout)
        batch = Batch.objects.get(study=study)
        slots = Assignment.objects.filter(hit__batch=batch)
        self._stage(f"Assignments: {NUM_WORKERS} simulated workers answer over HTTP, as browsers do")
        with click.progressbar(length=slots.count(), label="grids handed in") as bar:
            simulated.work_through(
                invitation=f"{address}/join/{local.invitation_token(study.invitations.get())}/",
                eye=digits.DigitReader(data),
                workers=simulated.traits(num_workers=NUM_WORKERS, seed=seed),
                on_grid=lambda: bar.update(1),
            )
        missing = slots.filter(submitted_at__isnull=True).count()
        if missing:
            raise CommandError(f"{missing} slots were left unfilled by the crowd.")
        self._stage("Selection frequencies: counted by the queue as assignments come in")
        classes = study.target_classes.count()
        self._wait(
            "classes counted", classes, lambda: classes - frequencies.stale_target_classes().filter(study=study).count()
        )
        for fit in frequencies.fit_mixtures(study=study, now=timezone.now()):
            self.stdout.write(f"{fit} fitted, for posteriors and plans")
        self._stage("Quality: do rules find anybody who did not look?")
        call_command("review_workers", study=study.slug, stdout=self.stdout)

    def _build(self, study: Study, options: dict[str, Any]) -> None:
        self._stage("Test sets: calibrated, recalibrated, easier, easiest; then frozen")
        call_command(
            "build_test_sets",
            study=study.slug,
            images_per_class=options["images_per_class"],
            seed=options["seed"],
            stdout=self.stdout,
        )
        call_command("freeze_test_sets", study=study.slug, stdout=self.stdout)

    def _export(self, study: Study, folder: Path) -> None:
        self._stage("Export: the calibrated set, as a folder that datasets and torchvision read")
        citation = study.test_sets.newest_frozen().get(strategy=Strategy.MATCHED_FREQUENCY).citation
        target = folder / "calibrated"
        call_command("export_test_set", citation, str(target), layout="imagefolder", stdout=self.stdout)

    def _score(self, study: Study, data: digits.Digits, folder: Path) -> None:
        self._stage("Classifiers: eight of clearly different strength, as ONNX files")
        preprocessing = folder / "preprocessing.json"
        preprocessing.write_text(json.dumps(classifiers.preprocessing()))
        class_ids = [str(digit) for digit in range(len(digits.NAMES))]
        for trained in classifiers.train(data):
            file = folder / f"{trained.name}.onnx"
            file.write_bytes(trained.onnx)
            call_command(
                "register_classifier",
                str(file),
                study=study.slug,
                name=trained.name,
                preprocessing=str(preprocessing),
                classes=",".join(class_ids),
                stdout=self.stdout,
            )
        self._stage("Runs: every classifier on every test set, on the GPU queue")
        call_command("request_runs", study=study.slug, stdout=self.stdout)
        runs = Run.objects.filter(classifier__study=study)
        shards = RunShard.objects.filter(run__in=runs)
        self._wait(
            "shards scored",
            shards.count() + runs.count(),
            lambda: shards.filter(finished_at__isnull=False).count() + runs.exclude(state=Run.State.OPEN).count(),
        )
        failed = runs.filter(state=Run.State.FAILED).first()
        if failed:
            raise CommandError(f"{failed.classifier} on {failed.test_set} failed: {failed.failure}")

    def _wait(self, label: str, length: int, count: Callable[[], int]) -> None:
        """Show how far the consumers are; give up, and say where to look, when nothing moves."""
        done, moved_at = 0, time.monotonic()
        with click.progressbar(length=length, label=label) as bar:
            while done < length:
                if (now_done := count()) > done:
                    bar.update(now_done - done)
                    done, moved_at = now_done, time.monotonic()
                elif time.monotonic() - moved_at > STALL_SECONDS:
                    raise CommandError(
                        f"Nothing moved for {STALL_SECONDS} s; see {_shown(services.log_of('x').parent)}."
                    )
                time.sleep(0.2)

    def _stage(self, title: str) -> None:
        self.stdout.write(self.style.MIGRATE_HEADING(f"\n{title}"))


def _free_slug(wanted: str) -> str:
    """The wanted slug, or with the next free number: neither a frozen study nor its files are ever overwritten."""
    taken = set(Study.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    taken |= {folder.name for folder in (settings.VAR_DIR / "demo").glob(f"{wanted}*")}
    number = 1
    while (slug := wanted if number == 1 else f"{wanted}-{number}") in taken:
        number += 1
    return slug


def _shown(path: Path) -> Path:
    return path.relative_to(settings.BASE_DIR)
