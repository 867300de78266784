"""Candidates: images for the classes of a study, taken in once each, and excluded with a reason."""

from annotation.candidates.exclusions import exclude, take_back
from annotation.candidates.images import SigningReport, sign_missing, take_image, unpacked, unsigned
from annotation.candidates.ingesting import add_without_picture, ingest
from annotation.candidates.records import IngestReport, Refusal

__all__ = [
    "IngestReport",
    "Refusal",
    "SigningReport",
    "add_without_picture",
    "exclude",
    "ingest",
    "sign_missing",
    "take_back",
    "take_image",
    "unpacked",
    "unsigned",
]
