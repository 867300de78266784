"""What the columns of a table are: the image, and either ranks or the class ids themselves."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.errors import InvalidPredictions
from evaluation.uploads.formats.base import Limits, check_shape, shown

IMAGE = "image"
RANK = re.compile(r"top([1-9]\d{0,4})")


@dataclass(frozen=True)
class Columns:
    """Where the image and the values stand in the header, the values in the order of ranks or as they come."""

    image: int
    values: list[int]
    class_ids: list[str] | None

    @property
    def is_ranked(self) -> bool:
        return self.class_ids is None


def understood(header: Sequence[str], limits: Limits) -> Columns:
    """`image` and `top1`, `top2`, …; or `image` and a column for each class, called by its id."""
    names = [name.strip() for name in header]
    if repeated := [name for name, count in Counter(names).items() if count > 1]:
        raise InvalidPredictions(f"The header has two columns called {shown(repeated[0])}.")
    if IMAGE not in names:
        have = ", ".join(shown(name) for name in names[:10])
        raise InvalidPredictions(
            f"The header must have the column image, and top1, top2, … or a column per class id; it has {have}."
        )
    image = names.index(IMAGE)
    others = [place for place in range(len(names)) if place != image]
    ranks = {int(found[1]): place for place in others if (found := RANK.fullmatch(names[place]))}
    if len(ranks) == len(others):
        if sorted(ranks) != list(range(1, len(ranks) + 1)):
            raise InvalidPredictions("The ranks must be the columns top1, top2, … without a gap.")
        check_shape((0, len(ranks)), limits, is_ranked=True)
        return Columns(image, [ranks[rank] for rank in sorted(ranks)], None)
    check_shape((0, len(others)), limits, is_ranked=False)
    return Columns(image, others, [names[place] for place in others])
