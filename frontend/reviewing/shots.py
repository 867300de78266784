"""The images of a class in the order they were taken, so that what was taken in a burst stands together."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
    num_of_day: int = 1
    """How many images of the page were taken on its day."""
    place_in_day: int = 1

    @property
    def value(self) -> str:
        return self.verdict.reason if self.verdict else "keep"

    @property
    def note(self) -> str:
        return self.verdict.note if self.verdict else ""

    @property
    def is_in_burst(self) -> bool:
        return self.num_of_day > 1

    @property
    def is_last_of_burst(self) -> bool:
        return self.place_in_day == self.num_of_day


def shots(candidates: Sequence[Candidate], verdicts: Mapping[int, Verdict], before: set[int] | None) -> list[Shot]:
    """By the time they were taken, those without one last; new is what is not among those `before`, if any were."""
    ordered = in_order(candidates)
    sizes = Counter(each.taken_at.date() for each in ordered if each.taken_at)
    so_far: Counter[object] = Counter()
    found = []
    for number, each in enumerate(ordered, 1):
        day = each.taken_at.date() if each.taken_at else None
        so_far[day] += 1
        found.append(
            Shot(
                candidate=each,
                number=number,
                verdict=verdicts.get(each.pk),
                is_new=before is not None and each.pk not in before,
                num_of_day=sizes[day] if day else 1,
                place_in_day=so_far[day] if day else 1,
            )
        )
    return found


def in_order(candidates: Sequence[Candidate]) -> list[Candidate]:
    dated = [each for each in candidates if each.taken_at is not None]
    undated = [each for each in candidates if each.taken_at is None]
    return sorted(dated, key=lambda each: (each.taken_at, each.pk)) + sorted(undated, key=lambda each: each.pk)
