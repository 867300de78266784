"""The rows of target classes: the only place that writes them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from annotation.errors import InvalidStudy
from annotation.models import ClassCorrection, Study, TargetClass
from annotation.studies.describing import MAX_CLASS_ID, TargetClassSpec, checked
from annotation.studies.texts import line

FIELDS = ("class_id", "number", "name", "synonyms", "definition", "links", "wider_words")
COMPLETED = ("synonyms", "definition", "links", "wider_words")
"""What is filled in where a class has nothing there."""
AT_ONCE = 1000


@dataclass(frozen=True)
class Completed:
    """What became of a list of classes: by class id, in its order."""

    added: tuple[str, ...]
    completed: tuple[str, ...]
    other_names: tuple[tuple[str, str, str], ...]
    """Class id, the name that stays, and the name that the list has."""


@transaction.atomic
def add_target_classes(*, study: Study, classes: Sequence[TargetClassSpec]) -> list[TargetClass]:
    """Add classes, numbered on; a class that is there with the same name stays as it is."""
    specs = [checked(spec) for spec in classes]
    _refuse_repeated(spec.class_id for spec in specs)
    known = _locked(study)
    for spec in specs:
        name = known[spec.class_id].name if spec.class_id in known else spec.name
        if name != spec.name:
            raise InvalidStudy(f"The class {spec.class_id!r} is called {name!r} already; it can't be {spec.name!r}.")
    known |= _add(study, known, [spec for spec in specs if spec.class_id not in known])
    return [known[spec.class_id] for spec in specs]


@transaction.atomic
def complete_target_classes(*, study: Study, classes: Sequence[TargetClassSpec]) -> Completed:
    """Add the classes that are missing, and fill in what those that are there lack; nothing that is there changes.

    A class called by its id alone has no name yet: it gets one.
    """
    specs = [checked(spec) for spec in classes]
    _refuse_repeated(spec.class_id for spec in specs)
    known = _locked(study)
    fresh = [spec for spec in specs if spec.class_id not in known]
    there = [(known[spec.class_id], spec) for spec in specs if spec.class_id in known]
    changed = [row for row, spec in there if _fill_in(row, spec)]
    TargetClass.objects.bulk_update(changed, ["name", *COMPLETED], batch_size=AT_ONCE)
    _add(study, known, fresh)
    return Completed(
        added=tuple(spec.class_id for spec in fresh),
        completed=tuple(row.class_id for row in changed),
        other_names=tuple(
            (row.class_id, row.name, spec.name)
            for row, spec in there
            if spec.name not in (row.class_id, row.name, *row.synonyms)
        ),
    )


@transaction.atomic
def correct_target_class(
    *, target_class: TargetClass, spec: TargetClassSpec, now: datetime, by: Any
) -> ClassCorrection | None:
    """Say anew what a class is called and described as; what stood there is kept beside it. Nothing where it is so.

    Its id stays: folders, predictions and frozen sets go by it. A frozen set's manifest keeps the name it had; workers
    read the new words from now on.
    """
    row: TargetClass = TargetClass.objects.select_for_update(no_key=True).get(pk=target_class.pk)
    if spec.class_id != row.class_id:
        raise InvalidStudy(f"The id of the class {row.class_id!r} stays: files, predictions and frozen sets go by it.")
    given = checked(spec)
    wanted = {"name": given.name, **_described(given)}
    after = {name: value for name, value in wanted.items() if value != getattr(row, name)}
    if not after:
        return None
    before = {name: getattr(row, name) for name in after}
    TargetClass.objects.filter(pk=row.pk).update(**after)
    return ClassCorrection.objects.create(
        target_class=row, before=before, after=after, corrected_by=by, corrected_at=now
    )


@transaction.atomic
def set_nearest_classes(*, study: Study, nearest: Mapping[str, str | None]) -> None:
    """Say which class is most easily taken for which (it lends its originals as negative controls), or that none is."""
    known = _locked(study)
    pairs = {
        line(class_id, "A class id", MAX_CLASS_ID): (
            None if nearest_id is None else line(nearest_id, "A nearest class id", MAX_CLASS_ID)
        )
        for class_id, nearest_id in nearest.items()
    }
    for class_id in [*pairs.keys(), *filter(None, pairs.values())]:
        if class_id not in known:
            raise InvalidStudy(f"There is no class {class_id!r} in this study; add it before naming nearest classes.")
    for class_id, nearest_id in pairs.items():
        if class_id == nearest_id:
            raise InvalidStudy(f"The class {class_id!r} can't be the nearest class to itself; name another.")
        known[class_id].nearest = known[nearest_id] if nearest_id else None
    TargetClass.objects.bulk_update([known[class_id] for class_id in pairs], ["nearest"], batch_size=AT_ONCE)


def copy_classes(*, study: Study, made: Study) -> dict[int, int]:
    """The classes of one study in another that has none; their ids by those of the first."""
    rows = list(study.target_classes.order_by("number"))
    copies = TargetClass.objects.bulk_create(
        TargetClass(study=made, **{each: getattr(row, each) for each in FIELDS}) for row in rows
    )
    ids = {row.pk: new.pk for row, new in zip(rows, copies, strict=True)}
    for row, new in zip(rows, copies, strict=True):
        new.nearest_id = ids[row.nearest_id] if row.nearest_id else None
    TargetClass.objects.bulk_update(copies, ["nearest"], batch_size=AT_ONCE)
    return ids


def _locked(study: Study) -> dict[str, TargetClass]:
    """The study's classes by id, while nobody else adds or changes any."""
    Study.objects.select_for_update(no_key=True).get(pk=study.pk)
    return {row.class_id: row for row in study.target_classes.order_by("number")}


def _add(study: Study, known: Mapping[str, TargetClass], specs: Sequence[TargetClassSpec]) -> dict[str, TargetClass]:
    first = max((row.number for row in known.values()), default=-1) + 1
    rows = [
        TargetClass(study=study, class_id=spec.class_id, number=first + offset, name=spec.name, **_described(spec))
        for offset, spec in enumerate(specs)
    ]
    return {row.class_id: row for row in TargetClass.objects.bulk_create(rows)}


def _described(spec: TargetClassSpec) -> dict[str, Any]:
    return {
        "synonyms": list(spec.synonyms),
        "definition": spec.definition,
        "links": [{"text": link.text, "url": link.url} for link in spec.links],
        "wider_words": list(spec.wider_words),
    }


def _fill_in(row: TargetClass, spec: TargetClassSpec) -> bool:
    """Whether that changes the row."""
    given = {name: value for name, value in _described(spec).items() if value and not getattr(row, name)}
    if row.name == row.class_id != spec.name:
        given["name"] = spec.name
    for name, value in given.items():
        setattr(row, name, value)
    return bool(given)


def _refuse_repeated(class_ids: Iterable[str]) -> None:
    seen: set[str] = set()
    for class_id in class_ids:
        if class_id in seen:
            raise InvalidStudy(f"The class {class_id!r} is listed twice; list each class once.")
        seen.add(class_id)
