"""A class a line: its id, and perhaps its names with commas between them, as in ImageNet's synset_words.txt."""

import re

from annotation.sources.classes.base import ClassRecord, Given, register

LINE = re.compile(r"\s*([^\s,]+)[\s,]*(.*)")


@register("lines", accepts=lambda given: given.ending == ".txt")
def read_lines(given: Given) -> list[ClassRecord]:
    """Where only the id stands, the class is called by it until something else names it."""
    return [_record(line) for line in given.text.split("\n") if line.strip(" \t\r,")]


def _record(line: str) -> ClassRecord:
    found = LINE.match(line)
    assert found is not None  # something stands in the line
    names = [name.strip() for name in found.group(2).split(",") if name.strip()]
    return ClassRecord(class_id=found.group(1), name=names[0] if names else found.group(1), synonyms=tuple(names[1:]))
