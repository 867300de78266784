"""A classifier's file comes from outside: it is tried out in a process of its own, before anything else loads it."""

from evaluation.trials.bounded import try_out

__all__ = ["try_out"]
