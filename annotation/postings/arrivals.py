"""Who comes to a posting, and by which submission of the platform. The only writer of `Arrival`.

An address that anybody can write says so. It opens the grids of its own place, as long as they aren't handed in, and
nothing else; what is paid is decided by what the platform lists.
"""

from datetime import datetime

from django.db.models import QuerySet

from annotation import assignments
from annotation.models import Arrival, Assignment, Batch, Place, Posting, Worker
from annotation.serving.slots import PlaceProgress


def arrive(*, posting: Posting, worker: Worker, external_id: str, return_to: str, now: datetime) -> Arrival:
    """Note that the worker has come by this submission; once, however often they open the address."""
    arrival, is_new = Arrival.objects.get_or_create(
        posting=posting,
        worker=worker,
        external_id=external_id,
        defaults={"return_to": return_to, "arrived_at": now},
    )
    if not is_new and arrival.return_to != return_to:
        arrival.return_to = return_to
        arrival.save(update_fields=["return_to"])
    return arrival


def latest(*, batch: Batch, worker: Worker) -> Arrival | None:
    """By which the worker came last to a posting of this batch."""
    return _rows().filter(posting__batch=batch, worker=worker).order_by("-id").first()


def find(arrival_id: int, *, worker_id: int) -> Arrival | None:
    """One of this worker's, with all that it hangs on."""
    return _rows().filter(pk=arrival_id, worker=worker_id).first()


def claim(*, arrival: Arrival, now: datetime) -> Assignment | None:
    """The next grid of the place they came for; of a HIT's posting also the one they handed in. Else none."""
    posting = arrival.posting
    if posting.hit is not None:
        return assignments.claim_of_hit(hit=posting.hit, worker=arrival.worker, now=now)
    return assignments.claim_within(batch=posting.batch, worker=arrival.worker, num_grids=posting.num_grids, now=now)


def progress(*, arrival: Arrival) -> PlaceProgress:
    """What the worker has handed in for the place they came for."""
    done = Assignment.objects.filter(worker=arrival.worker_id, submitted_at__isnull=False)
    of = {"hit": arrival.posting.hit_id} if arrival.posting.hit_id else {"hit__batch": arrival.posting.batch_id}
    return PlaceProgress(done.filter(**of).count(), arrival.posting.num_grids)


def is_handed_in_there(*, arrival: Arrival) -> bool:
    """Whether the platform has said that this submission is with it."""
    places = Place.objects.filter(posting=arrival.posting_id, external_id=arrival.external_id)
    return places.handed_in_there().exists()


def _rows() -> QuerySet[Arrival]:
    return Arrival.objects.select_related("worker", "posting__batch__study", "posting__hit__batch")
