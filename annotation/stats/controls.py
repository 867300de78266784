"""Which originals stand in a grid as controls, so that a worker may do as many grids as possible.

Nobody is shown an image twice: who met one again would know it for an original. Each control is measured in some
other grid, and whoever does the one can't do the other. So the controls of a grid come from as few grids as possible,
two grids of a class lend to each other, and no original is lent twice while others have not been lent.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import numpy as np


class Lenders:
    """The grids of a study with the originals that each measures, and how often each original is lent.

    Examples
    --------
    >>> lenders = Lenders()
    >>> for originals in ([1, 2, 3], [4, 5, 6]):
    ...     lenders.add_grid(7, originals)
    >>> sorted(lenders.positives(7, 0, 3, np.random.default_rng(0)))
    [4, 5, 6]
    """

    def __init__(self) -> None:
        self._grids: dict[int, list[list[int]]] = defaultdict(list)
        self._uses: Counter[int] = Counter()

    def add_grid(self, class_pk: int, originals: Sequence[int], lent: Iterable[int] = ()) -> None:
        """The next grid of its class: the originals it measures, and the controls it has."""
        self._grids[class_pk].append(sorted(originals))
        self._uses.update(lent)

    def positives(
        self, class_pk: int, number: int, count: int, rng: np.random.Generator, besides: Sequence[int] = ()
    ) -> list[int]:
        """Controls for the grid of this number from the others of its class, its partner first.

        `besides` are the images of the grid itself, which another may have measured before.
        """
        grids = self._grids[class_pk]
        partner = number ^ 1 if number ^ 1 < len(grids) else number - 1
        others = [index for index in _from(partner, len(grids)) if index != number]
        own = set(besides)
        return self._lend([[pk for pk in grids[index] if pk not in own] for index in others], count, rng)

    def negatives(self, nearest_pk: int, number: int, count: int, rng: np.random.Generator) -> list[int]:
        """Controls for a grid of this number from the grids of the nearest class, that of the same number first."""
        grids = self._grids[nearest_pk]
        return self._lend([grids[index] for index in _from(number, len(grids))], count, rng)

    def _lend(self, sources: Sequence[list[int]], count: int, rng: np.random.Generator) -> list[int]:
        shuffled = [[int(pk) for pk in rng.permutation(source)] for source in sources]
        # Stable: within those lent equally often, grid by grid.
        lent = sorted((pk for source in shuffled for pk in source), key=lambda pk: self._uses[pk])[:count]
        self._uses.update(lent)
        return lent


def _from(start: int, count: int) -> list[int]:
    """The indices of `count` things, beginning at `start` and round to where it began."""
    return [(start + step) % count for step in range(count)]


def num_workers_needed(shown: Sequence[Sequence[int]], num_assignments: int) -> int:
    """How many workers it takes until each grid has its assignments, nobody being shown an image twice.

    Parameters
    ----------
    shown
        For each grid in the order of serving, the ids of its images.
    num_assignments
        Different workers per grid.

    Returns
    -------
    int
        Workers who each do all they can, one after the other; 0 where there are no grids.

    Notes
    -----
    Grids that share an image exclude each other. A worker takes, in the order of serving, each unfinished grid that
    none of theirs excludes. People who stop earlier add to the number.

    Examples
    --------
    >>> num_workers_needed([[1, 2], [3, 4], [5, 6]], num_assignments=10)
    10
    >>> num_workers_needed([[1, 2], [2, 3]], num_assignments=10)
    20
    """
    excluded = _excluded(shown)
    missing = [num_assignments] * len(shown)
    unfinished = [grid for grid in range(len(shown)) if excluded[grid]]  # the others go to whoever comes first
    num_workers = 0
    while unfinished and num_assignments > 0:
        num_workers += 1
        gone: set[int] = set()
        for grid in unfinished:
            if grid not in gone:
                missing[grid] -= 1
                gone |= excluded[grid]
        unfinished = [grid for grid in unfinished if missing[grid]]
    return max(num_workers, num_assignments if shown else 0)


def _excluded(shown: Sequence[Sequence[int]]) -> list[set[int]]:
    """For each grid, those that show one of its images."""
    where: dict[int, list[int]] = defaultdict(list)
    for grid, ids in enumerate(shown):
        for pk in ids:
            where[pk].append(grid)
    excluded: list[set[int]] = [set() for _ in shown]
    for sharing in where.values():
        for grid in sharing if len(sharing) > 1 else ():
            excluded[grid].update(sharing)
    return excluded
