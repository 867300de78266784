"""What shows that predictions are not what they are taken for: ranks turned round, or other images' rows.

A refusal says which of two is right more often and never how often: it is no look at accuracies.
"""

import numpy as np
from numpy.typing import NDArray

from evaluation import listings, predictions
from evaluation.errors import InvalidPredictions
from evaluation.listings import Listing, Numbers
from evaluation.models import Classifier, Run
from evaluation.stats.accuracy import clopper_pearson
from evaluation.uploads.formats import shown

NUM_NAMED = 3
FIFTH = 5
# Arithmetic in other batches or on other machines tips a near tie over: published predictions differ in 3 of 20,000.
MOST_DIFFERING = 1 / 1000
COLLAPSE = 4


def check_ranks(ranked: Numbers, truth: Numbers) -> None:
    """A later column that is right more often than the first shows that ranks were turned round."""
    num_right = (ranked == truth[:, np.newaxis]).sum(axis=0).tolist()
    for place in sorted({min(FIFTH, len(num_right)), len(num_right)} - {1}):
        if num_right[place - 1] > num_right[0]:
            raise InvalidPredictions(
                f"Column {place} beats column 1: it is right on more images. The ranks are reversed: the likeliest "
                "class comes first. Turn the columns round and upload the file again."
            )


def check_logits(logits: NDArray[np.float32], truth: Numbers) -> None:
    """The smallest number must not be right more often than the largest: then they are distances."""
    largest, smallest = (int((each == truth).sum()) for each in (logits.argmax(axis=1), logits.argmin(axis=1)))
    if smallest > largest:
        raise InvalidPredictions(
            "The class with the smallest number is right on more images than that with the largest. The likeliest "
            "class must have the largest: if these are distances or losses, change their sign."
        )


def check_beside_others(classifier: Classifier, run: Run, first: Numbers, *, are_ranks_known: bool) -> list[str]:
    """Compare with what the classifier said about other sets; what is odd but can be is told."""
    notes = []
    mine = listings.of(run.test_set)
    others = Run.objects.filter(classifier=classifier, condition=run.condition, state=Run.State.FINISHED)
    for other in others.select_related("test_set__study", "classifier").order_by("id"):
        theirs = listings.of(other.test_set)
        before = predictions.load_first(run=other)
        here, there = listings.shared(run.test_set, other.test_set)
        note = _check_shared(other, (mine, here), first[here], before[there])
        if note:
            notes.append(note)
        if not are_ranks_known:
            _check_no_collapse(other, (first == mine.truth), (before == theirs.truth))
    return notes


def _check_shared(other: Run, places: tuple[Listing, Numbers], now: Numbers, before: Numbers) -> str:
    """The same image has the same prediction, whatever set it is in."""
    listing, here = places
    differing = np.flatnonzero(now != before)
    if not len(differing):
        return ""
    class_ids, truth = other.classifier.class_ids, listing.truth[here]
    told = (
        f"{len(differing):,} of the {len(here):,} images that are also in {other.test_set.citation} have another "
        "prediction there"
    )
    if len(differing) <= MOST_DIFFERING * len(here):
        return f"{told}; so few can be near ties."
    some = "; ".join(
        f"{shown(listing.sources[here[row]])}: {class_ids[now[row]]} here, {class_ids[before[row]]} there"
        for row in differing[:NUM_NAMED]
    )
    more = int((now == truth).sum()) - int((before == truth).sum())
    beside = "more often than" if more > 0 else "less often than" if more < 0 else "as often as"
    raise InvalidPredictions(
        f"{told} ({some}). On these {len(here):,} images this file is right {beside} the other. One image has one "
        "prediction: ranks may be reversed, rows be other images', or the files come from different classifiers."
    )


def _check_no_collapse(other: Run, now: NDArray[np.bool_], before: NDArray[np.bool_]) -> None:
    """Where only one class is named, reversed ranks show in a fall that no new test set explains."""
    here, there = (clopper_pearson(int(each.sum()), len(each)) for each in (now, before))
    worse, better = sorted((here, there), key=lambda found: float(found.accuracy))
    if COLLAPSE * worse.high < better.low:
        which = "smaller" if worse is here else "larger"
        raise InvalidPredictions(
            f"The share of images that this file has right and that of the file for {other.test_set.citation} are more "
            f"than {COLLAPSE} times apart; this one is the {which}. So it looks where ranks are reversed or rows mixed "
            "up in one of them. If both are right, upload the five likeliest classes per image: their order shows it."
        )
