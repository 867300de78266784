"""What is measured on the demonstration, in a process of its own; prints JSON."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from annotation import duplicates, exports, testsets  # noqa: E402
from annotation.models import Strategy, Study, TestSet  # noqa: E402
from annotation.strategies import STRATEGIES  # noqa: E402


def seconds(what: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    what()
    return time.perf_counter() - begin


def drawn_again(study: Study) -> int:
    """How many sets hold the same images again, built by the recipes of the frozen ones."""
    num_equal = 0
    for old in study.test_sets.newest_frozen().filter(strategy__in=STRATEGIES):
        strategy = Strategy(old.strategy)
        recipe = testsets.read_parameters(strategy, old.parameters)
        new = testsets.build(study=study, strategy=strategy, parameters=recipe, seed=old.seed, now=timezone.now())
        num_equal += _content(old) == _content(new)
    return num_equal


def _content(test_set: TestSet) -> dict[str, Any]:
    """The manifest without what differs by design: which revision it is, what it follows, and what freezing adds."""
    manifest = testsets.manifest_of(test_set)
    return {name: manifest[name] for name in ("images", "parameters", "seed", "shortages", "substitutions", "classes")}


def main(folder: Path) -> None:
    study = Study.objects.get()
    recipes = {strategy: parameters() for strategy, parameters in STRATEGIES.items()}
    built = seconds(lambda: testsets.build_all(study=study, parameters=recipes, seed=1, now=timezone.now()))
    searched = seconds(lambda: duplicates.search(study=study, now=timezone.now()))
    calibrated = study.test_sets.newest_frozen().get(name="calibrated")
    exported = {
        layout: seconds(
            lambda: call_command("export_test_set", calibrated.citation, str(folder / layout), layout=layout)  # noqa: B023
        )
        for layout in exports.LAYOUTS
    }
    found = {
        "built": built,
        "searched": searched,
        "exported": exported,
        "num_images": calibrated.images.count(),
        "num_equal": drawn_again(study),
        "num_candidates": study.candidates.count(),
        "num_pairs": study.duplicate_pairs.count(),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
