"""Where lists of classes come from, and what completes them."""

from annotation.sources.classes import class_info, folder, lines, table
from annotation.sources.classes.base import MAX_BYTES, READERS, ClassRecord, Given, read_classes
from annotation.sources.classes.nearest import read_confusion, read_nearest
from annotation.sources.classes.pages import read_pages
from annotation.sources.classes.wordnet import WordNet, is_synset_id

__all__ = [
    "MAX_BYTES",
    "READERS",
    "ClassRecord",
    "Given",
    "WordNet",
    "class_info",
    "folder",
    "is_synset_id",
    "lines",
    "read_classes",
    "read_confusion",
    "read_nearest",
    "read_pages",
    "table",
]
