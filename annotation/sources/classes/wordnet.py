"""WordNet 3.0, whose noun synsets are ImageNet's classes, from a database folder that the user has."""

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote_plus

from annotation.errors import UnreadableSource
from annotation.sources.base import printable, said
from annotation.sources.classes import taxonomy
from annotation.sources.classes.base import ClassRecord, shown

SYNSET_ID = re.compile(r"n\d{8}")
VERSION = "3.0"  # an id is a place in this version's file of nouns
SEARCH = "https://en.wikipedia.org/wiki/Special:Search?search="
MAX_LINK_TEXT = 100
NUM_LEVELS = 3
LEAST_DEPTH = 6
"""Kinds that lie fewer steps below the top, such as object and whole, are too wide to search for."""


def is_synset_id(class_id: str) -> bool:
    return SYNSET_ID.fullmatch(class_id) is not None


class WordNet:
    """The nouns of one database; to open it takes a second or two, and `with` closes its files."""

    def __init__(self, folder: Path) -> None:
        self._nouns = folder / "data.noun"
        self._files = ExitStack()  # nltk opens some only when it needs them
        try:
            self._reader = _opened(folder, self._files)
        except BaseException:
            self._files.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._files.close()

    def knows(self, class_id: str) -> bool:
        """Whether the id is that of a noun synset of this database."""
        if not is_synset_id(class_id):
            return False
        offset = class_id.removeprefix("n")
        with self._nouns.open("rb") as file:
            file.seek(int(offset))
            return file.read(len(offset) + 1) == f"{offset} ".encode()

    def record(self, class_id: str) -> ClassRecord:
        """What WordNet says of a class: names, gloss, wider words, and where to look it up."""
        with _damage_told():
            synset = self._synset(class_id)
            names = _names(synset)
            return ClassRecord(
                class_id=class_id,
                name=names[0],
                synonyms=tuple(names[1:]),
                definition=_gloss(synset),
                wider_words=_wider_words(synset),
                links=((f"Wikipedia: {names[0]}"[:MAX_LINK_TEXT], SEARCH + quote_plus(names[0])),),
            )

    def nearest(self, class_ids: Sequence[str]) -> dict[str, str]:
        """For each the nearest other of these by path similarity; where several are, the first in their order."""
        with _damage_told():
            above = [taxonomy.steps_up(self._synset(class_id), _wider) for class_id in class_ids]
        found = zip(class_ids, taxonomy.nearest(above), strict=True)
        return {class_id: class_ids[place] for class_id, place in found if place is not None}

    def _synset(self, class_id: str) -> Any:
        if not is_synset_id(class_id):
            raise UnreadableSource(f"'{shown(class_id)}' is no id of a WordNet noun: an n and eight digits.")
        if not self.knows(class_id):
            raise UnreadableSource(f"WordNet {VERSION} has no noun {class_id}; check the id.")
        return self._reader.synset_from_pos_and_offset("n", int(class_id.removeprefix("n")))


def _opened(folder: Path, files: ExitStack) -> Any:
    try:
        from nltk import data
        from nltk.corpus.reader.wordnet import WordNetCorpusReader
    except ImportError as error:
        raise UnreadableSource(
            "WordNet is read by nltk, which is not installed: pip install 'twinset[wordnet]'."
        ) from error

    class Reader(WordNetCorpusReader):
        """nltk's, for a folder as the database's own authors and Debian lay it out."""

        def open(self, file: str) -> Any:
            if file == "lexnames":  # Debian leaves it out; nothing here asks for the topics that it names
                return io.StringIO("".join(f"{number:02d}\t-\t0\n" for number in range(45)))
            return files.enter_context(super().open(file))  # nltk itself leaves some open

        def map_wn(self, version: str = "wordnet") -> None:
            """Needed for other languages only, and only with a second database."""

    if not (folder / "data.noun").is_file():
        raise UnreadableSource(
            f"{printable(str(folder))} is no WordNet database: it holds no file data.noun. "
            "Debian's package wordnet-base puts one into /usr/share/wordnet."
        )
    with _damage_told():
        root = str(folder.resolve())
        if root not in data.path:
            data.path.append(root)  # nltk reads nothing outside the folders named here
        reader = Reader(root, False)  # no data of other languages; None would warn of it
        version = reader.get_version()
    if version != VERSION:
        raise UnreadableSource(f"This is WordNet {shown(version)}; class ids such as n01440764 are those of {VERSION}.")
    return reader


@contextmanager
def _damage_told() -> Iterator[None]:
    """What nltk stumbles over in a damaged database is a refusal."""
    from nltk.corpus.reader.wordnet import WordNetError

    try:
        yield
    except (OSError, ValueError, AssertionError, LookupError, AttributeError, StopIteration, WordNetError) as error:
        reason = said(error)[:200] or "it is damaged"
        raise UnreadableSource(f"The WordNet database can't be read: {reason}. Install it again.") from error


def _names(synset: Any) -> list[str]:
    return [name.replace("_", " ") for name in synset.lemma_names()]


def _gloss(synset: Any) -> str:
    """Definition and examples, as they stand in the database."""
    return "; ".join([synset.definition(), *(f'"{example}"' for example in synset.examples())])


def _wider(synset: Any) -> list[Any]:
    found: list[Any] = synset.hypernyms() + synset.instance_hypernyms()
    return found


def _wider_words(synset: Any) -> tuple[str, ...]:
    """The best known names of the kinds above, the closest first: those just above, and higher ones if not too wide."""
    words, level = [], [synset]
    for number in range(NUM_LEVELS):
        level = [above for each in level for above in _wider(each)]
        words += [_names(each)[0] for each in level if number == 0 or each.min_depth() >= LEAST_DEPTH]
    own = set(_names(synset))
    return tuple(word for word in dict.fromkeys(words) if word not in own)
