from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page

from annotation import messages, quality
from annotation.models import Batch, Effect, Enrolment, Place, Rejection, Worker
from annotation.payments import bonuses, ledger, rejections
from annotation.platforms import local
from tests import cast
from tests.browser.test_research_pages import sign_in
from tests.own_people import paid_batch, pay_due, take_in

REASON = (
    "The grid was handed in with nothing selected, although several of its images clearly show what was asked for. "
    "The guidelines ask to look at every image of the grid."
)


@dataclass
class Money:
    """A paid batch in which everything has happened once."""

    batch: Batch
    worker: Worker
    rejection: Rejection
    home: str

    @property
    def slug(self) -> str:
        return self.batch.study.slug

    @property
    def pseudonym(self) -> str:
        return Worker.pseudonym_in(self.batch.study_id, self.worker.pk)


@pytest.fixture
def money(researcher: User, monkeypatch: pytest.MonkeyPatch) -> Money:
    monkeypatch.setattr("annotation.tasks.enqueue_round", lambda batch_id: None)
    now = timezone.now()
    study = cast.study("bows", [researcher], name="Bows, seen again", contact="rosa@example.org")
    batch = paid_batch(study, num_grids=5, num_assignments=5, budget_minor_units=5000)
    people = [cast.worker(f"w{number}") for number in range(4)]
    for person in people:
        cast.enrolment(study, person)
        for _ in range(3):
            cast.handed_in(batch, person, now - timedelta(days=3))
    take_in(batch, now=now - timedelta(days=3))
    first = people[0]
    mine = list(Place.objects.filter(worker=first).order_by("pk"))
    rejection = rejections.reject(place=mine[0], reason=REASON, by=researcher, now=now - timedelta(days=1))
    given = ledger.Amount(minor_units=50)
    bonuses.intend(place=mine[1], amount=given, purpose="For careful work on the hardest grids", now=now)
    quality.decide(study=study, worker=people[3], effect=Effect.STOP, reason="odd", by=researcher, now=now)
    pay_due(batch, now=now)
    last = people[1]
    cast.handed_in(batch, last, now - timedelta(hours=1))
    cast.handed_in(batch, first, now - timedelta(hours=2))
    take_in(batch, now=now)
    messages.write_to_researchers(study=study, worker=last, text="Is there more to do?\nThank you!", now=now)
    enrolment = Enrolment.objects.get(worker=first)
    return Money(batch, first, rejection, f"/me/{local.enrolment_token(enrolment)}/")


@pytest.fixture
def signed_in(open_page: Callable[..., Page], researcher_client: Client, live_server: Any) -> Callable[..., Page]:
    """A researcher's browser."""

    def open_(**options: Any) -> Page:
        page = open_page("/login/", **options)
        sign_in(page, researcher_client, live_server)
        return page

    return open_
