from annotation.models.assignment import Assignment, Progress
from annotation.models.candidate import Candidate, Exclusion, Image, Origin
from annotation.models.complaint import Complaint
from annotation.models.example import Example
from annotation.models.export import Export, ExportPiece
from annotation.models.frequency import FrequencyMixture, FrequencyTally, JudgementFilter, SelectionFrequency
from annotation.models.grid import Grid
from annotation.models.hit import HIT, Batch
from annotation.models.quality import ClassPosterior, Effect, QualityReview, RuleSetting, WorkerDecision
from annotation.models.study import Study, TargetClass
from annotation.models.testset import Strategy, TestSet, TestSetImage
from annotation.models.worker import IMPORTED, Enrolment, Invitation, Worker

__all__ = [
    "HIT",
    "IMPORTED",
    "Assignment",
    "Batch",
    "Candidate",
    "ClassPosterior",
    "Complaint",
    "Effect",
    "Enrolment",
    "Example",
    "Exclusion",
    "Export",
    "ExportPiece",
    "FrequencyMixture",
    "FrequencyTally",
    "Grid",
    "Image",
    "Invitation",
    "JudgementFilter",
    "Origin",
    "Progress",
    "QualityReview",
    "RuleSetting",
    "SelectionFrequency",
    "Strategy",
    "Study",
    "TargetClass",
    "TestSet",
    "TestSetImage",
    "Worker",
    "WorkerDecision",
]
