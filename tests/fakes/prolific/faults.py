"""What can go wrong between Twinset and Prolific."""

import threading
from collections import defaultdict, deque
from dataclasses import dataclass, field
from enum import StrEnum


class Fault(StrEnum):
    """Of one answer. *Before* and *after* say whether what was asked for is done nevertheless."""

    SILENT_BEFORE = "no answer, and nothing is done"
    SILENT_AFTER = "no answer, though it is done"
    RESET_BEFORE = "the connection is reset, and nothing is done"
    RESET_AFTER = "the connection is reset, though it is done"
    CUT_AFTER = "half an answer, and it is done"
    TROUBLE_BEFORE = "status 500, and nothing is done"
    TROUBLE_AFTER = "status 500, though it is done"
    UNAVAILABLE = "status 503 and Retry-After, and nothing is done"
    THROTTLED = "status 429 and Retry-After, and nothing is done"
    EXPIRED = "status 401: the token is not valid any more"
    ELSEWHERE = "a redirect to another host, and nothing is done"
    NO_JSON = "a page of HTML, though it is done"
    OTHER_SHAPE = "JSON of another form, though it is done"
    ENDLESS = "an answer that does not end, though it is done"

    @property
    def is_done(self) -> bool:
        return self in (
            Fault.SILENT_AFTER,
            Fault.RESET_AFTER,
            Fault.CUT_AFTER,
            Fault.TROUBLE_AFTER,
            Fault.NO_JSON,
            Fault.OTHER_SHAPE,
            Fault.ENDLESS,
        )


@dataclass
class Faults:
    """Those that are still to come, by the operation they befall."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    planned: dict[str, deque[Fault]] = field(default_factory=lambda: defaultdict(deque))
    released: threading.Event = field(default_factory=threading.Event)
    """Set when nobody waits for the silent answers any more."""

    def plan(self, operation: str, *faults: Fault) -> None:
        """The next requests for this operation go wrong like this, one after the other."""
        with self.lock:
            self.planned[operation].extend(faults)

    def next(self, operation: str) -> Fault | None:
        with self.lock:
            return self.planned[operation].popleft() if self.planned[operation] else None

    @property
    def are_over(self) -> bool:
        return not any(self.planned.values())
