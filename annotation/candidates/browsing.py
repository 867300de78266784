"""One page of a large pool: found from where the last one ended, never by counting from the start.

Every page costs about the same, whatever is asked for, as only so many candidates are looked at for it: where too
few of them meet the criteria, the page is shorter, and says where to look further (ADR 0021). Who looks everywhere
waits for it, some seconds at a million.
"""

from dataclasses import dataclass

from django.db.models import OuterRef, QuerySet, Subquery

from annotation.candidates.choosing import Criteria, State, in_classes, narrowed, rows, waiting_reports
from annotation.candidates.criteria import MAX_ID
from annotation.models import Candidate, Collection, Study

LOOK = 30_000  # candidates looked at for a page
LOOK_ELSEWHERE = 5_000  # where another table says which
MOST_COUNTED = 10_000
FEW_CLASSES = 20


@dataclass(frozen=True)
class Found:
    """The ids of a page, in order, and what lies around it."""

    ids: list[int]
    earlier: int | None
    """Before which the page before this one is found; none where nothing comes before."""
    later: int | None
    """After which the next one is found; none where nothing follows."""
    looked_to_end: bool
    """Whether the page is as full as it can be; else it ends where looking ended."""


@dataclass(frozen=True)
class Total:
    """How many meet the criteria, as far as was looked."""

    number: int
    is_exact: bool


def page(study: Study, criteria: Criteria, *, size: int, after: int = 0, is_everywhere: bool = False) -> Found:
    """Those that follow this id."""
    look = _found_everywhere if is_everywhere else _looked
    found, end = look(study, criteria, size=size, beyond=after)
    is_full = len(found) > size
    ids = found[:size]
    earlier = (ids[0] if ids else after + 1) if after else None
    return Found(ids, earlier, later=ids[-1] if is_full else end, looked_to_end=is_full or end is None)


def page_before(study: Study, criteria: Criteria, *, size: int, before: int, is_everywhere: bool = False) -> Found:
    """Those that come last before this id, in the same order as ever."""
    look = _found_everywhere if is_everywhere else _looked
    found, end = look(study, criteria, size=size, beyond=before, is_backwards=True)
    is_full = len(found) > size
    ids = found[:size][::-1]
    later = None if before > MAX_ID else ids[-1] if ids else before - 1
    return Found(ids, earlier=ids[0] if is_full else end, later=later, looked_to_end=is_full or end is None)


def total(study: Study, criteria: Criteria, *, is_everywhere: bool = False) -> Total:
    """Exact up to a bound; beyond it, and where looking ended before all were seen, they are at least so many."""
    if is_everywhere:
        number = rows(study, criteria).order_by()[: MOST_COUNTED + 1].count()
        return Total(min(number, MOST_COUNTED), is_exact=number <= MOST_COUNTED)
    base = _base(study, criteria).order_by("pk")
    end = _end_of_look(base, criteria)
    within = base if end is None else base.filter(pk__lte=end)
    number = _meeting(within, criteria)[: MOST_COUNTED + 1].count()
    return Total(min(number, MOST_COUNTED), is_exact=end is None and number <= MOST_COUNTED)


def _looked(
    study: Study, criteria: Criteria, *, size: int, beyond: int, is_backwards: bool = False
) -> tuple[list[int], int | None]:
    """One id more than fit on the page, if there are, and where looking ended before all were seen."""
    order, start, until = ("-pk", "pk__lt", "pk__gte") if is_backwards else ("pk", "pk__gt", "pk__lte")
    base = _base(study, criteria).filter(**{start: beyond}).order_by(order)
    end = _end_of_look(base, criteria)
    within = base if end is None else base.filter(**{until: end})
    return list(_meeting(within, criteria).values_list("pk", flat=True)[: size + 1]), end


def _found_everywhere(
    study: Study, criteria: Criteria, *, size: int, beyond: int, is_backwards: bool = False
) -> tuple[list[int], None]:
    """The same of all candidates, as the database finds them best."""
    order, start = ("-pk", "pk__lt") if is_backwards else ("pk", "pk__gt")
    meeting = rows(study, criteria).filter(**{start: beyond}).order_by(order)
    return list(meeting.values_list("pk", flat=True)[: size + 1]), None


def _end_of_look(base: QuerySet[Candidate], criteria: Criteria) -> int | None:
    """The last of those looked at; none where fewer are left."""
    num = LOOK_ELSEWHERE if not _is_of_few_classes(criteria) and _is_named_elsewhere(criteria) else LOOK
    last = list(base.values_list("pk", flat=True)[num - 1 : num + 1])
    return last[0] if len(last) > 1 else None


def _meeting(base: QuerySet[Candidate], criteria: Criteria) -> QuerySet[Candidate]:
    """Looked at one by one, in their order.

    The database can't know how few meet a text or a size. It would rather read whole tables for them, if it was let.
    """
    if criteria.is_empty:
        return base
    itself = narrowed(Candidate.objects.filter(pk=OuterRef("pk")), criteria).values("pk")[:1]
    return base.annotate(itself=Subquery(itself)).filter(itself__isnull=False)


def _base(study: Study, criteria: Criteria) -> QuerySet[Candidate]:
    """Those among which to look: narrowed by the one criterion by which an index finds fewest in the order of ids."""
    of_study = study.candidates.all()
    if _is_of_few_classes(criteria):
        of_classes = of_study.filter(in_classes(study, criteria))
        return of_classes.filter(origin=criteria.origin) if criteria.origin else of_classes
    if criteria.state == State.REPORTED:
        return of_study.filter(pk__in=waiting_reports())
    if _is_named_elsewhere(criteria):
        return of_study.filter(exclusion__isnull=False)
    if criteria.collection:
        return Candidate.objects.filter(collection__in=Collection.objects.filter(study=study, pk=criteria.collection))
    return of_study.filter(origin=criteria.origin) if criteria.origin else of_study


def _is_of_few_classes(criteria: Criteria) -> bool:
    return 0 < len(criteria.target_classes) <= FEW_CLASSES


def _is_named_elsewhere(criteria: Criteria) -> bool:
    """By the table of exclusions, or by that of reports."""
    is_out = criteria.reason or criteria.bulk_exclusion or criteria.state == State.EXCLUDED
    return bool(is_out) or criteria.state == State.REPORTED
