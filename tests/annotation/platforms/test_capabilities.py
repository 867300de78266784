"""What the document says a platform can do is what its capabilities say."""

from pathlib import Path

import pytest

from annotation.platforms.mturk import MTurkPlatform
from annotation.platforms.own import LOCAL, SIMULATED, OwnPlatform
from annotation.platforms.paid import PaidPlatform
from annotation.platforms.prolific import ProlificPlatform

ROOT = Path(__file__).resolve().parents[3]
PAID: dict[str, type[PaidPlatform]] = {
    LOCAL: OwnPlatform,
    SIMULATED: OwnPlatform,
    MTurkPlatform.name: MTurkPlatform,
    ProlificPlatform.name: ProlificPlatform,
}


def rows() -> dict[str, list[str]]:
    lines = (ROOT / "docs" / "platforms.md").read_text().splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("| platform |"))
    found = {}
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        name, *cells = (cell.strip() for cell in line.strip("|").split("|"))
        found[name] = cells
    return found


def said(platform: type[PaidPlatform]) -> list[str]:
    can = platform.capabilities
    flags = (
        can.is_in_frame,
        can.has_notifications,
        can.has_bonuses,
        can.can_reject,
        can.can_reverse_rejection,
        can.can_pause,
        can.can_block,
        can.has_sandbox,
    )
    pays = ", ".join(can.currencies) or "any"
    return [
        can.unit.value,
        pays,
        *("yes" if flag else "no" for flag in flags),
        str(can.longest_token),
        str(can.shortest_reason),
    ]


@pytest.mark.parametrize("name", PAID)
def test_the_table_says_what_a_platform_can_do(name: str) -> None:
    assert rows()[name] == said(PAID[name])


def test_the_table_names_every_platform() -> None:
    assert rows().keys() == PAID.keys()


@pytest.mark.parametrize("name", PAID)
def test_it_offers_what_a_paid_platform_must(name: str) -> None:
    asked = {name for name in vars(PaidPlatform) if not name.startswith("_")}
    assert {each for each in asked if not hasattr(PAID[name], each)} == set()
