"""Where in the pool a page is: after an id or before one, as the address says."""

from dataclasses import dataclass

from django.http import HttpRequest

from annotation.candidates import browsing
from annotation.candidates.browsing import Found, Total
from annotation.candidates.criteria import MAX_ID, Criteria
from annotation.models import Study

LAST = "last"
EVERYWHERE = "everywhere"


@dataclass(frozen=True)
class Place:
    """A page, and the addresses of those around it."""

    found: Found
    total: Total
    query: str
    """What is asked for, as a part of an address."""
    is_everywhere: bool = False
    """Whether all candidates were looked at for it."""

    @property
    def ids(self) -> list[int]:
        return self.found.ids

    @property
    def has_others(self) -> bool:
        return self.found.earlier is not None or self.found.later is not None

    @property
    def earlier(self) -> str:
        return "" if self.found.earlier is None else self._address(f"before={self.found.earlier}")

    @property
    def later(self) -> str:
        return "" if self.found.later is None else self._address(f"after={self.found.later}")

    @property
    def first(self) -> str:
        return self._address("")

    @property
    def last(self) -> str:
        return self._address(f"before={LAST}")

    @property
    def everywhere(self) -> str:
        """The first of all that are like that, however far apart they are."""
        return f"?{self.query}&look={EVERYWHERE}"

    def _address(self, where: str) -> str:
        look = f"look={EVERYWHERE}" if self.is_everywhere else ""
        return "?" + "&".join(part for part in (self.query, look, where) if part)


def place(request: HttpRequest, study: Study, criteria: Criteria, *, query: str, size: int) -> Place:
    """The page that ?after= or ?before= names; the first where neither names one."""
    after, before = _id(request.GET.get("after")), request.GET.get("before", "")
    is_everywhere = request.GET.get("look") == EVERYWHERE and not criteria.is_empty
    if before == LAST or _id(before):
        end = MAX_ID + 1 if before == LAST else _id(before)
        found = browsing.page_before(study, criteria, size=size, before=end, is_everywhere=is_everywhere)
    else:
        found = browsing.page(study, criteria, size=size, after=after, is_everywhere=is_everywhere)
    is_first_of_few = found.earlier is None and len(found.ids) < size
    if is_first_of_few:
        total = Total(len(found.ids), found.later is None)
    else:
        total = browsing.total(study, criteria, is_everywhere=is_everywhere)
    return Place(found, total, query, is_everywhere)


def _id(text: str | None) -> int:
    """0 where it names none."""
    is_id = text is not None and text.isascii() and text.isdigit() and len(text) < 20
    return min(int(text), MAX_ID) if is_id and text else 0
