"""Rounds of review: open one, exclude what its people agree on, rebuild, go on. The only writer of `TestSetReview`."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from annotation import candidates, testsets
from annotation.counting.verdicts import tally
from annotation.errors import CannotReview
from annotation.models import Candidate, Exclusion, Strategy, Study, TestSet, TestSetReview
from annotation.reviews import conflicts, turns, verdicts

MAX_REVIEWERS = 9


@transaction.atomic
def open_review(*, test_set: TestSet, now: datetime, by: Any = None, num_reviewers: int = 2) -> TestSetReview:
    """Ask people to look at every image of this revision; one that is open already stays as it is.

    Where an earlier revision of the set was reviewed, this is the next round: what was said of images that are still
    in the set holds, and only classes whose images changed are to be reviewed.
    """
    row = TestSet.objects.select_for_update(of=("self",), no_key=True).select_related("study").get(pk=test_set.pk)
    if found := TestSetReview.objects.filter(test_set=row).first():
        return found
    if not 1 <= num_reviewers <= MAX_REVIEWERS:
        raise CannotReview(f"Between 1 and {MAX_REVIEWERS} people can look at each class; got {num_reviewers}.")
    if row.is_frozen:
        raise CannotReview(f"{row} is frozen; only a set that may still change is reviewed. Build the next revision.")
    if row.strategy == Strategy.ORIGINAL:
        raise CannotReview("The original is what it is; reviews are of the new sets.")
    if row.is_given:
        raise CannotReview(
            f"{row} was imported as it was given: no image is taken out, so nobody reviews it. Freeze it as it is."
        )
    if not row.images.exists():
        raise CannotReview(f"{row} has no images to review; see its shortages and build again.")
    if num_lacking := row.images.filter(candidate__image__isnull=True).count():
        raise CannotReview(f"The pictures of {num_lacking} images of {row} are not here, so nobody can look at them.")
    review = TestSetReview(test_set=row, num_reviewers=num_reviewers, opened_at=now, opened_by=by)
    return _begin(review, after=_last_before(row))


def earlier(test_set: TestSet) -> QuerySet[TestSetReview]:
    """Reviews of earlier revisions of the set that no other round has followed, the latest first."""
    rows = TestSetReview.objects.filter(
        test_set__study=test_set.study_id,
        test_set__name=test_set.name,
        test_set__revision__lt=test_set.revision,
        next_round__isnull=True,
    )
    return rows.order_by("-test_set__revision")


def _last_before(test_set: TestSet) -> TestSetReview | None:
    """Locked, so that nothing is said in it any more while its words are taken over."""
    found = earlier(test_set).first()
    if found is None:
        return None
    row: TestSetReview = TestSetReview.objects.select_for_update(no_key=True).get(pk=found.pk)
    if TestSetReview.objects.filter(follows=row).exists():
        raise CannotReview("The next round of its last review has just been opened. Load the page again.")
    return row


def _begin(new: TestSetReview, *, after: TestSetReview | None) -> TestSetReview:
    """The round saved, with what was said in the one before about images that are still there."""
    new.follows = after
    new.save()
    if after is None:
        return new
    images: defaultdict[int, set[int]] = defaultdict(set)
    for target_class, candidate in new.test_set.images.values_list("target_class_id", "candidate_id"):
        images[target_class].add(candidate)
    verdicts.carry_over(old=after, new=new, images=images)
    conflicts.carry_over(old=after, new=new, candidate_ids=set().union(*images.values()))
    return new


@transaction.atomic
def apply(*, review: TestSetReview, now: datetime, by: Any = None) -> int:
    """Exclude from the study what the reviewers agree on, and what a third person decided; returns how many were in."""
    row = turns.take(review)
    # Before any candidate, as all do who decide about images: otherwise two might wait for each other.
    Study.objects.select_for_update(no_key=True).get(pk=row.test_set.study_id)
    found = tally(row)
    if number := found.num_unresolved():
        raise CannotReview(
            f"{number} image{'s are' if number > 1 else ' is'} in conflict: a third person decides about "
            f"{'them' if number > 1 else 'it'} first."
        )
    waiting = found.waiting()
    # All at once and in order of their ids: reviews of two sets may exclude the same images at the same time.
    list(Candidate.objects.select_for_update(no_key=True).filter(pk__in=waiting).order_by("pk").values_list("pk"))
    by_reason: dict[str, list[int]] = defaultdict(list)
    for pk, reason in sorted(waiting.items()):
        by_reason[reason].append(pk)
    return sum(
        candidates.exclude(
            candidates=Candidate.objects.filter(pk__in=ids), reason=Exclusion.Reason(reason), now=now, by=by
        )
        for reason, ids in by_reason.items()
    )


@transaction.atomic
def rebuild(*, review: TestSetReview, now: datetime, by: Any = None) -> TestSetReview:
    """The next round: exclude what is agreed, draw the next revision, and ask again about classes that changed.

    A second click comes to the round that the first one has opened.
    """
    TestSetReview.objects.select_for_update(no_key=True).get(pk=review.pk)
    if later := TestSetReview.objects.filter(follows=review).first():
        return later
    apply(review=review, now=now, by=by)
    old = turns.take(review)
    if not tally(old).num_excluded():
        raise CannotReview(f"No image of {old.test_set} is excluded, so a rebuilt set would be the same.")
    test_set = testsets.rebuild(test_set=old.test_set, now=now, by=by)
    if test_set.is_frozen:
        raise CannotReview(
            f"{test_set} holds what this would be rebuilt to, and is frozen: there is nothing to review."
        )
    if found := TestSetReview.objects.filter(test_set=test_set).first():
        return found
    new = TestSetReview(test_set=test_set, num_reviewers=old.num_reviewers, opened_at=now, opened_by=by)
    return _begin(new, after=old)
