"""What the tests of the search begin with."""

from collections.abc import Iterable
from typing import Any

from annotation.access import Secret
from annotation.sources.base import CandidateRecord, RefusedRecord
from annotation.sources.flickr import ClassQuery, FlickrOptions, FlickrSource
from annotation.sources.flickr.access import Access
from annotation.sources.flickr.client import Client
from tests.fakes.flickr import FlickrServer

BOW = ClassQuery("n1", "bow")
BOWS = ClassQuery("n1", "bow", ("longbow",))


class Clock:
    """A time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.sleeps: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds

    @property
    def pauses(self) -> list[float]:
        """Those that were longer than politeness asks for without a reason."""
        return [seconds for seconds in self.sleeps if seconds > 1.001]


def access(server: FlickrServer, **changes: Any) -> Access:
    fields = {"endpoint": server.endpoint, "key": Secret(server.key), "requests_per_hour": 3600}
    return Access(**fields | changes)


def source(
    server: FlickrServer,
    *classes: ClassQuery,
    clock: Clock | None = None,
    read_seconds: float = 20,
    per_hour: int = 3600,
    **options: Any,
) -> FlickrSource:
    """Options as they come from a form."""
    clock = clock or Clock()
    client = Client(
        access(server, requests_per_hour=per_hour), sleep=clock.sleep, clock=clock, read_seconds=read_seconds
    )
    return FlickrSource(FlickrOptions.from_json(options), classes or (BOW,), client=client)


def ids(records: Iterable[CandidateRecord | RefusedRecord]) -> list[int]:
    """Of the photos that were found."""
    return [int(record.page_url.rpartition("/")[2]) for record in records if isinstance(record, CandidateRecord)]


def refusals(records: Iterable[CandidateRecord | RefusedRecord]) -> list[str]:
    return [record.reason for record in records if isinstance(record, RefusedRecord)]
