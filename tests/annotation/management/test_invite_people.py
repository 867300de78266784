"""`invite_workers --people`: shown first, all or none, and the same file again does nothing."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from annotation.models import Invitation, Study
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    return cast.study()


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text("name;email\nLina;lina@example.org\nZoe;zoe@example.org\n")
    return path


def run(*arguments: str, study: str = "digits-twin") -> str:
    out = StringIO()
    call_command("invite_workers", "--study", study, *arguments, stdout=out)
    return out.getvalue()


def test_each_gets_a_link_once(study: Study, people: Path) -> None:
    assert "2 people to invite" in run("--people", str(people), "--dry-run")
    assert not Invitation.objects.exists()
    said = run("--people", str(people))
    assert said.count("/join/") == 2
    assert "0 people to invite, 2 invited before" in run("--people", str(people))
    assert Invitation.objects.count() == 2


def test_a_refused_line_stops_it_unless_it_is_left_out(study: Study, people: Path) -> None:
    people.write_text(people.read_text() + "Bob;nowhere\n")
    with pytest.raises(CommandError, match="Nobody was invited"):
        run("--people", str(people))
    assert not Invitation.objects.exists()
    assert "line 4: 'nowhere' is no e-mail address." in run("--people", str(people), "--skip-refused")
    assert Invitation.objects.count() == 2


def test_they_are_written_to_when_it_is_said(study: Study, people: Path) -> None:
    assert "2 e-mails wait" in run("--people", str(people), "--send")
    assert Invitation.objects.exclude(email_asked_at=None).count() == 2


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--people", "nowhere.csv"], "can't be read"),
        (["--people", "x.csv", "--max-workers", "3"], "go with --name"),
        (["--name", "Students", "--send"], "go with --people"),
    ],
)
def test_what_does_not_go_together_is_refused(study: Study, arguments: list[str], why: str) -> None:
    with pytest.raises(CommandError, match=why):
        run(*arguments)
