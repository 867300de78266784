"""A study with a folder of images to collect, and consumers that die."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from django.utils import timezone

from annotation import collecting
from annotation.collecting import Held
from annotation.models import Candidate, Collection, Origin, Study
from tests import cast

NUM_IMAGES = 10


class DeadError(BaseException):
    """The consumer is killed."""


def study() -> Study:
    row = cast.study("digits")
    cast.target_class(row, "1", "one")
    return row


def folder(at: Path, num_images: int = NUM_IMAGES) -> Path:
    """Images of one class, and one file that is none."""
    (at / "1").mkdir(parents=True)
    for number in range(num_images):
        (at / "1" / f"{number:03d}.png").write_bytes(cast.png(number))
    (at / "1" / "004x.png").write_bytes(b"not an image")
    return at


def asked(of: Study, address: Path, origin: Origin = Origin.POOL, *, is_queued: bool = False) -> Collection:
    wanted = collecting.named(address=str(address), origin=origin)
    return collecting.request(study=of, wanted=wanted, now=timezone.now(), is_queued=is_queued)


def claimed(row: Collection, consumer: str = "first", now: datetime | None = None) -> Held:
    held = collecting.claim(collection=row, consumer=consumer, now=now or timezone.now())
    assert held is not None
    return held


def at_chunk(number: int, what: Callable[[], None]) -> Callable[[Collection], None]:
    """Does it while this chunk, counted from 1, is stored."""
    chunks: list[Collection] = []

    def on_chunk(row: Collection) -> None:
        chunks.append(row)
        if len(chunks) == number:
            what()

    return on_chunk


def die_at(held: Held, chunk: int) -> None:
    """Take in until this chunk is stored; the consumer is killed before that is done."""

    def die() -> None:
        raise DeadError

    with pytest.raises(DeadError):
        collecting.run(held=held, clock=timezone.now, on_chunk=at_chunk(chunk, die))
    held.collection.refresh_from_db()


def lease_ends(row: Collection) -> None:
    Collection.objects.filter(pk=row.pk).update(lease_expires_at=timezone.now())


def sources() -> list[str]:
    return sorted(Candidate.objects.values_list("source", flat=True))


def counts(row: Collection) -> tuple[int, int, int, int, int]:
    row.refresh_from_db()
    return row.num_read, row.num_created, row.num_supplied, row.num_existing, row.num_refused


WHOLE = [f"1/{number:03d}.png" for number in range(NUM_IMAGES)]
