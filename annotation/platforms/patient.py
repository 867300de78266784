"""A platform that is asked again a little later where it is busy. Nothing was done then, so nothing is done twice.

Who asks as often as it may gets just as far as the platform's throttle lets it; who comes back only after minutes, as
a round that was ended does, uses a fraction of that.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, cast

from annotation.platforms.paid import PaidPlatform, PlatformBusy

FIRST_WAIT = 0.1  # seconds; doubled each time that it is busy still
MOST_WAITS = 6  # for one answer
LONGEST_WAIT = 10.0  # where the platform says how long: for more the round ends, and others have their turn

Wait = Callable[[float], None]


def patient(platform: PaidPlatform, *, wait: Wait) -> PaidPlatform:
    """The same platform; `wait` is called with the seconds between two tries. Lists come whole."""
    return cast(PaidPlatform, _Patient(platform, wait))


class _Patient:
    def __init__(self, platform: PaidPlatform, wait: Wait) -> None:
        self._platform, self._wait = platform, wait

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._platform, name)
        return partial(self._ask, found) if callable(found) else found

    def _ask(self, call: Callable[..., Any], *args: Any, **given: Any) -> Any:
        for number in range(MOST_WAITS):
            try:
                return _whole(call(*args, **given))
            except PlatformBusy as busy:
                seconds = FIRST_WAIT * 2**number if busy.retry_after is None else busy.retry_after
                if seconds > LONGEST_WAIT:
                    raise
            self._wait(seconds)
        return call(*args, **given)


def _whole(answer: Any) -> Any:
    """A list is read to its end here, where it can be asked for again from its beginning."""
    return iter(list(answer)) if isinstance(answer, Iterator) else answer
