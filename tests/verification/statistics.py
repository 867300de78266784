"""Tables and charts of docs/statistics.md: `make statistics`. Real judgements need the reference data."""

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import django
import numpy as np

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()  # charts know the report, which has rows; none is read here

from evaluation.stats.naive_adjustment import NaiveAdjustment  # noqa: E402
from frontend.charts import render  # noqa: E402
from tests.verification.corrections_shown import CORRECTIONS  # noqa: E402
from tests.verification.real_judgements import RealImages, read  # noqa: E402
from tests.verification.real_replications import NUM_MATCHED, biased, halves  # noqa: E402
from tests.verification.simulated import (  # noqa: E402
    CROWDS,
    NUM_REPLICATIONS,
    NUM_WITH_CROWDS,
    SCENARIOS,
    Results,
    large_extrapolation,
    results,
)
from tests.verification.statistics_charts import jackknife_chart, real_chart, simulation_chart  # noqa: E402

DOCS = Path(__file__).resolve().parents[2] / "docs"
DOCUMENT = DOCS / "statistics.md"
NUM_HALVES = 20


def write(name: str, text: str) -> None:
    """Put a text between the markers of its name."""
    document = DOCUMENT.read_text()
    marked = re.compile(rf"(<!-- {name}: made by make statistics -->\n).*?(<!-- end -->)", re.DOTALL)
    if len(marked.findall(document)) != 1:
        sys.exit(f"{DOCUMENT} must hold the markers of {name!r} once")
    DOCUMENT.write_text(marked.sub(lambda found: f"{found[1]}\n{text}\n\n{found[2]}", document))


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """In GitHub's markdown, numbers to the right."""
    ruler = ["---", *["--:"] * (len(header) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, ruler, *rows))


def points(fraction: float) -> str:
    """Percentage points with a sign."""
    text = f"{100 * fraction:+.1f}".replace("-", "−")
    return "0.0" if text[1:] == "0.0" else text


def simulation_table(found: Results) -> str:
    rows = [
        [scenario, *(f"{points(each.bias)} · {each.coverage:.0%}" for each in of_each.values())]
        for scenario, of_each in found.items()
    ]
    return table([f"{NUM_REPLICATIONS} replications each", *CORRECTIONS], rows)


def crowds_table(found: Results) -> str:
    rows = [
        [scenario, *(f"{each.coverage:.0%} → {each.coverage_workers:.0%}" for each in of_each.values())]
        for scenario, of_each in found.items()
    ]
    return table([f"{NUM_WITH_CROWDS} replications each", *CORRECTIONS], rows)


def real_tables(real: RealImages) -> tuple[str, str]:
    """Held-out frequencies of both replications, and accuracy matched on three; what each correction leaves."""
    made = {
        "random halves": [halves(real, seed=seed) for seed in range(NUM_HALVES)],
        "biased pool": [biased(real, seed=seed) for seed in range(NUM_HALVES)],
    }
    checks = []
    for name, replications in made.items():
        found = [each.held_out(seed=0) for each in replications]
        means = [np.mean([getattr(each, part) for each in found]) for part in ("matched", "original", "new", "gap")]
        changes = [each.change(NaiveAdjustment(NUM_MATCHED)).mean() for each in replications]
        frequencies = [f"{mean:.3f}".replace("-", "−") for mean in means]
        checks.append([name, *frequencies, points(np.mean(changes)), f"{100 * np.abs(changes).max():.1f}"])
    columns = [f"matched on {NUM_MATCHED}", "original, held out", "pool, held out", "gap", "accuracy", "at most"]
    rows = []
    for name, correction in CORRECTIONS.items():
        cells = []
        for replications in made.values():
            changes = np.array([each.change(correction).mean() for each in replications])
            cells += [points(changes.mean()), f"{100 * changes.std(ddof=1):.1f}"]
        one = made["biased pool"][0].mean_change(correction, seed=0)
        low, high = (float(each[0]) for each in one.interval())
        errors = f"{100 * one.error_images[0]:.1f}, {100 * one.error_workers[0]:.1f}"
        rows.append([name, *cells, f"{points(low)} to {points(high)}", errors])
    header = ["correction", "random halves", "spread", "biased pool", "spread", "first biased pool", "errors"]
    return table(["", *columns], checks), table(header, rows)


def main() -> None:
    found = results(SCENARIOS, num_replications=NUM_REPLICATIONS)
    write("simulation", simulation_table(found))
    write("crowds", crowds_table(results(CROWDS, num_replications=NUM_WITH_CROWDS)))
    (DOCS / "statistics-simulation.svg").write_bytes(render(simulation_chart(found), "svg"))
    (DOCS / "statistics-jackknife.svg").write_bytes(render(jackknife_chart(large_extrapolation()), "svg"))
    reference = os.environ.get("TWINSET_REFERENCE_DIR")
    if not reference:
        sys.exit("TWINSET_REFERENCE_DIR is not set: the tables of real judgements were left as they are.")
    real = read(Path(reference))
    for name, text in zip(("held out", "real"), real_tables(real), strict=True):
        write(name, text)
    made = [biased(real, seed=seed) for seed in range(NUM_HALVES)]
    accuracy = np.mean([each.original.is_correct.mean(axis=0) for each in made], axis=0)
    changes = {name: np.mean([each.change(one) for each in made], axis=0) for name, one in CORRECTIONS.items()}
    (DOCS / "statistics-real.svg").write_bytes(render(real_chart(accuracy, changes), "svg"))


if __name__ == "__main__":
    main()
