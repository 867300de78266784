"""Many people at one invitation at the same moment, on real connections: never one too many, never one twice."""

from datetime import datetime

import pytest

from annotation import workers
from annotation.errors import InvitationClosed
from annotation.models import Enrolment, Invitation, Worker
from tests import cast
from tests.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)
NUM_PEOPLE, NUM_PLACES = 20, 5


def joins(invitation: Invitation, worker: Worker, now: datetime) -> int | None:
    try:
        return workers.enrol(invitation=invitation, worker=worker, now=now).pk
    except InvitationClosed:
        return None


def test_of_twenty_people_at_once_five_get_the_five_places(now: datetime) -> None:
    invitation = workers.invite(study=cast.study(), name="Five", now=now, max_workers=NUM_PLACES)
    people = [cast.worker(f"w{number}") for number in range(NUM_PEOPLE)]
    told = at_once([lambda w=w: joins(invitation, w, now) for w in people])
    stored = set(Enrolment.objects.values_list("pk", flat=True))
    assert {pk for pk in told if pk is not None} == stored
    assert len(stored) == NUM_PLACES


def test_ten_windows_of_one_worker_take_one_place(now: datetime) -> None:
    study = cast.study()
    invitation = workers.invite(study=study, name="Five", now=now, max_workers=NUM_PLACES)
    another = workers.invite(study=study, name="Five more", now=now, max_workers=NUM_PLACES)
    worker = cast.worker()
    told = at_once([lambda i=i: joins(i, worker, now) for i in [invitation, another] * 5])
    assert set(told) == {Enrolment.objects.get().pk}


def test_the_standing_invitation_is_made_once_by_six_launches_at_once(now: datetime) -> None:
    study = cast.study()
    made = at_once([lambda: workers.invite_everyone(study=study, now=now).pk] * 6)
    assert set(made) == {Invitation.objects.get().pk}
