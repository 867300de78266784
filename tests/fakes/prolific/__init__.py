"""Prolific on this machine: the part of its API that Twinset uses, over real HTTP, with what can go wrong."""

from tests.fakes.prolific.account import Account
from tests.fakes.prolific.faults import Fault
from tests.fakes.prolific.participants import Participant
from tests.fakes.prolific.server import ProlificServer

__all__ = ["Account", "Fault", "Participant", "ProlificServer"]
