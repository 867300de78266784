"""The search for one class: query after query, window after window, page after page."""

import dataclasses
from collections.abc import Generator, Iterator
from datetime import UTC, date, datetime, time
from functools import partial

from annotation.sources.base import CandidateRecord, RefusedRecord
from annotation.sources.flickr.client import Client
from annotation.sources.flickr.failures import RefusedSearch
from annotation.sources.flickr.licences import LICENCES
from annotation.sources.flickr.options import AT_ONCE, FlickrOptions, SafeSearch, Sort
from annotation.sources.flickr.photos import EXTRAS, Listing, Photo
from annotation.sources.flickr.pictures import read_picture
from annotation.sources.flickr.places import Place, Window, packed, unpacked
from annotation.sources.flickr.queries import ClassQuery

MOST_PER_PAGE = 500
LONGEST_QUERY = 200
NOTHING = "The search finds no photo that the searches before it had not found."
Record = CandidateRecord | RefusedRecord


class ClassSearch:
    """What was found for a class so far; a photo comes once, with the first query that finds it."""

    def __init__(self, asked: ClassQuery, options: FlickrOptions, client: Client) -> None:
        self._asked = asked
        self._options = options
        self._client = client
        self._per_page = min(MOST_PER_PAGE, options.per_query)
        self._seen: set[int] = set()
        self._num_found = 0

    def records(self, start: Place | None = None) -> Iterator[Record]:
        """All of them, or those behind a place that was left."""
        narrow = self._asked.narrow()
        queries = [*narrow, *(self._asked.wider() if self._options.use_wider else [])]
        first = 0
        if start is not None:
            self._seen, self._num_found = unpacked(start.seen) | set(start.here), start.num_found
            if start.query not in queries:  # the names of the class were changed meanwhile
                start = None
            else:
                first = queries.index(start.query) + start.is_over
                start = None if start.is_over else start
        for number, query in enumerate(queries[first:], first):
            is_wider = number >= len(narrow)
            if is_wider and self._has_enough():
                return
            yield from self._query(query, start, is_wider=is_wider)
            start = None

    def _has_enough(self) -> bool:
        wanted = self._options.wanted_per_class
        return wanted is not None and self._num_found >= wanted

    def _query(self, query: str, start: Place | None, *, is_wider: bool) -> Iterator[Record]:
        """A search that gives nothing is told as well, so that the place behind it can be kept."""
        whole = Place(class_id=self._asked.class_id, query=query, windows=(_days(self._options),))
        is_fruitless, reason = start is None, NOTHING
        try:
            if len(query) > LONGEST_QUERY:
                raise RefusedSearch(f"It has more than {LONGEST_QUERY} characters; give the class a shorter name.")
            for record in self._pages(start or whole, is_wider=is_wider):
                is_fruitless = False
                yield record
        except RefusedSearch as error:
            is_fruitless, reason = True, str(error)
        if is_fruitless:
            over = dataclasses.replace(whole, seen=packed(self._seen), num_found=self._num_found, is_over=True)
            yield RefusedRecord(f"Flickr: {query[:LONGEST_QUERY]}", reason, over.written())

    def _pages(self, place: Place | None, *, is_wider: bool) -> Iterator[Record]:
        """Page after page of the query, until its budget is used up or nothing is left."""
        before: list[str] = []
        while place is not None:
            listing = self._client.search(self._parameters(place))
            is_resumed = bool(place.here)
            halves = () if is_resumed or place.page > 1 else self._halves(place, listing)
            if halves:
                place = dataclasses.replace(place, windows=(*halves, *place.windows[1:]))
                continue
            listed = [photo.id for photo in listing.photos]
            if not listed or listed == before:  # behind the last page Flickr gives nothing, or the same once more
                place = _next_window(place)
                continue
            if not is_resumed:
                place = dataclasses.replace(place, seen=packed(self._seen))
            num_looked = yield from self._photos(place, listing, is_wider=is_wider)
            if num_looked >= self._options.per_query or (is_wider and self._has_enough()):
                return
            place, before = self._next(dataclasses.replace(place, num_looked=num_looked, here=()), listing), listed

    def _photos(self, place: Place, listing: Listing, *, is_wider: bool) -> Generator[Record, None, int]:
        """Those of a page that are new for the class; returns at how many results of the query it has looked."""
        num_looked, here = place.num_looked, list(place.here)
        for photo in listing.photos:
            if num_looked == self._options.per_query or (is_wider and self._has_enough()):
                break
            num_looked += 1
            if int(photo.id) in self._seen:
                continue
            self._seen.add(int(photo.id))
            here.append(int(photo.id))
            record = self._record(photo, place.query)
            self._num_found += isinstance(record, CandidateRecord)
            cursor = dataclasses.replace(place, here=tuple(here), num_found=self._num_found).written()
            yield dataclasses.replace(record, cursor=cursor)
        return num_looked

    def _record(self, photo: Photo, query: str) -> Record:
        licence = LICENCES.get(-1 if photo.licence is None else photo.licence)
        rendition = photo.rendition(self._options.max_side)
        if not photo.is_photo:
            return RefusedRecord(photo.page_url, "It is a film and no photo.")
        if licence is None or photo.licence not in self._options.licences:
            told = licence.name if licence else "a licence that Twinset does not know"
            return RefusedRecord(photo.page_url, f"Flickr gives as its licence {told!r}, which was not asked for.")
        if rendition is None:
            return RefusedRecord(photo.page_url, "Flickr offers no picture of it that may be taken.")
        return CandidateRecord(
            source=rendition.url,
            class_id=self._asked.class_id,
            read=partial(read_picture, rendition.url),
            licence=licence.name,
            taken_at=photo.taken_at,
            uploaded_at=photo.uploaded_at,
            owner=photo.owner,
            page_url=photo.page_url,
            query=query,
        )

    def _next(self, place: Place, listing: Listing) -> Place | None:
        if place.page < listing.pages and (place.page + 1) * self._per_page <= AT_ONCE:
            return dataclasses.replace(place, page=place.page + 1)
        return _next_window(place)

    def _halves(self, place: Place, listing: Listing) -> tuple[Window, ...]:
        """A window in two, where it has more results than can be seen, and more are wanted; else none."""
        first, last = place.windows[0]
        is_wanted = self._options.per_query - place.num_looked > AT_ONCE
        if not is_wanted or listing.total <= AT_ONCE or first is None or last is None or first >= last:
            return ()
        middle = (first + last) // 2
        halves = ((first, middle), (middle + 1, last))
        return halves if self._options.sort == Sort.DATE_POSTED_ASC else halves[::-1]

    def _parameters(self, place: Place) -> dict[str, str]:
        options = self._options
        asked = {
            "text": place.query,
            "page": str(place.page),
            "per_page": str(self._per_page),
            "sort": options.sort.value,
            "license": ",".join(map(str, options.licences)),
            "safe_search": str(list(SafeSearch).index(options.safe_search) + 1),
            "content_types": "0",
            "media": "photos",
            "extras": EXTRAS,
        }
        first, last = place.windows[0]
        limits: dict[str, str | None] = {
            "min_upload_date": None if first is None else str(first),
            "max_upload_date": None if last is None else str(last),
            "min_taken_date": f"{options.min_taken} 00:00:00" if options.min_taken else None,
            "max_taken_date": f"{options.max_taken} 23:59:59" if options.max_taken else None,
        }
        return asked | {name: limit for name, limit in limits.items() if limit is not None}


def _next_window(place: Place) -> Place | None:
    if len(place.windows) == 1:
        return None
    return dataclasses.replace(place, windows=place.windows[1:], page=1, here=())


def _days(options: FlickrOptions) -> Window:
    """From the first second of the first day of upload to the last second of the last."""
    return _second(options.min_uploaded, time.min), _second(options.max_uploaded, time(23, 59, 59))


def _second(day: date | None, moment: time) -> int | None:
    return None if day is None else max(0, int(datetime.combine(day, moment, UTC).timestamp()))
