"""Distances in a hierarchy of kinds: over how many steps up and down two of them are joined."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

FAR = 250  # steps; more than any hierarchy is deep, and twice as much still fits the type
Kind = TypeVar("Kind", bound=Hashable)


def steps_up(kind: Kind, wider: Callable[[Kind], Iterable[Kind]]) -> dict[Kind, int]:
    """Every kind above this one, itself included, with the fewest steps that lead there."""
    steps, level, number = {kind: 0}, [kind], 0
    while level:
        number += 1
        above = [each for low in level for each in wider(low) if each not in steps]
        steps |= dict.fromkeys(above, number)
        level = list(dict.fromkeys(above))
    return steps


def distances(above: Sequence[Mapping[Kind, int]]) -> NDArray[np.int16]:
    """Between every two of these, each given by its steps up: the shortest way over a kind above both.

    Path similarity is 1 / (1 + distance). Pairs without anything above both are `FAR` or more apart.
    """
    columns = {kind: column for column, kind in enumerate(dict.fromkeys(kind for steps in above for kind in steps))}
    steps_to = np.full((len(above), len(columns)), FAR, dtype=np.int16)
    for row, steps in enumerate(above):
        steps_to[row, [columns[kind] for kind in steps]] = list(steps.values())
    found = np.full((len(above), len(above)), 2 * FAR, dtype=np.int16)
    for row, steps in enumerate(above):
        mine = [columns[kind] for kind in steps]
        found[row] = (steps_to[:, mine] + steps_to[row, mine]).min(axis=1)
    return found


def nearest(above: Sequence[Mapping[Kind, int]]) -> list[int | None]:
    """For each the place of the nearest other; of those equally near the first in the order given; none where alone."""
    if len(above) < 2:
        return [None for _ in above]
    found = distances(above)
    np.fill_diagonal(found, np.iinfo(found.dtype).max)
    chosen = found.argmin(axis=1)
    return [int(place) if found[row, place] < FAR else None for row, place in enumerate(chosen)]
