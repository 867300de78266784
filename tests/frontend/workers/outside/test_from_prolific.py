"""A participant's way through a study: consent, so many grids, the completion code; also where grids run out."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from annotation import hits
from annotation.models import Assignment, Posting, Worker
from annotation.quality import decisions
from tests import outside
from tests.at_once import at_once
from tests.frontend.workers.outside.conftest import Person, done_by, launched

pytestmark = pytest.mark.django_db


def test_who_only_looks_is_nobody(study: Posting) -> None:
    page = Client().get(f"/start/{study.token}/")
    assert "Open the study from Prolific to begin." in page.text
    assert "You do 2 such grids." in page.text
    assert "0.80\N{NO-BREAK SPACE}GBP for all of it" in page.text
    assert Worker.objects.count() == 0


@pytest.mark.parametrize(
    "changed", [{"STUDY_ID": "f" * 24}, {"STUDY_ID": ""}, {"PROLIFIC_PID": "me"}, {"SESSION_ID": "1"}]
)
def test_an_address_that_is_not_the_platform_s_opens_nothing(study: Posting, changed: dict[str, str]) -> None:
    page = Person(study, **changed).agrees()
    assert page.status_code == 404
    assert "Open it once more on Prolific" in page.text
    assert Worker.objects.count() == 0


def test_two_grids_with_progress_and_then_the_code(study: Posting) -> None:
    person = Person(study)
    address = person.begins()
    assert "Grid 1 of 2" in Client().get(address).text
    after = person.hands_in(address).headers["Location"]
    second = Client().get(after).text
    assert after.startswith("/work/")
    assert "Grid 2 of 2" in second
    assert "Saved, receipt" in second
    page = Client().get(person.hands_in(after.split("?")[0]).headers["Location"]).text
    assert f'value="{outside.CODE}"' in page
    assert f'href="https://app.prolific.com/submissions/complete?cc={outside.CODE}"' in page
    assert "Saved, receipt" in page
    assert outside.CODE in person.comes().text
    assert done_by(study) == 2


def test_the_local_server_s_own_site_takes_the_code_back(study: Posting, settings: Any) -> None:
    settings.PROLIFIC_ENDPOINT = "http://127.0.0.1:4001"
    person = Person(study)
    person.begins()
    person.works()
    assert f'href="http://127.0.0.1:4001/submissions/complete?cc={outside.CODE}"' in person.works().text


def test_the_address_that_takes_the_code_is_a_setting(study: Posting, settings: Any) -> None:
    settings.PROLIFIC_COMPLETION_URL = "https://elsewhere.example/done"
    person = Person(study)
    person.begins()
    person.works()
    assert f'href="https://elsewhere.example/done?cc={outside.CODE}"' in person.works().text


def test_no_number_of_windows_gets_more_than_the_place_has(study: Posting) -> None:
    person = Person(study)
    first = person.begins()
    assert person.comes().headers["Location"] == first
    assert Person(study, submission=7).comes().headers["Location"].startswith("/work/")
    assert Client().post(f"{first}next/").json()["next"] is None
    assert Assignment.objects.exclude(worker=None).count() == 1


def test_who_runs_out_of_grids_gets_the_code_too_and_is_told(rita: User) -> None:
    posting = outside.put_up(launched("prolific", num_grids=2, num_assignments=1), num_grids=2)
    outside.launch(posting.batch, rita)
    person = Person(posting)
    person.begins()
    others = Assignment.objects.filter(hit=posting.batch.hits.last())
    others.update(worker=outside.worker("prolific", 5), claimed_at=timezone.now(), lease_expires_at="2100-01-01T00:00Z")
    page = person.works().text
    assert "You did 1 of 2 grids" in page
    assert f'value="{outside.CODE}"' in page
    others.update(worker=None, claimed_at=None, lease_expires_at=None)
    assert person.comes().headers["Location"].startswith("/work/")


def test_a_batch_that_is_closed_meanwhile_ends_with_the_code(study: Posting) -> None:
    person = Person(study)
    address = person.begins()
    hits.expire(batch=study.batch, now=timezone.now())
    page = Client().get(person.hands_in(address).headers["Location"]).text
    assert "You did 1 of 2 grids" in page
    assert outside.CODE in page


def test_who_has_done_nothing_gets_no_code(study: Posting) -> None:
    person = Person(study)
    address = person.begins()
    returned = Client().get(Client().post(f"{address}release/").headers["Location"]).text
    assert "return it on Prolific too" in returned
    hits.expire(batch=study.batch, now=timezone.now())
    for page in (returned, person.comes().text, Person(study, 1).comes().text):
        assert outside.CODE not in page


def test_who_is_stopped_is_told_and_keeps_what_they_have(study: Posting, rita: User) -> None:
    study.batch.study.researchers.add(rita)
    person = Person(study)
    address = person.begins()
    decisions.decide(
        study=study.batch.study, worker=outside.worker("prolific"), effect="stop", reason="At random.", by=rita,
        now=timezone.now(),
    )  # fmt: skip
    page = Client().get(person.hands_in(address).headers["Location"]).text
    assert "give you no more grids of it" in page
    assert outside.CODE in page


def test_a_study_without_a_code_says_so(study: Posting) -> None:
    study.batch.launch.delete()
    person = Person(study)
    person.begins()
    person.works()
    assert "This study has no code" in person.works().text


@pytest.mark.django_db(transaction=True)
def test_two_tabs_that_hand_in_at_once_never_do_three(study: Posting) -> None:
    person = Person(study)
    person.begins()

    def tab() -> None:
        for _ in range(4):
            address = person.comes().headers.get("Location")
            if address is None:
                return
            person.hands_in(address)

    at_once([tab] * 2)
    assert done_by(study) == 2
    assert Assignment.objects.exclude(worker=None).count() == 2
    assert re.search(outside.CODE, person.comes().text)
