"""What the document says a platform can do is what its capabilities say."""

from pathlib import Path

import pytest

from annotation.platforms.mturk import MTurkPlatform
from annotation.platforms.paid import Capabilities, PaidPlatform

ROOT = Path(__file__).resolve().parents[3]
CAPABILITIES: dict[str, Capabilities] = {MTurkPlatform.name: MTurkPlatform.capabilities}
FREE = {"local", "simulated"}


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


def said(can: Capabilities) -> list[str]:
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
    return [can.unit.value, pays, *("yes" if flag else "no" for flag in flags), str(can.longest_token)]


@pytest.mark.parametrize("name", CAPABILITIES)
def test_the_table_says_what_a_platform_can_do(name: str) -> None:
    assert rows()[name] == said(CAPABILITIES[name])


def test_the_table_names_every_platform() -> None:
    assert rows().keys() == CAPABILITIES.keys() | FREE


def test_it_offers_what_a_paid_platform_must() -> None:
    asked = {name for name in vars(PaidPlatform) if not name.startswith("_")}
    assert {name for name in asked if not hasattr(MTurkPlatform, name)} == set()
