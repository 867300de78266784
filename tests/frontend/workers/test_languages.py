"""Workers' pages in another language: all of each, right to left where it runs so, and no other page."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from annotation import assignments, hits, workers
from annotation.models import Assignment, Batch, Enrolment, Invitation, Worker
from annotation.platforms import local
from frontend import limits
from tests import cast, pictures

pytestmark = pytest.mark.django_db
ARABIC = {"Accept-Language": "ar"}
SPOKEN = {"alt", "aria-label", "aria-description", "title"}
SHORT_TEXTS_FOR_SCRIPTS = {"data-right", "data-wrong", "data-copied"}
SAME_EVERYWHERE = re.compile(
    r"\{\w+\}|https?://\S+|[\w.]+@[\w.]+|\b(Twinset|UTC|EUR|Shift|Enter|Home|End|Page (Up|Down)|Esc)\b"
)
OF_THE_STUDY = [
    *("Twin of the bows", "We look again.", "Some show injuries.", "Rosa Rossi, rosa@example.org", "Toys count."),
    *("a weapon for shooting arrows", "longbow", "A bow.", "A ribbon.", "bow"),
]


class Texts(HTMLParser):
    """What a page says, what a screen reader speaks, and what scripts will show."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            is_for_scripts = name.startswith("data-") and " " in (value or "")
            if name in SPOKEN | SHORT_TEXTS_FOR_SCRIPTS or is_for_scripts:
                self.found.add(value or "")

    def handle_data(self, data: str) -> None:
        self.found.add(data)


def said(page: str) -> set[str]:
    """All texts with a word in them, without what the study says itself."""
    texts = set()
    for text in Texts(page).found:
        for own in OF_THE_STUDY:
            text = text.replace(own, "")
        texts.add(" ".join(SAME_EVERYWHERE.sub("", text).split()))
    return {text for text in texts if re.search(r"[^\W\d_]{2}", text)}


@pytest.fixture
def batch() -> Batch:
    batch = pictures.launched(num_images=6, num_grids=2, num_assignments=3, pay_minor_units=30, currency="EUR")
    batch.study.description, batch.study.content_warning = "We look again.", "Some show injuries."
    batch.study.save()
    bow = batch.study.target_classes.get()
    bow.links = [{"text": "A bow.", "url": "https://example.org/"}]
    bow.save()
    pictures.taught(bow)
    return batch


def joined(batch: Batch) -> str:
    """The address of practice for somebody new."""
    return str(Client().post(cast.join(batch)).headers["Location"])


def personal(batch: Batch) -> str:
    return joined(batch).replace("/practice/", "/me/")


def grid(batch: Batch) -> str:
    return str(Client().post(joined(batch), {"go": "1"}).headers["Location"])


# --- the pages: each is made ready, and then asked for by an address, with what is posted there ---

Asked = tuple[str, dict[str, Any] | None]


def consent(batch: Batch) -> Asked:
    return cast.join(batch), None


def simulated_consent_with_several_pays(batch: Batch) -> Asked:
    Batch.objects.update(is_simulated=True)
    grids = [hit.grid for hit in batch.hits.all()]
    cast.batch(batch.study, grids, is_simulated=True, pay_minor_units=500, currency="EUR")
    cast.batch(batch.study, grids, is_simulated=True)
    return cast.join(Batch.objects.all()[0]), None


def practice(batch: Batch) -> Asked:
    return joined(batch), None


def check(batch: Batch) -> Asked:
    shown = re.findall(r'name="shown" value="(\d+)"', Client().get(address := joined(batch)).text)
    return address, {"shown": shown, "selected": shown[:3]}


def changed_practice(batch: Batch) -> Asked:
    return joined(batch), {"shown": ["1"]}


def fresh_grid(batch: Batch) -> Asked:
    return grid(batch), None


def grid_with_a_reported_image(batch: Batch) -> Asked:
    Client().post(f"{(address := grid(batch))}images/1/report/", {"reason": "broken"})
    return address, None


def grid_without_an_answer(batch: Batch) -> Asked:
    return grid(batch), {}


def grid_with_two_answers(batch: Batch) -> Asked:
    return grid(batch), {"selected": ["1"], "none": "1"}


def next_grid(batch: Batch) -> Asked:
    return str(Client().post(grid(batch), {"selected": ["0"]}).headers["Location"]), None


def personal_page(batch: Batch) -> Asked:
    return personal(batch), None


def personal_page_after_work(batch: Batch) -> Asked:
    Client().post(address := grid(batch), {"selected": ["0"]})
    return str(Client().get(address).headers["Location"]), None


def personal_page_without_a_grid(batch: Batch) -> Asked:
    return f"{personal(batch)}?nothing=1", None


def returned(batch: Batch) -> Asked:
    return str(Client().post(f"{grid(batch)}release/").headers["Location"]), None


def resting(batch: Batch) -> Asked:
    return str(Client().post(f"{grid(batch)}release/", {"resting": "1"}).headers["Location"]), None


def renewed(batch: Batch) -> Asked:
    return str(Client().post(f"{personal(batch)}revocation/").headers["Location"]), None


def over_for_all(batch: Batch) -> Asked:
    address = personal(batch)
    hits.expire(batch=batch, now=timezone.now())
    return address, None


def broken_link(batch: Batch) -> Asked:
    return "/work/nonsense/", None


def revoked_link(batch: Batch) -> Asked:
    address = grid(batch)
    workers.revoke_links(worker=Worker.objects.get())
    return address, None


def withdrawn_invitation(batch: Batch) -> Asked:
    address = cast.join(batch)
    workers.withdraw(invitation=Invitation.objects.get(), now=timezone.now())
    return address, None


def grid_of_somebody_else(batch: Batch) -> Asked:
    address = grid(batch)
    Assignment.objects.filter(worker__isnull=False).update(worker=cast.worker("another"))
    return address, None


def grid_handed_in_otherwise(batch: Batch) -> Asked:
    Client().post(address := grid(batch), {"selected": ["0"]})
    return address, {"selected": ["1"]}


def too_many_grids(batch: Batch) -> Asked:
    """The time of the grid at hand is over, and the worker holds two of another study."""
    address = grid(batch)
    Assignment.objects.filter(worker__isnull=False).update(lease_expires_at=cast.NOW)
    zero = cast.target_class(cast.study("other"))
    other, now = cast.batch(zero.study, [cast.grid(zero, [cast.candidate(zero)]) for _ in range(2)]), timezone.now()
    first = assignments.claim(batch=other, worker=(worker := Worker.objects.get()), now=now)
    assert first is not None
    assert assignments.claim(batch=other, worker=worker, now=now, besides=first.pk) is not None
    return f"{address}lease/", {}


def draft_without_sense(batch: Batch) -> Asked:
    return f"{grid(batch)}draft/", {"selected": "x"}


def report_without_a_reason(batch: Batch) -> Asked:
    return f"{grid(batch)}images/1/report/", {}


def closed_batch(batch: Batch) -> Asked:
    address = grid(batch)
    hits.expire(batch=batch, now=timezone.now())
    return f"{address}lease/", {}


PAGES: dict[Callable[[Batch], Asked], int] = {
    consent: 200,
    simulated_consent_with_several_pays: 200,
    practice: 200,
    check: 200,
    changed_practice: 200,
    fresh_grid: 200,
    grid_with_a_reported_image: 200,
    grid_without_an_answer: 400,
    grid_with_two_answers: 400,
    next_grid: 200,
    personal_page: 200,
    personal_page_after_work: 200,
    personal_page_without_a_grid: 200,
    returned: 200,
    resting: 200,
    renewed: 200,
    over_for_all: 200,
    broken_link: 404,
    revoked_link: 404,
    withdrawn_invitation: 410,
    grid_of_somebody_else: 410,
    grid_handed_in_otherwise: 409,
    too_many_grids: 409,
    draft_without_sense: 400,
    report_without_a_reason: 400,
    closed_batch: 410,
}


def ask(asked: Asked, **headers: str) -> Any:
    address, posted = asked
    client = Client(headers={name.replace("_", "-"): value for name, value in headers.items()})
    return client.get(address) if posted is None else client.post(address, posted)


@pytest.mark.parametrize(("page", "status"), PAGES.items(), ids=lambda each: getattr(each, "__name__", str(each)))
def test_every_page_speaks_the_language_asked_for(batch: Batch, page: Callable[[Batch], Asked], status: int) -> None:
    asked = page(batch)
    english, arabic = ask(asked), ask(asked, accept_language="ar-EG,ar;q=0.9,en;q=0.5")
    assert english.status_code == arabic.status_code == status
    assert '<html lang="en" dir="ltr">' in english.text
    assert '<html lang="ar" dir="rtl">' in arabic.text
    assert len(said(english.text)) > 3
    assert said(english.text) & said(arabic.text) == set()
    assert {text for text in said(arabic.text) if re.search("[A-Za-z]{2}", text)} == set()


@pytest.mark.parametrize("asked_for", ["xx", "", "*", "en-GB", "nonsense;q=x"])
def test_an_unknown_language_gets_english(batch: Batch, asked_for: str) -> None:
    page = ask(consent(batch), accept_language=asked_for).text
    assert '<html lang="en" dir="ltr">' in page
    assert "You are invited to help with a study" in page


def test_what_a_script_is_told_is_translated_too(batch: Batch) -> None:
    headers = {"Accept": "application/json", "accept-language": "ar"}
    told = Client(headers=headers).post(f"{grid(batch)}draft/", {"selected": "x"}).json()
    assert told["heading"] == "هذا الجواب لا يناسب هذه الشبكة"
    assert said(told["what"])
    assert not re.search("[A-Za-z]", told["what"])


def test_who_asks_too_often_is_told_so_in_their_language(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = (f"{grid(batch)}lease/", dict[str, Any]())
    monkeypatch.setattr(limits.time, "time", lambda: 1_000_010.0)
    answers = [ask(asked, accept_language="ar") for _ in range(31)]
    assert answers[-1].status_code == 429
    assert "والانتظار 10 ثوانٍ" in answers[-1].text


def test_numbers_for_machines_are_written_the_same_in_every_language(batch: Batch) -> None:
    address, _ = fresh_grid(batch)
    Batch.objects.update(lease_seconds=123_456)
    Client().post(f"{address}lease/")
    page = ask((address, None), accept_language="ar").text
    assert re.search(r'data-seconds="1234\d\d"', page)
    assert f"{Assignment.objects.get(worker__isnull=False).pk}-{Enrolment.objects.get().worker_id}" in page


def test_researchers_read_english(researcher_client: Client) -> None:
    page = researcher_client.get("/", headers=ARABIC).text
    assert 'lang="en"' in page
    assert "No study yet" in page
    assert not re.search("[\u0600-\u06ff]", page)


def test_a_worker_s_language_ends_with_their_page(batch: Batch, researcher_client: Client) -> None:
    ask(broken_link(batch), accept_language="ar")
    assert "Skip to the content" in researcher_client.get("/", headers=ARABIC).text


def test_links_say_the_same_whatever_the_language(batch: Batch) -> None:
    joined(batch)
    token = local.enrolment_token(Enrolment.objects.get())
    assert f"/me/{token}/" in ask((f"/me/{token}/", None), accept_language="ar").text
