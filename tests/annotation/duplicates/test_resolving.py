"""What follows from decisions: of a group one image stays, and of one that touches the original none."""

from datetime import datetime

import pytest
from django.contrib.auth.models import User

from annotation import candidates, duplicates
from annotation.errors import UndecidablePair
from annotation.models import Candidate, DuplicateDecision, DuplicatePair, Exclusion, Origin, TargetClass
from tests import cast
from tests.annotation.duplicates.scenes import measured, pair, reference, scene, shown

pytestmark = pytest.mark.django_db

DUPLICATE, IN_ORIGINAL = Exclusion.Reason.DUPLICATE, Exclusion.Reason.IN_ORIGINAL


@pytest.fixture
def bow() -> TargetClass:
    return cast.target_class(cast.study())


def excluded(of: TargetClass) -> dict[int, str]:
    return dict(Exclusion.objects.filter(candidate__study=of.study).values_list("candidate_id", "reason"))


def are_duplicates(pair: DuplicatePair, by: User) -> DuplicateDecision:
    return duplicates.decide(pair=pair, is_duplicate=True, by=by, now=cast.NOW)


def test_the_most_selected_stays(bow: TargetClass, researcher: User) -> None:
    first, second = measured(bow, scene(1), 3), measured(bow, scene(1), 7)
    are_duplicates(pair(first, second), researcher)
    assert excluded(bow) == {first.pk: DUPLICATE}
    assert Exclusion.objects.get().excluded_by == researcher


def test_of_equally_selected_ones_the_first_stays(bow: TargetClass, researcher: User) -> None:
    first, second = measured(bow, scene(1), 5), measured(bow, scene(1), 5)
    are_duplicates(pair(first, second), researcher)
    assert excluded(bow) == {second.pk: DUPLICATE}


def test_a_measured_one_stays_rather_than_one_that_nobody_has_seen(bow: TargetClass, researcher: User) -> None:
    first, second = shown(bow, scene(1)), measured(bow, scene(1), 0)
    are_duplicates(pair(first, second), researcher)
    assert excluded(bow) == {first.pk: DUPLICATE}


def test_not_a_duplicate_excludes_nothing(bow: TargetClass, researcher: User) -> None:
    both = pair(shown(bow, scene(1)), shown(bow, scene(1)))
    duplicates.decide(pair=both, is_duplicate=False, by=researcher, now=cast.NOW)
    assert excluded(bow) == {}
    assert duplicates.components_of(bow.study) == []


def test_a_chain_is_one_group(bow: TargetClass, researcher: User) -> None:
    a, b, c, d = (measured(bow, scene(seed), seed) for seed in range(4))
    other, another = measured(bow, scene(8), 1), measured(bow, scene(9), 2)
    for both in (pair(a, b), pair(c, d), pair(b, c), pair(other, another)):
        are_duplicates(both, researcher)
    assert excluded(bow) == dict.fromkeys((a.pk, b.pk, c.pk, other.pk), DUPLICATE)
    assert [group.survivor for group in duplicates.components_of(bow.study)] == [d.pk, another.pk]


@pytest.mark.parametrize("kind", ["original", "reference"])
def test_a_group_that_touches_the_original_or_a_reference_is_out_whole(
    bow: TargetClass, researcher: User, kind: str
) -> None:
    a, b = measured(bow, scene(1), 9), measured(bow, scene(1), 3)
    known = shown(bow, scene(1), Origin.ORIGINAL) if kind == "original" else reference(bow.study, "a.jpg", scene(1))
    are_duplicates(pair(a, b), researcher)
    are_duplicates(pair(b, known), researcher)
    assert excluded(bow) == {a.pk: IN_ORIGINAL, b.pk: IN_ORIGINAL}
    (group,) = duplicates.components_of(bow.study)
    assert group.survivor is None


def test_undoing_lets_in_again_what_only_that_decision_excluded(bow: TargetClass, researcher: User) -> None:
    a, b, c = (measured(bow, scene(1), number) for number in (9, 5, 3))
    are_duplicates(pair(a, b), researcher)
    second = are_duplicates(pair(b, c), researcher)
    assert set(excluded(bow)) == {b.pk, c.pk}
    duplicates.undo(decision=second, by=researcher, now=cast.NOW)
    assert set(excluded(bow)) == {b.pk}
    second.refresh_from_db()
    assert (second.is_active, second.undone_by, second.undone_at) == (False, researcher, cast.NOW)


def test_undoing_the_link_to_an_original_leaves_the_group_with_its_survivor(bow: TargetClass, researcher: User) -> None:
    a, b = measured(bow, scene(1), 9), measured(bow, scene(1), 3)
    are_duplicates(pair(a, b), researcher)
    link = are_duplicates(pair(a, shown(bow, scene(1), Origin.ORIGINAL)), researcher)
    duplicates.undo(decision=link, by=researcher, now=cast.NOW)
    assert excluded(bow) == {b.pk: DUPLICATE}


def test_undoing_leaves_what_a_person_excluded_for_another_reason(bow: TargetClass, researcher: User) -> None:
    a, b = measured(bow, scene(1), 9), measured(bow, scene(1), 3)
    decision = are_duplicates(pair(a, b), researcher)
    wrong = Exclusion.Reason.WRONG_CLASS
    candidates.exclude(candidates=Candidate.objects.filter(pk=b.pk), reason=wrong, now=cast.NOW, by=researcher)
    duplicates.undo(decision=decision, by=researcher, now=cast.NOW)
    assert excluded(bow) == {b.pk: wrong}


def test_what_is_out_for_another_reason_does_not_survive(bow: TargetClass, researcher: User) -> None:
    a, b = measured(bow, scene(1), 9), measured(bow, scene(1), 3)
    wrong = Exclusion.Reason.WRONG_CLASS
    candidates.exclude(candidates=Candidate.objects.filter(pk=a.pk), reason=wrong, now=cast.NOW)
    are_duplicates(pair(a, b), researcher)
    assert excluded(bow) == {a.pk: wrong}


def test_the_same_answer_twice_is_one_decision(bow: TargetClass, researcher: User) -> None:
    both = pair(shown(bow, scene(1)), shown(bow, scene(1)))
    assert are_duplicates(both, researcher) == are_duplicates(both, researcher)
    assert DuplicateDecision.objects.count() == 1


def test_another_answer_must_be_undone_first(bow: TargetClass, researcher: User, admin: User) -> None:
    both = pair(shown(bow, scene(1)), shown(bow, scene(1)))
    are_duplicates(both, researcher)
    with pytest.raises(UndecidablePair, match=rf"{researcher.username} has said that this pair is a duplicate; undo"):
        duplicates.decide(pair=both, is_duplicate=False, by=admin, now=cast.NOW)


def test_a_decision_is_undone_once(bow: TargetClass, researcher: User) -> None:
    decision = are_duplicates(pair(shown(bow, scene(1)), shown(bow, scene(1))), researcher)
    duplicates.undo(decision=decision, by=researcher, now=cast.NOW)
    with pytest.raises(UndecidablePair, match="undone before"):
        duplicates.undo(decision=decision, by=researcher, now=cast.NOW)


def test_a_person_keeps_another_and_the_latest_word_counts(bow: TargetClass, researcher: User) -> None:
    a, b, c = (measured(bow, scene(1), number) for number in (9, 5, 3))
    for both in (pair(a, b), pair(b, c)):
        are_duplicates(both, researcher)
    for kept in (b, c):
        duplicates.keep_instead(candidate=kept, by=researcher, now=cast.NOW)
        assert set(excluded(bow)) == {a.pk, b.pk, c.pk} - {kept.pk}
    (group,) = duplicates.components_of(bow.study)
    assert (group.survivor, group.is_chosen) == (c.pk, True)


@pytest.mark.parametrize("why", ["no group", "original", "another reason"])
def test_what_cannot_stay_cannot_be_chosen(bow: TargetClass, researcher: User, why: str, now: datetime) -> None:
    a, b = shown(bow, scene(1)), shown(bow, scene(1))
    if why == "original":
        are_duplicates(pair(a, shown(bow, scene(1), Origin.ORIGINAL)), researcher)
    elif why == "another reason":
        are_duplicates(pair(a, b), researcher)
        rows = Candidate.objects.filter(pk=a.pk)
        candidates.exclude(candidates=rows, reason=Exclusion.Reason.WRONG_CLASS, now=now)
    with pytest.raises(UndecidablePair):
        duplicates.keep_instead(candidate=a, by=researcher, now=now)


def test_what_follows_is_the_same_in_whatever_order_it_was_decided(bow: TargetClass, researcher: User) -> None:
    rows = [measured(bow, scene(1), number) for number in (3, 9, 9, 1)]
    pairs = [pair(rows[i], rows[i + 1]) for i in range(3)]
    outcomes = []
    for order in (pairs, pairs[::-1], [pairs[1], pairs[0], pairs[2]]):
        decisions = [are_duplicates(both, researcher) for both in order]
        outcomes.append(excluded(bow))
        for decision in decisions:
            duplicates.undo(decision=decision, by=researcher, now=cast.NOW)
        assert excluded(bow) == {}
    assert outcomes[0] == outcomes[1] == outcomes[2]
    assert rows[1].pk not in outcomes[0]
