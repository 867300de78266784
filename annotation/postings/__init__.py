"""What a paid platform is to offer, has been told, and said of who took it: between a batch and its platform."""

from annotation.postings.budgets import promised, refuse_over_budget
from annotation.postings.places import decided, learn, read, take_in
from annotation.postings.putting_up import (
    Text,
    adopt,
    carry_out,
    close,
    close_again,
    extend,
    pause,
    post_next,
    prepare,
    put_back,
    resume,
)
from annotation.postings.rounds import Round

__all__ = [
    "Round",
    "Text",
    "adopt",
    "carry_out",
    "close",
    "close_again",
    "decided",
    "extend",
    "learn",
    "pause",
    "post_next",
    "prepare",
    "promised",
    "put_back",
    "read",
    "refuse_over_budget",
    "resume",
    "take_in",
]
