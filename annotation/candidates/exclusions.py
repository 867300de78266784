"""Candidates taken out of all that follows, with the reason, and those that come back."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Self

from django.db import connection, transaction
from django.db.models import BigIntegerField, DecimalField, F, Func, QuerySet, Sum, Value

from annotation.errors import CannotExclude
from annotation.models import BulkExclusion, Candidate, Exclusion, Origin, Readmission, ReplacedExclusion
from annotation.models.base import look_again

INSERT_MANY = """
WITH excluded AS (
    INSERT INTO annotation_exclusion (candidate_id, reason, excluded_by_id, excluded_at, stage, bulk_id)
    SELECT chosen.id, %s, %s, %s, '', %s FROM ({chosen}) AS chosen (id)
    ON CONFLICT (candidate_id) DO NOTHING
    RETURNING candidate_id
)
SELECT count(*), sum(hashint8extended(candidate_id, 0)) FROM excluded
"""


@dataclass(frozen=True)
class Group:
    """Candidates that are not held: how many, and a text that is another where one of them is another."""

    number: int
    fingerprint: str

    @classmethod
    def of(cls, number: int, sum_of_hashes: Decimal | None) -> Self:
        """A sum, so that the order in which they are found is all the same."""
        return cls(number, f"{int(sum_of_hashes or 0) % 2**64:016x}")


def sum_of_hashes() -> Sum:
    """To be asked of candidates with what else is counted of them."""
    hashed = Func(F("pk"), Value(0), function="hashint8extended", output_field=BigIntegerField())
    return Sum(hashed, output_field=DecimalField())


@transaction.atomic
def exclude(
    *, candidates: QuerySet[Any], reason: Exclusion.Reason, now: datetime, by: Any = None, stage: str = ""
) -> int:
    """Take candidates out of all that follows; returns how many were still in.

    The first reason stays, but for one that a stage found, or that was given to many at once: a person's own, or an
    import's, takes its place, so that neither the stage nor who undoes the many can take it back. What had been said
    is kept beside it.
    """
    refuse_to_give(reason)
    ids = _locked(candidates)
    made_by = Exclusion.objects.filter(candidate_id__in=ids).values_list("candidate_id", "stage", "bulk")
    found = {pk: bool(by_stage or bulk) for pk, by_stage, bulk in made_by}
    rows = [
        Exclusion(candidate_id=pk, reason=reason, excluded_by=by, excluded_at=now, stage=stage)
        for pk in ids
        if pk not in found
    ]
    Exclusion.objects.bulk_create(rows, batch_size=5000)
    if not stage:
        taken_over = Exclusion.objects.filter(candidate_id__in=[pk for pk, may_be in found.items() if may_be])
        _replace(taken_over, reason=reason, by=by, now=now)
    return len(rows)


@transaction.atomic
def take_out(*, candidates: QuerySet[Any], now: datetime, by: Any) -> None:
    """Exclude those whose pictures are taken down, whatever was said of them before; nothing lets them in again."""
    ids, reason = _locked(candidates), Exclusion.Reason.TAKEN_DOWN
    _replace(Exclusion.objects.filter(candidate_id__in=ids), reason=reason, by=by, now=now)
    rows = [Exclusion(candidate_id=pk, reason=reason, excluded_by=by, excluded_at=now) for pk in ids]
    Exclusion.objects.bulk_create(rows, batch_size=5000, ignore_conflicts=True)


def refuse_to_give(reason: Exclusion.Reason) -> None:
    """Refuse what would be said of a candidate and not be so."""
    if reason == Exclusion.Reason.TAKEN_DOWN:
        raise CannotExclude("Nobody gives this reason: an administrator takes the picture down, and then it is so.")


def _replace(rows: QuerySet[Exclusion], *, reason: Exclusion.Reason, by: Any, now: datetime) -> None:
    """Another reason instead of theirs, and beside it what had been said."""
    ReplacedExclusion.objects.bulk_create(
        (
            ReplacedExclusion(
                candidate_id=row.candidate_id, reason=row.reason, excluded_by_id=row.excluded_by_id,
                excluded_at=row.excluded_at, stage=row.stage, bulk_id=row.bulk_id, replaced_by=by, replaced_at=now,
            )
            for row in rows.order_by("candidate_id")
        ),
        batch_size=5000,
    )  # fmt: skip
    rows.update(reason=reason, excluded_by=by, excluded_at=now, stage="", bulk=None)


@transaction.atomic
def exclude_with(bulk: BulkExclusion, *, candidates: QuerySet[Any]) -> Group:
    """Take out those that are still in, with many others at once; returns which. Whatever excludes others stays.

    The database does it by itself: hundreds of thousands of ids never come here.
    """
    chosen, parameters = _in_order(candidates).values("pk").query.sql_with_params()
    said = [bulk.reason, bulk.made_by_id, bulk.made_at, bulk.pk]
    with connection.cursor() as cursor:
        cursor.execute(INSERT_MANY.format(chosen=chosen), [*said, *parameters])
        [(number, hashes)] = cursor.fetchall()
    look_again(Exclusion, num_more=number)
    return Group.of(number, hashes)


@transaction.atomic
def let_in_with(bulk: BulkExclusion) -> int:
    """Let those in again that it took out and that nobody has given another reason since; returns how many."""
    chosen, parameters = _in_order(Candidate.objects.filter(exclusion__bulk=bulk)).values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        # Locked as whoever excludes locks them, and not fetched.
        cursor.execute(f"SELECT count(*) FROM ({chosen}) AS chosen", parameters)  # noqa: S608 the ORM's own SQL
    deleted, _each = Exclusion.objects.filter(bulk=bulk).delete()
    return deleted


@transaction.atomic
def take_back(*, candidates: QuerySet[Any], stage: str) -> int:
    """Let candidates in again that only this stage had excluded; returns how many."""
    if not stage:
        raise ValueError("Only a stage takes back what it has excluded by itself; a person's reason stays.")
    deleted, _each = Exclusion.objects.filter(candidate_id__in=_locked(candidates), stage=stage).delete()
    return deleted


@transaction.atomic
def let_in(*, candidate: Candidate, now: datetime, by: Any) -> None:
    """A person takes back what a person has said of it; what a stage found, or an import, is not theirs to undo."""
    _locked(Candidate.objects.filter(pk=candidate.pk))
    row = Exclusion.objects.filter(candidate=candidate).first()
    if row is None:
        raise CannotExclude(f"Candidate {candidate.pk} is not excluded: somebody else has let it in before.")
    if row.reason == Exclusion.Reason.TAKEN_DOWN:
        raise CannotExclude(f"The picture of candidate {candidate.pk} was taken down: it is gone for good.")
    if row.stage:
        raise CannotExclude(
            f"Candidate {candidate.pk} is excluded by what was decided on the page of {row.stage}: undo it there."
        )
    by_import = row.reason == Exclusion.Reason.IN_ORIGINAL and row.excluded_by_id is None
    if by_import or _is_of_original(candidate):
        raise CannotExclude(
            f"Candidate {candidate.pk} is the very file of an original image: it can't be in the pool as well."
        )
    Readmission.objects.create(
        candidate=candidate, reason=row.reason, excluded_by=row.excluded_by, excluded_at=row.excluded_at, let_in_by=by,
        let_in_at=now,
    )  # fmt: skip
    row.delete()


def _is_of_original(candidate: Candidate) -> bool:
    """Whether an original shows the same pixels: whoever said of it what it is excluded for may not have known."""
    if candidate.origin != Origin.POOL or candidate.image is None:
        return False
    originals = Candidate.objects.filter(study=candidate.study_id, origin=Origin.ORIGINAL)
    return originals.filter(image__pixel_sha256=candidate.image.pixel_sha256).exists()


def _in_order(candidates: QuerySet[Any]) -> QuerySet[Any]:
    """Locked in one order everywhere, so that two who exclude can't deadlock."""
    rows = Candidate.objects.filter(pk__in=candidates.order_by().values("pk")).order_by("pk")
    return rows.select_for_update(no_key=True)


def _locked(candidates: QuerySet[Any]) -> list[int]:
    return list(_in_order(candidates).values_list("pk", flat=True))
