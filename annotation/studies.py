"""Studies and the classes that workers are asked about."""

import difflib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_slug
from django.db import IntegrityError, transaction

from annotation.errors import InvalidStudy, UnknownClass
from annotation.models import Study, TargetClass

MAX_SLUG = 80
MAX_NAME = 200
MAX_CLASS_ID = 100
MAX_TEXT = 5000
MAX_SEED = 2**63 - 1
MAX_LINKS = 5
MAX_LINK_TEXT = 100
MAX_URL = 2000


@dataclass(frozen=True)
class LinkSpec:
    """Where a worker can read more about a class."""

    text: str
    url: str


@dataclass(frozen=True)
class TargetClassSpec:
    """A class as a person describes it; `synonyms`, `definition` and `links` are shown to workers too."""

    class_id: str
    name: str
    synonyms: Sequence[str] = ()
    definition: str = ""
    links: Sequence[LinkSpec] = ()


def create(*, slug: str, name: str, now: datetime, seed: int = 0, contact: str = "", description: str = "") -> Study:
    """A new study without classes; its slug is its address and can't be taken twice."""
    try:
        validate_slug(slug)
    except ValidationError as error:
        raise InvalidStudy(
            f"The slug {slug!r} is not usable: take letters, digits, hyphens and underscores."
        ) from error
    if len(slug) > MAX_SLUG:
        raise InvalidStudy(f"The slug has {len(slug)} characters; at most {MAX_SLUG} are possible.")
    if not 0 <= seed <= MAX_SEED:
        raise InvalidStudy(f"The seed is {seed}; it must be between 0 and {MAX_SEED}.")
    fields = {
        "name": line(name, "The study's name", MAX_NAME),
        "contact": _contact(contact),
        "description": _text(description, "The description"),
    }
    try:
        with transaction.atomic():
            return Study.objects.create(slug=slug, seed=seed, created_at=now, **fields)
    except IntegrityError as error:
        raise InvalidStudy(f"There is a study {slug!r} already; choose another slug.") from error


def instruct(
    *,
    study: Study,
    guidelines: str | None = None,
    content_warning: str | None = None,
    photographs_only: bool | None = None,
    contact: str | None = None,
    description: str | None = None,
) -> None:
    """Change what workers read; what is not given stays as it is."""
    if guidelines is not None:
        study.guidelines = _text(guidelines, "The guidelines")
    if content_warning is not None:
        study.content_warning = _text(content_warning, "The content warning")
    if photographs_only is not None:
        study.photographs_only = photographs_only
    if contact is not None:
        study.contact = _contact(contact)
    if description is not None:
        study.description = _text(description, "The description")
    study.save(update_fields=["guidelines", "content_warning", "photographs_only", "contact", "description"])


def add_researcher(*, study: Study, user: Any) -> None:
    """Let this person see and run the study."""
    study.researchers.add(user)


@transaction.atomic
def add_reviewer(*, study: Study, user: Any) -> bool:
    """Let this person see the study's reviews, and nothing else; no change where they see all of it anyway."""
    Study.objects.select_for_update(no_key=True).get(pk=study.pk)
    if study.researchers.filter(pk=user.pk).exists():
        return False
    study.reviewers.add(user)
    return True


def remove_reviewer(*, study: Study, user: Any) -> None:
    """They see nothing of the study any more; what they said in reviews stays."""
    study.reviewers.remove(user)


@transaction.atomic
def add_target_classes(*, study: Study, classes: Sequence[TargetClassSpec]) -> list[TargetClass]:
    """Add classes, numbered on; a class that is there with the same name stays as it is."""
    specs = [checked(spec) for spec in classes]
    _refuse_repeated(spec.class_id for spec in specs)
    Study.objects.select_for_update(no_key=True).get(pk=study.pk)
    known = {row.class_id: row for row in study.target_classes.all()}
    for spec in specs:
        name = known[spec.class_id].name if spec.class_id in known else spec.name
        if name != spec.name:
            raise InvalidStudy(f"The class {spec.class_id!r} is called {name!r} already; it can't be {spec.name!r}.")
    first = max((row.number for row in known.values()), default=-1) + 1
    fresh = [spec for spec in specs if spec.class_id not in known]
    rows = [
        TargetClass(
            study=study,
            class_id=spec.class_id,
            number=first + offset,
            name=spec.name,
            synonyms=list(spec.synonyms),
            definition=spec.definition,
            links=[{"text": link.text, "url": link.url} for link in spec.links],
        )
        for offset, spec in enumerate(fresh)
    ]
    known |= {row.class_id: row for row in TargetClass.objects.bulk_create(rows)}
    return [known[spec.class_id] for spec in specs]


@transaction.atomic
def set_nearest_classes(*, study: Study, nearest: Mapping[str, str]) -> None:
    """Say which class is most easily taken for which: it lends its originals as negative controls."""
    known = {row.class_id: row for row in study.target_classes.all()}
    pairs = {
        line(class_id, "A class id", MAX_CLASS_ID): line(nearest_id, "A nearest class id", MAX_CLASS_ID)
        for class_id, nearest_id in nearest.items()
    }
    for class_id in [*pairs.keys(), *pairs.values()]:
        if class_id not in known:
            raise InvalidStudy(f"There is no class {class_id!r} in this study; add it before naming nearest classes.")
    for class_id, nearest_id in pairs.items():
        if class_id == nearest_id:
            raise InvalidStudy(f"The class {class_id!r} can't be the nearest class to itself; name another.")
        known[class_id].nearest = known[nearest_id]
    TargetClass.objects.bulk_update([known[class_id] for class_id in pairs], ["nearest"])


def checked(spec: TargetClassSpec) -> TargetClassSpec:
    class_id = line(spec.class_id, "A class id", MAX_CLASS_ID)
    if "/" in class_id or "\\" in class_id or class_id.startswith("."):
        # It names a folder wherever the class's images are exported.
        raise InvalidStudy(f"The class id {class_id!r} can't name a folder: leave out slashes and a leading dot.")
    return TargetClassSpec(
        class_id=class_id,
        name=line(spec.name, f"The name of class {class_id!r}", MAX_NAME),
        synonyms=tuple(line(synonym, f"A synonym of class {class_id!r}", MAX_NAME) for synonym in spec.synonyms),
        definition=_text(spec.definition, f"The definition of class {class_id!r}"),
        links=_links(spec.links, class_id),
    )


def _links(links: Sequence[LinkSpec], class_id: str) -> tuple[LinkSpec, ...]:
    if len(links) > MAX_LINKS:
        raise InvalidStudy(f"The class {class_id!r} has {len(links)} links; at most {MAX_LINKS} are possible.")
    return tuple(
        LinkSpec(
            text=line(link.text, f"The text of a link of class {class_id!r}", MAX_LINK_TEXT),
            url=_url(link.url, f"The address of a link of class {class_id!r}"),
        )
        for link in links
    )


def _url(text: str, what: str) -> str:
    """An address that a worker's browser may safely be led to: never a script, never a file."""
    url = line(text, what, MAX_URL)
    try:
        URLValidator(schemes=["http", "https"])(url)
    except ValidationError as error:
        raise InvalidStudy(f"{what} is not a web address: {url!r}. It must begin with https:// or http://.") from error
    return url


def _contact(text: str) -> str:
    return line(text, "The contact", MAX_NAME) if text.strip() else ""


def _refuse_repeated(class_ids: Iterable[str]) -> None:
    seen: set[str] = set()
    for class_id in class_ids:
        if class_id in seen:
            raise InvalidStudy(f"The class {class_id!r} is listed twice; list each class once.")
        seen.add(class_id)


def line(text: str, what: str, max_length: int) -> str:
    """One line of text from outside, in composed form, or a refusal that names it."""
    line = unicodedata.normalize("NFC", text).strip()
    if not line:
        raise InvalidStudy(f"{what} is empty; give it one.")
    if len(line) > max_length:
        raise InvalidStudy(f"{what} has {len(line)} characters; at most {max_length} are possible.")
    return _without_controls(line, what, allowed="")


def _text(text: str, what: str) -> str:
    """Text of several lines from outside."""
    if len(text) > MAX_TEXT:
        raise InvalidStudy(f"{what} has {len(text)} characters; at most {MAX_TEXT} are possible.")
    return _without_controls(unicodedata.normalize("NFC", text).strip(), what, allowed="\n\r\t")


def _without_controls(text: str, what: str, allowed: str) -> str:
    for character in text:
        # Cc: control, Cs: half a character, Zl and Zp: line breaks in disguise.
        if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") and character not in allowed:
            raise InvalidStudy(f"{what} holds the control character U+{ord(character):04X}; take it out.")
    return text


class ClassFinder:
    """Finds a study's classes by what folders and tables call them: the class id, or else the name."""

    def __init__(self, study: Study) -> None:
        rows = list(study.target_classes.order_by("number"))
        self._by_id = {row.class_id: row for row in rows}
        self._by_name: dict[str, list[TargetClass]] = {}
        for row in rows:
            self._by_name.setdefault(row.name, []).append(row)

    def find(self, text: str) -> TargetClass:
        """The class, or a refusal that suggests the classes there are."""
        found = self.look_up(text)
        if found is None:
            wanted = unicodedata.normalize("NFC", text).strip()
            raise UnknownClass(f"The study has no class {wanted!r}; {self._suggestion(wanted)}")
        return found

    def look_up(self, text: str) -> TargetClass | None:
        """The class, or none; a name that several classes have is refused."""
        wanted = unicodedata.normalize("NFC", text).strip()
        if wanted in self._by_id:
            return self._by_id[wanted]
        named = self._by_name.get(wanted, [])
        if len(named) > 1:
            ids = ", ".join(row.class_id for row in named)
            raise UnknownClass(f"Several classes are called {wanted!r}: {ids}; use the class id.")
        return named[0] if named else None

    def _suggestion(self, wanted: str) -> str:
        if not self._by_id:
            return "it has no classes at all: add them first."
        close = difflib.get_close_matches(wanted[:MAX_NAME], [*self._by_id, *self._by_name], n=3)
        if close:
            ids = [text if text in self._by_id else self._by_name[text][0].class_id for text in close]
            return f"did you mean {' or '.join(dict.fromkeys(ids))}?"
        ids = list(self._by_id)
        more = f" and {len(ids) - 5} more" if len(ids) > 5 else ""
        return f"its classes are {', '.join(ids[:5])}{more}."
