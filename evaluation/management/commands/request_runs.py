import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from itertools import product
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from annotation.models import Study, TestSet
from evaluation import conditions, runs
from evaluation.conditions import Condition
from evaluation.errors import EvaluationError
from evaluation.models import Classifier, Run
from evaluation.tasks import enqueue_run

POLL_SECONDS = 0.5
BAR_WIDTH = 30


class Command(BaseCommand):
    help = (
        "Request a run of every classifier on the newest frozen revision of every test set of a study. What can't be "
        "run is told, and the rest is requested."
    )

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
        parser.add_argument(
            "--classifier", action="append", default=[], dest="names", metavar="NAME", help="Only this one; repeatable."
        )
        parser.add_argument("--shard-size", type=int, help="Images in a shard; by default those of about two minutes.")
        parser.add_argument("--wait", action="store_true", help="Show progress until every run has ended.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            study = Study.objects.get(slug=options["study"])
            wanted = [each for name in options["conditions"] or ["clean"] for each in conditions.expand(name)]
            wanted_runs = product(*_frozen_and_chosen(study, options["names"]), wanted)
            requested, refused = _request_all(wanted_runs, options["shard_size"])
        except Study.DoesNotExist as error:
            raise CommandError(f"There is no study {options['study']!r}.") from error
        except EvaluationError as error:
            raise CommandError(str(error)) from error
        for reason, number in refused.items():
            self.stderr.write(self.style.WARNING(f"Not requested ({number}): {reason}"))
        if refused and not requested:
            raise CommandError("No run was requested.")
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


def _frozen_and_chosen(study: Study, names: list[str]) -> tuple[list[TestSet], list[Classifier]]:
    """The sets, and the classifiers of these names; without any, all that can be run."""
    test_sets = list(study.test_sets.newest_frozen())
    if not test_sets:
        raise CommandError(f"{study.slug} has no frozen test set; run build_test_sets and freeze_test_sets first.")
    found = list(study.classifiers.runnable().order_by("name"))
    if not found:
        raise CommandError(f"{study.slug} has no classifier that can be run; run register_classifier first.")
    if unknown := sorted(set(names) - {each.name for each in found}):
        raise CommandError(f"{study.slug} has no classifier {', '.join(map(repr, unknown))} that can be run.")
    return test_sets, [each for each in found if not names or each.name in names]


def _request_all(
    wanted: Iterable[tuple[TestSet, Classifier, Condition]], shard_size: int | None
) -> tuple[list[Run], Counter[str]]:
    """The runs, and why others can't be, with their number: an attack needs a gradient, a set needs its pictures."""
    requested: list[Run] = []
    refused: Counter[str] = Counter()
    for test_set, classifier, condition in wanted:
        try:
            run = runs.request(
                classifier=classifier,
                test_set=test_set,
                condition=condition.name,
                shard_size=shard_size,
                now=timezone.now(),
            )
        except EvaluationError as error:
            refused[str(error)] += 1
            continue
        enqueue_run(run)
        requested.append(run)
    return requested, refused


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
    elif ended < len(followed):
        line += ", waiting for a consumer of the queue gpu"
    return line
