"""Which pictures a reviewer may see, on pages and by the API: those of the set, and originals to compare them with."""

from django.db.models import Q, QuerySet

from annotation.models import Candidate, Image, Origin, TargetClass, TestSetImage, TestSetReview

NUM_ORIGINALS = 24


def originals_of(target_class: TargetClass) -> QuerySet[Candidate]:
    """What images of the class are compared with: the first originals that take part, by their ids."""
    return _originals().filter(target_class=target_class).order_by("id")[:NUM_ORIGINALS]


def pictures(review: TestSetReview, candidate_id: int) -> QuerySet[Image]:
    """The picture of a candidate; none where the review does not show it."""
    in_set = TestSetImage.objects.filter(test_set=review.test_set).values("candidate")
    compared = _originals().filter(study=review.test_set.study_id).values("pk")
    shown = Candidate.objects.filter(Q(pk__in=in_set) | Q(pk__in=compared), pk=candidate_id)
    return Image.objects.filter(candidates__in=shown)


def _originals() -> QuerySet[Candidate]:
    return Candidate.objects.included().with_picture().filter(origin=Origin.ORIGINAL)
