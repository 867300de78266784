"""A class as people and lists describe it, checked before it is written."""

from collections.abc import Sequence
from dataclasses import dataclass

from annotation.errors import InvalidStudy
from annotation.studies.texts import MAX_NAME, MAX_URL, line, paragraphs, web_address

MAX_CLASS_ID = 100
MAX_WORDS = 100  # synonyms of a class, and wider words
MAX_LINKS = 5
MAX_LINK_TEXT = 100


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
    wider_words: Sequence[str] = ()


def checked(spec: TargetClassSpec) -> TargetClassSpec:
    class_id = line(spec.class_id, "A class id", MAX_CLASS_ID)
    if "/" in class_id or "\\" in class_id or class_id.startswith("."):
        # It names a folder wherever the class's images are exported.
        raise InvalidStudy(f"The class id {class_id!r} can't name a folder: leave out slashes and a leading dot.")
    return TargetClassSpec(
        class_id=class_id,
        name=line(spec.name, f"The name of class {class_id!r}", MAX_NAME),
        synonyms=_words(spec.synonyms, class_id, "synonym"),
        definition=paragraphs(spec.definition, f"The definition of class {class_id!r}"),
        links=_links(spec.links, class_id),
        wider_words=_words(spec.wider_words, class_id, "wider word"),
    )


def _words(words: Sequence[str], class_id: str, what: str) -> tuple[str, ...]:
    if len(words) > MAX_WORDS:
        raise InvalidStudy(f"The class {class_id!r} has {len(words)} {what}s; at most {MAX_WORDS} are possible.")
    return tuple(line(word, f"A {what} of class {class_id!r}", MAX_NAME) for word in words)


def _links(links: Sequence[LinkSpec], class_id: str) -> tuple[LinkSpec, ...]:
    if len(links) > MAX_LINKS:
        raise InvalidStudy(f"The class {class_id!r} has {len(links)} links; at most {MAX_LINKS} are possible.")
    return tuple(
        LinkSpec(
            text=line(link.text, f"The text of a link of class {class_id!r}", MAX_LINK_TEXT),
            url=web_address(link.url, f"The address of a link of class {class_id!r}", MAX_URL),
        )
        for link in links
    )
