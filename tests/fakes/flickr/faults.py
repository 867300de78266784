"""What can go wrong between Twinset and Flickr."""

import threading
from collections import defaultdict, deque
from dataclasses import dataclass, field
from enum import StrEnum

SEARCH, PICTURE = "search", "picture"


class Fault(StrEnum):
    """Of one answer."""

    THROTTLED = "status 429 with a page of HTML"
    THROTTLED_BRIEFLY = "status 429 and Retry-After of seconds"
    THROTTLED_FOR_LONG = "status 429 and Retry-After of a quarter of an hour"
    TROUBLE = "status 500 with a page of HTML"
    UNAVAILABLE = "status 503 and Retry-After as a date"
    FORBIDDEN = "status 403"
    SEARCH_OFF = "code 10: the search is not available"
    OUT_OF_ORDER = "code 105: the service is not available"
    KEY_REFUSED = "code 100: the key is not valid; the message repeats it"
    BARRED_ADDRESS = "code 116: a bad URL in an argument"
    OTHER_CODE = "code 112: no such method"
    SILENT = "no answer"
    RESET = "the connection is reset"
    CUT = "half an answer"
    ENDLESS = "an answer that does not end"
    COMPRESSED = "an answer that is compressed, though nobody asked for it"
    NO_JSON = "a page of HTML with status 200"
    OTHER_SHAPE = "JSON of another form"
    ELSEWHERE = "a redirect to another host"
    MISSING = "status 404"


CODES = {
    Fault.SEARCH_OFF: (10, "Sorry, the Flickr search API is not currently available."),
    Fault.OUT_OF_ORDER: (105, "Service currently unavailable"),
    Fault.KEY_REFUSED: (100, "Invalid API Key (Key has invalid format): {key}"),
    Fault.BARRED_ADDRESS: (116, "Bad URL found"),
    Fault.OTHER_CODE: (112, 'Method "flickr.photos.search" not found {key} \u202e\x1b[2J'),
}


@dataclass
class Faults:
    """Those that are still to come, by what they befall."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    planned: dict[str, deque[Fault]] = field(default_factory=lambda: defaultdict(deque))
    released: threading.Event = field(default_factory=threading.Event)
    """Set when nobody waits for the silent answers any more."""

    def plan(self, what: str, *faults: Fault) -> None:
        """The next requests of this kind go wrong like this, one after the other."""
        with self.lock:
            self.planned[what].extend(faults)

    def next(self, what: str) -> Fault | None:
        with self.lock:
            return self.planned[what].popleft() if self.planned[what] else None

    @property
    def are_over(self) -> bool:
        return not any(self.planned.values())
