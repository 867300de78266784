"""Records on their way to the database: read, decoded and stored in threads, while the last chunk is written."""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import datetime

from django.conf import settings

from annotation.candidates import images
from annotation.candidates.records import File, Part, said_of
from annotation.errors import AnnotationError, CollectionLeaseLost, SourceBusy, UnknownClass
from annotation.models import Study, TargetClass
from annotation.sources.base import CandidateRecord, RefusedRecord, printable, provenance
from annotation.studies import ClassFinder

FILES_PER_CHUNK = 200
NAMES_PER_CHUNK = 20_000
BYTES_PER_CHUNK = 64 * 1024 * 1024
FILES_AHEAD = 200
BYTES_AT_ONCE = 128 * 1024 * 1024
FIRST_GUESS = 8 * 1024 * 1024
"""How large the first files may be, before one has been seen."""
SECONDS_BETWEEN_WORDS = 10
"""While a file is waited for, whoever takes it in says so often that it is still at work."""
UNKNOWN_CLASSES = 1000
"""Suggestions take long to find; a table in which more classes are unknown than this is told so without."""

Records = Iterable[CandidateRecord | RefusedRecord]


class Preparation:
    """Prepares files in threads; those of a chunk are handed out together, in the order of the records."""

    def __init__(self, study: Study, now: datetime) -> None:
        self.finder = ClassFinder(study)
        self.error: AnnotationError | None = None
        """What the records, or reading one of them, broke off with; what came before it is prepared all the same."""
        self._classes: dict[str, TargetClass | str] = {}
        self._now = now
        self._threads = ThreadPoolExecutor(settings.DOWNLOAD_THREADS)  # many: files may come from far away
        self._decoders = threading.BoundedSemaphore(min(images.MAX_THREADS, os.cpu_count() or 1))
        self._room = Room(BYTES_AT_ONCE)
        self._busy: SourceBusy | None = None

    def close(self) -> None:
        """What is not begun yet is not begun any more."""
        self._threads.shutdown(cancel_futures=True)

    def chunks(self, records: Records) -> Iterator[list[File]]:
        """Bounded in number and in bytes, so that little is done again after a chunk was lost."""
        chunk: list[File] = []
        num_pictures = num_bytes = 0
        for file in self._prepared(records):
            chunk.append(file)
            num_pictures += file.has_picture
            num_bytes += file.num_bytes
            is_full = num_pictures == FILES_PER_CHUNK or len(chunk) == NAMES_PER_CHUNK or num_bytes >= BYTES_PER_CHUNK
            if is_full:
                yield chunk
                chunk, num_pictures, num_bytes = [], 0, 0
        if chunk:
            yield chunk

    def recognise(self, chunk: list[File]) -> None:
        images.recognise(chunk, self._run, self._now, self._decoders)

    def _run(self, function: Callable[[File], None], files: list[File]) -> Iterator[None]:
        return self._threads.map(function, files)

    def _prepared(self, records: Records) -> Iterator[File]:
        """In their order; up to the first whose server wants no requests for a while."""
        try:
            yield from self._in_order(records)
        except SourceBusy as error:
            self.error = error

    def _in_order(self, records: Records) -> Iterator[File]:
        still_here = records.still_here if isinstance(records, Part) else _say_nothing
        waiting: deque[File | Future[File]] = deque()
        for record in self._until_they_break(records):
            file = self._begun(record)
            if isinstance(record, RefusedRecord) or record.read is None or file.reason:
                waiting.append(file)
            else:
                waiting.append(self._threads.submit(self._read, file, record.read))
            while waiting and (len(waiting) > FILES_AHEAD or isinstance(waiting[0], File)):
                yield _done(waiting.popleft(), still_here)
        while waiting:
            yield _done(waiting.popleft(), still_here)

    def _until_they_break(self, records: Records) -> Records:
        try:
            yield from records
        except CollectionLeaseLost:  # nothing of it may be kept any more
            raise
        except AnnotationError as error:
            self.error = error

    def _begun(self, record: CandidateRecord | RefusedRecord) -> File:
        source = provenance(record.source)
        if isinstance(record, RefusedRecord):
            return File(source, cursor=record.cursor, has_picture=False, reason=record.reason)
        found = self._classes.get(record.class_id) or self._look_up(record.class_id)
        if isinstance(found, str):
            return File(source, cursor=record.cursor, has_picture=False, reason=found)
        return File(source, found, record.cursor, said_of(record), has_picture=record.read is not None)

    def _look_up(self, text: str) -> TargetClass | str:
        """The class, or why there is none."""
        try:
            found: TargetClass | str | None = self.finder.look_up(text)
            if found is None and len(self._classes) < UNKNOWN_CLASSES:
                found = self.finder.find(text)
        except UnknownClass as error:
            found = str(error)
        if found is None:
            return f"The study has no class {printable(text[:100])!r}."
        self._classes[text] = found
        return found

    def _read(self, file: File, read: Callable[[], bytes]) -> File:
        """In a thread: from the source to the storage."""
        if self._busy is not None:
            raise self._busy
        with self._room.for_one() as settle:
            try:
                content = read()
            except SourceBusy as error:
                self._busy = error
                raise
            except AnnotationError as error:
                file.reason = str(error)
                return file
            settle(len(content))
            images.examine(file, content, self._now, self._decoders)
        return file


def _done(file: "File | Future[File]", still_here: Callable[[], None]) -> File:
    if isinstance(file, File):
        return file
    still_here()
    while not wait([file], SECONDS_BETWEEN_WORDS).done:
        still_here()
    return file.result()


def _say_nothing() -> None:
    """To whom nobody listens."""


class Room:
    """Bounds the bytes of the files that are in memory; how many a file has is guessed until it is read."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken = 0
        self._guess = FIRST_GUESS
        self._changed = threading.Condition()

    @contextmanager
    def for_one(self) -> Iterator[Callable[[int], None]]:
        with self._changed:
            self._changed.wait_for(lambda: not self._taken or self._taken + self._guess <= self._most)
            held = self._guess
            self._taken += held

        def settle(num_bytes: int) -> None:
            nonlocal held
            with self._changed:
                self._taken += num_bytes - held
                # One large file among many small ones is soon forgotten.
                self._guess = max(num_bytes, self._guess * 7 // 8, FIRST_GUESS)
                held = num_bytes
                self._changed.notify_all()

        try:
            yield settle
        finally:
            with self._changed:
                self._taken -= held
                self._changed.notify_all()
