"""What a paid platform is to offer, has been told, and said of who took it: between a batch and its platform."""

from annotation.postings.budgets import (
    bonuses,
    bound,
    committed_alone,
    needs_second,
    promised,
    refuse_over_budget,
    refuse_without_second,
    take_turns,
)
from annotation.postings.keeping_away import group_of_stopped, keep_away
from annotation.postings.places import decided, learn, read, take_in
from annotation.postings.putting_up import (
    Text,
    adopt,
    carry_out,
    close,
    close_again,
    close_here,
    close_stopped,
    extend,
    most_places,
    pause,
    post_next,
    prepare,
    put_back,
    resume,
)
from annotation.postings.rounds import Round, remember

__all__ = [
    "Round",
    "Text",
    "adopt",
    "bonuses",
    "bound",
    "carry_out",
    "close",
    "close_again",
    "close_here",
    "close_stopped",
    "committed_alone",
    "decided",
    "extend",
    "group_of_stopped",
    "keep_away",
    "learn",
    "most_places",
    "needs_second",
    "pause",
    "post_next",
    "prepare",
    "promised",
    "put_back",
    "read",
    "refuse_over_budget",
    "refuse_without_second",
    "remember",
    "resume",
    "take_in",
    "take_turns",
]
