"""From the row of a collection to the source that it is taken in from."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from annotation import storage
from annotation.collecting import places
from annotation.models import Collection
from annotation.sources import CandidateRecord, RefusedRecord, open_source
from annotation.sources.flickr import ClassQuery, FlickrOptions, FlickrSource


class Opened(Protocol):
    """What a source is once it is opened, whatever it was opened from."""

    def __iter__(self) -> Iterator[CandidateRecord | RefusedRecord]: ...

    def after(self, cursor: str) -> Iterator[CandidateRecord | RefusedRecord]: ...


@contextmanager
def opened(collection: Collection) -> Iterator[Opened]:
    """The source, as long as it is needed."""
    if collection.is_queued:
        places.check_still_allowed(collection)
    match collection.kind:
        case places.FLICKR:
            yield _flickr(collection)
        case places.UPLOAD:
            # Alone in a folder: what its rows call files lies beside it, and that is nothing.
            with tempfile.TemporaryDirectory(prefix="collection-") as folder:
                path = Path(folder) / f"table{Path(collection.address).suffix.lower()}"
                with path.open("wb") as file:
                    file.writelines(storage.chunks("manifests", collection.options["sha256"]))
                yield open_source(str(path))
        case _:
            yield open_source(collection.address)


def _flickr(collection: Collection) -> FlickrSource:
    classes = [
        ClassQuery(row.class_id, row.name, tuple(row.synonyms), tuple(row.wider_words))
        for row in collection.study.target_classes.order_by("number")
    ]
    return FlickrSource(FlickrOptions.from_json(collection.options), classes)
