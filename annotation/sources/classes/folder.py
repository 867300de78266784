"""A folder per class, as images are imported from: its name is the class's id."""

from annotation.sources.classes.base import ClassRecord, Given, register


@register("folder", accepts=lambda given: given.folders is not None)
def read_folder(given: Given) -> list[ClassRecord]:
    """The class's name is the folder's, with spaces for its underscores."""
    return [ClassRecord(class_id=folder, name=_name(folder)) for folder in given.folders or ()]


def _name(folder: str) -> str:
    return folder.replace("_", " ").strip() or folder
