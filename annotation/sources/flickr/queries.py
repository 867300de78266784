"""Which words Flickr is asked for, class by class: its names, and when these find too little, wider ones."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

JOINT = re.compile(r"[ -]")


@dataclass(frozen=True)
class ClassQuery:
    """A class as it is searched for."""

    class_id: str
    name: str
    synonyms: tuple[str, ...] = ()
    wider_words: tuple[str, ...] = ()
    """Words for kinds that it is one of, such as dog for a beagle."""

    def narrow(self) -> list[str]:
        """Its names, each once however it is written."""
        return _different((self.name, *self.synonyms))

    def wider(self) -> list[str]:
        """Each of its names with each wider word, then compounds written otherwise; none that is a name itself."""
        names = self.narrow()
        return _different((*names, *self._with_wider_words(names), *self._compounds(names)))[len(names) :]

    def _with_wider_words(self, names: list[str]) -> Iterator[str]:
        for word in self.wider_words:
            for name in names:
                if same(word) not in same(name).split():
                    yield f"{name} {word}"

    def _compounds(self, names: list[str]) -> Iterator[str]:
        """Ice cream as icecream; and the other way round only at a wider word, as sheepdog becomes sheep dog."""
        for name in names:
            if JOINT.search(name):
                yield JOINT.sub("", name)
                continue
            for word in map(same, self.wider_words):
                if same(name).endswith(word) and word and len(name) > len(word):
                    yield f"{name[: -len(word)]} {name[-len(word) :]}"


def same(text: str) -> str:
    """Equal for texts that Flickr finds the same with."""
    return " ".join(text.casefold().replace("-", " ").split())


def _different(texts: Iterable[str]) -> list[str]:
    """Without those that come a second time. A leading hyphen would mean that the word is not to be there."""
    found: dict[str, str] = {}
    for text in texts:
        words = " ".join(word.lstrip("-") for word in text.split()).strip()
        if words:
            found.setdefault(same(words), words)
    return list(found.values())
