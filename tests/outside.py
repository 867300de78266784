"""Batches on platforms whose workers come from elsewhere, as if they had been put up there, and the workers."""

from collections.abc import Iterable
from typing import Any

from annotation.models import HIT, Batch, Grid, Launch, Posting, Study, Worker
from tests import cast

CODE = "C0DE42"
SITE = "https://www.mturk.com"


def batch(of: Study, grids: Iterable[Grid], num_assignments: int = 2, *, platform: str, **fields: Any) -> Batch:
    terms = {"pay_minor_units": 40, "currency": "USD" if platform == "mturk" else "GBP"}
    return cast.batch(of, grids, num_assignments, platform=platform, **terms | fields)


def posting(of: Batch, *, hit: HIT | None = None, num_grids: int = 1, external_id: str = "") -> Posting:
    """One that the platform has put up."""
    number = of.postings.count() + 1
    return Posting.objects.create(
        batch=of,
        hit=hit,
        token=f"{of.pk:020x}{number:020x}",
        external_id=external_id or (f"3HIT{number:026d}" if hit else f"{number + 100:024x}"),
        state=Posting.State.OPEN,
        num_places=of.num_assignments,
        num_grids=num_grids,
        pay_minor_units=of.pay_minor_units * num_grids,
        fee_minor_units=8,
        prepared_at=cast.NOW,
        posted_at=cast.NOW,
    )


def put_up(of: Batch, num_grids: int = 1) -> Posting:
    """As its platform is offered it: the first HIT, or the batch."""
    return posting(of, hit=of.hits.first() if of.platform == "mturk" else None, num_grids=num_grids)


def worker(platform: str, number: int = 0) -> Worker:
    external_id = worker_id(platform, number)
    found, _ = Worker.objects.get_or_create(
        platform=platform, external_id=external_id, defaults={"created_at": cast.NOW}
    )
    return found


def worker_id(platform: str, number: int = 0) -> str:
    return f"A{number:013d}" if platform == "mturk" else f"{number + 10:024x}"


def query(of: Posting, number: int = 0, submission: int = 0, **changed: str) -> dict[str, str]:
    """What the platform adds to the address for this worker."""
    who = worker_id(of.batch.platform, number)
    if of.batch.platform == "mturk":
        given = {"assignmentId": f"3ASG{submission:026d}", "hitId": of.external_id, "workerId": who}
        return given | {"turkSubmitTo": SITE} | changed
    return {"PROLIFIC_PID": who, "STUDY_ID": of.external_id, "SESSION_ID": f"{submission + 500:024x}"} | changed


def launch(of: Batch, by: Any, code: str = CODE) -> Launch:
    """What the batch was launched as; only the code matters to workers."""
    return Launch.objects.create(
        study=of.study,
        batch=of,
        platform=of.platform,
        num_assignments=of.num_assignments,
        lease_seconds=of.lease_seconds,
        title="Find the bows",
        description="Look at grids of pictures.",
        seconds_estimated=60,
        lasts_seconds=86_400,
        completion_code=code,
        made_by=by,
        made_at=cast.NOW,
        confirmed_by=by,
        confirmed_at=cast.NOW,
    )
