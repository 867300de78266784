"""How much of a change goes away when the frequencies of the images are corrected.

Counts that images were chosen by are distributed as the original's by construction, and no correction can learn
anything of them. So a calibrated set stands for the pool it was drawn from, and of a recalibrated one only those
judgements count that were held out. Where neither can be had, that is said.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from annotation.errors import CannotBuild
from annotation.models import Assignment, Candidate, Strategy, TestSet
from annotation.stats.counts import unique_counts
from annotation.testsets import counted, manifests
from annotation.testsets.counted import StudyCounts
from annotation.testsets.halves import halves_of
from evaluation.reports.counting import Numbers
from evaluation.reports.gathering import Bools, OfSet
from evaluation.reports.pairing import Paired
from evaluation.stats.comparing.explained import ExplainedChange, TwoSets, explained_change
from evaluation.stats.mixture_correction import MixtureCorrection
from evaluation.stats.scored_images import ScoredImages, scored_images, stands_for

SEED = 0
CORRECTION = "mixture"
FEWEST_IMAGES = 100  # judged ones of either set: two components and a curve are fitted to them
FEWEST_JUDGEMENTS = 4  # of a typical image: with fewer, mixtures of two components say what they like
MOST_UNSEEN = 0.1  # of the pool's images, with counts that no image of the set has
LEAST_MATCHED = 0.9  # of the original's images, by counts that some image of the set has
Pairs = tuple[Numbers, Numbers]


@dataclass(frozen=True)
class Explained:
    """The mean change in its two parts, or why they can't be told apart."""

    parts: ExplainedChange | None
    why_not: str = ""


class _CantSayError(Exception):
    """Why there is no correction, in words for a person."""


class Corrector:
    """Corrects the new sets of one report; what the study counts is read once for each judgement filter."""

    def __init__(self, original: OfSet) -> None:
        self._original = original
        self._scored_once: ScoredImages | None = None
        self._counts: dict[int, StudyCounts] = {}

    def explained(self, new: OfSet, paired: Paired) -> Explained:
        """Of the mean over classifiers: corrections are linear, so that the mean is corrected at once."""
        try:
            after = self._scored(new)  # looks at both sets first
            sets = self._sets(self._scored_original(), after, paired)
        except (_CantSayError, CannotBuild) as reason:
            return Explained(None, str(reason))
        found = explained_change(sets, MixtureCorrection(), rng=np.random.default_rng(SEED))
        if found.share_matched < LEAST_MATCHED:
            return Explained(
                None,
                f"Only {found.share_matched:.0%} of the original's images have counts that some image of the set has, "
                "and a correction can't go so far; draw a larger set.",
            )
        return Explained(found)

    def _sets(self, before: ScoredImages, after: ScoredImages, paired: Paired) -> TwoSets:
        """With the original's images that nobody judged, and the places of those that both sets hold."""
        correct, here = self._original.correct, self._original.is_judged
        assert correct is not None  # looked at before anything is read
        place = np.empty(len(here), dtype=np.intp)
        place[np.concatenate([np.flatnonzero(here), np.flatnonzero(~here)])] = np.arange(len(here))
        in_original, in_new = paired.shared
        return TwoSets(before, after, unjudged=correct[:, ~here].mean(axis=0), shared=(place[in_original], in_new))

    def _scored_original(self) -> ScoredImages:
        if self._scored_once is not None:
            return self._scored_once
        here = self._original.is_judged
        if not here.any():
            raise _CantSayError(
                "Nobody has judged the original's images; let workers judge them, or import judgements."
            )
        counts = self._original.num_selected[here], self._original.num_seen[here]
        self._scored_once = _checked(self._original, *counts, here)
        return self._scored_once

    def _scored(self, new: OfSet) -> ScoredImages:
        test_set = new.test_set
        for each in (self._original, new):
            if each.correct is None:
                raise _CantSayError(f"It isn't kept who had which image of the {each.name} set right.")
        if test_set.is_given:
            raise _CantSayError(
                "The set was drawn elsewhere, so that it isn't known which judgements its images were chosen by; "
                "counts that images were chosen by can't correct anything."
            )
        if test_set.strategy == Strategy.MATCHED_POSTERIOR:
            return _held_out(new, self._study_counts(test_set))
        if test_set.strategy == Strategy.MATCHED_FREQUENCY:
            return _standing_for_the_pool(new, self._pool_of(new))
        raise _CantSayError(
            "The set was not drawn to match the original's frequencies, and it holds the most selected images only: "
            "their counts are those they were chosen by, and say nothing of the rest of the pool."
        )

    def _pool_of(self, new: OfSet) -> Pairs:
        """The counts of all images that the set was drawn from, as they were then."""
        kept = new.test_set.figures.get("pool")
        if kept is None:
            return _pool_of_now(new, self._study_counts(new.test_set))
        num_selected, num_seen, num_images = np.array(kept, dtype=np.int64).reshape(-1, 3).T
        return np.repeat(num_selected, num_images), np.repeat(num_seen, num_images)

    def _study_counts(self, test_set: TestSet) -> StudyCounts:
        used = manifests.filter_of(test_set)
        if used.pk not in self._counts:
            self._counts[used.pk] = counted.read(used)
        return self._counts[used.pk]


def _pool_of_now(new: OfSet, counts: StudyCounts) -> Pairs:
    """For sets from before this was kept: the pool of today, unless it has been judged since."""
    test_set, until = new.test_set, counts.judgement_filter.until
    late = Assignment.objects.filter(hit__batch__study=test_set.study_id, submitted_at__gt=test_set.built_at)
    if (late if until is None else late.filter(submitted_at__lte=until)).exists():
        raise _CantSayError(
            "Images have been judged since the set was built, which does not say what its pool was like; build the "
            "next revision."
        )
    pool = counts.pool.seen_by(max(1, int(test_set.parameters.get("min_judgements", 1))))
    pool = pool.only(~np.isin(pool.candidate, _added_since(test_set, test_set.built_at)))
    _check_counts(new, pool.candidate, (pool.num_selected, pool.num_seen))
    return pool.num_selected, pool.num_seen


def _standing_for_the_pool(new: OfSet, pool: Pairs) -> ScoredImages:
    """Among the pool's images of one count, those of the set are a random sample."""
    k, _, pair, _ = unique_counts(
        *(np.concatenate(each) for each in zip((new.num_selected, new.num_seen), pool, strict=True))
    )
    has_like = np.isin(np.arange(len(k)), pair[: len(new.num_seen)])
    unseen = 1 - float(has_like[pair[len(new.num_seen) :]].mean())
    if unseen > MOST_UNSEEN:
        raise _CantSayError(
            f"{unseen:.0%} of the pool's images have counts that no image of the set has, so that the set can't stand "
            "for its pool; draw a larger set, or build a recalibrated one, which holds judgements out."
        )
    each = stands_for((new.num_selected, new.num_seen), pool)
    every = np.ones(len(new.num_seen), dtype=np.bool_)
    return _checked(new, new.num_selected, new.num_seen, every, each)


def _held_out(new: OfSet, counts: StudyCounts) -> ScoredImages:
    """Half of each image's judgements had no say; they are found by halving all of them once more."""
    test_set = new.test_set
    halves = halves_of(counts, least=int(test_set.parameters.get("min_judgements", 1)), seed=test_set.seed)
    parts = [each.pool for _, each in sorted(halves.items())]
    candidate = np.concatenate([each.held_out.candidate for each in parts] or [np.empty(0, dtype=np.int64)])
    chosen_k, chosen_n, held_k, held_n = (
        np.concatenate([getattr(getattr(each, part), name) for each in parts] or [np.empty(0, dtype=np.int64)])
        for part in ("chosen_by", "held_out")
        for name in ("num_selected", "num_seen")
    )
    place = _check_counts(new, candidate, (chosen_k + held_k, chosen_n + held_n))
    k, n = held_k[place], held_n[place]
    selected, seen, _, num_images = unique_counts(k, n)
    now = [list(row) for row in zip(selected.tolist(), seen.tolist(), num_images.tolist(), strict=True)]
    kept = test_set.figures.get("held_out", {}).get("set", [])
    if now != [row[:3] for row in kept]:
        raise _CantSayError(
            "The counts of the pool have changed since the set was built, so that it can't be told any more which "
            "judgements were held out; build the next revision."
        )
    return _checked(new, k, n, np.ones(len(k), dtype=np.bool_))


def _check_counts(new: OfSet, candidate: Numbers, counts: Pairs) -> Numbers:
    """Where each image of the set is among these; refused unless it has the counts it was chosen by."""
    mine = np.array(new.listing.candidates, dtype=np.int64)
    order = np.argsort(candidate)
    place = np.searchsorted(candidate[order], mine)
    is_there = place < len(candidate)
    place = order[np.where(is_there, place, 0)] if len(candidate) else place
    same = is_there & (len(candidate) > 0)
    if same.all():
        same = (candidate[place] == mine) & (counts[0][place] == new.num_selected) & (counts[1][place] == new.num_seen)
    if not same.all():
        raise _CantSayError(
            "Judgements of the set's images have changed since it was built, or some are excluded, so that what is "
            "counted now is not the pool it was drawn from; build the next revision."
        )
    return np.asarray(place)


def _checked(of: OfSet, k: Numbers, n: Numbers, here: Bools, each: object = 1.0) -> ScoredImages:
    assert of.correct is not None  # looked at before anything is read
    if len(n) < FEWEST_IMAGES:
        raise _CantSayError(
            f"Images of the {of.name} set with judgements: only {len(n)}; a correction needs {FEWEST_IMAGES}."
        )
    if np.median(n) < FEWEST_JUDGEMENTS:
        raise _CantSayError(
            f"Judgements of an image of the {of.name} set that can be used: {np.median(n):.0f}; a correction needs "
            f"{FEWEST_JUDGEMENTS}. Collect more."
        )
    return scored_images(k, n, of.correct[:, here].mean(axis=0), stands_for=each)  # type: ignore[arg-type]


def _added_since(test_set: TestSet, built_at: datetime) -> Numbers:
    """Candidates that the set could not have been drawn from."""
    rows = Candidate.objects.filter(study=test_set.study_id, created_at__gt=built_at).values_list("pk", flat=True)
    return np.array(list(rows), dtype=np.int64)
