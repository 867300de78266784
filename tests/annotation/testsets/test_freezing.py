import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction

from annotation import __version__, duplicates, storage, testsets
from annotation.errors import CannotBuild
from annotation.models import (
    DuplicatePair,
    DuplicateSearch,
    Exclusion,
    Origin,
    ReferenceImage,
    Strategy,
    Study,
    TestSet,
    TestSetImage,
)
from annotation.testsets import manifests
from tests import cast
from tests.cast import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    row = cast.study()
    target_class = cast.target_class(row)
    for count in (3, 9, 9, 10):
        cast.measured(target_class, Origin.ORIGINAL, count)
        cast.measured(target_class, Origin.POOL, count)
    for count in (4, 5):
        cast.measured(target_class, Origin.ORIGINAL, count)
    cast.measured(target_class, Origin.POOL, 10)
    return row


@pytest.fixture
def test_set(study: Study) -> TestSet:
    """A calibrated set with a substitution and a shortage."""
    parameters = testsets.MatchedFrequency(images_per_class=6)
    return testsets.build(study=study, strategy=Strategy.MATCHED_FREQUENCY, parameters=parameters, seed=1, now=NOW)


@pytest.fixture
def frozen(test_set: TestSet) -> TestSet:
    return testsets.freeze(test_set=test_set, now=NOW)


def execute(sql: str, *parameters: Any) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.rowcount


def test_freezing_records_who_when_and_the_hash_of_the_manifest(test_set: TestSet, researcher: User) -> None:
    frozen = testsets.freeze(test_set=test_set, now=NOW, by=researcher)
    row = TestSet.objects.get(pk=test_set.pk)
    assert (row.frozen_at, row.frozen_by, row.content_sha256) == (NOW, researcher, frozen.content_sha256)
    content = storage.get("manifests", row.content_sha256)
    assert hashlib.sha256(content).hexdigest() == row.content_sha256
    assert json.loads(content) == testsets.manifest_of(row)


def test_freezing_twice_changes_nothing(frozen: TestSet, researcher: User) -> None:
    again = testsets.freeze(test_set=frozen, now=NOW + timedelta(days=1), by=researcher)
    assert (again.frozen_at, again.frozen_by, again.content_sha256) == (NOW, None, frozen.content_sha256)


def test_an_empty_set_is_not_frozen(study: Study) -> None:
    parameters = testsets.MatchedFrequency(min_originals=50)
    empty = testsets.build(study=study, strategy=Strategy.MATCHED_FREQUENCY, parameters=parameters, seed=1, now=NOW)
    with pytest.raises(CannotBuild, match="no images"):
        testsets.freeze(test_set=empty, now=NOW)


def test_a_set_whose_images_were_excluded_meanwhile_is_not_frozen(test_set: TestSet) -> None:
    candidate = test_set.images.all()[0].candidate
    Exclusion.objects.create(candidate=candidate, reason=Exclusion.Reason.UNUSABLE, excluded_at=NOW)
    with pytest.raises(CannotBuild, match="1 images of digits-twin/calibrated@r1 have been excluded"):
        testsets.freeze(test_set=test_set, now=NOW)


def test_the_manifest_says_everything_and_nothing_of_this_machine(test_set: TestSet) -> None:
    manifest = testsets.manifest_of(test_set)
    image = test_set.images.all()[0]
    assert manifest["citation"] == "digits-twin/calibrated@r1"
    assert (manifest["seed"], manifest["code_version"], manifest["parent"]) == (1, __version__, None)
    assert manifest["parameters"] == {
        "allow_borrowing": True,
        "images_per_class": 6,
        "min_judgements": 5,
        "min_originals": 5,
    }
    assert manifest["classes"] == [{"class_id": "0", "name": "zero", "number": 0, "num_images": 5}]
    assert manifest["images"][0] == {
        "number": 0,
        "class_id": "0",
        "sha256": image.candidate.image.sha256,
        "format": "PNG",
        "num_selected": 3,
        "num_seen": 10,
        "source": image.candidate.source,
        "origin": "pool",
        "licence": "",
    }


def test_the_manifest_names_shortages_and_substitutions_by_content(test_set: TestSet) -> None:
    manifest = testsets.manifest_of(test_set)
    [shortage], [substitution] = manifest["shortages"], manifest["substitutions"]
    assert (shortage["class_id"], shortage["num_missing"]) == ("0", 1)
    assert set(substitution) == {"class_id", "wanted_bin", "used_bin", "sha256"}
    assert substitution["sha256"] in {image["sha256"] for image in manifest["images"]}


def test_the_same_study_gives_the_same_bytes_on_another_day_and_machine(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever cites a set relies on these bytes: if this hash must change, write a decision record."""
    monkeypatch.setattr(manifests, "__version__", "0.1.0")
    parameters = testsets.Threshold(images_per_class=2)
    built = testsets.build(
        study=study, strategy=Strategy.THRESHOLD, parameters=parameters, seed=0, now=NOW + timedelta(days=400)
    )
    frozen = testsets.freeze(test_set=built, now=NOW + timedelta(days=800))
    assert frozen.content_sha256 == "ff22b4993cc46fd8e705c3fd5958c6d90a48655e84160de229eba9ae7879981c"


def test_a_frozen_manifest_outlives_changes_around_it(frozen: TestSet) -> None:
    before = testsets.manifest_of(frozen)
    frozen.study.target_classes.update(name="another name")
    assert testsets.manifest_of(frozen) == before


def test_a_frozen_set_refuses_every_change_even_in_sql(frozen: TestSet) -> None:
    for statement in (
        "UPDATE annotation_testset SET seed = 7 WHERE id = %s",
        "UPDATE annotation_testset SET frozen_at = NULL, content_sha256 = '' WHERE id = %s",
        "DELETE FROM annotation_testset WHERE id = %s",
        "UPDATE annotation_testsetimage SET num_seen = 99 WHERE test_set_id = %s",
        "DELETE FROM annotation_testsetimage WHERE test_set_id = %s",
        "INSERT INTO annotation_testsetimage"
        " (test_set_id, number, candidate_id, target_class_id, num_selected, num_seen)"
        " SELECT test_set_id, 1000 + number, candidate_id + 1000, target_class_id, 0, 1"
        " FROM annotation_testsetimage WHERE test_set_id = %s",
    ):
        with pytest.raises(IntegrityError, match="is frozen and never changes"):
            execute(statement, frozen.pk)


@pytest.mark.parametrize("table", ["annotation_testset", "annotation_testsetimage", "annotation_study"])
def test_a_frozen_set_survives_truncate(frozen: TestSet, table: str) -> None:
    execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks still to come cannot be truncated at all
    with pytest.raises(IntegrityError, match="a frozen test set never changes"):
        execute(f"TRUNCATE {table} CASCADE")


def test_an_image_cannot_move_between_an_open_and_a_frozen_set(test_set: TestSet, study: Study) -> None:
    open_set = testsets.import_original(study=study, now=NOW)
    testsets.freeze(test_set=test_set, now=NOW)
    for source, target in ((open_set, test_set), (test_set, open_set)):
        with pytest.raises(IntegrityError, match="is frozen and never changes"):
            execute(
                "UPDATE annotation_testsetimage SET test_set_id = %s, number = 1000 + number WHERE test_set_id = %s",
                target.pk,
                source.pk,
            )


def test_a_study_with_a_frozen_set_cannot_be_deleted(frozen: TestSet) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        frozen.study.delete()
    assert TestSet.objects.filter(pk=frozen.pk).exists()


def test_an_open_set_can_change_and_go(test_set: TestSet) -> None:
    assert execute("UPDATE annotation_testset SET seed = 7 WHERE id = %s", test_set.pk) == 1
    assert execute("UPDATE annotation_testsetimage SET num_seen = 99 WHERE test_set_id = %s", test_set.pk) == 5
    test_set.delete()
    assert not TestSetImage.objects.exists()


def test_a_citation_finds_its_revision(frozen: TestSet) -> None:
    assert TestSet.objects.cited("digits-twin/calibrated@r1").get() == frozen
    for wrong in ("digits-twin/calibrated@r2", "digits-twin/calibrated", "other/calibrated@r1", "x/y@r9999999999"):
        assert not TestSet.objects.cited(wrong).exists()


def test_the_current_sets_are_the_latest_revisions(test_set: TestSet, study: Study) -> None:
    parameters = testsets.MatchedFrequency(images_per_class=6)
    newer = testsets.build(study=study, strategy=Strategy.MATCHED_FREQUENCY, parameters=parameters, seed=2, now=NOW)
    original = testsets.import_original(study=study, now=NOW)
    assert list(TestSet.objects.current()) == [newer, original]


def test_the_manifest_says_how_many_pairs_nobody_has_looked_at(study: Study, test_set: TestSet) -> None:
    assert testsets.manifest_of(test_set)["near_duplicates"] is None  # nobody has searched
    DuplicateSearch.objects.create(study=study, searched_at=NOW)
    first, second = test_set.images.order_by("number")[:2]
    outside = cast.measured(study.target_classes.get(), Origin.POOL, 5)
    for one, other in ((first.candidate, second.candidate), (first.candidate, outside)):
        pair = DuplicatePair.objects.create(study=study, first=one, second=other, hamming=3, found_at=NOW)
    assert testsets.manifest_of(test_set)["near_duplicates"] == {"num_pairs_not_looked_at": 1}
    reference = ReferenceImage.objects.create(study=study, name="train/1.png", hash=0)
    pair = DuplicatePair.objects.create(
        study=study, first=first.candidate, reference=reference, hamming=3, found_at=NOW
    )
    assert testsets.manifest_of(test_set)["near_duplicates"] == {"num_pairs_not_looked_at": 2}
    duplicates.decide(pair=pair, is_duplicate=False, by=User.objects.create_user("ann"), now=NOW)
    assert testsets.manifest_of(test_set)["near_duplicates"] == {"num_pairs_not_looked_at": 1}
