"""People by a list on the page: shown before it is done, written to, listed with what failed, printed."""

import csv
import io
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotation import inviting, workers
from annotation.models import Batch, Invitation, Study
from annotation.platforms import codes, local
from tests import cast, pictures

pytestmark = pytest.mark.django_db
LIST = "name,email,language,note\nLina,lina@example.org,ar,row 1\nZoe <b>,zoe@example.org,,\n"


@pytest.fixture
def batch(researcher: User) -> Batch:
    row = pictures.launched(num_images=4, num_grids=2)
    row.study.researchers.add(researcher)
    return row


@pytest.fixture
def study(batch: Batch) -> Study:
    return batch.study


def address(study: Study, name: str = "invitation-people") -> str:
    return reverse(f"frontend:{name}", args=[study.slug])


def upload(client: Client, study: Study, text: str = LIST) -> Any:
    return client.post(address(study), {"file": SimpleUploadedFile("people.csv", text.encode())})


def take_in(client: Client, study: Study, text: str = LIST, **fields: str) -> Any:
    return client.post(address(study), {"csv": text} | fields, follow=True)


def test_a_list_is_shown_before_anything_is_done(researcher_client: Client, study: Study) -> None:
    page = upload(researcher_client, study, f'{LIST}Bob,nowhere,,\n"",x@example.org,,\n')
    assert page.status_code == 200
    assert "2 people to invite" in page.text
    assert "2 lines can&#x27;t be taken" in page.text or "2 lines can't be taken" in page.text
    assert "is no e-mail address" in page.text
    assert "Zoe &lt;b&gt;" in page.text
    assert not Invitation.objects.exists()


def test_what_was_shown_is_invited_and_nothing_twice(researcher_client: Client, researcher: User, study: Study) -> None:
    shown = upload(researcher_client, study, f"{LIST}Bob,nowhere,,\n").context["csv"]
    assert "2 people are invited." in take_in(researcher_client, study, shown).text
    assert list(Invitation.objects.values_list("invited_by", flat=True)) == [researcher.pk] * 2
    assert "0 people are invited." in take_in(researcher_client, study, shown).text
    assert "All of them were invited before" in upload(researcher_client, study).text
    assert Invitation.objects.count() == 2
    assert not Invitation.objects.exclude(email_asked_at=None).exists()


@pytest.mark.parametrize("text", ["", "nothing", "name,email\n\xff"])
def test_a_file_that_is_no_list_is_explained_at_its_field(researcher_client: Client, study: Study, text: str) -> None:
    page = upload(researcher_client, study, text)
    assert page.status_code == (400 if text != "name,email\n\xff" else 200)
    assert not Invitation.objects.exists()


def test_they_are_written_to_by_the_queue(researcher_client: Client, study: Study, mailoutbox: list[Any]) -> None:
    letter = vars(inviting.standard(study))
    page = take_in(researcher_client, study, send="on", **letter)
    assert "2 e-mails to be sent" in page.text
    assert "hx-get" in page.text
    assert mailoutbox == []
    for row in Invitation.objects.all():
        inviting.send(invitation_id=row.pk, clock=timezone.now)
    assert len(mailoutbox) == 2
    page = researcher_client.get(address(study)).text
    assert "hx-get" not in page
    assert page.count("Send again") == 2


def test_a_text_that_can_t_be_sent_invites_nobody(researcher_client: Client, study: Study) -> None:
    page = take_in(researcher_client, study, send="on", subject="Hello", body="Come!")
    assert "must hold {link}" in page.text
    assert not Invitation.objects.exists()


def test_what_failed_says_why_and_is_sent_again(researcher_client: Client, study: Study) -> None:
    take_in(researcher_client, study)
    row = Invitation.objects.get(name="Lina")
    Invitation.objects.filter(pk=row.pk).update(email_refusal="The mail server refuses the address: 550 <gone>")
    assert "550 &lt;gone&gt;" in researcher_client.get(address(study)).text
    again = {"again": str(row.pk)}
    assert "It is sent again" in researcher_client.post(address(study, "invitation-letters"), again, follow=True).text
    assert "on its way already" in researcher_client.post(address(study, "invitation-letters"), again, follow=True).text
    assert Invitation.objects.exclude(email_asked_at=None).get() == row


@pytest.mark.parametrize("again", ["", "x", "-1", "9" * 40, "²"])
def test_a_number_that_is_none_sends_nothing(researcher_client: Client, study: Study, again: str) -> None:
    take_in(researcher_client, study)
    researcher_client.post(address(study, "invitation-letters"), {"again": again})
    assert not Invitation.objects.exclude(email_asked_at=None).exists()


def test_nobody_writes_to_people_of_another_study(researcher_client: Client, researcher: User, study: Study) -> None:
    other = cast.study("another")
    (row,) = workers.invite_each(study=other, people=[workers.Person(name="A", email="a@example.org")], now=cast.NOW)
    researcher_client.post(address(study, "invitation-letters"), {"again": str(row.pk)})
    assert Invitation.objects.get(pk=row.pk).email_asked_at is None
    assert "a@example.org" not in researcher_client.get(address(study, "invitation-links")).text
    assert researcher_client.get(address(other)).status_code == 404


def test_where_e_mail_is_not_configured_the_page_says_what_to_set_and_offers_links(
    researcher_client: Client, study: Study, settings: Any
) -> None:
    settings.IS_PRODUCTION, settings.EMAIL_IS_CONFIGURED = True, False
    assert "set EMAIL_URL" in upload(researcher_client, study).text
    page = take_in(researcher_client, study, send="on", **vars(inviting.standard(study)))
    assert "2 people are invited." in page.text
    assert "set EMAIL_URL" in page.text
    assert address(study, "invitation-links") in page.text


def test_links_are_a_table_for_spreadsheets(researcher_client: Client, study: Study) -> None:
    take_in(researcher_client, study)
    Invitation.objects.filter(name="Lina").update(name="=1+1")
    content = researcher_client.get(address(study, "invitation-links")).content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content)))
    first = Invitation.objects.order_by("id")[0]
    assert (rows[0]["name"], rows[0]["code"]) == ("'=1+1", codes.spelled(first.code or ""))
    assert rows[0]["link"].endswith(f"/join/{local.invitation_token(first)}/")


def test_codes_for_paper_are_printed_until_they_are_used(researcher_client: Client, study: Study) -> None:
    made = {"name": "Class 3b", "number": "2"}
    page = researcher_client.post(address(study, "invitation-codes"), made, follow=True).text
    first, second = Invitation.objects.order_by("id")
    assert page.count('class="slip"') == 2
    Client().post(f"/join/{local.invitation_token(first)}/")
    page = researcher_client.get(address(study, "invitation-sheet")).text
    assert codes.spelled(first.code or "") not in page
    assert codes.spelled(second.code or "") in page
    bad = {"name": "", "number": "900"}
    assert "up to 500" in researcher_client.post(address(study, "invitation-codes"), bad, follow=True).text


def test_the_list_of_links_leaves_out_who_is_invited_by_name(researcher_client: Client, study: Study) -> None:
    take_in(researcher_client, study)
    page = researcher_client.get(address(study, "invitation-list")).text
    assert "2 invited" in page
    assert "Lina" not in page


def test_a_long_list_takes_no_more_queries(
    researcher_client: Client, study: Study, django_assert_max_num_queries: Any
) -> None:
    people = "".join(f"P{each},p{each}@example.org,,\n" for each in range(60))
    take_in(researcher_client, study, f"name,email,language,note\n{people}")
    with django_assert_max_num_queries(8):
        assert "page=2" in researcher_client.get(address(study)).text


# --- completion codes ---


def test_codes_that_workers_send_in_are_checked(researcher_client: Client, batch: Batch, study: Study) -> None:
    worker = cast.worker()
    enrolled = cast.enrolment(study, worker)
    cast.handed_in(batch, worker, timezone.now())
    code = inviting.code_of(study_id=study.pk, worker_id=worker.pk, num_done=1)
    assert code in Client().get(f"/me/{local.enrolment_token(enrolled)}/").text
    page = researcher_client.post(address(study, "invitation-completion"), {"codes": f"{code}\n<script>x"}).text
    assert "1 of 2 valid" in page
    assert enrolled.pseudonym in page
    assert "<script>x" not in page


def test_of_many_codes_those_that_are_not_valid_are_listed_first(
    researcher_client: Client, batch: Batch, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("frontend.views.inviting.completion.MOST_LISTED", 2)
    worker = cast.worker()
    cast.enrolment(study, worker)
    cast.handed_in(batch, worker, timezone.now())
    code = inviting.code_of(study_id=study.pk, worker_id=worker.pk, num_done=1)
    page = researcher_client.post(address(study, "invitation-completion"), {"codes": f"{code}\nfirst\nlast"}).text
    assert "1 of 3 valid; 2 are listed, first those that are not valid or have a note" in page
    table = page.split("<tbody>")[1]
    assert ("first" in table, "last" in table, code in table) == (True, True, False)


def test_who_has_done_nothing_has_no_code(batch: Batch, study: Study) -> None:
    enrolled = cast.enrolment(study, cast.worker())
    assert "completion" not in Client().get(f"/me/{local.enrolment_token(enrolled)}/").text.lower()
