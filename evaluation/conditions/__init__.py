"""Changes to the input, one file each; to add one, copy `rotation_translation.py` and import it here."""

from evaluation.conditions import clean, corruptions, pgd, rotation_translation
from evaluation.conditions.base import CONDITIONS, Batch, Condition, expand, get, spellings

__all__ = [
    "CONDITIONS", "Batch", "Condition", "clean", "corruptions", "expand", "get", "pgd", "rotation_translation",
    "spellings",
]  # fmt: skip
