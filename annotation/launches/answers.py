"""What was answered in a batch: controls, and how far workers agree. One query brings the bitmaps, end to end.

Of large batches every so many-th HIT, with all of its answers, is looked at: that is thousands of grids still.
"""

from dataclasses import dataclass

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from annotation.launches.pace import one_in
from annotation.models import Batch

MOST_READ = 5_000  # grids handed in; of more, every so many-th HIT
# Aggregates of one group take its rows in the same order, so that the bitmaps stand side by side.
BITMAPS = """
SELECT length(g.measured), array_agg(a.hit_id), string_agg(a.seen, ''), string_agg(a.selected, ''),
    string_agg(g.measured, ''), string_agg(g.positive_controls, ''), string_agg(g.negative_controls, '')
FROM annotation_hit h
JOIN annotation_grid g ON g.id = h.grid_id
JOIN annotation_assignment a ON a.hit_id = h.id
WHERE h.batch_id = %s AND h.id %% %s = 0 AND a.submitted_at IS NOT NULL
GROUP BY length(g.measured)
"""
Bits = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Answers:
    """Counts over what was looked at."""

    controls_right: int = 0
    controls_shown: int = 0
    mismatches: float = 0
    num_paired: int = 0
    """Judgements of measured images that another worker of the HIT has judged too."""

    @property
    def agreement(self) -> float | None:
        """The raw agreement of `stats.agreement`: how often two workers said the same of an image."""
        return 1 - 2 * self.mismatches / self.num_paired if self.num_paired else None


def figures(batch: Batch, *, num_submitted: int) -> Answers:
    with connection.cursor() as cursor:
        cursor.execute(BITMAPS, [batch.pk, one_in(num_submitted, MOST_READ)])
        groups = cursor.fetchall()
    parts = [_of_size(size, np.array(hits), *bitmaps) for size, hits, *bitmaps in groups]
    names = ("controls_right", "controls_shown", "mismatches", "num_paired")
    return Answers(**{name: sum(getattr(each, name) for each in parts) for name in names})


def _of_size(size: int, hits: NDArray[np.int64], *bitmaps: bytes) -> Answers:
    """Of grids whose bitmaps have so many bytes."""
    seen, selected, measured, positive, negative = (
        np.frombuffer(bits, dtype=np.uint8).reshape(len(hits), size) for bits in bitmaps
    )
    right = seen & ((positive & selected) | (negative & ~selected))
    mismatches, num_paired = _mismatches(hits, seen & measured, selected)
    return Answers(
        controls_right=_count(right),
        controls_shown=_count(seen & (positive | negative)),
        mismatches=mismatches,
        num_paired=num_paired,
    )


def _mismatches(hits: NDArray[np.int64], seen: Bits, selected: Bits) -> tuple[float, int]:
    """Over the images of each HIT that two workers or more have seen: k (n - k) / (n - 1), and n."""
    order = np.argsort(hits, kind="stable")
    starts = np.flatnonzero(np.diff(hits[order], prepend=-1))
    num_seen = _sums(seen[order], starts)
    num_selected = _sums((seen & selected)[order], starts)
    is_paired = num_seen > 1
    n, k = num_seen[is_paired], num_selected[is_paired]
    return float((k * (n - k) / (n - 1)).sum()), int(n.sum())


def _sums(bitmaps: Bits, starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each run of rows, how many have each bit set."""
    bits = np.unpackbits(bitmaps, axis=1)
    return np.add.reduceat(bits, starts, axis=0, dtype=np.int64)


def _count(bitmaps: Bits) -> int:
    return int(np.bitwise_count(bitmaps).sum())
