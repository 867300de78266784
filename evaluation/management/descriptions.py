"""What is said of classifiers, as text from options and tables."""

from collections.abc import Mapping
from datetime import date

from annotation.models import Study
from annotation.sources.base import printable
from evaluation.classifiers import Description
from evaluation.errors import InvalidClassifier
from evaluation.models import Classifier

NAMES = ("family", "group", "counterpart", "released_on")


def read(study: Study, told: Mapping[str, str]) -> Description:
    """What is not empty; the counterpart goes by its name."""
    found: Description = {}
    if family := told.get("family", "").strip():
        found["family"] = family
    if group := told.get("group", "").strip():
        found["group"] = group
    if name := told.get("counterpart", "").strip():
        found["counterpart"] = named(study, name)
    if day := told.get("released_on", "").strip():
        found["released_on"] = _day(day)
    return found


def named(study: Study, name: str) -> Classifier:
    row: Classifier | None = Classifier.objects.filter(study=study, name=name).first()
    if row is None:
        raise InvalidClassifier(f"{study.slug} has no classifier {printable(name[:200])!r}.")
    return row


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidClassifier(f"{printable(text[:40])!r} is no date; write year-month-day, 2020-01-31.") from error
