import time
from argparse import ArgumentParser
from datetime import timedelta
from itertools import product
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from annotation.models import Study
from evaluation import conditions, runs
from evaluation.conditions import Condition
from evaluation.errors import EvaluationError
from evaluation.models import Run
from evaluation.tasks import enqueue_run

POLL_SECONDS = 0.5
BAR_WIDTH = 30


class Command(BaseCommand):
    help = "Request a run of every classifier on the newest frozen revision of every test set of a study."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--study", required=True, metavar="SLUG")
        parser.add_argument(
            "--condition",
            action="append",
            dest="conditions",
            metavar="NAME",
            help="What is done to the images first; may be given several times (by default clean). A kind without its "
            f"settings stands for each of them, corruptions for all fifteen: {', '.join(conditions.spellings())}.",
        )
        parser.add_argument("--shard-size", type=int, help="Images in a shard; by default those of about two minutes.")
        parser.add_argument("--wait", action="store_true", help="Show progress until every run has ended.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            study = Study.objects.get(slug=options["study"])
            wanted = [each for name in options["conditions"] or ["clean"] for each in conditions.expand(name)]
            requested = _request_all(study, wanted, options["shard_size"])
        except Study.DoesNotExist as error:
            raise CommandError(f"There is no study {options['study']!r}.") from error
        except EvaluationError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{len(requested)} runs requested.")
        if options["wait"]:
            self._wait([run.pk for run in requested])

    def _wait(self, run_ids: list[int]) -> None:
        told = ""
        while True:
            followed = list(_followed(run_ids))
            if (line := _progress(followed)) != told:
                self._tell(told := line)
            if all(run.state != Run.State.OPEN for run in followed):
                break
            time.sleep(POLL_SECONDS)
        self.stdout.write("")
        failed = [run for run in followed if run.state == Run.State.FAILED]
        for run in failed:
            self.stderr.write(f"{run.classifier} on {run.test_set} failed: {run.failure}")
        if num_cancelled := sum(run.state == Run.State.CANCELLED for run in followed):
            self.stderr.write(f"{num_cancelled} runs were cancelled.")
        if failed:
            raise CommandError(
                f"{len(failed)} of {len(followed)} runs failed; correct the cause and request them again."
            )

    def _tell(self, line: str) -> None:
        is_terminal = self.stdout.isatty()
        self.stdout.write(f"\r{line}" if is_terminal else line, ending="" if is_terminal else "\n")
        self.stdout.flush()


def _request_all(study: Study, wanted: list[Condition], shard_size: int | None) -> list[Run]:
    test_sets = list(study.test_sets.newest_frozen())
    if not test_sets:
        raise CommandError(f"{study.slug} has no frozen test set; run build_test_sets and freeze_test_sets first.")
    if not study.classifiers.runnable().exists():
        raise CommandError(f"{study.slug} has no classifier that can be run; run register_classifier first.")
    requested = []
    for classifier, test_set, condition in product(study.classifiers.runnable().order_by("name"), test_sets, wanted):
        run = runs.request(
            classifier=classifier,
            test_set=test_set,
            condition=condition.name,
            shard_size=shard_size,
            now=timezone.now(),
        )
        enqueue_run(run)
        requested.append(run)
    return requested


def _followed(run_ids: list[int]) -> Any:
    rows = Run.objects.filter(pk__in=run_ids).with_progress().with_speed(now=timezone.now())
    return rows.select_related("classifier", "test_set__study")


def _progress(followed: list[Run]) -> str:
    ended = sum(run.state != Run.State.OPEN for run in followed)
    num_images = sum(run.num_images for run in followed)
    num_done = sum(run.num_images_done for run in followed)
    filled = BAR_WIDTH * num_done // max(num_images, 1)
    bar = "█" * filled + "░" * (BAR_WIDTH - filled)
    line = f"{bar} {num_done:,} of {num_images:,} images, {ended} of {len(followed)} runs ended"
    if speed := sum(run.images_per_second for run in followed):
        left = sum(run.num_images - run.num_images_done for run in followed if run.state == Run.State.OPEN)
        line += f", {speed:,.0f} images/s, {timedelta(seconds=round(left / speed))} left"
    return line
