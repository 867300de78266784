"""Another budget for a batch that is with workers: never less than it is bound to, never more than people agreed to."""

from datetime import datetime

from django.db import transaction

from annotation import hits, postings
from annotation.errors import CannotLaunch
from annotation.models import Batch, money


@transaction.atomic
def set_budget(*, batch: Batch, budget_minor_units: int, now: datetime) -> None:
    """What was refused for want of money is tried again by the next `go_on`, and paid by the next payday."""
    row = Batch.objects.select_for_update(no_key=True).get(pk=batch.pk)
    if not row.is_paid:
        raise CannotLaunch(f"{row} pays nobody, so that it needs no budget.")
    bound = postings.bound(row)
    if budget_minor_units < bound:
        raise CannotLaunch(
            f"{row} is bound to {money.written(bound, row.currency)} already, in places that can be taken and in "
            "bonuses; give it at least that, or close it first."
        )
    before = row.budget_minor_units
    if before is None or budget_minor_units > before:
        postings.refuse_without_second(row, budget_minor_units, now=now)
    hits.set_budget(batch=batch, budget_minor_units=budget_minor_units)
