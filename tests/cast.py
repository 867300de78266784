"""The cast: small real rows for tests that start in the middle of the flow."""

import io
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import numpy as np
from PIL import Image as PillowImage

from annotation import assignments, bitmaps, examples, frequencies, workers
from annotation.models import (
    HIT,
    Assignment,
    Batch,
    Candidate,
    Enrolment,
    Example,
    FrequencyTally,
    Grid,
    Image,
    Origin,
    SelectionFrequency,
    Study,
    TargetClass,
    Worker,
)
from annotation.models.worker import IMPORTED
from annotation.platforms import local

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def png(seed: int = 0, size: tuple[int, int] = (24, 16), image_format: str = "PNG") -> bytes:
    """A small picture of noise, different for each seed."""
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    buffer = io.BytesIO()
    PillowImage.fromarray(pixels).save(buffer, image_format)
    return buffer.getvalue()


def study(slug: str = "digits-twin", researchers: Iterable[Any] = (), **fields: Any) -> Study:
    row = Study.objects.create(slug=slug, name=fields.pop("name", slug), created_at=NOW, **fields)
    row.researchers.set(researchers)
    return row


def target_class(of: Study, class_id: str = "0", name: str = "zero") -> TargetClass:
    number = of.target_classes.count()
    return TargetClass.objects.create(study=of, class_id=class_id, number=number, name=name)


def candidate(of: TargetClass, origin: Origin = Origin.POOL) -> Candidate:
    """A candidate whose image row exists, without a file behind it."""
    number = Image.objects.count()
    image = Image.objects.create(
        sha256=f"{number:064x}",
        pixel_sha256=f"{number:064x}",
        format="PNG",
        width=8,
        height=8,
        num_bytes=100,
        rendition_sha256=f"{number:064x}",
        created_at=NOW,
    )
    return Candidate.objects.create(
        study=of.study, target_class=of, image=image, origin=origin, source=f"{number}.png", created_at=NOW
    )


def example(of: TargetClass, content: bytes, *, shows_class: bool = True, caption: str = "") -> Example:
    """An example with its files."""
    return examples.add(target_class=of, spec=examples.ExampleSpec(content, "a", shows_class, caption), now=NOW)


def measured(of: TargetClass, origin: Origin, num_selected: int, num_seen: int = 10) -> Candidate:
    """A candidate with a selection frequency, and the judgements that it is the count of."""
    row = candidate(of, origin)
    judged(row, num_selected, num_seen)
    SelectionFrequency.objects.create(
        judgement_filter=frequencies.standard_filter(of.study),
        candidate=row,
        num_selected=num_selected,
        num_seen=num_seen,
    )
    return row


def judged(row: Candidate, num_selected: int, num_seen: int) -> None:
    """Workers have judged the candidate elsewhere, in a grid of its own, and the first of them selected it."""
    of = row.target_class
    elsewhere, _ = Batch.objects.get_or_create(
        study=of.study,
        platform=IMPORTED,
        imported_from="the cast",
        defaults={"num_assignments": 1, "lease_seconds": 1800, "launched_at": NOW, "expired_at": NOW},
    )
    hit = HIT.objects.create(batch=elsewhere, grid=grid(of, [row]))
    names = [f"m{number}" for number in range(num_seen)]
    rows = Worker.objects.filter(platform=IMPORTED, external_id__in=names)
    if rows.count() < num_seen:
        missing = sorted(set(names) - set(rows.values_list("external_id", flat=True)))
        Worker.objects.bulk_create(Worker(platform=IMPORTED, external_id=each, created_at=NOW) for each in missing)
    people = rows.order_by("external_id")
    Assignment.objects.bulk_create(
        Assignment(
            hit=hit,
            worker=person,
            claimed_at=NOW,
            lease_expires_at=NOW,
            submitted_at=NOW,
            seen=bitmaps.pack([0], 1),
            selected=bitmaps.pack([0] if number < num_selected else [], 1),
        )
        for number, person in enumerate(people)
    )
    tally, _ = FrequencyTally.objects.get_or_create(
        judgement_filter=frequencies.standard_filter(of.study),
        target_class=of,
        defaults={"num_assignments": 0, "num_counted": 0, "counted_at": NOW},
    )
    tally.num_assignments += num_seen
    tally.num_counted += num_seen
    tally.save()


def grid(of: TargetClass, candidates: Iterable[Candidate]) -> Grid:
    """A grid that measures all of these."""
    ids = [row.pk for row in candidates]
    return Grid.objects.create(
        study=of.study,
        target_class=of,
        number=of.grids.count(),
        candidate_ids=ids,
        measured=bitmaps.pack(range(len(ids)), len(ids)),
        positive_controls=bitmaps.pack([], len(ids)),
        negative_controls=bitmaps.pack([], len(ids)),
        created_at=NOW,
    )


def batch(of: Study, grids: Iterable[Grid], num_assignments: int = 2, **fields: Any) -> Batch:
    """A launched batch with its HITs and free slots."""
    row = Batch.objects.create(
        study=of,
        num_assignments=num_assignments,
        lease_seconds=1800,
        launched_at=NOW,
        **{"platform": "local"} | fields,
    )
    for each in grids:
        hit = HIT.objects.create(batch=row, grid=each)
        Assignment.objects.bulk_create(Assignment(hit=hit) for _ in range(num_assignments))
    return row


def worker(external_id: str = "w1", **fields: Any) -> Worker:
    return Worker.objects.create(platform="local", external_id=external_id, created_at=NOW, **fields)


def join(of: Batch) -> str:
    """Where workers join the study of this batch."""
    kind = {"platform": of.platform, "is_simulated": of.is_simulated}
    return f"/join/{local.invitation_token(workers.invite_everyone(study=of.study, now=NOW, **kind))}/"


def enrolment(of: Study, worker: Worker) -> Enrolment:
    """The worker takes part in the study."""
    kind = {"platform": worker.platform, "is_simulated": worker.is_simulated}
    return workers.enrol(invitation=workers.invite_everyone(study=of, now=NOW, **kind), worker=worker, now=NOW)


def handed_in(of: Batch, worker: Worker, now: datetime, selected: Iterable[int] = ()) -> Assignment:
    """The worker takes a grid of the batch and hands it in, all seen."""
    held = assignments.claim(batch=of, worker=worker, now=now)
    assert held is not None
    return assignments.submit(assignment_id=held.pk, worker_id=worker.pk, selected=list(selected), not_seen=[], now=now)
