"""Taking down by the API and by command: numbers first, then the fingerprint that they came with."""

import io
from http import HTTPStatus
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

from annotation import candidates, storage, takedowns
from annotation.errors import RefusedImage
from annotation.models import Example, Origin, Study, TakeDown
from annotation.sources.base import CandidateRecord
from tests import cast
from tests.annotation.takedowns.scenes import candidate, study

pytestmark = pytest.mark.django_db


@pytest.fixture
def mine(researcher: User) -> Study:
    made = study("mine", range(3))
    made.researchers.add(researcher)
    return made


def ask(user: User, row: Any, body: dict[str, str] | None = None) -> Any:
    client, here = Client(), f"/api/v1/candidates/{row.pk}/take-down/"
    client.force_login(user)
    return client.get(here) if body is None else client.post(here, body, content_type="application/json")


def test_a_program_of_an_administrator_confirms_what_it_was_shown(admin: User, mine: Study) -> None:
    row = candidate(mine, 1)
    shown = ask(admin, row).json()
    assert (shown["num_candidates"], shown["studies"]) == (1, ["mine"])
    body = {"ground": "terms", "note": "Ticket 7", "fingerprint": "0" * 16}
    assert ask(admin, row, body).status_code == HTTPStatus.CONFLICT
    made = ask(admin, row, body | {"fingerprint": shown["fingerprint"]})
    assert made.status_code == HTTPStatus.CREATED
    told = made.json()
    assert (told["image"], told["rendition_url"], told["exclusion"]["reason"]) == (None, None, "taken_down")
    assert (told["take_down"]["ground"], told["take_down"]["taken_down_by"]) == ("terms", admin.username)
    assert ask(admin, row).status_code == HTTPStatus.CONFLICT


def test_a_researcher_finds_nothing_there(researcher: User, mine: Study) -> None:
    assert ask(researcher, candidate(mine, 1)).status_code == HTTPStatus.NOT_FOUND
    assert ask(researcher, candidate(mine, 1), {}).status_code == HTTPStatus.NOT_FOUND


def command(**options: Any) -> str:
    out = io.StringIO()
    call_command("take_down", stdout=out, **options)
    return out.getvalue()


def test_the_command_shows_first_and_does_it_once_it_is_confirmed(admin: User, mine: Study) -> None:
    one, two = candidate(mine, 0), candidate(mine, 1)
    assert one.image is not None
    named: dict[str, Any] = {"candidate": [two.pk], "sha256": [one.image.sha256]}
    shown = command(**named)
    assert "      candidates  2" in shown
    assert "Nothing is removed yet." in shown
    assert not TakeDown.objects.exists()
    told = {"ground": "law", "note": "Court order 3", "by": admin.username, "confirm": shown.split()[-1]}
    assert "2 pictures are gone, of 2 candidates." in command(**named, **told)
    assert TakeDown.objects.filter(ground="law", taken_down_by=admin).count() == 2


def test_the_command_takes_down_what_is_only_an_example(admin: User, mine: Study) -> None:
    example = cast.example(mine.target_classes.get(), cast.png(50))
    named: dict[str, Any] = {"sha256": [example.image.sha256]}
    shown = command(**named)
    assert ("examples  1" in shown, "candidates  0" in shown, "studies  mine" in shown) == (True, True, True)
    told = {"ground": "owner", "note": "Mail", "by": admin.username, "confirm": shown.split()[-1]}
    assert "1 pictures are gone, of 0 candidates." in command(**named, **told)
    takedowns.remove_files(now=cast.NOW)
    assert not Example.objects.exists()
    assert not storage.has("images", example.image.sha256)
    with pytest.raises(RefusedImage, match="was taken down"):
        cast.example(mine.target_classes.get(), cast.png(50))


def test_the_command_finds_pictures_by_the_address_of_their_file_too(mine: Study) -> None:
    file, page = "https://live.example/50.png", "https://photos.example/ann/1"
    records = [CandidateRecord(file, "0", lambda: cast.png(50), page_url=page)]
    candidates.ingest(study=mine, origin=Origin.POOL, records=records, now=cast.NOW)
    assert command(page=[file]) == command(page=[page])
    assert "candidates  1" in command(page=[file])
    with pytest.raises(CommandError, match=r"No candidate with a picture has --page 1\.png"):
        command(page=["1.png"])


@pytest.mark.parametrize(
    ("options", "refusal"),
    [
        ({}, "Say which pictures"),
        ({"sha256": ["0" * 64]}, "No picture here has --sha256 000"),
        ({"page": ["https://nowhere.example/"]}, "No candidate with a picture has --page https://nowhere"),
        ({"candidate": [0]}, "There is no candidate 0"),
        ({"candidate": [1], "confirm": "0"}, "Say why: --ground owner"),
        ({"candidate": [1], "confirm": "0", "ground": "law", "by": "rosa"}, "an administrator's account"),
    ],
)
def test_half_a_command_takes_nothing_down(mine: Study, options: dict[str, Any], refusal: str) -> None:
    with pytest.raises(CommandError, match=refusal):
        command(**options)
    assert not TakeDown.objects.exists()
