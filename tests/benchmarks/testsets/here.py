"""What the benchmark of building measures, in a process of its own; prints seconds as JSON."""

import hashlib
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import django

django.setup()

from django.utils import timezone  # noqa: E402

from annotation import frequencies, testsets  # noqa: E402
from annotation.models import Strategy, Study, TestSet  # noqa: E402
from annotation.strategies import STRATEGIES  # noqa: E402
from annotation.testsets import feasibility  # noqa: E402
from tests.benchmarks.memory import peak_mib  # noqa: E402

ROUNDS = 3


def seconds(what: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    what()
    return time.perf_counter() - begin


def build(*strategies: Strategy) -> list[TestSet]:
    """Each round builds into an empty study, as the first build of all does."""
    recipes = {strategy: STRATEGIES[strategy]() for strategy in strategies}
    return testsets.build_all(study=Study.objects.get(), parameters=recipes, seed=1, now=timezone.now())


def timed() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, strategies in {"all": list(STRATEGIES), **{each.label: [each] for each in STRATEGIES}}.items():
        times = []
        for _ in range(ROUNDS):
            TestSet.objects.all().delete()
            times.append(seconds(lambda: build(*strategies)))  # noqa: B023 - called at once
        found[name] = min(times)
    return found | {"feasibility": min(seconds(lacking) for _ in range(ROUNDS))}


def lacking() -> None:
    used = frequencies.standard_filter(Study.objects.get())
    for parameters in STRATEGIES.values():
        feasibility.check(judgement_filter=used, parameters=parameters())


def main(what: str) -> None:
    found: dict[str, Any] = {}
    if what == "time":
        found = timed()
    else:
        TestSet.objects.all().delete()
        before = peak_mib()
        sets = build(*STRATEGIES)
        found = {"peak_mib": peak_mib(), "before_mib": before}
        found["manifests"] = [hashlib.sha256(testsets.manifest_bytes(each)).hexdigest() for each in sets]
        found["num_images"] = sum(each.images.count() for each in sets)
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])
