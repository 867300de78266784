"""The revisions of a test set, and what one holds that another does not."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import F
from django.db.models.functions import Coalesce

from annotation.models import TargetClass, TestSet, TestSetImage

Place = tuple[int, int]
"""An image for a class; the same picture may stand for two."""
# Of an image that is known by name alone, there is one candidate for a class.
IMAGE = Coalesce(F("candidate__image_id"), -F("candidate_id"))
FIELDS = (IMAGE, "target_class_id", "candidate_id", "num_selected", "num_seen")


@dataclass(frozen=True)
class Moved:
    """An image that is in both, for another class than before."""

    candidate_id: int
    before: TargetClass
    after: TargetClass


@dataclass(frozen=True)
class Diff:
    """From one revision to another: candidates that went in and out, and images that changed their class.

    `num_recounted` images stayed and have other counts by now: more judgements, or other ones that count.
    """

    before: TestSet
    after: TestSet
    num_kept: int
    num_recounted: int
    moved: tuple[Moved, ...]
    came: tuple[int, ...]
    left: tuple[int, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.moved or self.came or self.left or self.num_recounted)


@dataclass(frozen=True)
class Change:
    """How many images came, left and moved from the revision before."""

    num_came: int
    num_left: int
    num_moved: int


def diff(before: TestSet, after: TestSet) -> Diff:
    """What has changed from one set to another, of the same study; an image is known by its content."""
    old, new = (_by_place(each) for each in (before, after))
    left, came, moved = _apart(old, new)
    stayed = old.keys() & new.keys()
    classes = TargetClass.objects.in_bulk({target_class for _, *both in moved for target_class in both})
    ends = sorted(moved, key=lambda each: new[each[0], each[2]].number)
    return Diff(
        before=before,
        after=after,
        num_kept=len(stayed),
        num_recounted=sum(old[place].counts != new[place].counts for place in stayed),
        moved=tuple(
            Moved(new[image, there].candidate_id, classes[here], classes[there]) for image, here, there in ends
        ),
        came=_candidates(new, came),
        left=_candidates(old, left),
    )


def changes(revisions: Iterable[TestSet]) -> dict[int, Change]:
    """What each revision changed from its parent, by its id; nothing for those without a parent."""
    rows = {each.pk: each for each in revisions}
    needed = set(rows) | {each.parent_id for each in rows.values() if each.parent_id}
    places: dict[int, dict[Place, None]] = {pk: {} for pk in needed}
    images = TestSetImage.objects.filter(test_set__in=needed).order_by()
    columns = images.values_list("test_set_id", IMAGE, "target_class_id")
    for pk, image, target_class in columns.iterator(chunk_size=20_000):
        places[pk][image, target_class] = None
    found = {}
    for pk, row in rows.items():
        if row.parent_id:
            left, came, moved = _apart(places[row.parent_id], places[pk])
            found[pk] = Change(len(came), len(left), len(moved))
    return found


@dataclass(frozen=True)
class _Held:
    number: int
    candidate_id: int
    counts: tuple[int, int]


def _by_place(test_set: TestSet) -> dict[Place, _Held]:
    rows = test_set.images.order_by("number").values_list("number", *FIELDS)
    return {
        (image, target_class): _Held(number, candidate, (num_selected, num_seen))
        for number, image, target_class, candidate, num_selected, num_seen in rows
    }


def _apart(
    old: Mapping[Place, object], new: Mapping[Place, object]
) -> tuple[set[Place], set[Place], list[tuple[int, int, int]]]:
    """Places that only one of them has; an image that left one class and came to another has moved."""
    left, came = old.keys() - new.keys(), new.keys() - old.keys()
    classes_left: defaultdict[int, list[int]] = defaultdict(list)
    for image, target_class in sorted(left):
        classes_left[image].append(target_class)
    moved = []
    for image, there in sorted(came):
        if classes_left[image]:
            moved.append((image, classes_left[image].pop(0), there))
    gone = {(image, here) for image, here, _ in moved}
    arrived = {(image, there) for image, _, there in moved}
    return left - gone, came - arrived, moved


def _candidates(held: Mapping[Place, _Held], places: Iterable[Place]) -> tuple[int, ...]:
    """In the order of their set."""
    return tuple(held[place].candidate_id for place in sorted(places, key=lambda place: held[place].number))
