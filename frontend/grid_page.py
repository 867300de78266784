"""The page of a grid: written once for all grids of a class, and each time filled in where grids differ.

Rendering the whole template took more than half of the time of a page.
"""

import functools
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import get_language

from annotation import grids
from annotation.models import Example, Progress, Study, TargetClass
from annotation.serving.slots import Found, PlaceProgress
from frontend.forms import GridForm
from frontend.teaching import at_hand, shown
from frontend.tiles import Tiles

TEMPLATE = "frontend/work/grid.html"
NUM_KEPT = 256  # pages with gaps, of some 40 KB each
MARK = f"gap{secrets.token_hex(8)}"  # drawn anew in each process, so that no text of a study can hold it
GAP = re.compile(rf"{MARK}\.(\w+)\.")
FIELDS = [
    "token", "key", "draft_name", "done_so_far", "receipt",
    "first_sheet", "tiles", "report_buttons",
    "seconds_left", "lease_ends", "lease_clock",
]  # fmt: skip
GAPS = {name: f"{MARK}.{name}." for name in FIELDS}


@dataclass(frozen=True)
class Common:
    """All that decides what stands between the gaps."""

    language: str | None
    study: tuple[str, str, bool]
    names: tuple[str, ...]
    definition: str
    links: tuple[tuple[str, str], ...]
    examples: tuple[tuple[int, bool, str], ...]
    has_receipt: bool
    has_done: bool
    is_over: bool
    is_from_outside: bool


def write(*, token: str, found: Found, tiles: Tiles, receipt: str | None, now: datetime, form: GridForm | None) -> str:
    """The page as it stands now, or with what was wrong with the answer in the form."""
    ends = found.assignment.lease_expires_at
    assert ends is not None
    values = {
        "token": token,
        "key": str(uuid4()),
        "draft_name": f"{found.assignment.pk}-{found.assignment.worker_id}",
        "done_so_far": place_so_far(found.place) if found.place else done_so_far(found.progress),
        "receipt": receipt or "",
        "first_sheet": tiles.first_sheet,
        "tiles": tiles.html,
        "report_buttons": tiles.report_buttons,
        "seconds_left": str(int((ends - now).total_seconds())),
        "lease_ends": ends.isoformat(),
        "lease_clock": f"{ends:%H:%M}",
    }
    common = _common(found, has_receipt=receipt is not None, is_over=ends <= now)
    if form is not None or settings.DEBUG:
        return render_to_string(TEMPLATE, _context(common, values) | {"form": form})
    return GAP.sub(lambda gap: values[gap[1]], _with_gaps(common))


def done_so_far(progress: Progress) -> str:
    """The list of it, as on the page."""
    return _done_so_far(get_language(), progress.num_done, progress.num_accepted, tuple(progress.pay.items()))


@functools.lru_cache(maxsize=NUM_KEPT * 16)
def _done_so_far(language: str | None, num_done: int, num_accepted: int, pay: tuple[tuple[str, int], ...]) -> str:
    """Kept, as workers meet the same few numbers; `language` is the one it is rendered in."""
    progress = Progress(num_done, num_accepted, dict(pay))
    return render_to_string("frontend/work/_done_so_far.html", {"progress": progress})


def place_so_far(place: PlaceProgress) -> str:
    """The same for who came from a platform: which grid this is of those that belong to their place."""
    return render_to_string("frontend/work/outside/_so_far.html", {"number": place.num_done + 1, "place": place})


@functools.lru_cache(maxsize=NUM_KEPT)
def _with_gaps(common: Common) -> str:
    return render_to_string(TEMPLATE, _context(common, GAPS))


def _common(found: Found, *, has_receipt: bool, is_over: bool) -> Common:
    grid, study = found.assignment.hit.grid, found.assignment.hit.batch.study
    of: TargetClass = grid.target_class
    return Common(
        language=get_language(),
        study=(study.name, study.guidelines, study.photographs_only),
        names=tuple(of.names),
        definition=of.definition,
        links=tuple((link["text"], link["url"]) for link in of.links),
        examples=tuple((row.pk, row.shows_class, row.caption) for row in at_hand(found.examples)),
        has_receipt=has_receipt,
        has_done=found.progress.num_done > 0,
        is_over=is_over,
        is_from_outside=found.place is not None,
    )


def _context(common: Common, values: Mapping[str, str]) -> dict[str, Any]:
    """For the template, of values or of gaps."""
    name, guidelines, photographs_only = common.study
    examples = [Example(pk=pk, shows_class=shows, caption=caption) for pk, shows, caption in common.examples]
    return {
        **values,
        "tiles": {"first_sheet": values["first_sheet"], "html": values["tiles"], "buttons": values["report_buttons"]},
        "study": Study(name=name, guidelines=guidelines, photographs_only=photographs_only),
        "target_class": {
            "names": common.names,
            "definition": common.definition,
            "links": [{"text": text, "url": url} for text, url in common.links],
        },
        "examples": shown(examples, values["token"]),
        "layout": grids.SHEETS,
        "has_receipt": common.has_receipt,
        "has_done": common.has_done,
        "is_over": common.is_over,
        "is_from_outside": common.is_from_outside,
    }
