"""The table of docs/platforms.md says of Prolific what its `Capabilities` say."""

from pathlib import Path

from annotation.platforms.prolific import ProlificPlatform

PAGE = Path(__file__).resolve().parents[4] / "docs" / "platforms.md"


def test_the_row_says_what_the_platform_can_do() -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.read_text().splitlines() if "|" in line
    ]
    told = dict(zip(rows[0], next(row for row in rows if row[0] == "prolific"), strict=True))
    can = ProlificPlatform.capabilities
    yes = {True: "yes", False: "no"}
    assert told == {
        "platform": ProlificPlatform.name,
        "posted as": can.unit.value,
        "pays in": ", ".join(can.currencies),
        "in a frame": yes[can.is_in_frame],
        "notifies": yes[can.has_notifications],
        "bonuses": yes[can.has_bonuses],
        "rejects": yes[can.can_reject],
        "takes a rejection back": yes[can.can_reverse_rejection],
        "pauses": yes[can.can_pause],
        "blocks workers": yes[can.can_block],
        "sandbox": yes[can.has_sandbox],
        "longest token": str(can.longest_token),
    }


def test_the_section_names_what_it_speaks_of() -> None:
    """Settings, methods and commands that are gone from the code must go from the page."""
    section = PAGE.read_text().partition("## Prolific")[2].partition("\n## ")[0]
    assert "tests/verification/test_prolific.py" in section
    for name in ("request_return", "subscribe"):
        assert f"`{name}`" in section
        assert hasattr(ProlificPlatform, name)
