"""How a batch's platform is reached: by what the environment says, for one round."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime

from annotation.errors import CannotLaunch
from annotation.payments.bonuses import LedgerBook
from annotation.platforms.base import WORKFORCES
from annotation.platforms.mturk import Access as MTurkAccess
from annotation.platforms.mturk import MTurkPlatform
from annotation.platforms.own import OwnPlatform
from annotation.platforms.paid import PaidPlatform
from annotation.platforms.prolific import ProlificPlatform
from annotation.platforms.prolific.access import from_settings
from annotation.platforms.prolific.transport import Transport

Clock = Callable[[], datetime]


PATIENCE = 8.0  # seconds that a person waits for a call that a page or the API makes


def reached_soon(name: str, *, clock: Clock) -> AbstractContextManager[PaidPlatform]:
    """For a page or the API: a platform that does not answer within seconds is taken as one that does not answer."""
    return reached(name, clock=clock, longest_seconds=PATIENCE)


@contextmanager
def reached(name: str, *, clock: Clock, longest_seconds: float = 120) -> Iterator[PaidPlatform]:
    """The platform, for one round of calls and one thread. Raises `NoAccess` where the environment doesn't name it."""
    read_seconds = min(30.0, longest_seconds)
    if name not in WORKFORCES:
        raise CannotLaunch(f"There is no platform {name!r}; choose one of {', '.join(WORKFORCES)}.")
    if name == MTurkPlatform.name:
        yield MTurkPlatform(replace(MTurkAccess.from_settings(), read_seconds=read_seconds), clock=clock)
    elif name == ProlificPlatform.name:
        access = from_settings()
        transport = Transport(access, read_seconds=read_seconds, whole_seconds=longest_seconds)
        platform = ProlificPlatform(access, book=LedgerBook(), clock=clock, transport=transport)
        try:
            yield platform
        finally:
            platform.close_connections()
    else:
        yield OwnPlatform(name)
