"""Taking out many at once, on pages that work without a script: which, how many, the word, and back."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from annotation.candidates import bulk
from annotation.candidates.criteria import Criteria
from annotation.models import BulkExclusion, Candidate, Exclusion
from tests import cast
from tests.annotation.candidates.pool_rows import Pool, pool
from tests.whole_study import whole_study

pytestmark = pytest.mark.django_db
QUERY = "?class=1&max_width=300&preview=1"
ASKED = Criteria.from_json({"target_classes": ["1"], "max_width": 300})


@pytest.fixture
def some(researcher: User) -> Pool:
    pool("another")
    return pool(researchers=[researcher])


def at(name: str, *args: Any) -> str:
    return reverse(f"frontend:{name}", args=["digits-twin", *args])


def confirm(client: Client, query: str = QUERY, **said: Any) -> Any:
    return client.post(at("bulk-exclusion-new") + query, {"reason": "unusable"} | said, follow=True)


def seen(some: Pool, criteria: Criteria = ASKED) -> dict[str, Any]:
    """What the page says that is confirmed."""
    found = bulk.preview(some.study, criteria)
    return {"num_included": found.num_included, "fingerprint": found.fingerprint}


def test_nothing_is_counted_before_it_is_asked_for(researcher_client: Client, some: Pool) -> None:
    page = researcher_client.get(at("bulk-exclusion-new"))
    assert "preview" not in page.context
    assert "would be excluded" not in page.text


def test_the_preview_says_how_many_of_which_classes_and_shows_some(researcher_client: Client, some: Pool) -> None:
    page = researcher_client.get(at("bulk-exclusion-new") + QUERY)
    found = bulk.preview(some.study, ASKED)
    assert f"{found.num_included} candidates would be excluded" in page.text
    assert f"Exclude {found.num_included} candidates</button>" in page.text
    assert page.text.count("<figcaption>") == found.num_included
    assert not BulkExclusion.objects.exists()


def test_what_was_shown_is_excluded_and_in_the_history(researcher_client: Client, some: Pool, researcher: User) -> None:
    number = bulk.preview(some.study, ASKED).num_included
    page = confirm(researcher_client, **seen(some))
    made = BulkExclusion.objects.get()
    assert (made.num_excluded, made.made_by, made.reason) == (number, researcher, "unusable")
    assert made.criteria == ASKED.to_json()
    assert f"{number} candidates excluded" in page.text
    assert all(said in page.text for said in ("class 1", "Width to, pixels", "rosa"))


def test_another_number_is_shown_anew_and_confirmed_then(researcher_client: Client, some: Pool) -> None:
    before = seen(some)
    number = before["num_included"]
    cast.candidate(some.study.target_classes.get(class_id="1"))
    page = confirm(researcher_client, **before)
    assert page.status_code == 400
    assert f"{number + 1} candidates would be excluded now, and you were shown {number}" in page.text
    for name, value in seen(some).items():
        assert f'name="{name}" value="{value}"' in page.text
    assert not BulkExclusion.objects.exists()
    confirm(researcher_client, **seen(some))
    assert BulkExclusion.objects.get().num_excluded == number + 1


@pytest.mark.parametrize("said", [{"reason": ""}, {"reason": "dislike"}, {"num_included": "many"}, {"fingerprint": ""}])
def test_a_word_that_is_not_understood_excludes_nothing(
    researcher_client: Client, some: Pool, said: dict[str, str]
) -> None:
    assert confirm(researcher_client, **seen(some) | said).status_code == 400
    assert not BulkExclusion.objects.exists()


def test_a_criterion_that_is_not_understood_excludes_nothing(researcher_client: Client, some: Pool) -> None:
    query = "?class=none&max_width=300&preview=1"
    assert "preview" not in researcher_client.get(at("bulk-exclusion-new") + query).context
    page = confirm(researcher_client, query, **seen(some, Criteria(max_width=300)))
    assert page.status_code == 400
    assert "nothing can be excluded by it" in page.text
    assert not BulkExclusion.objects.exists()


def test_everything_needs_the_words_for_it(researcher_client: Client, some: Pool) -> None:
    everything = seen(some, Criteria())
    page = researcher_client.get(at("bulk-exclusion-new") + "?preview=1")
    assert "every candidate of the study" in page.text
    assert confirm(researcher_client, "?preview=1", **everything).status_code == 400
    assert confirm(researcher_client, "?preview=1", words=bulk.EVERYTHING, **everything).status_code == 200
    assert not Candidate.objects.included().filter(study=some.study).exists()


def test_measured_and_frozen_ones_are_named(researcher_client: Client, researcher: User) -> None:
    whole = whole_study(researchers=[researcher])
    page = researcher_client.get(at("bulk-exclusion-new") + "?origin=pool&preview=1").text
    assert "2 of them are measured already" in page
    assert f"2 of them are in a frozen test set</strong> ({whole.test_set.citation})" in page
    assert "A frozen set does not change" in page


def test_it_is_undone_once_and_says_how_many(researcher_client: Client, some: Pool) -> None:
    before = Exclusion.objects.count()
    number = seen(some)["num_included"]
    confirm(researcher_client, **seen(some))
    made = BulkExclusion.objects.get()
    researcher_client.post(
        at("candidate-exclude", made.exclusions.order_by("candidate_id")[0].candidate_id), {"reason": "drawing"}
    )
    page = researcher_client.post(at("bulk-exclusion-undo", made.pk), follow=True)
    assert f"{number - 1} candidates take part again. For the other 1, somebody had the last word since" in page.text
    assert "Undone by rosa" in page.text
    assert Exclusion.objects.count() == before + 1
    page = researcher_client.post(at("bulk-exclusion-undo", made.pk), follow=True)
    assert "This was undone by rosa before" in page.text


def test_of_another_study_nothing_is_undone(researcher_client: Client, some: Pool) -> None:
    other = BulkExclusion.objects.create(
        study=Candidate.objects.exclude(study=some.study)[0].study, reason="other", criteria={}, num_excluded=0,
        made_at=cast.NOW,
    )  # fmt: skip
    assert researcher_client.post(at("bulk-exclusion-undo", other.pk)).status_code == 404
