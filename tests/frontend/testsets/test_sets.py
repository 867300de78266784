"""Building and freezing test sets by button."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from annotation.models import Origin, Study
from tests import cast

pytestmark = pytest.mark.django_db
FORM = {
    "images_per_class": 2,
    "min_judgements": 5,
    "min_originals": 5,
    "allow_borrowing": "on",
    "threshold": "7/10",
    "seed": 3,
}


@pytest.fixture
def study(researcher: User) -> Study:
    row = cast.study(researchers=[researcher])
    zero = cast.target_class(row)
    for number in range(6):
        cast.measured(zero, Origin.ORIGINAL, 5 + number)
        cast.measured(zero, Origin.POOL, 5 + number)
    return row


def post(client: Client, study: Study, name: str, data: dict[str, Any] | None = None, *args: Any) -> Any:
    return client.post(reverse(f"frontend:{name}", args=[study.slug, *args]), data or {}, follow=True)


def test_building_makes_all_five_sets(researcher_client: Client, study: Study) -> None:
    page = post(researcher_client, study, "test-set-build", FORM)
    assert sorted(study.test_sets.values_list("name", flat=True)) == [
        "calibrated",
        "easier",
        "easiest",
        "original",
        "recalibrated",
    ]
    assert "Freeze all 5 drafts" in page.text


def test_a_build_that_is_refused_changes_nothing_and_keeps_what_was_typed(
    researcher_client: Client, study: Study
) -> None:
    page = post(researcher_client, study, "test-set-build", FORM | {"min_judgements": 777})
    assert page.status_code == 400
    assert "collect more" in page.text
    assert 'value="777"' in page.text
    assert not study.test_sets.exists()


def test_numbers_out_of_range_are_refused(researcher_client: Client, study: Study) -> None:
    page = post(researcher_client, study, "test-set-build", FORM | {"images_per_class": 0, "seed": 2**70})
    assert page.status_code == 400
    assert page.text.count("field__error") == 2


def test_freezing_all_freezes_the_latest_revisions(researcher_client: Client, study: Study) -> None:
    post(researcher_client, study, "test-set-build", FORM)
    post(researcher_client, study, "test-set-build", FORM | {"seed": 4})
    post(researcher_client, study, "test-sets-freeze")
    frozen = study.test_sets.filter(frozen_at__isnull=False)
    assert sorted((row.name, row.revision) for row in frozen) == [
        ("calibrated", 2), ("easier", 2), ("easiest", 2), ("original", 1), ("recalibrated", 2)
    ]  # fmt: skip


def test_one_set_is_frozen_by_whom(researcher_client: Client, researcher: User, study: Study) -> None:
    post(researcher_client, study, "test-set-build", FORM)
    page = post(researcher_client, study, "test-set-freeze", {}, "easiest", 1)
    test_set = study.test_sets.get(frozen_at__isnull=False)
    assert test_set.frozen_by == researcher
    assert test_set.content_sha256 in page.text


def test_shortages_and_substitutions_are_on_the_page(researcher_client: Client, study: Study) -> None:
    post(researcher_client, study, "test-set-build", FORM | {"images_per_class": 12})
    page = researcher_client.get(reverse("frontend:test-set-detail", args=[study.slug, "calibrated", 1]))
    assert "Shortages" in page.text
    assert "no candidates left" in page.text


def test_a_set_shows_one_class_when_asked(researcher_client: Client, study: Study) -> None:
    post(researcher_client, study, "test-set-build", FORM)
    address = reverse("frontend:test-set-detail", args=[study.slug, "original", 1])
    assert researcher_client.get(address, {"class": "0"}).text.count("<figcaption") == 6
    assert "There is no such class" in researcher_client.get(address, {"class": "' OR 1=1"}).text
