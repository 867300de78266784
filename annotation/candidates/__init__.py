"""Candidates: images for the classes of a study, taken in once each, and excluded with a reason."""

from annotation.candidates.criteria import Criteria, State
from annotation.candidates.exclusions import exclude, take_back, take_out
from annotation.candidates.images import (
    CatchUp,
    measure_missing,
    remove,
    remove_file,
    sign_missing,
    take_image,
    unmeasured,
    unpacked,
    unsigned,
)
from annotation.candidates.ingesting import add_without_picture, copy, ingest, lose_picture
from annotation.candidates.records import ChunkReport, IngestReport, Refusal

__all__ = [
    "CatchUp",
    "ChunkReport",
    "Criteria",
    "IngestReport",
    "Refusal",
    "State",
    "add_without_picture",
    "copy",
    "exclude",
    "ingest",
    "lose_picture",
    "measure_missing",
    "remove",
    "remove_file",
    "sign_missing",
    "take_back",
    "take_image",
    "take_out",
    "unmeasured",
    "unpacked",
    "unsigned",
]
