"""Near-duplicates: found by their signatures, decided by people; of each group of duplicates one image stays."""

from annotation.duplicates.composing import compose
from annotation.duplicates.contradictions import Contradiction, contradictions
from annotation.duplicates.deciding import decide, keep_instead, undo, undo_of
from annotation.duplicates.letting_in import let_in, undo_bulk
from annotation.duplicates.pairs import record_embedding_distances
from annotation.duplicates.references import ReferenceReport, Removal, add_references, remove_references
from annotation.duplicates.resolving import Component, components_of, num_groups, resolve
from annotation.duplicates.searching import (
    MAX_DISTANCE,
    STANDARD_DISTANCE,
    due_studies,
    give_up,
    num_since,
    request,
    search,
)
from annotation.duplicates.thinning import MANY

__all__ = [
    "MANY",
    "MAX_DISTANCE",
    "STANDARD_DISTANCE",
    "Component",
    "Contradiction",
    "ReferenceReport",
    "Removal",
    "add_references",
    "components_of",
    "compose",
    "contradictions",
    "decide",
    "due_studies",
    "give_up",
    "keep_instead",
    "let_in",
    "num_groups",
    "num_since",
    "record_embedding_distances",
    "remove_references",
    "request",
    "resolve",
    "search",
    "undo",
    "undo_bulk",
    "undo_of",
]
