"""Launching: what is to be put to workers, what it may cost, who said so, and how far it is."""

from annotation.launches.budgeting import set_budget
from annotation.launches.costs import Cost, preview
from annotation.launches.drafting import Plan, change, draft, withdraw
from annotation.launches.figures import Figures, figures
from annotation.launches.going_live import (
    close,
    close_overdue,
    confirm,
    go_on,
    pause,
    put_rest,
    resume,
    second,
    stop_everything,
    text_of,
)
from annotation.postings import Round, committed_alone

__all__ = [
    "Cost",
    "Figures",
    "Plan",
    "Round",
    "change",
    "close",
    "close_overdue",
    "committed_alone",
    "confirm",
    "draft",
    "figures",
    "go_on",
    "pause",
    "preview",
    "put_rest",
    "resume",
    "second",
    "set_budget",
    "stop_everything",
    "text_of",
    "withdraw",
]
