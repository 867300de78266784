from annotation.models.assignment import Assignment, Progress
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
from annotation.models.hit import HIT, Batch, Launch
from annotation.models.ledger import BonusOrder, LedgerEntry, Reconciliation, Rejection
from annotation.models.pool.candidate import Candidate
from annotation.models.pool.collection import Collection, CollectionRefusal, Origin
from annotation.models.pool.exclusion import BulkExclusion, Exclusion, Readmission, ReplacedExclusion
from annotation.models.pool.image import Image, ImageSignature
from annotation.models.pool.takedown import TakeDown
from annotation.models.posting import Arrival, LastRound, Place, Posting
from annotation.models.quality import ClassPosterior, Effect, KeptAway, QualityReview, RuleSetting, WorkerDecision
from annotation.models.review import ClassReview, Resolution, TestSetReview, Verdict
from annotation.models.study import ClassCorrection, Study, TargetClass
from annotation.models.testset import Strategy, TestSet, TestSetImage
from annotation.models.worker import IMPORTED, Enrolment, Invitation, Message, Worker

__all__ = [
    "DUPLICATES",
    "HIT",
    "IMPORTED",
    "Arrival",
    "Assignment",
    "Batch",
    "BonusOrder",
    "BulkExclusion",
    "Candidate",
    "ClassCorrection",
    "ClassPosterior",
    "ClassReview",
    "Collection",
    "CollectionRefusal",
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
    "KeptAway",
    "LastRound",
    "Launch",
    "LedgerEntry",
    "Message",
    "Origin",
    "Place",
    "Posting",
    "Progress",
    "QualityReview",
    "Readmission",
    "Reconciliation",
    "ReferenceImage",
    "Rejection",
    "ReplacedExclusion",
    "Resolution",
    "RuleSetting",
    "SelectionFrequency",
    "Strategy",
    "Study",
    "SurvivorChoice",
    "TakeDown",
    "TargetClass",
    "TestSet",
    "TestSetImage",
    "TestSetReview",
    "Verdict",
    "Worker",
    "WorkerDecision",
]
