"""Near-duplicates in the flow of a study: how many wait, and what state the search is in."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from annotation import duplicates
from annotation.models import DuplicateSearch, Study, TargetClass
from frontend import flow, overview
from tests import cast
from tests.annotation.duplicates.scenes import again, pair, reference, scene, shown

pytestmark = pytest.mark.django_db


@pytest.fixture
def bow(researcher: User) -> TargetClass:
    return cast.target_class(cast.study("bows", [researcher]))


def stage(study: Study) -> flow.Stage:
    counts = overview.counts_of(Study.objects.all(), now=timezone.now())[study.pk]
    return next(each for each in flow.stages(study, counts) if each.name == "Duplicates")


def figures(study: Study) -> list[int]:
    return [figure.number for figure in stage(study).figures]


def test_the_stage_says_what_state_the_search_is_in(bow: TargetClass) -> None:
    shown(bow, scene(1))
    assert (stage(bow.study).state, stage(bow.study).note) == ("waiting", "Not searched yet")
    duplicates.request(study=bow.study, max_distance=8, now=cast.NOW)
    assert (stage(bow.study).state, stage(bow.study).note) == ("active", "A search is under way")
    duplicates.search(study=bow.study, now=cast.NOW)
    assert (stage(bow.study).state, stage(bow.study).note) == ("done", "")
    DuplicateSearch.objects.update(problem="Too many.")
    assert (stage(bow.study).state, stage(bow.study).note) == ("attention", "The last search broke off")


def test_it_counts_pairs_to_look_at_and_groups(bow: TargetClass, researcher: User) -> None:
    a, b, c, d = (shown(bow, scene(seed)) for seed in range(4))
    pairs = [pair(a, b), pair(b, c), pair(d, reference(bow.study, "a.jpg", scene(3))), pair(a, d)]
    other = cast.target_class(cast.study("cranes"))
    duplicates.decide(
        pair=pair(shown(other, scene(1)), shown(other, scene(1))), is_duplicate=True, by=researcher, now=cast.NOW
    )
    assert (figures(bow.study), stage(bow.study).state) == ([4, 4, 0], "attention")
    for both in pairs[:3]:
        duplicates.decide(pair=both, is_duplicate=True, by=researcher, now=cast.NOW)
    assert figures(bow.study) == [4, 1, 2]
    duplicates.decide(pair=pairs[3], is_duplicate=False, by=researcher, now=cast.NOW)
    assert (figures(bow.study), figures(other.study)) == ([4, 0, 2], [1, 0, 1])


def test_the_page_leads_to_the_pairs(bow: TargetClass, researcher_client: Client) -> None:
    for seed in range(2):
        shown(bow, again(scene(1), seed))
    duplicates.search(study=bow.study, now=cast.NOW)
    found = re.sub(r"\s+", " ", researcher_client.get("/studies/bows/").text)
    assert '<a href="/studies/bows/duplicates/">Duplicates</a></h3>' in found
    assert "to look at" in found
