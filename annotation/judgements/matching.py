"""Which candidate a row of a table is about: one that the study has, or one to be made."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from annotation import studies
from annotation.errors import InvalidStudy, RefusedJudgement, UnknownClass
from annotation.models import Candidate, Origin, Study, TargetClass
from annotation.sources.base import provenance
from annotation.studies import ClassFinder, TargetClassSpec

SHA256 = re.compile(r"[0-9a-f]{64}")
ID = re.compile(r"[0-9]{1,18}")
NUM_NAMED = 3
NUM_SUGGESTED = 20


class Known(NamedTuple):
    """A candidate that the study has."""

    pk: int
    target_class_id: int
    origin: str
    source: str


class Wanted(NamedTuple):
    """A candidate that the study lacks; the class is its id as text where that is lacking too."""

    target_class: int | str
    origin: Origin
    source: str


class Matcher:
    """Finds candidates by what tables call them; nothing is made here."""

    def __init__(self, study: Study, images: Iterable[str], *, create_candidates: bool, create_classes: bool) -> None:
        self._create_candidates = create_candidates
        self._create_classes = create_classes
        self._finder = ClassFinder(study)
        self._classes: dict[str, TargetClass | str] = {}
        self._unknown: dict[str, str] = {}
        self._named: dict[str, list[Known]] = {}
        self._numbered: dict[str, list[Known]] = {}
        self._sources = {image: provenance(image) for image in images}
        self._index(study)

    def find(self, image: str, class_text: str | None, origin: Origin | None) -> Known | Wanted:
        """The candidate, or a refusal that says why there is none."""
        target_class = None if class_text is None else self._class(class_text)
        fitting = self._fitting(image, target_class)
        found = [known for known in fitting if origin is None or known.origin == origin]
        if len(found) == 1:
            return found[0]
        if found:
            raise RefusedJudgement(self._several(image, found))
        if fitting:
            raise RefusedJudgement(f"The image {image!r} is in the study, but as {fitting[0].origin}, not as {origin}.")
        return self._wanted(image, target_class, origin)

    def _several(self, image: str, found: list[Known]) -> str:
        """Numbers are no ids where candidates are made of what is unknown."""
        if self._create_candidates:
            shown = ", ".join(repr(known.source) for known in found[:NUM_NAMED])
            advice = "name them by their whole paths, or by the SHA-256 of their files"
        else:
            shown = ", ".join(str(known.pk) for known in found[:NUM_NAMED])
            advice = "name them by their ids"
        more = f" and {len(found) - NUM_NAMED:,} more" if len(found) > NUM_NAMED else ""
        return f"Several candidates are called {image!r}: {shown}{more}; {advice}."

    def _class(self, text: str) -> TargetClass | str:
        if text in self._unknown:
            raise RefusedJudgement(self._unknown[text])
        if text not in self._classes:
            try:
                self._classes[text] = self._finder.look_up(text) or self._new_class(text)
            except (UnknownClass, InvalidStudy) as error:
                self._unknown[text] = str(error)
                raise RefusedJudgement(str(error)) from error
        return self._classes[text]

    def _new_class(self, text: str) -> str:
        if self._create_classes:
            return studies.checked(TargetClassSpec(class_id=text, name=text)).class_id
        if len(self._unknown) < NUM_SUGGESTED:  # to look for classes with like names takes long
            self._finder.find(text)
        raise UnknownClass(f"The study has no class {text!r}.")

    def _fitting(self, image: str, target_class: TargetClass | str | None) -> list[Known]:
        """By name, else by hash, else by id: what is called by a number is not taken for an id."""
        if isinstance(target_class, str):
            return []
        source = self._sources[image]
        called = [known for known in self._named.get(_name(source), ()) if _ends_with(known.source, source)]
        for found in (called, self._numbered.get(image.lower(), ())):
            mine = [known for known in found if target_class is None or known.target_class_id == target_class.pk]
            if mine:
                return [known for known in mine if known.source == source] or mine
        return []

    def _wanted(self, image: str, target_class: TargetClass | str | None, origin: Origin | None) -> Wanted:
        if not self._create_candidates:
            raise RefusedJudgement(f"The study has no candidate {image!r}{_of(target_class)}.")
        if target_class is None or origin is None:
            what = "class" if target_class is None else "origin"
            raise RefusedJudgement(f"The study has no candidate {image!r}; to make it, its {what} must be known.")
        return Wanted(target_class if isinstance(target_class, str) else target_class.pk, origin, self._sources[image])

    def _index(self, study: Study) -> None:
        """The candidates that could be meant, by name, hash and id; a table of new images must not hit upon ids."""
        names = {_name(source) for source in self._sources.values()}
        numbers = set()
        for image in self._sources:
            if SHA256.fullmatch(image.lower()) or (ID.fullmatch(image) and not self._create_candidates):
                numbers.add(image.lower())
        rows = Candidate.objects.filter(study=study).order_by("id")
        columns = rows.values_list("pk", "target_class_id", "origin", "source", "image__sha256")
        for pk, class_pk, origin, source, sha256 in columns.iterator(chunk_size=10_000):
            known = Known(pk, class_pk, origin, source)
            if (name := _name(source)) in names:
                self._named.setdefault(name, []).append(known)
            for number in (str(pk), sha256):
                if number in numbers:
                    self._numbered.setdefault(number, []).append(known)


def _of(target_class: TargetClass | str | None) -> str:
    return "" if target_class is None else f" of class {getattr(target_class, 'class_id', target_class)!r}"


def _name(source: str) -> str:
    return source.rpartition("/")[2]


def _ends_with(source: str, image: str) -> bool:
    return source == image or source.endswith(f"/{image}")
