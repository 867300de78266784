"""docs/conditions.md says of every condition what the code does."""

from pathlib import Path

import pytest

from evaluation import conditions

DOCUMENT = (Path(__file__).resolve().parents[3] / "docs" / "conditions.md").read_text()
KINDS = [kind for kind in conditions.CONDITIONS.values() if kind.group == "corruptions"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_its_table_has_the_parameters_of_every_severity(kind: type[conditions.Condition]) -> None:
    told = [str(each).strip("()") for each in kind.severities]  # type: ignore[attr-defined]
    assert f"| `{kind.kind}` | {' | '.join(told)} |" in DOCUMENT


def test_it_names_every_condition() -> None:
    assert [kind for kind in conditions.CONDITIONS if f"`{kind}" not in DOCUMENT] == []
