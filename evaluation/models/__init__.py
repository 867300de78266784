from evaluation.models.classifier import Classifier
from evaluation.models.look import AccuracyLook
from evaluation.models.prediction import PredictionSet
from evaluation.models.report import Report
from evaluation.models.run import Run, RunShard
from evaluation.models.score import Score

__all__ = ["AccuracyLook", "Classifier", "PredictionSet", "Report", "Run", "RunShard", "Score"]
