"""The revisions of a test set, and what one holds that another does not."""

from collections.abc import Iterable
from dataclasses import dataclass

from annotation.models import TargetClass, TestSet, TestSetImage

FIELDS = ("candidate__image_id", "target_class_id", "candidate_id", "num_selected", "num_seen")


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
    old, new = (_by_image(each) for each in (before, after))
    stayed = old.keys() & new.keys()
    by_number = sorted(stayed, key=lambda image: new[image].number)
    moved = [image for image in by_number if old[image].target_class_id != new[image].target_class_id]
    classes = TargetClass.objects.in_bulk(
        {each[image].target_class_id for image in moved for each in (old, new)},
    )
    return Diff(
        before=before,
        after=after,
        num_kept=len(stayed) - len(moved),
        num_recounted=sum(old[image].counts != new[image].counts for image in stayed),
        moved=tuple(
            Moved(
                new[image].candidate_id,
                classes[old[image].target_class_id],
                classes[new[image].target_class_id],
            )
            for image in moved
        ),
        came=_candidates(new, new.keys() - old.keys()),
        left=_candidates(old, old.keys() - new.keys()),
    )


def changes(revisions: Iterable[TestSet]) -> dict[int, Change]:
    """What each revision changed from its parent, by its id; nothing for those without a parent."""
    rows = {each.pk: each for each in revisions}
    needed = set(rows) | {each.parent_id for each in rows.values() if each.parent_id}
    class_of: dict[int, dict[int, int]] = {pk: {} for pk in needed}
    images = TestSetImage.objects.filter(test_set__in=needed).order_by()
    columns = images.values_list("test_set_id", "candidate__image_id", "target_class_id")
    for pk, image, target_class in columns.iterator(chunk_size=20_000):
        class_of[pk][image] = target_class
    found = {}
    for pk, row in rows.items():
        if row.parent_id:
            old, new = class_of[row.parent_id], class_of[pk]
            stayed = old.keys() & new.keys()
            num_moved = sum(old[image] != new[image] for image in stayed)
            found[pk] = Change(len(new) - len(stayed), len(old) - len(stayed), num_moved)
    return found


@dataclass(frozen=True)
class _Held:
    number: int
    target_class_id: int
    candidate_id: int
    counts: tuple[int, int]


def _by_image(test_set: TestSet) -> dict[int, _Held]:
    rows = test_set.images.order_by("number").values_list("number", *FIELDS)
    return {
        image: _Held(number, target_class, candidate, (num_selected, num_seen))
        for number, image, target_class, candidate, num_selected, num_seen in rows
    }


def _candidates(held: dict[int, _Held], images: Iterable[int]) -> tuple[int, ...]:
    """In the order of their set."""
    return tuple(held[image].candidate_id for image in sorted(images, key=lambda image: held[image].number))
