"""Drawing a set, class by class, and what becomes visible of it by judgements that had no say."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from annotation.errors import CannotBuild
from annotation.models import TargetClass
from annotation.strategies import Parameters
from annotation.strategies.base import BoolArray, ClassCounts, Posteriors, Selection
from annotation.testsets.counted import Counted, StudyCounts
from annotation.testsets.figures import Compared
from annotation.testsets.halves import ClassHalves, Halves

REPLAY = 2  # a source of chance of a class, beside that of its draw
NONE = Counted.joined([])
NOTHING = ClassHalves(Halves(NONE, NONE), Halves(NONE, NONE))


@dataclass
class Drawn:
    """A set on its way: its images by class, and all that is to be said of them."""

    images: list[tuple[TargetClass, Counted]] = field(default_factory=list)
    shortages: list[dict[str, Any]] = field(default_factory=list)
    substitutions: list[dict[str, Any]] = field(default_factory=list)
    compared: Compared = field(default_factory=Compared)

    def take(self, target_class: TargetClass, candidates: Counted, selection: Selection) -> Counted:
        """Note what was selected of a class, and what could not be had."""
        chosen = candidates.only(selection.indices)
        class_id = target_class.class_id
        self.images.append((target_class, chosen))
        self.shortages.extend({"class_id": class_id, **asdict(each)} for each in selection.shortages)
        self.substitutions.extend(
            {
                "class_id": class_id,
                "wanted_bin": each.wanted_bin,
                "used_bin": each.used_bin,
                "candidate": int(candidates.candidate[each.index]),
            }
            for each in selection.substitutions
        )
        return chosen


@dataclass(frozen=True)
class Draw:
    """One strategy put to all classes; each has sources of chance of its own, so that none depends on the others."""

    parameters: Parameters
    seed: int
    halves: Mapping[int, ClassHalves]
    posteriors: Posteriors | None

    def of(self, counts: StudyCounts, classes: Sequence[TargetClass], kept: Sequence[int]) -> Drawn:
        """The images of every class; those whose ids are among the kept go first."""
        pool = self._enough(counts.pool)
        originals = counts.originals.seen_by(1)
        is_kept = np.isin(pool.candidate, np.array(kept, dtype=np.int64))
        drawn = Drawn()
        drawn.compared.pool = pool
        for target_class in classes:
            here = pool.place_of(target_class.number)
            mine = originals.of_class(target_class.number)
            self._draw_class(drawn, target_class, pool.only(here), mine, is_kept[here])
        return drawn

    def _enough(self, pool: Counted) -> Counted:
        """Candidates with enough judgements; a reason why not, where there is none."""
        seen, least = pool.seen_by(1), self.parameters.min_judgements
        if not len(seen):
            raise CannotBuild(
                "No candidate of the pool that has a picture has a selection frequency yet; "
                "collect judgements and run recompute_frequencies, or supply pictures by import_images, then build."
            )
        most = int(seen.num_seen.max())
        if most < least:
            raise CannotBuild(
                f"No candidate of the pool has {least} judgements (the most seen has {most}); "
                "collect more, or ask for fewer with min_judgements."
            )
        return seen.seen_by(least)

    def _draw_class(
        self, drawn: Drawn, target_class: TargetClass, pool: Counted, originals: Counted, is_kept: BoolArray
    ) -> None:
        halves = self.halves.get(target_class.number, NOTHING)
        if self.parameters.holds_out_half:
            first = halves.pool.chosen_by, halves.originals.chosen_by
            selection = replayed = self._select(target_class, *first, is_kept)
        else:
            selection = self._select(target_class, pool, originals, is_kept)
            replayed = self._replayed(target_class, halves)
        chosen = drawn.take(target_class, pool, selection)
        if len(chosen):
            drawn.compared.add_whole(chosen, originals.seen_by(self.parameters.min_judgements))
        if len(replayed.indices):
            drawn.compared.add_halves(halves.pool.only(replayed.indices), halves.originals)

    def _select(self, target_class: TargetClass, pool: Counted, originals: Counted, is_kept: BoolArray) -> Selection:
        counts = ClassCounts(
            pool.num_selected,
            pool.num_seen,
            originals.num_selected,
            originals.num_seen,
            is_kept=is_kept,
            posteriors=self.posteriors,
        )
        return self.parameters.select(counts, rng=self._rng(target_class))

    def _replayed(self, target_class: TargetClass, halves: ClassHalves) -> Selection:
        """What the same recipe takes when it is shown half of the judgements; who has enough of them is settled."""
        recipe = replace(self.parameters, min_judgements=1)
        first, old = halves.pool.chosen_by, halves.originals.chosen_by
        counts = ClassCounts(first.num_selected, first.num_seen, old.num_selected, old.num_seen)
        return recipe.select(counts, rng=self._rng(target_class, REPLAY))

    def _rng(self, target_class: TargetClass, *purpose: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, target_class.number, *purpose])
