from annotation.models.assignment import Assignment, Worker
from annotation.models.candidate import Candidate, Exclusion, Image, Origin
from annotation.models.frequency import FrequencyTally, SelectionFrequency
from annotation.models.grid import Grid
from annotation.models.hit import HIT, Batch
from annotation.models.study import Study, TargetClass
from annotation.models.testset import Strategy, TestSet, TestSetImage

__all__ = [
    "HIT",
    "Assignment",
    "Batch",
    "Candidate",
    "Exclusion",
    "FrequencyTally",
    "Grid",
    "Image",
    "Origin",
    "SelectionFrequency",
    "Strategy",
    "Study",
    "TargetClass",
    "TestSet",
    "TestSetImage",
    "Worker",
]
