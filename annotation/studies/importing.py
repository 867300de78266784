"""Lists of classes taken into a study: added, completed, and each with its nearest other class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.db import transaction

from annotation.errors import InvalidStudy
from annotation.models import Study, TargetClass
from annotation.sources.classes import ClassRecord, WordNet
from annotation.studies.classes import complete_target_classes, set_nearest_classes
from annotation.studies.describing import LinkSpec, TargetClassSpec
from annotation.studies.finding import ClassFinder


@dataclass(frozen=True)
class ImportReport:
    """What an import did to the classes of a study, and what a person should know of it."""

    num_added: int = 0
    num_completed: int = 0
    num_nearest: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def summary(self) -> str:
        done = [f"{_classes(self.num_added)} added"] if self.num_added else []
        done += [f"{_classes(self.num_completed)} completed"] if self.num_completed else []
        done += [f"nearest class set for {_classes(self.num_nearest)}"] if self.num_nearest else []
        told = ", ".join(done) or "no class changed: none lacked anything that is in it"
        return f"{told[0].upper()}{told[1:]}."


@transaction.atomic
def import_classes(*, study: Study, records: Sequence[ClassRecord]) -> ImportReport:
    """Add the classes of a list; those that are there get what they lack, and keep their names."""
    report = _complete(study, [spec_of(record) for record in records])
    listed = {record.class_id: record.nearest for record in records if record.nearest}
    return _with_nearest(report, import_nearest(study=study, nearest=listed)) if listed else report


@transaction.atomic
def import_pages(*, study: Study, pages: Mapping[str, Sequence[tuple[str, str]]]) -> ImportReport:
    """Links for the classes that have none, by class id or name."""
    found, unknown = _found(study, pages)
    specs = [
        TargetClassSpec(row.class_id, row.name, links=tuple(LinkSpec(*link) for link in pages[text]))
        for text, row in found.items()
    ]
    report = _complete(study, specs)
    return replace(report, notes=[*report.notes, *unknown])


@transaction.atomic
def import_nearest(*, study: Study, nearest: Mapping[str, Sequence[str]]) -> ImportReport:
    """For each class the first of those listed that the study has, all by class id or name."""
    found, notes = _found(study, nearest)
    finder, chosen = ClassFinder(study), {}
    for text, row in found.items():
        others = (finder.look_up(other) for other in nearest[text])
        if other := next((other for other in others if other is not None and other != row), None):
            chosen[row.class_id] = other.class_id
        else:
            notes.append(f"{row.class_id} ({row.name}): none of the classes listed as near is in the study.")
    set_nearest_classes(study=study, nearest=chosen)
    return ImportReport(num_nearest=len(chosen), notes=notes)


@transaction.atomic
def complete_from_wordnet(*, study: Study, wordnet: WordNet) -> ImportReport:
    """Names, gloss, wider words and a link for the classes whose ids WordNet knows, where they lack them."""
    rows, notes = _known_to(wordnet, study)
    specs = [_named(spec_of(wordnet.record(row.class_id)), row) for row in rows]
    report = _complete(study, specs)
    return replace(report, notes=[*report.notes, *notes])


@transaction.atomic
def nearest_by_wordnet(*, study: Study, wordnet: WordNet) -> ImportReport:
    """For each class the other of the study with the greatest path similarity; of several the first in its order."""
    rows, notes = _known_to(wordnet, study)
    nearest = wordnet.nearest([row.class_id for row in rows])
    set_nearest_classes(study=study, nearest=nearest)
    return ImportReport(num_nearest=len(nearest), notes=notes)


def spec_of(record: ClassRecord) -> TargetClassSpec:
    return TargetClassSpec(
        class_id=record.class_id,
        name=record.name,
        synonyms=record.synonyms,
        definition=record.definition,
        links=tuple(LinkSpec(text, url) for text, url in record.links),
        wider_words=record.wider_words,
    )


def _named(spec: TargetClassSpec, row: TargetClass) -> TargetClassSpec:
    """With the name that the class has, where it has one; WordNet's is a synonym then."""
    if row.name == row.class_id:
        return spec
    names = [spec.name, *spec.synonyms]
    return replace(spec, name=row.name, synonyms=tuple(name for name in names if name != row.name))


def _complete(study: Study, specs: Sequence[TargetClassSpec]) -> ImportReport:
    done = complete_target_classes(study=study, classes=specs)
    notes = [f"{class_id} stays {here!r}; the list calls it {there!r}." for class_id, here, there in done.other_names]
    return ImportReport(num_added=len(done.added), num_completed=len(done.completed), notes=notes)


def _found(study: Study, texts: Mapping[str, object]) -> tuple[dict[str, TargetClass], list[str]]:
    """The study's classes by what a list calls them, and a word on those that it does not have."""
    finder = ClassFinder(study)
    looked_up = {text: finder.look_up(text) for text in texts}
    found = {text: row for text, row in looked_up.items() if row is not None}
    if texts and not found:
        raise InvalidStudy(
            "The study has none of the classes that are listed; compare their ids, or add classes first."
        )
    num_unknown = len(looked_up) - len(found)
    notes = [f"{_classes(num_unknown)} of the list passed over: the study does not have them."] if num_unknown else []
    return found, notes


def _known_to(wordnet: WordNet, study: Study) -> tuple[list[TargetClass], list[str]]:
    rows = list(study.target_classes.order_by("number"))
    known = [row for row in rows if wordnet.knows(row.class_id)]
    if not known:
        raise InvalidStudy(
            "No class of this study has the id of a WordNet 3.0 noun, such as n01440764; "
            "list nearest classes in a file, or take them from a confusion matrix."
        )
    there = {row.pk for row in known}
    others = [row.class_id for row in rows if row.pk not in there]
    more = f" and {len(others) - 5:,} more" if len(others) > 5 else ""
    return known, [f"Not in WordNet 3.0: {', '.join(others[:5])}{more}."] if others else []


def _with_nearest(report: ImportReport, nearest: ImportReport) -> ImportReport:
    return replace(report, num_nearest=nearest.num_nearest, notes=[*report.notes, *nearest.notes])


def _classes(number: int) -> str:
    return f"{number:,} class" if number == 1 else f"{number:,} classes"
