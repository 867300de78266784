"""What a source says of an image is kept with the candidate, within bounds and printable."""

from datetime import UTC, datetime

import pytest

from annotation import candidates
from annotation.models import Candidate, Collection, Origin, Study
from annotation.sources.base import CandidateRecord
from tests import cast

pytestmark = pytest.mark.django_db
NOON = datetime(2014, 5, 31, 12, tzinfo=UTC)
SAID = {
    "licence": "CC BY 2.0",
    "taken_at": NOON,
    "uploaded_at": datetime(2014, 6, 1, tzinfo=UTC),
    "owner": "Rosa",
    "page_url": "https://example.org/photos/1",
    "query": "long bow",
}


@pytest.fixture
def study() -> Study:
    study = cast.study()
    cast.target_class(study, "n01", "bow")
    return study


def ingest(study: Study, collection: Collection | None = None, **said: object) -> Candidate:
    record = CandidateRecord("a.png", "n01", cast.png, **said)  # type: ignore[arg-type]
    candidates.ingest(study=study, origin=Origin.POOL, records=[record], now=cast.NOW, collection=collection)
    return Candidate.objects.get()


def kept(candidate: Candidate) -> dict[str, object]:
    return {name: getattr(candidate, name) for name in SAID}


def test_all_that_is_said_is_kept_with_the_collection(study: Study) -> None:
    collection = Collection.objects.create(study=study, origin="pool", kind="flickr", requested_at=cast.NOW)
    candidate = ingest(study, collection, **SAID)
    assert kept(candidate) == SAID
    assert candidate.collection == collection


def test_what_was_not_known_is_added_later_and_what_was_known_stays(study: Study) -> None:
    ingest(study, owner="Ann")
    assert kept(ingest(study, **SAID)) == SAID | {"owner": "Ann"}
    assert kept(ingest(study, **SAID | {"licence": "MIT", "uploaded_at": NOON})) == SAID | {"owner": "Ann"}


def test_what_came_before_collections_were_kept_is_not_said_to_have_come_with_one(study: Study) -> None:
    ingest(study)
    collection = Collection.objects.create(study=study, origin="pool", kind="folder", requested_at=cast.NOW)
    assert ingest(study, collection).collection is None


def test_a_picture_that_a_candidate_lacked_brings_what_is_said_of_it(study: Study) -> None:
    places = [(study.target_classes.get().pk, Origin.POOL.value, "a.png")]
    candidates.add_without_picture(study=study, places=places, now=cast.NOW)
    collection = Collection.objects.create(study=study, origin="pool", kind="folder", requested_at=cast.NOW)
    candidate = ingest(study, collection, **SAID)
    assert kept(candidate) == SAID
    assert candidate.collection == collection


def test_what_was_known_of_a_candidate_stays_when_its_picture_comes(study: Study) -> None:
    places = [(study.target_classes.get().pk, Origin.POOL.value, "a.png")]
    candidates.add_without_picture(study=study, places=places, now=cast.NOW)
    Candidate.objects.update(owner="Ann")
    assert kept(ingest(study, **SAID)) == SAID | {"owner": "Ann"}


def test_a_copy_for_another_study_keeps_all_of_it(study: Study) -> None:
    ingest(study, **SAID)
    other = cast.study("another")
    classes = {study.target_classes.get().pk: cast.target_class(other, "n01", "bow").pk}
    candidates.copy(study=study, into=other, classes=classes, now=cast.NOW)
    assert kept(Candidate.objects.get(study=other)) == SAID


@pytest.mark.parametrize("field", ["licence", "owner", "query"])
def test_words_are_kept_printable_and_within_bounds(study: Study, field: str) -> None:
    assert getattr(ingest(study, **{field: " a\x00b\x1b[31m\u202e "}), field) == r"a\x00b\x1b[31m\u202e"
    Candidate.objects.all().delete()
    assert getattr(ingest(study, **{field: "弓" * 500}), field) == "弓" * 199 + "…"


@pytest.mark.parametrize(
    "page_url",
    ["javascript:alert(1)", "data:text/html,x", "//example.org", "https://example.org/" + "x" * 2000, "http://[",
     "https://ann:secret@example.org/1"],
)  # fmt: skip
def test_a_page_that_nobody_should_be_led_to_is_not_kept(study: Study, page_url: str) -> None:
    assert ingest(study, page_url=page_url).page_url == ""
