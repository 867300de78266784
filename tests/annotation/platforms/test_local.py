from datetime import datetime

import pytest
from django.core import signing

from annotation.errors import NotYours
from annotation.models import Assignment, Enrolment, Invitation, Worker
from annotation.platforms import local
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def assignment(now: datetime) -> Assignment:
    target_class = cast.target_class(cast.study())
    batch = cast.batch(target_class.study, [cast.grid(target_class, [cast.candidate(target_class)])])
    row = Assignment.objects.filter(hit__batch=batch).first()
    assert row is not None
    row.worker, row.claimed_at, row.lease_expires_at = cast.worker(), now, now
    row.save()
    return row


def test_links_say_what_was_signed(assignment: Assignment) -> None:
    claim = local.read_assignment_token(local.assignment_token(assignment))
    assert (claim.assignment_id, claim.worker_id, claim.link_number) == (assignment.pk, assignment.worker_id, 0)
    invitation = Invitation(pk=7)
    assert local.read_invitation(local.invitation_token(invitation)) == 7
    enrolment = Enrolment(pk=8, worker=Worker(link_number=2))
    assert local.read_enrolment_token(local.enrolment_token(enrolment)) == (8, 2)
    assert local.read_worker_token(local.worker_token(Worker(pk=9, link_number=3))) == (9, 3)


def test_an_assignment_has_one_link(assignment: Assignment) -> None:
    assert local.assignment_token(assignment) == local.assignment_token(Assignment.objects.get(pk=assignment.pk))
    assert local.assignment_token(assignment).count(":") == 1  # no time of day in it


@pytest.mark.parametrize("change", [lambda t: t[:-1], lambda t: "x" + t, lambda t: "", lambda t: t + "é"])
def test_a_changed_link_is_refused(assignment: Assignment, change: object) -> None:
    assert callable(change)
    with pytest.raises(NotYours, match="whole link"):
        local.read_assignment_token(change(local.assignment_token(assignment)))


def test_an_invitation_is_no_assignment(assignment: Assignment) -> None:
    with pytest.raises(NotYours):
        local.read_assignment_token(local.invitation_token(Invitation(pk=assignment.pk)))


def test_every_link_is_the_same_whenever_it_is_shown(assignment: Assignment) -> None:
    worker = Worker(pk=9, link_number=3)
    tokens = [
        local.invitation_token(Invitation(pk=7)),
        local.enrolment_token(Enrolment(pk=8, worker=worker)),
        local.worker_token(worker),
    ]
    assert {token.count(":") for token in tokens} == {1}  # no time of day in them


def test_links_from_before_invitations_had_rows_open_nothing() -> None:
    """They named a batch, or an assignment and a worker."""
    with pytest.raises(NotYours):
        local.read_invitation(signing.dumps(7, salt="annotation.invitation"))
    with pytest.raises(NotYours):
        local.read_assignment_token(signing.dumps([7, 9], salt="annotation.assignment"))
