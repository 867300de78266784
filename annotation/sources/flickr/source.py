"""All photos that Flickr finds for the classes, class by class."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from annotation.errors import UnreadableSource
from annotation.sources.base import CandidateRecord, RefusedRecord, printable
from annotation.sources.flickr.access import from_settings
from annotation.sources.flickr.client import Client
from annotation.sources.flickr.options import FlickrOptions
from annotation.sources.flickr.places import Place
from annotation.sources.flickr.queries import ClassQuery
from annotation.sources.flickr.searching import ClassSearch


class FlickrSource:
    """Asks for a page when its first photo is wanted. The same records in the same order while Flickr finds the same.

    A photo that is found for two classes comes for both: ingesting takes it for the first alone.
    """

    kind: ClassVar[str] = "flickr"

    def __init__(self, options: FlickrOptions, classes: Sequence[ClassQuery], *, client: Client | None = None) -> None:
        self._options = options
        self._classes = list(classes)
        self._client = client or Client(from_settings())

    def __iter__(self) -> Iterator[CandidateRecord | RefusedRecord]:
        return self.after("")

    def after(self, cursor: str) -> Iterator[CandidateRecord | RefusedRecord]:
        """Asks for the page that the cursor stands on and those behind it, for no earlier one."""
        place = Place.read(cursor) if cursor else None
        return self._from(self._number(place.class_id) if place else 0, place)

    def _from(self, number: int, place: Place | None) -> Iterator[CandidateRecord | RefusedRecord]:
        for asked in self._classes[number:]:
            yield from ClassSearch(asked, self._options, self._client).records(place)
            place = None

    def _number(self, class_id: str) -> int:
        for number, asked in enumerate(self._classes):
            if asked.class_id == class_id:
                return number
        raise UnreadableSource(
            f"The search stopped at class {printable(class_id)}, which is not among the classes any more; "
            "collect again from the beginning: what is here already is not doubled."
        )
