"""Two people who decide at the same moment: what follows is right for both decisions together."""

import pytest
from django.contrib.auth.models import User

from annotation import duplicates
from annotation.errors import UndecidablePair
from annotation.models import DuplicateDecision, DuplicatePair, Exclusion
from tests import cast
from tests.annotation.duplicates.scenes import measured, pair, scene
from tests.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def excluded() -> set[int]:
    return set(Exclusion.objects.values_list("candidate_id", flat=True))


def test_decisions_at_once_that_join_one_group_leave_one_survivor(researcher: User) -> None:
    bow = cast.target_class(cast.study())
    rows = [measured(bow, scene(1), number) for number in range(6)]
    pairs = [pair(rows[n], rows[n + 1]) for n in range(5)]

    def deciding(both: DuplicatePair) -> DuplicateDecision:
        return duplicates.decide(
            pair=DuplicatePair.objects.get(pk=both.pk), is_duplicate=True, by=researcher, now=cast.NOW
        )

    decisions = at_once([lambda both=both: deciding(both) for both in pairs])
    assert excluded() == {row.pk for row in rows[:-1]}
    at_once([lambda each=each: duplicates.undo(decision=each, by=researcher, now=cast.NOW) for each in decisions])
    assert excluded() == set()


def test_of_five_opposite_words_at_once_one_holds(researcher: User) -> None:
    bow = cast.target_class(cast.study())
    both = pair(measured(bow, scene(1), 1), measured(bow, scene(1), 2))

    def say(is_duplicate: bool) -> bool:
        try:
            duplicates.decide(pair=both, is_duplicate=is_duplicate, by=researcher, now=cast.NOW)
        except UndecidablePair:
            return False
        return True

    answers = [True, False, True, False, True]
    held = at_once([lambda answer=answer: say(answer) for answer in answers])
    decision = DuplicateDecision.objects.get()
    assert {answer for answer, is_held in zip(answers, held, strict=True) if is_held} == {decision.is_duplicate}
    assert bool(excluded()) == decision.is_duplicate
