"""The lines of docs/operations.md that load each layout, run."""

import re
import textwrap
from pathlib import Path
from typing import Any

import pytest

from tests.annotation.exports.exported import NUMBERS, export, frozen_set

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:.* deprecated:DeprecationWarning"),  # within mlcroissant
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),  # within webdataset
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "operations.md"
LINES = re.findall(r"- \*\*`(\w+)`\*\*.*?```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)


@pytest.mark.parametrize(("layout", "lines"), LINES, ids=[layout for layout, _ in LINES])
def test_the_documented_lines_load_the_layout(
    layout: str, lines: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("documented")
    monkeypatch.chdir(folder)
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", str(folder / "cache"))
    export(frozen_set(NUMBERS), layout, folder / f"digits-{layout}")
    names: dict[str, Any] = {}
    exec(textwrap.dedent(lines), names)
    assert len(names["images"]) == 2 * len(NUMBERS)


def test_every_layout_is_documented() -> None:
    from annotation import exports

    assert [layout for layout, _ in LINES] == list(exports.LAYOUTS)
