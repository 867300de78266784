"""The revisions of a set and what changed, by page."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from annotation import candidates, testsets
from annotation.models import Candidate, Exclusion, Origin, Strategy, Study, TestSet
from evaluation.models import Score
from tests import cast
from tests.cast import NOW
from tests.whole_study import whole_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(researcher: User) -> Study:
    row = cast.study(researchers=[researcher])
    zero = cast.target_class(row)
    for count in (10, 9, 8, 7):
        cast.measured(zero, Origin.POOL, count)
    return row


@pytest.fixture
def revisions(study: Study) -> list[TestSet]:
    """Two, between which the best candidate was excluded."""
    first = build(study)
    best = Candidate.objects.order_by("id")[:1]
    candidates.exclude(
        candidates=Candidate.objects.filter(pk__in=list(best.values_list("pk", flat=True))),
        reason=Exclusion.Reason.WRONG_CLASS,
        now=NOW,
    )
    return [first, build(study)]


def build(study: Study, seed: int = 0) -> TestSet:
    parameters = testsets.TopImages(images_per_class=3)
    return testsets.build(study=study, strategy=Strategy.TOP_IMAGES, parameters=parameters, seed=seed, now=NOW)


def test_the_history_says_what_each_revision_changed(
    researcher_client: Client, study: Study, revisions: list[TestSet]
) -> None:
    text = researcher_client.get(reverse("frontend:test-set-history", args=[study.slug, "easiest"])).text
    assert text.count('<td class="number">1</td><td class="number">1</td><td class="number">0</td>') == 1
    assert reverse("frontend:test-set-diff", args=[study.slug, "easiest", 1, 2]) in text


def test_a_revision_is_compared_with_the_frozen_one_before_it(
    researcher_client: Client, study: Study, revisions: list[TestSet]
) -> None:
    testsets.freeze(test_set=build(study, seed=1), now=NOW)
    for seed in (2, 3):
        build(study, seed=seed)
    text = researcher_client.get(reverse("frontend:test-set-history", args=[study.slug, "easiest"])).text
    assert f'{reverse("frontend:test-set-diff", args=[study.slug, "easiest", 3, 5])}">from r3, frozen' in text
    assert text.count("from r3, frozen") == 1  # the fourth has it as its parent


def test_the_diff_shows_what_came_and_what_left(
    researcher_client: Client, study: Study, revisions: list[TestSet]
) -> None:
    text = researcher_client.get(reverse("frontend:test-set-diff", args=[study.slug, "easiest", 1, 2])).text
    first, *_, last = Candidate.objects.order_by("id")
    for candidate in (first, last):
        assert reverse("frontend:candidate-image", args=[study.slug, candidate.pk]) in text
    assert text.count("<img") == 2
    assert "shown once both revisions are frozen" in text


def test_a_revision_that_is_not_there_is_not_found(researcher_client: Client, study: Study) -> None:
    for name, args in (("test-set-history", ["easiest"]), ("test-set-diff", ["easiest", 1, 2])):
        assert researcher_client.get(reverse(f"frontend:{name}", args=[study.slug, *args])).status_code == 404


def test_accuracies_are_shown_of_frozen_revisions_only(researcher_client: Client, researcher: User) -> None:
    whole = whole_study(researchers=[researcher])
    name = whole.test_set.name
    assert Score.objects.filter(run__test_set=whole.test_set).exists()
    address = reverse("frontend:test-set-diff", args=[whole.study.slug, name, 1, 1])
    assert "nearest" in researcher_client.get(address).text
    draft = reverse("frontend:test-set-diff", args=[whole.study.slug, whole.draft.name, 1, 1])
    assert "nearest" not in researcher_client.get(draft).text
