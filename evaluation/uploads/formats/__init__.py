"""Files that predictions come in, one kind each; to add one, copy `npz.py` and import it here."""

from evaluation.uploads.formats import csv, npy, npz, parquet
from evaluation.uploads.formats.base import FORMATS, MAX_BYTES, Limits, Sheet, recognised, shown

__all__ = ["FORMATS", "MAX_BYTES", "Limits", "Sheet", "csv", "npy", "npz", "parquet", "recognised", "shown"]
