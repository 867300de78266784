"""From when to when the images are."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from annotation.candidates.comparing.quantities import FloatArray

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST_DATES = (0.05, 0.95)


@dataclass(frozen=True)
class Span:
    """Of the dates that are known: the first, the last, and between which 90 % lie."""

    num_known: int
    earliest: datetime
    low: datetime
    high: datetime
    latest: datetime

    @classmethod
    def of(cls, seconds: FloatArray) -> "Span | None":
        """None where no date is known."""
        known = seconds[np.isfinite(seconds)]
        if not len(known):
            return None
        low, high = np.quantile(known, MOST_DATES, method="nearest")
        return cls(len(known), *(at(each) for each in (known.min(), low, high, known.max())))


@dataclass(frozen=True)
class Window:
    """In which images were taken, and in which they were uploaded."""

    taken: Span | None
    uploaded: Span | None


def at(seconds: float) -> datetime:
    """Also of years before 1970."""
    return EPOCH + timedelta(seconds=float(seconds))
