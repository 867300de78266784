"""What every layout shares: what is promised, what was written, and a loud failure where the two differ."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from annotation import testsets
from annotation.errors import CannotExport
from annotation.models import TestSet

Progress = Callable[[int, int], None]
NUM_NAMED = 10


@dataclass(frozen=True)
class ExportReport:
    """Images promised by the manifest, and images written."""

    num_expected: int
    num_written: int


class Export(Protocol):
    """Write a frozen test set to a new folder or archive."""

    def __call__(self, *, test_set: TestSet, target: Path, on_progress: Progress | None = None) -> ExportReport: ...


def promised(test_set: TestSet) -> dict[str, Any]:
    """The manifest of a frozen set; an open one could still change under the export."""
    if not test_set.is_frozen:
        raise CannotExport(f"{test_set} is not frozen; freeze it, then export it.")
    return testsets.manifest_of(test_set)


def check_whole(report: ExportReport, missing: list[str]) -> None:
    """Refuse an export that holds less than was promised, naming what is missing."""
    if report.num_written == report.num_expected and not missing:
        return
    named = "; ".join(missing[:NUM_NAMED])
    more = f"; and {len(missing) - NUM_NAMED} more" if len(missing) > NUM_NAMED else ""
    raise CannotExport(
        f"Only {report.num_written} of {report.num_expected} images could be written, so nothing was exported. "
        f"Missing: {named}{more}"
    )
