"""A list as ImageNet's are: for each class its WordNet id, its names, the best known first, and its gloss."""

from typing import Any

from annotation.errors import UnreadableSource
from annotation.sources.classes.base import ClassRecord, Given, register
from annotation.sources.classes.table import is_class_info


@register("class_info", accepts=lambda given: given.ending == ".json" and is_class_info(given))
def read_class_info(given: Given) -> list[ClassRecord]:
    rows: list[Any] = given.json
    return [_record(row, number) for number, row in enumerate(_in_order(rows), 1)]


def _in_order(rows: list[Any]) -> list[Any]:
    """By the number of each class, `cid`, where every class has one; else as they stand."""
    numbers = [row.get("cid") if isinstance(row, dict) else None for row in rows]
    if not all(isinstance(number, int) for number in numbers):
        return rows
    if len(set(numbers)) < len(numbers):
        raise UnreadableSource("Two classes have the same cid; number each once, or leave cid out.")
    return sorted(rows, key=lambda row: row["cid"])


def _record(row: Any, number: int) -> ClassRecord:
    names = row.get("synset") if isinstance(row, dict) else None
    texts = [row.get("wnid"), row.get("gloss") or ""] if isinstance(row, dict) else [None]
    if not isinstance(names, list) or not names or not all(isinstance(each, str) for each in [*names, *texts]):
        raise UnreadableSource(
            f"Class {number} needs a wnid as text and a synset as a list of names, and may have a gloss."
        )
    return ClassRecord(
        class_id=row["wnid"].strip(), name=names[0], synonyms=tuple(names[1:]), definition=row.get("gloss") or ""
    )
