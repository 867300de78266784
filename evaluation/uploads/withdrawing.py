"""Predictions that were uploaded by mistake."""

from datetime import datetime

from evaluation import runs
from evaluation.errors import CannotRequest
from evaluation.models import Run


def withdraw(*, run: Run, reason: str, now: datetime) -> None:
    """End the run, with the reason: it counts no more, and others may be uploaded. Reports stay as built."""
    if not run.classifier.is_scored_elsewhere:
        raise CannotRequest(f"{run} was scored here; only uploaded predictions are withdrawn.")
    if not reason.strip():
        raise CannotRequest("Say why the predictions are withdrawn: whoever finds the run will ask.")
    if not runs.withdraw(run=run, reason=reason.strip()[:500], now=now):
        raise CannotRequest(f"{run} has no predictions to withdraw any more.")
