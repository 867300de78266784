"""Building, freezing and downloading test sets by button."""

import io
import tarfile
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from annotation import storage, testsets
from annotation.models import Origin, Study, TestSet
from tests import cast, pictures

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


def test_a_draft_can_not_be_downloaded(researcher_client: Client, study: Study) -> None:
    post(researcher_client, study, "test-set-build", FORM)
    page = researcher_client.get(reverse("frontend:test-set-export", args=[study.slug, "easiest", 1]), follow=True)
    assert "is not frozen" in page.text


def test_a_frozen_set_whose_files_are_gone_is_not_downloaded_in_part(researcher_client: Client, study: Study) -> None:
    post(researcher_client, study, "test-set-build", FORM)
    post(researcher_client, study, "test-sets-freeze")
    page = researcher_client.get(reverse("frontend:test-set-export", args=[study.slug, "easiest", 1]), follow=True)
    assert "nothing was exported" in page.text


def test_a_frozen_set_is_downloaded_as_a_whole_tar(researcher_client: Client, researcher: User) -> None:
    test_set = frozen_with_files(researcher)
    response = researcher_client.get(reverse("frontend:test-set-export", args=[test_set.study.slug, "original", 1]))
    assert f'filename="{test_set.study.slug}-original-r1.tar"' in response.headers["Content-Disposition"]
    with tarfile.open(fileobj=io.BytesIO(b"".join(response))) as archive:
        names = archive.getnames()
    assert names[-1] == "manifest.json"
    assert "classes.txt" in names


def frozen_with_files(researcher: User) -> TestSet:
    study = cast.study("stored", [researcher])
    row = pictures.pictured(cast.target_class(study), Origin.ORIGINAL)
    row.image.sha256 = storage.put("images", cast.png(5))
    row.image.save()
    return testsets.freeze(test_set=testsets.import_original(study=study, now=cast.NOW), now=cast.NOW)


def test_shortages_and_substitutions_are_on_the_page(researcher_client: Client, study: Study) -> None:
    post(researcher_client, study, "test-set-build", FORM | {"images_per_class": 12})
    page = researcher_client.get(reverse("frontend:test-set-detail", args=[study.slug, "calibrated", 1]))
    assert "Shortages" in page.text
    assert "no candidates left" in page.text


def test_a_set_shows_one_class_when_asked(researcher_client: Client, study: Study) -> None:
    post(researcher_client, study, "test-set-build", FORM)
    address = reverse("frontend:test-set-detail", args=[study.slug, "original", 1])
    assert researcher_client.get(address, {"class": "0"}).text.count("<figure") == 6
    assert "There is no such class" in researcher_client.get(address, {"class": "' OR 1=1"}).text
