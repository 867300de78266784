"""Frozen test sets written out: one file per layout, one file per kind of place in `targets/`."""

from annotation.exports.planning import LAYOUTS
from annotation.exports.records import (
    MAX_ATTEMPTS,
    QUEUED,
    Held,
    claim,
    claimable,
    command_of,
    copies_of,
    end_abandoned,
    fail,
    kept_of,
    outdated,
    queue_again,
    release,
    remove,
    request,
)
from annotation.exports.writing import Rules, write

__all__ = [
    "LAYOUTS",
    "MAX_ATTEMPTS",
    "QUEUED",
    "Held",
    "Rules",
    "claim",
    "claimable",
    "command_of",
    "copies_of",
    "end_abandoned",
    "fail",
    "kept_of",
    "outdated",
    "queue_again",
    "release",
    "remove",
    "request",
    "write",
]
