"""The images of a class in the order they were taken: what was taken in a burst stands together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from annotation.models import Candidate, Verdict


@dataclass(frozen=True)
class Shot:
    """An image as one reviewer sees it."""

    candidate: Candidate
    number: int
    """Its place on the page, from 1."""
    verdict: Verdict | None = None
    is_new: bool = False
    """Whether it came with the last rebuilding."""

    @property
    def value(self) -> str:
        return self.verdict.reason if self.verdict else "keep"

    @property
    def note(self) -> str:
        return self.verdict.note if self.verdict else ""


@dataclass(frozen=True)
class Stretch:
    """Images of one day; or of several days with one image each, which need no heading; or those without a date."""

    day: date | None
    shots: list[Shot]
    is_burst: bool = False


def stretches(shots: Sequence[Shot]) -> list[Stretch]:
    """In the order of the shots, which is that of their dates."""
    found: list[Stretch] = []
    for day, group in groupby(shots, key=_day):
        together = list(group)
        if day is not None and len(together) > 1:
            found.append(Stretch(day, together, is_burst=True))
        elif day is not None and found and not found[-1].is_burst:
            found[-1].shots.extend(together)
        else:
            found.append(Stretch(day, together))
    return found


def in_order(candidates: Sequence[Candidate]) -> list[Candidate]:
    """By the time they were taken; those without one come last, by their ids."""
    dated = [each for each in candidates if each.taken_at is not None]
    undated = [each for each in candidates if each.taken_at is None]
    return sorted(dated, key=lambda each: (each.taken_at, each.pk)) + sorted(undated, key=lambda each: each.pk)


def _day(shot: Shot) -> date | None:
    return shot.candidate.taken_at.date() if shot.candidate.taken_at else None
