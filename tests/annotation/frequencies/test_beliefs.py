from datetime import timedelta

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.test import Client

from annotation import frequencies, tasks
from annotation.counting import beliefs
from annotation.counting.beliefs import Interval
from annotation.models import FrequencyMixture, Origin, SelectionFrequency, Study
from annotation.stats.mixture_fit import choose_mixture
from tests import cast
from tests.cast import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(researcher: User) -> Study:
    """Twenty originals, most of them selected by most; thirty of the pool, most by few."""
    study = cast.study(researchers=[researcher])
    target_class = cast.target_class(study)
    for number in range(20):
        cast.measured(target_class, Origin.ORIGINAL, 10 - number % 4)
    for number in range(30):
        cast.measured(target_class, Origin.POOL, number % 5)
    frequencies.standard_filter(study)
    return study


def rows(study: Study) -> list[SelectionFrequency]:
    return list(SelectionFrequency.objects.filter(candidate__study=study).select_related("candidate").order_by("id"))


def test_the_interval_stands_beside_the_counts(study: Study) -> None:
    row = SelectionFrequency(num_selected=7, num_seen=10, candidate=study.candidates.all()[0], pk=1)
    (wilson,) = beliefs.of_rows([row])
    (jeffreys,) = beliefs.of_rows([row], interval=Interval.JEFFREYS)
    assert wilson.interval is not None and jeffreys.interval is not None  # noqa: PT018
    assert (round(wilson.interval.low, 2), round(wilson.interval.high, 2)) == (0.40, 0.89)
    assert (round(jeffreys.interval.low, 3), round(jeffreys.interval.high, 3)) == (0.394, 0.907)
    assert wilson.posterior is None


def test_an_image_nobody_saw_has_no_interval_but_what_is_known_of_its_like(study: Study) -> None:
    frequencies.fit_mixtures(study=study, now=NOW)
    unseen = cast.measured(study.target_classes.get(), Origin.POOL, 0, 0).selection_frequencies.get()
    (belief,) = beliefs.of_rows([unseen])
    assert belief.interval is None
    assert belief.posterior is not None
    fit = FrequencyMixture.objects.get(origin=Origin.POOL)
    assert belief.posterior.mean == pytest.approx(fit.mixture.mean)


def test_the_same_counts_mean_more_among_the_originals(study: Study) -> None:
    fits = frequencies.fit_mixtures(study=study, now=NOW)
    assert [fit.origin for fit in fits] == [Origin.ORIGINAL, Origin.POOL]
    target_class = study.target_classes.get()
    same = [cast.measured(target_class, origin, 5).selection_frequencies.get() for origin in Origin]
    original, pool = (belief.posterior for belief in beliefs.of_rows(same))
    assert original is not None
    assert pool is not None
    assert original.mean > 0.5 > pool.mean


def test_a_fit_can_be_repeated_from_seed_and_counts(study: Study) -> None:
    fit = frequencies.fit_mixtures(study=study, now=NOW)[0]
    k = np.sort([10 - number % 4 for number in range(20)])
    found = choose_mixture(k, 10, rng=np.random.default_rng([study.seed, 0]), max_components=1)
    assert fit.mixture.a.tolist() == found.mixture.a.tolist()
    assert (fit.num_images, fit.num_selected, fit.num_seen) == (20, int(k.sum()), 200)
    assert fit.held_out == list(found.held_out)


def test_a_fit_stands_until_the_counts_have_outgrown_it(study: Study) -> None:
    frequencies.fit_mixtures(study=study, now=NOW)
    target_class = study.target_classes.get()
    cast.measured(target_class, Origin.POOL, 1)
    assert frequencies.fit_mixtures(study=study, now=NOW) == []
    cast.measured(target_class, Origin.POOL, 9)
    later = NOW + timedelta(hours=1)
    assert [fit.origin for fit in frequencies.fit_mixtures(study=study, now=later)] == [Origin.POOL]
    assert FrequencyMixture.objects.count() == 2


def test_few_images_and_excluded_ones_are_not_fitted_to(study: Study) -> None:
    study.candidates.filter(origin=Origin.ORIGINAL)[0].delete()
    assert [fit.origin for fit in frequencies.fit_mixtures(study=study, now=NOW)] == [Origin.POOL]


def test_the_sweep_fits(study: Study) -> None:
    tasks.sweep_mixtures()
    fits = FrequencyMixture.objects.filter(judgement_filter__study=study)
    assert dict(fits.values_list("origin", "num_images")) == {Origin.ORIGINAL: 20, Origin.POOL: 30}


def test_a_program_reads_intervals_and_posteriors_of_a_filter(researcher_client: Client, study: Study) -> None:
    frequencies.fit_mixtures(study=study, now=NOW)
    told = researcher_client.get("/api/v1/frequencies/", {"interval": "jeffreys", "origin": "original"}).json()[
        "results"
    ]
    assert len(told) == 20
    assert (told[0]["num_selected"], told[0]["interval"]["high"]) == (10, 1.0)
    assert told[0]["posterior"]["low"] < told[0]["posterior"]["mean"] < 1
    assert researcher_client.get("/api/v1/frequencies/", {"judgement_filter": "other"}).json()["results"] == []
    assert researcher_client.get("/api/v1/frequencies/", {"interval": "exact"}).status_code == 400


def test_a_program_reads_the_filters_of_a_study(researcher_client: Client, study: Study) -> None:
    rules = frequencies.FilterRules(min_control_accuracy=0.7)
    frequencies.define_filter(study=study, slug="passed", name="Controls passed", rules=rules, now=NOW)
    told = researcher_client.get("/api/v1/judgement-filters/", {"study": study.slug}).json()["results"]
    assert [(each["slug"], each["is_standard"]) for each in told] == [("standard", True), ("passed", False)]
    assert told[1]["min_control_accuracy"] == 0.7


def test_pages_of_the_list_go_on_where_counts_changed(researcher_client: Client, study: Study) -> None:
    first = researcher_client.get("/api/v1/frequencies/", {"page_size": 25}).json()
    moved = SelectionFrequency.objects.get(candidate=first["results"][0]["candidate"])
    moved.delete()
    SelectionFrequency(  # counted anew: a row of its own
        judgement_filter=moved.judgement_filter, candidate=moved.candidate, num_selected=1, num_seen=11
    ).save()
    rest = researcher_client.get(first["next"]).json()
    told = [row["candidate"] for row in first["results"] + rest["results"]]
    assert len(told) == len(set(told)) == 50


def test_the_page_shows_intervals_and_posteriors(researcher_client: Client, study: Study) -> None:
    address = f"/studies/{study.slug}/frequencies/"
    assert "within five minutes" in researcher_client.get(address).text
    frequencies.fit_mixtures(study=study, now=NOW)
    page = researcher_client.get(address).text
    assert "72–100" in page
    assert "How the posterior is computed" in page
    assert "78–100" in researcher_client.get(address, {"interval": "jeffreys"}).text


def test_the_page_shows_another_filter(researcher_client: Client, study: Study) -> None:
    rules = frequencies.FilterRules(until=NOW)
    frequencies.define_filter(study=study, slug="early", name="Only the first days", rules=rules, now=NOW)
    address = f"/studies/{study.slug}/frequencies/"
    assert "50 measured candidates" in researcher_client.get(address).text
    page = researcher_client.get(address, {"filter": "early"}).text
    assert "No frequency yet" in page
    assert '<option value="early" selected>' in page
    assert "50 measured candidates" in researcher_client.get(address, {"filter": "unknown"}).text
