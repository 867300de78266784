"""That two are no duplicates can be said of images that other words join: it is listed, and the group counts."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from annotation import duplicates
from annotation.duplicates import Contradiction
from annotation.models import Candidate, DuplicateDecision, Exclusion, ReferenceImage, TargetClass
from tests import cast
from tests.annotation.duplicates.scenes import measured, pair, reference, scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def bow(researcher: User) -> TargetClass:
    return cast.target_class(cast.study("bows", [researcher]))


def say(first: Candidate, second: Candidate | ReferenceImage, is_duplicate: bool, by: User) -> DuplicateDecision:
    return duplicates.decide(pair=pair(first, second), is_duplicate=is_duplicate, by=by, now=cast.NOW)


def found(of: TargetClass) -> list[Contradiction]:
    return duplicates.contradictions(of.study, duplicates.components_of(of.study))


def test_what_others_join_is_listed_and_stays_joined(bow: TargetClass, researcher: User) -> None:
    a, b, c, d = (measured(bow, scene(1), 9 - seed) for seed in range(4))
    denied = say(a, c, False, researcher)
    say(b, d, False, researcher)
    say(a, b, True, researcher)
    assert found(bow) == []
    say(b, c, True, researcher)
    (only,) = found(bow)
    assert (only.decision, only.component.pool) == (denied, (a.pk, b.pk, c.pk))
    assert set(Exclusion.objects.values_list("candidate", flat=True)) == {b.pk, c.pk}


def test_undoing_either_word_ends_it(bow: TargetClass, researcher: User) -> None:
    a, b, c = (measured(bow, scene(1), 9 - seed) for seed in range(3))
    say(a, b, True, researcher)
    joining, denied = say(b, c, True, researcher), say(a, c, False, researcher)
    duplicates.undo(decision=joining, by=researcher, now=cast.NOW)
    assert found(bow) == []
    duplicates.decide(pair=joining.pair, is_duplicate=True, by=researcher, now=cast.NOW)
    assert len(found(bow)) == 1
    duplicates.undo(decision=denied, by=researcher, now=cast.NOW)
    assert found(bow) == []


def test_a_reference_that_one_is_not_and_another_is(bow: TargetClass, researcher: User) -> None:
    a, b = measured(bow, scene(1), 9), measured(bow, scene(1), 3)
    known = reference(bow.study, "a.jpg", scene(1))
    say(a, known, False, researcher)
    say(b, known, True, researcher)
    assert found(bow) == []
    say(a, b, True, researcher)
    assert [each.component.references for each in found(bow)] == [(known.pk,)]


def test_the_page_lists_them_with_their_group_and_is_silent_without(
    bow: TargetClass, researcher_client: Client, researcher: User
) -> None:
    a, b, c = (measured(bow, scene(1), 9 - seed) for seed in range(3))
    say(a, b, True, researcher)
    denied = say(a, c, False, researcher)
    assert "contradict" not in researcher_client.get("/studies/bows/duplicates/").text
    say(b, c, True, researcher)
    said = " ".join(researcher_client.get("/studies/bows/duplicates/").text.split())
    assert "1 decision contradicts a group" in said
    assert f'?pair={denied.pair_id}">{a.pk} and {c.pk}</a>: not a duplicate, said rosa' in said
    assert f"joined in the group of {a.pk}, {b.pk}, {c.pk}." in said
