"""What was said to be no duplicates, and is joined all the same by what was said of other pairs."""

from collections.abc import Iterable
from dataclasses import dataclass

from annotation.duplicates.resolving import Component
from annotation.models import DuplicateDecision, Study


@dataclass(frozen=True)
class Contradiction:
    """A person's "not a duplicate", and the group that holds both images nevertheless: one of the words is wrong."""

    decision: DuplicateDecision
    component: Component


def contradictions(study: Study, components: Iterable[Component]) -> list[Contradiction]:
    """In the order in which they were said.

    That A is B and B is C joins A and C, whatever was said of these two: of a group one image stays, and to leave two
    of the same scene would be the worse mistake. So nothing follows from this list but that a person looks again.
    """
    where: dict[tuple[str, int | None], Component] = {}
    for component in components:
        where |= dict.fromkeys((("candidate", pk) for pk in (*component.pool, *component.originals)), component)
        where |= dict.fromkeys((("reference", pk) for pk in component.references), component)
    if not where:
        return []
    rows = DuplicateDecision.objects.active().filter(pair__study=study, is_duplicate=False).order_by("pk")
    found = []
    for row in rows.select_related("pair", "pair__reference", "decided_by"):
        first = where.get(("candidate", row.pair.first_id))
        if first is not None and first is where.get(_other(row)):
            found.append(Contradiction(row, first))
    return found


def _other(row: DuplicateDecision) -> tuple[str, int | None]:
    pair = row.pair
    return ("candidate", pair.second_id) if pair.second_id is not None else ("reference", pair.reference_id)
