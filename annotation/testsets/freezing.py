"""A test set closed for good, under the hash of its manifest."""

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from annotation import storage
from annotation.counting.verdicts import tally
from annotation.errors import CannotBuild
from annotation.models import Study, TestSet, TestSetReview
from annotation.testsets import judged, manifests
from annotation.testsets.manifests import KeptJudgements


@transaction.atomic
def freeze(*, test_set: TestSet, now: datetime, by: AbstractBaseUser | None = None) -> TestSet:
    """Store the judgements used and the manifest, then close the set for good; a frozen one comes back as it is.

    Where a review of it was opened, it must be complete; a set that nobody reviews is frozen as it is, and says so.
    """
    # Not its key: whoever rebuilds it meanwhile waits for the review, not for the set, and nobody waits in a circle.
    locked = TestSet.objects.select_for_update(of=("self",), no_key=True)
    row = locked.select_related("study", "parent__study", "kept_from__study").get(pk=test_set.pk)
    if row.is_frozen:
        return row
    _check_its_review(row)
    # As who takes pictures down, decides about pairs or builds: the manifest tells of one moment.
    Study.objects.select_for_update(no_key=True).get(pk=row.study_id)
    if not row.images.exists():
        raise CannotBuild(f"{row} has no images, so there is nothing to freeze; see its shortages and build again.")
    num_excluded = row.images.filter(candidate__exclusion__candidate__isnull=False).count()
    if num_excluded:
        raise CannotBuild(
            f"{num_excluded} images of {row} have been excluded since it was built; rebuild it, which keeps the others."
        )
    used = judged.snapshot(row, manifests.filter_of(row))
    sha256 = storage.put("judgements", used.content)
    kept = KeptJudgements(sha256, used.num_judgements, used.num_workers)
    row.content_sha256 = storage.put("manifests", manifests.describe(row, judgements=kept))
    row.frozen_at = now
    row.frozen_by = by
    row.save(update_fields=["content_sha256", "frozen_at", "frozen_by"])
    return row


def _check_its_review(test_set: TestSet) -> None:
    """Locked, so that no reviewer says something between this look and the freeze."""
    review = TestSetReview.objects.select_for_update(no_key=True).filter(test_set=test_set).first()
    missing = tally(review).missing() if review else []
    if missing:
        raise CannotBuild(f"The review of {test_set} is not complete. {'; '.join(missing)}.")
    before = None if review else _last_review_before(test_set)
    if before is not None and tally(before).missing():
        instead = "" if test_set.is_given else f", or open a review of {test_set}"
        raise CannotBuild(
            f"{before.test_set} is under review, and {test_set} follows it without one. Finish that review and rebuild "
            f"the set from it{instead}."
        )


def _last_review_before(test_set: TestSet) -> TestSetReview | None:
    """Of an earlier revision that was not frozen: building anew does not undo what people have said."""
    reviews = TestSetReview.objects.select_related("test_set__study").filter(
        test_set__study=test_set.study_id, test_set__name=test_set.name, test_set__revision__lt=test_set.revision
    )
    last: TestSetReview | None = reviews.order_by("-test_set__revision").first()
    return None if last is None or last.test_set.is_frozen else last
