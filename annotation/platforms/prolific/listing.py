"""Lists that come in pages, read to their end whether or not the API says how long they are."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from annotation.platforms.paid import PlatformBusy, PlatformRefused
from annotation.platforms.prolific.answers import Answer, Fields
from annotation.platforms.prolific.failures import NotThere
from annotation.platforms.prolific.transport import Transport

Entry = TypeVar("Entry")
Page = tuple[dict[str, Entry], int | None]

PAGE_SIZE = 100
MOST_PAGES = 2_000


def entries(transport: Transport, path: str, read: Callable[[Fields], Entry], **query: str) -> Iterator[Entry]:
    """Each once. Ask for the oldest first: what is new meanwhile is then behind, and moves nothing to another page."""
    seen: set[str] = set()
    for number in range(1, MOST_PAGES + 1):
        numbered = query | {"page": str(number), "page_size": str(PAGE_SIZE)}
        try:
            page, total = transport.read(path, lambda answer: _page(answer, read), **numbered)
        except NotThere:
            if number == 1:
                raise
            return  # a page behind the last
        fresh = {key: entry for key, entry in page.items() if key not in seen}
        seen.update(fresh)
        yield from fresh.values()
        if not fresh or (total is not None and len(seen) >= total):
            return
    raise PlatformRefused(f"Prolific lists more than {MOST_PAGES} pages.")


def entries_at_once(transport: Transport, path: str, read: Callable[[Fields], Entry], **query: str) -> list[Entry]:
    """Of a list that the API does not divide into pages; should it begin to, that is noticed."""
    page, total = transport.read(path, lambda answer: _page(answer, read), **query)
    if total is not None and total > len(page):
        raise PlatformBusy(f"Prolific lists {len(page)} of {total}: not all can be seen.")
    return list(page.values())


def _page(answer: Answer, read: Callable[[Fields], Entry]) -> Page[Entry]:
    """By their ids, and how many there are in all, where that is told."""
    listed = answer.fields()
    meta = listed.part("meta")
    page = {each.identifier("id"): read(each) for each in listed.entries("results")}
    return page, meta.whole("count") if meta.has("count") else None
