"""Many candidates excluded at once by what they have in common, and taken back as one."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import CharField, Count, Exists, OuterRef, QuerySet
from django.db.models.functions import MD5, Cast

from annotation.candidates import exclusions
from annotation.candidates.choosing import Criteria, is_measured, rows
from annotation.candidates.exclusions import Group, sum_of_hashes
from annotation.errors import CannotExclude, NumberChanged
from annotation.models import BulkExclusion, Candidate, Exclusion, Study, TestSetImage

SAMPLE_SIZE = 24
EVERYTHING = "every candidate"
"""What a person types who means all there are."""


@dataclass(frozen=True)
class ClassCount:
    """How many of a class would go out."""

    class_id: str
    name: str
    num_included: int


@dataclass(frozen=True)
class Preview:
    """What an exclusion would do; of `num_included`, so many are measured, or are in a frozen set, which stays."""

    num_included: int
    fingerprint: str
    """Of those `num_included`: another where one of them is another."""
    num_excluded: int
    """Out already, for whatever reason: these are left alone."""
    num_measured: int
    num_frozen: int
    frozen_sets: list[str]
    classes: list[ClassCount]
    """Those with most first."""
    sample: list[int]
    """Some of those that would go out, from anywhere among them; the same ones each time."""


@dataclass(frozen=True)
class Confirmation:
    """What a person says to a preview: which it was of, and the words that mean everything, where it is that."""

    num_included: int
    fingerprint: str
    words: str = ""


def preview(study: Study, criteria: Criteria) -> Preview:
    """What `exclude_many` would do now; changes nothing."""
    chosen = rows(study, criteria).order_by()
    included = chosen.filter(exclusion__candidate__isnull=True)
    classes = included.values_list("target_class__class_id", "target_class__name").annotate(num=Count("pk"))
    counted, hashes = [], Decimal(0)
    for *told, hashes_of_class in classes.annotate(sum=sum_of_hashes()).order_by("-num", "target_class__number"):
        counted.append(ClassCount(*told))
        hashes += hashes_of_class
    found = Group.of(sum(each.num_included for each in counted), hashes)
    frozen = TestSetImage.objects.filter(test_set__study=study, test_set__frozen_at__isnull=False)
    of_frozen = included.filter(Exists(frozen.filter(candidate=OuterRef("pk"))))
    num_frozen = of_frozen.count()
    spread = MD5(Cast("pk", CharField()))
    return Preview(
        num_included=found.number,
        fingerprint=found.fingerprint,
        num_excluded=chosen.filter(exclusion__candidate__isnull=False).count(),
        num_measured=included.filter(is_measured()).count(),
        num_frozen=num_frozen,
        frozen_sets=_sets_with(frozen, of_frozen) if num_frozen else [],
        classes=counted,
        sample=sorted(included.order_by(spread).values_list("pk", flat=True)[:SAMPLE_SIZE]),
    )


def _sets_with(frozen: QuerySet[TestSetImage], candidates: QuerySet[Candidate]) -> list[str]:
    found = frozen.filter(candidate__in=candidates.values("pk")).order_by("test_set_id").distinct("test_set_id")
    return [each.test_set.citation for each in found.select_related("test_set__study")]


@transaction.atomic
def exclude_many(
    *, study: Study, criteria: Criteria, reason: Exclusion.Reason, confirmed: Confirmation, now: datetime, by: Any
) -> BulkExclusion:
    """Exclude all that meet the criteria and are still in, if they are those that the person was shown."""
    exclusions.refuse_to_give(reason)
    if criteria.names_all and confirmed.words.strip().lower() != EVERYTHING:
        raise CannotExclude(
            f"Nothing says which candidates are meant. Give a criterion, or type “{EVERYTHING}” if it is all of them."
        )
    if confirmed.num_included < 1:
        raise CannotExclude("No candidate that is still in meets these criteria: there is nothing to exclude.")
    bulk = BulkExclusion.objects.create(
        study=study, reason=reason, criteria=criteria.to_json(), num_excluded=confirmed.num_included, made_by=by,
        made_at=now,
    )  # fmt: skip
    excluded = exclusions.exclude_with(bulk, candidates=_still_in(study, criteria))
    if excluded != Group(confirmed.num_included, confirmed.fingerprint):
        raise NumberChanged(_changed(excluded.number, confirmed.num_included), num_included=excluded.number)
    return bulk


def _changed(number: int, shown: int) -> str:
    change = f"{number:,} candidates would be excluded now, and you were shown {shown:,}"
    if number == shown:
        change = f"As many candidates would be excluded as you were shown, {number:,}, but not the same ones"
    return (
        f"{change}: others are at work on this pool. Nothing is excluded; look at them as they are now, then confirm."
    )


@transaction.atomic
def undo(*, bulk: BulkExclusion, now: datetime, by: Any) -> BulkExclusion:
    """Let in again what it took out, once; whoever has since been given a reason of its own stays out."""
    row: BulkExclusion = BulkExclusion.objects.select_for_update().get(pk=bulk.pk)
    if row.undone_at is not None:
        who = f" by {row.undone_by.get_username()}" if row.undone_by else ""
        raise CannotExclude(f"This was undone{who} before, on {row.undone_at:%Y-%m-%d}.")
    row.undone_by, row.undone_at = by, now
    row.num_taken_back = exclusions.let_in_with(row)
    row.save(update_fields=["undone_by", "undone_at", "num_taken_back"])
    return row


def _still_in(study: Study, criteria: Criteria) -> QuerySet[Candidate]:
    return rows(study, criteria).filter(exclusion__candidate__isnull=True)
