"""Predictions of a classifier that was scored elsewhere, for one frozen test set."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from annotation.models import TestSet
from evaluation import classifiers, listings, predictions, runs, scores
from evaluation.errors import CannotRequest, InvalidPredictions
from evaluation.listings import Numbers
from evaluation.models import Classifier, PredictionSet, Run
from evaluation.uploads import checking, classes, formats, matching


@dataclass(frozen=True)
class Handed:
    """What a person hands in: the file, and what it lacks: names of its rows, class ids of its columns or numbers."""

    content: bytes
    images: Sequence[str] | None = None
    class_ids: Sequence[str] | None = None


@dataclass(frozen=True)
class Taken:
    """The run that has come of it, and what a person should know."""

    run: Run
    notes: list[str]

    @property
    def summary(self) -> str:
        """How often the classifier is right, as a person is told."""
        score = self.run.score
        five = "" if score.num_correct_top5 is None else f", {score.num_correct_top5:,} among its first five"
        return (
            f"{self.run.classifier.name} is right on {score.num_correct:,} of {score.num_images:,} images of "
            f"{self.run.test_set.citation}{five}."
        )


@dataclass(frozen=True)
class _Read:
    """In the order of the set, by number of class: ranks, or logits."""

    first: Numbers
    ranked: Numbers | None
    logits: NDArray[np.float32] | None


@transaction.atomic
def upload(*, classifier_name: str, test_set: TestSet, handed: Handed, now: datetime) -> Taken:
    """Check the predictions, store and count them: all, or nothing. The same file again is the same run."""
    if not test_set.is_frozen:
        raise CannotRequest(f"{test_set.citation} is not frozen; freeze it first, so that what is scored can't change.")
    classifier = classifiers.enter_scored_elsewhere(study=test_set.study, name=classifier_name, now=now)
    read = _read(classifier, test_set, handed)
    existing = Run.objects.standing().filter(classifier=classifier, test_set=test_set).first()
    if existing is not None:
        return _same(existing, read)
    run, shard = runs.record(classifier=classifier, test_set=test_set, now=now)
    notes = checking.check_beside_others(
        classifier, run, read.first, are_ranks_known=read.ranked is None or read.ranked.shape[1] > 1
    )
    if read.ranked is not None:
        predictions.store_ranked(shard=shard, ranked=read.ranked, now=now)
    else:
        assert read.logits is not None
        predictions.store(shard=shard, logits=read.logits, now=now)
    scores.compute(run=run, now=now)
    runs.close(run=run, now=now)
    run.refresh_from_db()
    return Taken(run, notes)


def _read(classifier: Classifier, test_set: TestSet, handed: Handed) -> _Read:
    listing = listings.of(test_set)
    limits = formats.Limits(num_images=len(listing.first_place_of), num_classes=len(classifier.class_ids))
    sheet = formats.recognised(handed.content).read(handed.content, limits)
    class_ids = classes.agreed_class_ids(sheet, classifier, handed.class_ids)
    rows = matching.rows_of(sheet, _names(sheet, handed), listing)
    truth = scores.truth_of(classifier, test_set)
    if sheet.is_ranked:
        ranked = classes.ranked_numbers(sheet, classifier, class_ids)[rows]
        checking.check_ranks(ranked, truth)
        return _Read(ranked[:, 0], ranked, None)
    logits = classes.logits_by_number(sheet, classifier, class_ids)[rows]
    checking.check_logits(logits, truth)
    return _Read(logits.argmax(axis=1), None, logits)


def _names(sheet: formats.Sheet, handed: Handed) -> Sequence[str]:
    if sheet.images is not None and handed.images is not None and list(sheet.images) != list(handed.images):
        raise InvalidPredictions("The names of images given beside the file are not those in it, or in another order.")
    names = sheet.images if handed.images is None else handed.images
    if names is None:
        raise InvalidPredictions(
            "The file doesn't say which image each row is of: add `images`, or give their names beside it, one a row. "
            "Rows are never taken by their position."
        )
    return names


def _same(run: Run, read: _Read) -> Taken:
    stored = PredictionSet.objects.get(shard__run=run)
    if read.ranked is not None and stored.num_ranks == read.ranked.shape[1]:
        is_same = np.array_equal(predictions.load_ranked(run=run), read.ranked)
    else:
        are_logits = read.logits is not None and stored.num_ranks is None
        is_same = are_logits and np.array_equal(predictions.load(run=run), np.asarray(read.logits))
    if not is_same:
        raise CannotRequest(
            f"{run.classifier.name} has other predictions for {run.test_set.citation} already, and what reports were "
            "built from does not change. Withdraw that run first, or upload these under another name."
        )
    return Taken(run, [])
