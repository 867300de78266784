"""What a stage excludes by itself it can take back; what a person excludes stays."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User

from annotation import candidates, duplicates
from annotation.errors import CannotExclude
from annotation.models import Candidate, Exclusion, Origin
from annotation.sources.base import CandidateRecord
from tests import cast
from tests.annotation.takedowns import scenes as takedown_scenes

pytestmark = pytest.mark.django_db

DUPLICATE, WRONG_CLASS = Exclusion.Reason.DUPLICATE, Exclusion.Reason.WRONG_CLASS
STAGE = "duplicates"


@pytest.fixture
def candidate() -> Candidate:
    return cast.candidate(cast.target_class(cast.study()))


def exclude(reason: Exclusion.Reason, now: datetime, stage: str = "", by: User | None = None) -> int:
    return candidates.exclude(candidates=Candidate.objects.all(), reason=reason, now=now, stage=stage, by=by)


def take_back(stage: str = STAGE) -> int:
    return candidates.take_back(candidates=Candidate.objects.all(), stage=stage)


def test_a_stage_takes_back_its_own_exclusion(candidate: Candidate, now: datetime) -> None:
    assert exclude(DUPLICATE, now, STAGE) == 1
    assert take_back() == 1
    assert list(Candidate.objects.included()) == [candidate]


def test_a_stage_takes_back_nothing_of_a_person_or_of_another_stage(candidate: Candidate, now: datetime) -> None:
    exclude(WRONG_CLASS, now)
    assert take_back() == 0
    Exclusion.objects.update(stage="another")
    assert take_back() == 0
    assert candidate.exclusion.reason == WRONG_CLASS


def test_a_person_s_reason_takes_the_place_of_a_stage_s(candidate: Candidate, now: datetime, researcher: User) -> None:
    exclude(DUPLICATE, now, STAGE)
    assert exclude(WRONG_CLASS, now, by=researcher) == 0
    assert (candidate.exclusion.reason, candidate.exclusion.excluded_by) == (WRONG_CLASS, researcher)
    assert take_back() == 0


def test_a_stage_s_reason_leaves_a_person_s(candidate: Candidate, now: datetime) -> None:
    exclude(WRONG_CLASS, now)
    assert exclude(DUPLICATE, now, STAGE) == 0
    assert candidate.exclusion.reason == WRONG_CLASS


def test_nobody_takes_back_what_no_stage_has_excluded(candidate: Candidate, now: datetime) -> None:
    exclude(WRONG_CLASS, now)
    with pytest.raises(ValueError, match="a person's reason stays"):
        take_back("")


def test_who_lets_one_in_again_is_remembered_with_what_had_been_said(
    candidate: Candidate, now: datetime, researcher: User, stranger: User
) -> None:
    exclude(WRONG_CLASS, now, by=researcher)
    duplicates.let_in(candidate=candidate, by=stranger, now=now + timedelta(days=1))
    assert list(Candidate.objects.included()) == [candidate]
    told = candidate.readmissions.get()
    assert (told.reason, told.excluded_by, told.excluded_at) == (WRONG_CLASS, researcher, now)
    assert (told.let_in_by, told.let_in_at) == (stranger, now + timedelta(days=1))


def test_a_picture_of_the_original_is_not_let_into_the_pool_whatever_it_was_excluded_for(
    now: datetime, researcher: User
) -> None:
    study = takedown_scenes.study("twin", range(2))
    twin, other = (takedown_scenes.candidate(study, seed) for seed in range(2))
    exclude(WRONG_CLASS, now, by=researcher)
    records = [CandidateRecord("original.png", "0", lambda: cast.png(0))]
    candidates.ingest(study=study, origin=Origin.ORIGINAL, records=records, now=now)
    with pytest.raises(CannotExclude, match="the very file of an original"):
        duplicates.let_in(candidate=twin, by=researcher, now=now)
    duplicates.let_in(candidate=other, by=researcher, now=now)


def test_what_is_not_let_in_is_not_remembered_as_such(candidate: Candidate, now: datetime, researcher: User) -> None:
    exclude(DUPLICATE, now, STAGE)
    with pytest.raises(CannotExclude):
        duplicates.let_in(candidate=candidate, by=researcher, now=now)
    assert not candidate.readmissions.exists()
