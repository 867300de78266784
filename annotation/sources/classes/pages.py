"""Pages about classes: for each class id a list of addresses, as JSON."""

from urllib.parse import unquote, urlsplit

from annotation.errors import UnreadableSource
from annotation.sources.base import printable
from annotation.sources.classes.base import MAX_CLASSES, Given, shown

MAX_TEXT = 100
WIKIPEDIA = ".wikipedia.org"


def read_pages(given: Given) -> dict[str, tuple[tuple[str, str], ...]]:
    """For each class id the text and the address of each of its pages."""
    return {class_id: tuple((_text(url), url) for url in urls) for class_id, urls in lists_by_class(given).items()}


def lists_by_class(given: Given) -> dict[str, list[str]]:
    """An object whose keys are class ids and whose values are lists of texts."""
    found = given.json
    if not isinstance(found, dict) or not found:
        raise UnreadableSource(f"{given.told} must hold one object, with a list of texts for each class id.")
    if len(found) > MAX_CLASSES:
        raise UnreadableSource(f"{given.told} names {len(found):,} classes; at most {MAX_CLASSES:,} are possible.")
    for class_id, texts in found.items():
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise UnreadableSource(f"{given.told} needs a list of texts for the class '{shown(class_id)}'.")
    return found


def _text(url: str) -> str:
    """What a link is called: the article, or else whose page it is."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:  # no address at all: whoever writes it down refuses it
        return "Page"
    title = unquote(parts.path.rpartition("/")[2]).replace("_", " ").strip()
    if host.endswith(WIKIPEDIA) and title and title == printable(title):
        return f"Wikipedia: {title}"[:MAX_TEXT]
    return printable(host)[:MAX_TEXT] or "Page"
