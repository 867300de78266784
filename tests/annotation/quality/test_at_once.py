"""Two people who decide at the same moment, on real connections."""

import pytest

from annotation import quality
from annotation.errors import InvalidDecision
from annotation.models import Effect, WorkerDecision
from tests import cast
from tests.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)
NUM_PEOPLE = 5


def test_of_five_decisions_at_once_one_is_taken_and_the_others_are_told() -> None:
    study = cast.study()
    worker = cast.enrolment(study, cast.worker()).worker

    def decide() -> str:
        try:
            quality.decide(study=study, worker=worker, effect=Effect.STOP, reason="Now.", by=None, now=cast.NOW)
        except InvalidDecision as error:
            return str(error)
        return ""

    told = at_once([decide] * NUM_PEOPLE)
    assert sorted(map(bool, told)) == [False] + [True] * (NUM_PEOPLE - 1)
    assert WorkerDecision.objects.count() == 1
