"""Changes to the input, one file each; to add one, copy `clean.py` and import it here."""

from evaluation.conditions import clean
from evaluation.conditions.base import CONDITIONS, Condition, get

__all__ = ["CONDITIONS", "Condition", "clean", "get"]
