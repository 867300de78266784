"""How the pages say where a place stands."""

from typing import Any

from annotation import bitmaps
from annotation.models import Place
from annotation.payments.statements import Standing
from annotation.platforms.base import OUTSIDE

LABELS = {
    Standing.HELD: "held",
    Standing.PAID_THERE: "paid there, not in the books",
    Standing.REJECTED_THERE: "rejected there by hand",
    Standing.NO_WORK: "no work here",
    Standing.REFUSED: "refused by the platform",
    Standing.DUE: "due",
    Standing.WAITING: "waiting",
    Standing.UNDER_WAY: "being paid",
    Standing.PAID: "paid",
    Standing.REJECTED: "rejected",
    Standing.WORKING: "at work",
    Standing.RETURNED: "returned",
}
BADGES = {
    Standing.HELD: "warn",
    Standing.PAID_THERE: "warn",
    Standing.REJECTED_THERE: "warn",
    Standing.NO_WORK: "warn",
    Standing.REFUSED: "danger",
    Standing.REJECTED: "danger",
    Standing.PAID: "accent",
    Standing.UNDER_WAY: "accent",
}
MEANS = {
    Standing.HELD: "A rule keeps it from being paid by itself. Pay it all the same, or reject it.",
    Standing.PAID_THERE: "The platform has paid it without being asked: by itself in time, or by hand. Enter it here.",
    Standing.REJECTED_THERE: "Somebody rejected it on the platform’s own page. Write the reason down, or pay it.",
    Standing.NO_WORK: "It was handed in there, and nothing was here. Reject it, or wait: what comes later is taken in.",
    Standing.REFUSED: "The platform said no to the payment. It is asked again after six hours, until you give it up.",
    Standing.DUE: "The next round pays it.",
    Standing.WAITING: "It is paid after a day, unless somebody rejects it or a rule holds it.",
    Standing.UNDER_WAY: "It is in the books as meant to be paid; the platform has not confirmed it yet.",
    Standing.PAID: "The platform has paid it.",
    Standing.REJECTED: "It is not paid. This can be taken back for 30 days.",
    Standing.WORKING: "The worker has not handed it in there.",
    Standing.RETURNED: "The worker gave it back, or ran out of time. Nothing is owed.",
}


WITHOUT_WORK = (
    "The platform has paid it, by itself in time or by hand, though nothing was handed in here. Enter it, so that the "
    "sums are the platform’s."
)
OF_OWN_PEOPLE = {
    Standing.UNDER_WAY: "It is accepted; the next round settles it in the books.",
    Standing.PAID: "It is accepted. Hand the money over yourself, by the statement.",
}
HURRY = {"mturk": "Mechanical Turk pays it by itself seven days after it was handed in there: decide before."}
"""Of platforms that do not wait for a person."""


def means(place: Place, standing: Standing) -> str:
    """What it means that the place stands so, and what can be done."""
    if standing is Standing.PAID_THERE and place.assignment_id is None:
        return WITHOUT_WORK
    if place.posting.batch.platform not in OUTSIDE and standing in OF_OWN_PEOPLE:
        return OF_OWN_PEOPLE[standing]
    hurry = HURRY.get(place.posting.batch.platform, "") if standing in (Standing.HELD, Standing.NO_WORK) else ""
    return f"{MEANS[standing]} {hurry}".strip()


def work_of(place: Place) -> dict[str, Any] | None:
    """What was judged for the place, for who decides about it; needs `assignment__hit__grid__target_class`."""
    done = place.assignment
    if done is None or done.seen is None or done.selected is None:
        return None
    grid = done.hit.grid
    lasted = done.submitted_at - done.claimed_at if done.submitted_at and done.claimed_at else None
    return {
        "grid": f"{grid.target_class.name} {grid.number + 1}",
        "num_grids": place.posting.num_grids,
        "num_selected": bitmaps.count(done.selected),
        "num_seen": bitmaps.count(done.seen),
        "seconds": round(lasted.total_seconds()) if lasted is not None else None,
    }
