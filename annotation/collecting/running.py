"""Takes a collection in chunk by chunk, so that whoever takes it over goes on exactly where the last one stopped."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from annotation import candidates
from annotation.candidates.records import ChunkReport
from annotation.collecting import records
from annotation.collecting.opening import Opened, opened
from annotation.collecting.places import FLICKR, UPLOAD, check_still_allowed
from annotation.collecting.records import Held
from annotation.errors import AnnotationError
from annotation.models import Collection, Origin
from annotation.sources import CandidateRecord, RefusedRecord
from annotation.sources.base import is_remote

COUNTED = ("folder", "manifest", UPLOAD)  # quickly passed over, and the same until the end
TIME_TO_COUNT = timedelta(seconds=3)
COUNTED_BETWEEN_LOOKS = 1000
RENEW_AFTER = timedelta(seconds=30)
FOR_EVER = timedelta(days=10_000)

Clock = Callable[[], datetime]
OnChunk = Callable[[Collection], None]


def run(*, held: Held, clock: Clock, time: timedelta | None = None, on_chunk: OnChunk | None = None) -> bool:
    """Take in what is left, for some time or all of it; whether it has come to the end. One record at least."""
    with opened(held.collection) as source:
        if _is_countable(held.collection):
            _count(source, held, clock)
        turn = _Turn(held, source, clock, time)

        def moved(chunk: ChunkReport) -> None:
            records.move_on(held=held, chunk=chunk, now=clock())
            turn.renewed_at = clock()
            if on_chunk is not None:
                held.collection.refresh_from_db(from_queryset=Collection.objects.select_related("study"))
                on_chunk(held.collection)

        candidates.ingest(
            study=held.collection.study,
            origin=Origin(held.collection.origin),
            records=turn,
            now=clock(),
            collection=held.collection,
            on_chunk=moved,
        )
    if turn.is_cut:
        return False
    records.finish(held=held, now=clock())
    return True


def resume_queued(*, collection: Collection, now: datetime) -> Collection:
    """Have the queue go on with a collection, if the operator lets it take in from there."""
    check_still_allowed(collection)
    return records.resume(collection=collection, now=now)


class _Turn:
    """The records that are left, until the time is up."""

    def __init__(self, held: Held, source: Opened, clock: Clock, time: timedelta | None) -> None:
        self.is_cut = False
        self.renewed_at = clock()
        # What other files are called, Flickr is not asked anew for: nobody has judged its photos by their names.
        is_searched = held.collection.kind == FLICKR
        self.whole: Iterable[CandidateRecord | RefusedRecord] = () if is_searched else _Whole(source, self.still_here)
        self._held = held
        self._source = source
        self._clock = clock
        self._time = time

    def __iter__(self) -> Iterator[CandidateRecord | RefusedRecord]:
        """To find the first record may take long itself, so the time begins with it."""
        until: datetime | None = None
        for record in self._source.after(self._held.collection.cursor):
            now = self._clock()
            if until is None:
                until = now + (FOR_EVER if self._time is None else self._time)
            elif now >= until:
                self.is_cut = True
                return
            self.still_here()
            yield record

    def still_here(self) -> None:
        """Renew the lease now and then: a chunk of large or distant files may outlast it."""
        now = self._clock()
        if now - self.renewed_at >= RENEW_AFTER:
            records.renew(held=self._held, now=now)
            self.renewed_at = now


class _Whole:
    """All records of a source, through which to go may outlast the lease as well."""

    def __init__(self, source: Opened, still_here: Callable[[], None]) -> None:
        self._source = source
        self._still_here = still_here

    def __iter__(self) -> Iterator[CandidateRecord | RefusedRecord]:
        for record in self._source:
            self._still_here()
            yield record


def _is_countable(collection: Collection) -> bool:
    is_near = collection.kind in COUNTED and not is_remote(collection.address)
    return is_near and collection.num_expected is None and not collection.cursor


def _count(source: Opened, held: Held, clock: Clock) -> None:
    """How many records there are, where that is quickly found: a guess of the time left, and nothing more."""
    until = clock() + TIME_TO_COUNT
    num = 0
    left = iter(source)
    try:
        while some := len(list(itertools.islice(left, COUNTED_BETWEEN_LOOKS))):
            num += some
            if clock() > until:
                return
    except AnnotationError:  # it breaks off: whoever takes it in gets as far as that, and says so
        return
    records.expect(held=held, num_expected=num)
    held.collection.num_expected = num
