"""What the reviews of a test set come to: read once for all its classes, for pages, the freeze and the manifest."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from annotation.models import ClassReview, Exclusion, Resolution, TargetClass, TestSet, TestSetReview, Verdict

MOST_NAMED = 5
REASONS = list(Verdict.Reason)


@dataclass
class ClassTally:
    """A class of the set: its images, and what those who have finished it say of them."""

    target_class: TargetClass
    num_needed: int
    candidate_ids: list[int] = field(default_factory=list)
    """In the order of the set."""
    reviewer_ids: list[int] = field(default_factory=list)
    """Who has finished it."""
    num_problematic: int = 0
    reasons: dict[int, list[str]] = field(default_factory=dict)
    """Why each image is excluded by those who exclude it."""
    resolutions: dict[int, bool] = field(default_factory=dict)
    """Whether a third person excludes an image."""
    excluded: set[int] = field(default_factory=set)
    """Those of its images that are out of the study already."""
    settled: set[int] = field(default_factory=set)
    """Those of them that are out by a person's word, not only by a stage that may let them in again."""

    @property
    def is_complete(self) -> bool:
        """Whether as many people have finished it as are needed: nothing is compared before."""
        return len(self.reviewer_ids) >= self.num_needed

    @property
    def is_problematic(self) -> bool:
        return self.is_complete and self.num_problematic > 0

    def num_excluding(self) -> dict[int, int]:
        """For each image how many of its reviewers exclude it; empty until all have spoken."""
        if not self.is_complete:
            return {}
        return {pk: len(self.reasons.get(pk, ())) for pk in self.candidate_ids}

    def conflicts(self) -> list[int]:
        """Images that some exclude and others keep."""
        num_reviews = len(self.reviewer_ids)
        return [pk for pk, number in self.num_excluding().items() if 0 < number < num_reviews]

    def unresolved(self) -> list[int]:
        return [pk for pk in self.conflicts() if pk not in self.resolutions]

    def to_exclude(self) -> dict[int, str]:
        """Images that all exclude, or some and the third person too; with the reason most of them give."""
        num_reviews = len(self.reviewer_ids)
        return {
            pk: _most_given(self.reasons[pk])
            for pk, number in self.num_excluding().items()
            if number and (number == num_reviews or self.resolutions.get(pk, False))
        }

    def waiting(self) -> dict[int, str]:
        """Those of them that no person has put out of the study yet."""
        return {pk: reason for pk, reason in self.to_exclude().items() if pk not in self.settled}


@dataclass(frozen=True)
class Tally:
    """All classes of a set under review, in their order."""

    classes: list[ClassTally]

    def of_class(self, target_class_id: int) -> ClassTally | None:
        return next((each for each in self.classes if each.target_class.pk == target_class_id), None)

    def num_unresolved(self) -> int:
        return sum(len(each.unresolved()) for each in self.classes)

    def waiting(self) -> dict[int, str]:
        return {pk: reason for each in self.classes for pk, reason in each.waiting().items()}

    def num_excluded(self) -> int:
        """Images of the set that are out of the study already, for whatever reason."""
        return sum(len(each.excluded) for each in self.classes)

    def missing(self) -> list[str]:
        """What is to be done before the set can be frozen, in sentences; nothing where the review is complete."""
        found = []
        if short := [each for each in self.classes if not each.is_complete]:
            found.append(f"{_classes(short)} not reviewed by {short[0].num_needed} people yet")
        if bad := [each for each in self.classes if each.is_problematic]:
            found.append(f"{_classes(bad)} problematic: mend what the notes say, then ask for another look")
        if number := self.num_unresolved():
            found.append(f"{number} conflict{'s wait' if number > 1 else ' waits'} for a third person")
        if number := len(self.waiting()):
            found.append(f"{number} agreed exclusion{'s are' if number > 1 else ' is'} to be applied: rebuild the set")
        return found


def tally(review: TestSetReview) -> Tally:
    """Count one round."""
    rows = review.test_set.images.order_by("number").values_list("target_class_id", "candidate_id")
    classes = TargetClass.objects.in_bulk({target_class for target_class, _ in rows})
    found = {
        pk: ClassTally(row, review.num_reviewers)
        for pk, row in sorted(classes.items(), key=lambda item: item[1].number)
    }
    for target_class, candidate in rows:
        found[target_class].candidate_ids.append(candidate)
    _add_reviews(review, found)
    class_of = {candidate: found[target_class] for target_class, candidate in rows}
    resolutions = Resolution.objects.filter(review=review).values_list("candidate_id", "is_excluded")
    for candidate, is_excluded in resolutions:
        if candidate in class_of:
            class_of[candidate].resolutions[candidate] = is_excluded
    in_set = review.test_set.images.values("candidate")
    for exclusion in Exclusion.objects.filter(candidate__in=in_set):
        counted = class_of[exclusion.candidate_id]
        counted.excluded.add(exclusion.candidate_id)
        if not exclusion.stage and not exclusion.bulk_id:  # else a stage, or who excluded many, may take that back
            counted.settled.add(exclusion.candidate_id)
    return Tally(list(found.values()))


def _add_reviews(review: TestSetReview, found: dict[int, ClassTally]) -> None:
    finished = ClassReview.objects.finished().filter(review=review).order_by("id")
    for target_class, reviewer, state in finished.values_list("target_class_id", "reviewer_id", "state"):
        if target_class in found:
            found[target_class].reviewer_ids.append(reviewer)
            found[target_class].num_problematic += state == ClassReview.State.PROBLEMATIC
    reasons: dict[int, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    verdicts = Verdict.objects.filter(class_review__in=finished).order_by("id")
    for target_class, candidate, reason in verdicts.values_list(
        "class_review__target_class_id", "candidate_id", "reason"
    ):
        reasons[target_class][candidate].append(reason)
    for target_class, given in reasons.items():
        if target_class in found:
            found[target_class].reasons = dict(given)


def summary(test_set: TestSet) -> dict[str, Any] | None:
    """Counts of a set's review, over all its rounds, for its manifest; none where nobody ever opened one.

    Without names and times, which differ between machines. An image counts once, as its first reviewers saw it.
    """
    last = TestSetReview.objects.filter(test_set=test_set).first()
    if last is None:
        return None
    rounds = _rounds(last)
    tallies = [tally(each) for each in rounds]
    first: dict[int, int] = {}
    for counted in tallies:
        for each in counted.classes:
            for pk, number in each.num_excluding().items():
                first.setdefault(pk, number)
    conflicts = {pk for counted in tallies for each in counted.classes for pk in each.conflicts()}
    excluded = {pk for counted in tallies for each in counted.classes for pk in each.to_exclude()}
    by_number = Counter(first.values())
    most = max([last.num_reviewers, *by_number])
    return {
        "num_reviewers": last.num_reviewers,
        "num_rounds": len(rounds),
        "num_classes": len(tallies[-1].classes),
        "num_classes_reviewed": sum(each.is_complete for each in tallies[-1].classes),
        "num_images": len(first),
        # At place k: how many images were excluded by k of their reviewers. All figures of agreement follow from it.
        "num_images_excluded_by": [by_number[number] for number in range(most + 1)],
        "num_conflicts": len(conflicts),
        "num_excluded": len(excluded),
    }


def _rounds(last: TestSetReview) -> list[TestSetReview]:
    """From the first on."""
    found: list[TestSetReview] = []
    each: TestSetReview | None = last
    while each is not None:
        found.insert(0, each)
        each = each.follows
    return found


def _most_given(reasons: Iterable[str]) -> str:
    """Of reasons that are given as often, the one that comes first in their list."""
    counts = Counter(reasons)
    return max(counts, key=lambda reason: (counts[reason], -REASONS.index(Verdict.Reason(reason))))


def _classes(rows: list[ClassTally]) -> str:
    names = ", ".join(each.target_class.name for each in rows[:MOST_NAMED])
    more = f" and {len(rows) - MOST_NAMED} more" if len(rows) > MOST_NAMED else ""
    noun, verb = ("class", "is") if len(rows) == 1 else ("classes", "are")
    return f"{len(rows)} {noun} ({names}{more}) {verb}"
