"""What goes wrong on purpose: once for each time it was asked for, per operation."""

import time
from collections import defaultdict, deque
from enum import StrEnum


class Fault(StrEnum):
    """Of one answer; BEFORE: nothing is done, AFTER: it is done and nobody is told."""

    SILENT_BEFORE = "silent before"
    SILENT_AFTER = "silent after"
    RESET_BEFORE = "reset before"
    RESET_AFTER = "reset after"
    FAILED_BEFORE = "failed before"
    """A 500 that is a page."""
    FAILED_AFTER = "failed after"
    GARBLED_AFTER = "garbled after"
    """A 200 that is a page."""
    THROTTLED = "throttled"
    SERVICE_FAULT = "service fault"
    UNAVAILABLE = "unavailable"
    """A 503 that says when to come again."""

    @property
    def is_after(self) -> bool:
        return self.value.endswith("after")


class Faults:
    """The next ones, in order; an operation without any works."""

    def __init__(self) -> None:
        self._next: defaultdict[str, deque[Fault]] = defaultdict(deque)

    def add(self, operation: str, *faults: Fault) -> None:
        self._next[operation].extend(faults)

    def take(self, operation: str) -> Fault | None:
        waiting = self._next[operation]
        return waiting.popleft() if waiting else None


class Throttle:
    """So many requests a second, and a few at once."""

    def __init__(self, *, per_second: float, at_once: int) -> None:
        self.per_second, self.at_once = per_second, at_once
        self._left = float(at_once)
        self._at = time.monotonic()

    def lets_pass(self) -> bool:
        now = time.monotonic()
        self._left = min(self.at_once, self._left + (now - self._at) * self.per_second)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
