from annotation.models.assignment import Assignment, Progress
from annotation.models.candidate import Candidate, Exclusion, Image, ImageSignature, Origin
from annotation.models.complaint import Complaint
from annotation.models.duplicate import (
    DUPLICATES,
    DuplicateDecision,
    DuplicatePair,
    DuplicateSearch,
    ReferenceImage,
    SurvivorChoice,
)
from annotation.models.example import Example
from annotation.models.export import Export, ExportPiece
from annotation.models.frequency import FrequencyMixture, FrequencyTally, JudgementFilter, SelectionFrequency
from annotation.models.grid import Grid
from annotation.models.hit import HIT, Batch
from annotation.models.ledger import BonusOrder, LedgerEntry, Rejection
from annotation.models.posting import Place, Posting
from annotation.models.quality import ClassPosterior, Effect, QualityReview, RuleSetting, WorkerDecision
from annotation.models.review import ClassReview, Resolution, TestSetReview, Verdict
from annotation.models.study import Study, TargetClass
from annotation.models.testset import Strategy, TestSet, TestSetImage
from annotation.models.worker import IMPORTED, Enrolment, Invitation, Worker

__all__ = [
    "DUPLICATES",
    "HIT",
    "IMPORTED",
    "Assignment",
    "Batch",
    "BonusOrder",
    "Candidate",
    "ClassPosterior",
    "ClassReview",
    "Complaint",
    "DuplicateDecision",
    "DuplicatePair",
    "DuplicateSearch",
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
    "ImageSignature",
    "Invitation",
    "JudgementFilter",
    "LedgerEntry",
    "Origin",
    "Place",
    "Posting",
    "Progress",
    "QualityReview",
    "ReferenceImage",
    "Rejection",
    "Resolution",
    "RuleSetting",
    "SelectionFrequency",
    "Strategy",
    "Study",
    "SurvivorChoice",
    "TargetClass",
    "TestSet",
    "TestSetImage",
    "TestSetReview",
    "Verdict",
    "Worker",
    "WorkerDecision",
]
