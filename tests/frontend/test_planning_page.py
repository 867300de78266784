"""The planning page: from a pilot's counts to precision, power and price."""

import re

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from annotation import candidates, frequencies
from annotation.models import (
    IMPORTED,
    Candidate,
    Exclusion,
    FrequencyMixture,
    Origin,
    SelectionFrequency,
    Strategy,
    Study,
    TestSet,
)
from evaluation.models import Run
from frontend.planning import NUM_WORKERS, Pilot, Question
from tests import cast
from tests.evaluation import reported

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(researcher: User) -> Study:
    """With a pilot of ten judgements each: good originals, and a pool of all kinds."""
    study = cast.study(researchers=[researcher])
    target_class = cast.target_class(study)
    rng = np.random.default_rng(0)
    for origin, (a, b) in ((Origin.ORIGINAL, (6, 2)), (Origin.POOL, (1, 1))):
        for share in rng.beta(a, b, 60):
            cast.measured(target_class, origin, int(rng.binomial(10, share)))
    frequencies.fit_mixtures(study=study, now=cast.NOW)
    return study


def page(client: Client, study: Study, query: str = "") -> str:
    return client.get(reverse("frontend:plan", args=[study.slug]) + query).text


def test_without_a_pilot_the_page_says_what_to_do(researcher_client: Client, study: Study) -> None:
    SelectionFrequency.objects.filter(candidate__origin=Origin.POOL).delete()
    text = page(researcher_client, study)
    assert f"Still missing: {frequencies.MIN_IMAGES} pool" in text
    assert reverse("frontend:grid-list", args=[study.slug]) in text


def test_before_the_fit_the_page_asks_for_patience(researcher_client: Client, study: Study) -> None:
    FrequencyMixture.objects.all().delete()
    assert "reload this page then" in page(researcher_client, study)
    assert researcher_client.get(reverse("frontend:plan-precision", args=[study.slug])).status_code == 404


def test_excluded_images_are_no_part_of_the_pilot(researcher_client: Client, study: Study) -> None:
    pool = Candidate.objects.filter(study=study, origin=Origin.POOL)
    candidates.exclude(candidates=pool, reason=Exclusion.Reason.UNUSABLE, now=cast.NOW)
    assert f"Still missing: {frequencies.MIN_IMAGES} pool" in page(researcher_client, study)


def test_more_workers_and_more_images_buy_more(study: Study) -> None:
    pilot = Pilot.of(frequencies.standard_filter(study))
    rows = pilot.precision()
    assert [row.num_workers for row in rows] == list(NUM_WORKERS)
    for better, worse in zip(rows[1:], rows, strict=False):
        assert better.original_width < worse.original_width
        assert better.pool_width < worse.pool_width
        assert worse.gap < better.gap < 0  # the pool is worse, so what is matched falls back
    sizes = pilot.sizes(Question(-0.02, 0.75, num_original=60, num_classes=10, num_measured=42, pay_minor_units=30))
    assert sorted(row.power for row in sizes) == [row.power for row in sizes]
    for row in sizes:
        assert row.num_candidates >= row.num_images * pilot.candidates_per_image
        assert [pay for _, pay in row.costs] == [30 * assignments for assignments, _ in row.costs]
        assert [assignments / number for (assignments, _), number in zip(row.costs, NUM_WORKERS, strict=True)] == [
            10 * -(-row.num_candidates // 10 // 42)
        ] * len(NUM_WORKERS)


def test_the_page_shows_what_was_asked(researcher_client: Client, study: Study) -> None:
    text = page(researcher_client, study, "?change=5&accuracy=80")
    assert "a loss of 5.0 points, from 80.0" in text
    rows = re.findall(r'<th scope="row" class="number">(\d+)</th>', text)
    assert rows[: len(NUM_WORKERS)] == [str(number) for number in NUM_WORKERS]


@pytest.mark.parametrize("query", ["?change=90", "?change=x", "?accuracy=0", "?change=40&accuracy=30"])
def test_a_question_without_sense_is_told_and_has_no_chart(researcher_client: Client, study: Study, query: str) -> None:
    text = page(researcher_client, study, query)
    assert 'role="alert"' in text
    assert "What it takes" not in text
    assert researcher_client.get(reverse("frontend:plan-power", args=[study.slug]) + query).status_code == 404


@pytest.mark.parametrize("name", ["plan-precision", "plan-power"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_charts_are_drawn(researcher_client: Client, study: Study, name: str, theme: str) -> None:
    answer = researcher_client.get(reverse(f"frontend:{name}", args=[study.slug]), {"theme": theme})
    assert answer["Content-Type"] == "image/svg+xml"
    assert b"<svg" in answer.content
    assert researcher_client.get(reverse(f"frontend:{name}", args=[study.slug]), {"theme": "x"}).status_code == 404


def test_the_accuracy_of_the_classifiers_is_where_it_starts(researcher_client: Client, study: Study) -> None:
    assert 'value="75.0"' in page(researcher_client, study)
    original = TestSet.objects.create(
        study=study, strategy=Strategy.ORIGINAL, name="original", revision=1, seed=0, built_at=cast.NOW
    )
    reported.score(reported.classifier(study, "nearest"), original, 62)
    assert 'value="62.0"' in page(researcher_client, study)
    Run.objects.update(state=Run.State.WITHDRAWN)
    assert 'value="62.0"' not in page(researcher_client, study)


def test_pay_is_that_of_the_newest_batch_of_ones_own(researcher_client: Client, study: Study) -> None:
    paid = {"pay_minor_units": 30, "currency": "EUR"}
    cast.batch(study, [], **paid)
    cast.batch(study, [], platform=IMPORTED, imported_from="elsewhere.csv", expired_at=cast.NOW)
    assert "Paid as in the newest batch" in page(researcher_client, study)


def test_originals_without_a_picture_are_none_to_score(researcher_client: Client, study: Study) -> None:
    study.candidates.filter(origin=Origin.ORIGINAL).update(image=None)
    assert "and 1 originals" in page(researcher_client, study)
