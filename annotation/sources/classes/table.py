"""A table of classes, as a person writes one: CSV, or a list of objects as JSON."""

from collections.abc import Iterable
from typing import Any

from annotation.errors import UnreadableSource
from annotation.sources.classes.base import ClassRecord, Given, register, shown

FIELDS = {"class_id", "name", "synonyms", "definition", "wider_words", "links", "nearest"}
BETWEEN = "|"


@register("csv", accepts=lambda given: given.ending == ".csv")
def read_csv(given: Given) -> list[ClassRecord]:
    """A header, and a row for each class; parts of a cell are divided by `BETWEEN`."""
    rows = given.rows()
    header = [name.strip() for name in next(rows, (0, []))[1]]
    _refuse_unknown(header, "The table")
    if len(set(header)) < len(header):
        raise UnreadableSource(f"{given.told} has the same column twice; leave all but one out.")
    classes = []
    for line, cells in rows:
        if len(cells) > len(header):
            raise UnreadableSource(f"Line {line} of {given.told} has {len(cells)} cells, and the header {len(header)}.")
        row: dict[str, Any] = dict(zip(header, cells, strict=False))
        for name in ("synonyms", "wider_words"):
            row[name] = _parts(row.pop(name, ""))
        links = [part.strip().rpartition(" ") for part in _parts(row.pop("links", ""))]
        row["links"] = [{"text": text, "url": url} for text, _, url in links]
        classes.append(row)
    return [_record(row, number) for number, row in enumerate(classes, 1)]


@register("json", accepts=lambda given: given.ending == ".json" and not is_class_info(given))
def read_json(given: Given) -> list[ClassRecord]:
    if not isinstance(given.json, list):
        raise UnreadableSource(f"{given.told} must hold a list with an object for each class.")
    return [_record(row, number) for number, row in enumerate(given.json, 1)]


def is_class_info(given: Given) -> bool:
    """Whether it is a list as ImageNet's are: with the wnid of each class."""
    return isinstance(given.json, list) and any(isinstance(row, dict) and "wnid" in row for row in given.json[:1])


def _parts(cell: str) -> list[str]:
    return [part for part in cell.split(BETWEEN) if part.strip()]


def _record(row: Any, number: int) -> ClassRecord:
    if not isinstance(row, dict):
        raise UnreadableSource(f"Class {number} is not an object with class_id and name.")
    _refuse_unknown(row, f"Class {number}")
    synonyms, wider_words = row.get("synonyms") or [], row.get("wider_words") or []
    texts = [row.get("class_id"), row.get("name"), row.get("definition") or "", row.get("nearest") or ""]
    if not (_are_texts(texts) and _are_texts(synonyms) and _are_texts(wider_words)):
        raise UnreadableSource(
            f"Class {number} needs class_id and name as text, and synonyms and wider_words, if any, as a list of texts."
        )
    links = row.get("links") or []
    if not isinstance(links, list) or not all(_is_link(link) for link in links):
        raise UnreadableSource(f"Class {number} needs its links, if any, as a list of objects with text and url.")
    nearest = (row.get("nearest") or "").strip()
    return ClassRecord(
        class_id=row["class_id"].strip(),
        name=row["name"],
        synonyms=tuple(synonyms),
        definition=row.get("definition") or "",
        wider_words=tuple(wider_words),
        links=tuple((link["text"], link["url"]) for link in links),
        nearest=(nearest,) if nearest else (),
    )


def _refuse_unknown(fields: Iterable[str], what: str) -> None:
    unknown = next((field for field in fields if field not in FIELDS), None)
    if unknown is not None:
        raise UnreadableSource(f"{what} has the field '{shown(unknown)}'; known are {', '.join(sorted(FIELDS))}.")


def _are_texts(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)


def _is_link(link: Any) -> bool:
    return isinstance(link, dict) and set(link) == {"text", "url"} and _are_texts(list(link.values()))
