"""Invitations and who joins by them: limits, ends, one enrolment per study, links that can be revoked."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from annotation import workers
from annotation.errors import InvalidInvitation, InvitationClosed, NotYours
from annotation.models import Enrolment, Invitation, Study, Worker
from annotation.platforms import local
from tests import cast

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def study() -> Study:
    return cast.study()


def invite(study: Study, now: datetime, **terms: Any) -> Invitation:
    return workers.invite(study=study, name="Students of the course", now=now, **terms)


def joined(invitation: Invitation, external_id: str, now: datetime) -> Enrolment:
    return workers.enrol(invitation=invitation, worker=cast.worker(external_id), now=now)


# --- invitations ---


@pytest.mark.parametrize(
    ("terms", "why"),
    [
        ({"name": "  "}, "to whom is it sent"),
        ({"name": "x" * 101}, "1 to 100 characters"),
        ({"max_workers": 0}, "invites nobody"),
        ({"expires_at": cast.NOW}, "over before it begins"),
    ],
)
def test_an_invitation_that_makes_no_sense_is_refused(study: Study, terms: dict[str, Any], why: str) -> None:
    with pytest.raises(InvalidInvitation, match=why):
        workers.invite(**{"study": study, "name": "Students", "now": cast.NOW} | terms)
    assert not Invitation.objects.exists()


def test_the_database_knows_no_invitation_for_nobody(study: Study, now: datetime) -> None:
    with pytest.raises(IntegrityError, match="invites_someone"):
        Invitation.objects.create(study=study, name="x", platform="local", max_workers=0, created_at=now)


def test_the_standing_invitation_is_made_once_and_again_when_withdrawn(study: Study, now: datetime) -> None:
    invite(study, now, max_workers=3)
    first = workers.invite_everyone(study=study, now=now)
    assert workers.invite_everyone(study=study, now=now) == first
    workers.withdraw(invitation=first, now=now)
    assert workers.invite_everyone(study=study, now=now) != first


def test_simulated_workers_have_a_standing_invitation_of_their_own(study: Study, now: datetime) -> None:
    real = workers.invite_everyone(study=study, now=now)
    simulated = workers.invite_everyone(study=study, now=now, is_simulated=True)
    assert (real.is_simulated, simulated.is_simulated) == (False, True)


def test_an_invitation_is_withdrawn_once(study: Study, now: datetime) -> None:
    invitation = invite(study, now)
    workers.withdraw(invitation=invitation, now=now)
    workers.withdraw(invitation=invitation, now=now + HOUR)
    invitation.refresh_from_db()
    assert invitation.withdrawn_at == now


def test_an_invitation_says_its_state(study: Study, now: datetime) -> None:
    invitation = invite(study, now, max_workers=2, expires_at=now + HOUR)
    assert invitation.state_at(now, num_joined=1) == "open"
    assert invitation.state_at(now, num_joined=2) == "full"
    assert invitation.state_at(now + HOUR, num_joined=2) == "over"
    workers.withdraw(invitation=invitation, now=now)
    invitation.refresh_from_db()
    assert invitation.state_at(now + HOUR, num_joined=2) == "withdrawn"


# --- joining ---


def test_joining_twice_is_joining_once(study: Study, now: datetime) -> None:
    invitation, worker = invite(study, now), cast.worker()
    first = workers.enrol(invitation=invitation, worker=worker, now=now)
    again = workers.enrol(invitation=invite(study, now), worker=worker, now=now + HOUR)
    assert (again, again.consented_at, again.invitation) == (first, now, invitation)


def test_a_worker_joins_several_studies(study: Study, now: datetime) -> None:
    worker = cast.worker()
    for each in (study, cast.study("other")):
        workers.enrol(invitation=invite(each, now), worker=worker, now=now)
    assert worker.enrolments.count() == 2


@pytest.mark.parametrize("why", ["full", "over", "withdrawn"])
def test_nobody_joins_by_a_closed_invitation_but_who_is_in_stays_in(study: Study, now: datetime, why: str) -> None:
    terms = {"max_workers": 1} if why == "full" else {"expires_at": now + HOUR}
    invitation = invite(study, now, **terms)
    first = joined(invitation, "early", now)
    if why == "withdrawn":
        workers.withdraw(invitation=invitation, now=now)
    later = now + HOUR if why == "over" else now
    told = {"full": "As many people", "over": "has run out", "withdrawn": "have withdrawn it"}
    with pytest.raises(InvitationClosed, match=told[why]):
        joined(invitation, "late", later)
    assert workers.enrol(invitation=invitation, worker=first.worker, now=later) == first
    assert Enrolment.objects.count() == 1


def test_a_withdrawn_link_leaves_no_place_free(study: Study, now: datetime) -> None:
    invitation = invite(study, now, max_workers=5)
    joined(invitation, "w1", now)
    workers.withdraw(invitation=invitation, now=now)
    assert Invitation.objects.with_joined().get().num_joined == 1


@pytest.mark.parametrize("is_simulated", [True, False])
def test_simulated_and_real_workers_join_by_invitations_of_their_own_kind(
    study: Study, now: datetime, is_simulated: bool
) -> None:
    invitation = workers.invite_everyone(study=study, now=now, is_simulated=not is_simulated)
    with pytest.raises(InvalidInvitation, match="own kind"):
        workers.enrol(invitation=invitation, worker=cast.worker(is_simulated=is_simulated), now=now)


def test_practice_ends_once(study: Study, now: datetime) -> None:
    enrolled = joined(invite(study, now), "w1", now)
    for moment in (now, now + HOUR):
        workers.finish_practice(enrolment=enrolled, now=moment)
    enrolled.refresh_from_db()
    assert enrolled.practised_at == now


# --- links ---


def test_revoking_makes_all_links_of_this_worker_dead_and_new_ones_work(study: Study, now: datetime) -> None:
    enrolled = joined(invite(study, now), "w1", now)
    old = local.read_enrolment_token(local.enrolment_token(enrolled))
    enrolled.worker = workers.revoke_links(worker=enrolled.worker)
    new = local.read_enrolment_token(local.enrolment_token(enrolled))
    assert (old, new) == ((enrolled.pk, 0), (enrolled.pk, 1))


def test_the_links_of_a_removed_worker_cant_be_revoked(study: Study) -> None:
    with pytest.raises(NotYours, match="was removed"):
        workers.revoke_links(worker=Worker(pk=999))


# --- who is there ---


def test_progress_of_who_joined_is_of_this_study_only(study: Study, now: datetime) -> None:
    target_class = cast.target_class(study)
    mine = cast.batch(study, [cast.grid(target_class, [cast.candidate(target_class)])])
    elsewhere = cast.target_class(cast.study("other"))
    other = cast.batch(elsewhere.study, [cast.grid(elsewhere, [cast.candidate(elsewhere)])])
    enrolled = joined(invite(study, now), "w1", now)
    cast.handed_in(mine, enrolled.worker, now + HOUR)
    cast.handed_in(other, enrolled.worker, now + 2 * HOUR)
    idle = joined(invite(study, now), "w2", now)
    rows = {row.pk: (row.num_done, row.last_seen_at) for row in study.enrolments.with_progress()}
    assert rows == {enrolled.pk: (1, now + HOUR), idle.pk: (0, now)}
