"""Predictions of classifiers that were scored elsewhere: checked, stored and counted like any others."""

from evaluation.uploads.beside import listed
from evaluation.uploads.formats import FORMATS, MAX_BYTES
from evaluation.uploads.taking import Handed, Taken, upload
from evaluation.uploads.withdrawing import withdraw

__all__ = ["FORMATS", "MAX_BYTES", "Handed", "Taken", "listed", "upload", "withdraw"]
