"""Studies, and the classes that workers are asked about."""

from annotation.studies.classes import (
    Completed,
    add_target_classes,
    complete_target_classes,
    correct_target_class,
    set_nearest_classes,
)
from annotation.studies.describing import (
    MAX_CLASS_ID,
    MAX_LINK_TEXT,
    MAX_LINKS,
    MAX_WORDS,
    LinkSpec,
    TargetClassSpec,
    checked,
)
from annotation.studies.finding import ClassFinder
from annotation.studies.importing import (
    ImportReport,
    complete_from_wordnet,
    import_classes,
    import_nearest,
    import_pages,
    nearest_by_wordnet,
    spec_of,
)
from annotation.studies.records import (
    MAX_SEED,
    MAX_SLUG,
    add_researcher,
    add_reviewer,
    copy,
    create,
    instruct,
    name_authors,
    remove_researcher,
    remove_reviewer,
)
from annotation.studies.texts import MAX_AUTHORS_TEXT, MAX_NAME, MAX_TEXT, MAX_URL, line

__all__ = [
    "MAX_AUTHORS_TEXT",
    "MAX_CLASS_ID",
    "MAX_LINKS",
    "MAX_LINK_TEXT",
    "MAX_NAME",
    "MAX_SEED",
    "MAX_SLUG",
    "MAX_TEXT",
    "MAX_URL",
    "MAX_WORDS",
    "ClassFinder",
    "Completed",
    "ImportReport",
    "LinkSpec",
    "TargetClassSpec",
    "add_researcher",
    "add_reviewer",
    "add_target_classes",
    "checked",
    "complete_from_wordnet",
    "complete_target_classes",
    "copy",
    "correct_target_class",
    "create",
    "import_classes",
    "import_nearest",
    "import_pages",
    "instruct",
    "line",
    "name_authors",
    "nearest_by_wordnet",
    "remove_researcher",
    "remove_reviewer",
    "set_nearest_classes",
    "spec_of",
]
