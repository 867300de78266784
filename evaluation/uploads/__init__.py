"""Predictions of classifiers that were scored elsewhere: checked, stored and counted like any others."""

from evaluation.uploads.formats import FORMATS, MAX_BYTES
from evaluation.uploads.taking import Handed, Taken, upload

__all__ = ["FORMATS", "MAX_BYTES", "Handed", "Taken", "upload"]
