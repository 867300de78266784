"""The report: what moved from the original test set to the new ones, as data.

`records` is the only writer of `Report`; `building` puts the content together, a section a file.
"""

from evaluation.reports.counting import overtaken
from evaluation.reports.records import attempt, build, fail, give_up, make, newest, request, unfinished
from evaluation.reports.selection import EVERYTHING, Selection

__all__ = [
    "EVERYTHING",
    "Selection",
    "attempt",
    "build",
    "fail",
    "give_up",
    "make",
    "newest",
    "overtaken",
    "request",
    "unfinished",
]
