"""Rehearsing a study before paying for it: a copy of it, put to made-up workers, that looks at nothing."""

from annotation.rehearsals.copying import copy
from annotation.rehearsals.crowd import ASSUMPTIONS
from annotation.rehearsals.working import Progress, launch, plan_of, unfinished, work

__all__ = ["ASSUMPTIONS", "Progress", "copy", "launch", "plan_of", "unfinished", "work"]
