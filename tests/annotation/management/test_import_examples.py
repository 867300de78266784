"""import_examples: pictures with a known answer, each refusal by the name of its file."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from annotation.models import Example, Study
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    study = cast.study("bows")
    cast.target_class(study, "n01", "bow")
    return study


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    paths = [tmp_path / f"{number}.png" for number in range(2)]
    for number, path in enumerate(paths):
        path.write_bytes(cast.png(number))
    return [str(path) for path in paths]


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("import_examples", "--study", "bows", "--class", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize(("option", "shows"), [("--shows", True), ("--shows-not", False)])
@pytest.mark.parametrize("called", ["n01", "bow"])
def test_files_become_examples_of_the_class(
    study: Study, files: list[str], option: str, shows: bool, called: str
) -> None:
    assert "2 of 2 files are examples of bow now" in run(called, option, "--caption", "A longbow.", *files)
    rows = Example.objects.filter(study=study)
    assert [(row.shows_class, row.caption) for row in rows] == [(shows, "A longbow.")] * 2


def test_a_refused_file_is_named_and_the_others_are_taken(study: Study, files: list[str], tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no picture")
    told = run("bow", "--shows", *files, str(tmp_path / "text.png"), str(tmp_path / "nowhere.png"), files[0])
    assert "text.png: The file is not an image" in told
    assert "nowhere.png: No such file" in told
    assert "0.png: The image is an example of bow already" in told
    assert "2 of 5 files" in told


@pytest.mark.parametrize(
    "arguments",
    [("crane", "--shows"), ("bow",), ("bow", "--shows", "--shows-not"), ("bow", "--shows", "--caption", "x" * 201)],
)
def test_what_was_not_understood_adds_nothing(study: Study, files: list[str], arguments: Any) -> None:
    with pytest.raises(CommandError):
        run(*arguments, *files)
    assert not Example.objects.exists()


def test_an_unknown_study_is_said(files: list[str]) -> None:
    with pytest.raises(CommandError, match="no study 'bows'"):
        run("bow", "--shows", *files)
