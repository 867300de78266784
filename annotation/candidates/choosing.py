"""The candidates that meet criteria. No name that a client gives reaches the database: each has its lookup here."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Exists, ExpressionWrapper, F, FloatField, OuterRef, Q, QuerySet, Value

from annotation.candidates.criteria import Criteria, State
from annotation.errors import UnknownClass
from annotation.models import Candidate, Complaint, SelectionFrequency, Study

__all__ = ["Criteria", "State", "is_measured", "narrowed", "rows"]

LOOKUPS = {
    "target_classes": "target_class__class_id__in",
    "origin": "origin",
    "collection": "collection",
    "reason": "exclusion__reason",
    "bulk_exclusion": "exclusion__bulk",
    "source": "source__icontains",
    "owner": "owner__icontains",
    "licence": "licence__icontains",
    "query": "query__icontains",
    "min_width": "image__width__gte",
    "max_width": "image__width__lte",
    "min_height": "image__height__gte",
    "max_height": "image__height__lte",
    "min_bytes": "image__num_bytes__gte",
    "max_bytes": "image__num_bytes__lte",
    "format": "image__format__iexact",
}
DAYS = {
    "taken_from": ("taken_at__gte", 0),
    "taken_until": ("taken_at__lt", 1),
    "uploaded_from": ("uploaded_at__gte", 0),
    "uploaded_until": ("uploaded_at__lt", 1),
}
ASPECTS = {"min_aspect": "image__width__gte", "max_aspect": "image__width__lte"}


def rows(study: Study, criteria: Criteria) -> QuerySet[Candidate]:
    """The candidates of the study that meet them; a class that the study does not have is an error, not nothing."""
    return narrowed(study.candidates.filter(in_classes(study, criteria)), criteria, are_classes_known=True)


def narrowed(
    candidates: QuerySet[Candidate], criteria: Criteria, *, are_classes_known: bool = False
) -> QuerySet[Candidate]:
    """Those of these, of whatever studies, that meet them."""
    asked = criteria.to_json()
    if are_classes_known:
        asked.pop("target_classes", None)
    found = [Q(**{lookup: asked[name]}) for name, lookup in LOOKUPS.items() if name in asked]
    for name, (lookup, num_days) in DAYS.items():
        if name in asked:
            found.append(Q(**{lookup: _midnight(getattr(criteria, name)) + timedelta(days=num_days)}))
    for name, lookup in ASPECTS.items():
        if name in asked:
            limit = ExpressionWrapper(F("image__height") * Value(asked[name]), output_field=FloatField())
            found.append(Q(**{lookup: limit}))
    if criteria.has_picture is not None:
        found.append(Q(image__isnull=not criteria.has_picture))
    if criteria.is_measured is not None:
        found.append(Q(is_measured()) if criteria.is_measured else ~Q(is_measured()))
    return candidates.filter(*found, *_in_state(criteria.state))


def in_classes(study: Study, criteria: Criteria) -> Q:
    """Their rows are looked up first: the database then knows how many candidates to expect."""
    if not criteria.target_classes:
        return Q()
    known = dict(study.target_classes.filter(class_id__in=criteria.target_classes).values_list("class_id", "pk"))
    if missing := sorted(set(criteria.target_classes) - set(known)):
        raise UnknownClass(f"The study has no class {missing[0][:100]!r}.")
    return Q(target_class__in=sorted(known.values()))


def is_measured() -> Exists:
    """Whether anybody's judgement of it counts."""
    counted = SelectionFrequency.objects.standard().filter(num_seen__gt=0)
    return Exists(counted.filter(judgement_filter__study=OuterRef("study"), candidate=OuterRef("pk")))


def waiting_reports() -> QuerySet[Any]:
    """The candidates that workers report and no researcher has settled."""
    return Complaint.objects.waiting().order_by().values("candidate")


def _in_state(state: str) -> list[Q]:
    if state == State.REPORTED:
        return [Q(pk__in=waiting_reports())]
    return [Q(exclusion__candidate__isnull=state == State.INCLUDED)] if state else []


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
