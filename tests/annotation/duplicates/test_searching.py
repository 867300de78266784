"""What looks alike is found, as it is, mirrored or cropped, and kept as pairs; nothing is decided by it."""

from datetime import datetime, timedelta

import numpy as np
import pytest
from django.contrib.auth.models import User
from PIL import Image as PillowImage

from annotation import candidates, duplicates
from annotation.duplicates import comparing
from annotation.errors import CannotSearch, UndecidablePair
from annotation.models import (
    DuplicatePair,
    DuplicateSearch,
    Exclusion,
    ImageSignature,
    Origin,
    ReferenceImage,
    TargetClass,
)
from annotation.sources.base import CandidateRecord
from tests import cast
from tests.annotation.duplicates.scenes import Grey, again, hash_of, reference, scene, shown

pytestmark = pytest.mark.django_db


@pytest.fixture
def bow() -> TargetClass:
    return cast.target_class(cast.study())


def search(of: TargetClass, now: datetime = cast.NOW) -> list[DuplicatePair]:
    duplicates.search(study=of.study, now=now)
    return list(of.study.duplicate_pairs.order_by("id"))


def part_of(grey: Grey, box: tuple[float, float, float, float]) -> Grey:
    image = PillowImage.fromarray(grey).resize((640, 640), PillowImage.Resampling.BICUBIC)
    return np.asarray(image.resize((32, 32), PillowImage.Resampling.BOX, box=tuple(640 * edge for edge in box)))


def test_the_same_scene_twice_is_a_pair(bow: TargetClass) -> None:
    first, other = shown(bow, scene(1)), shown(bow, scene(2))
    second = shown(bow, again(scene(1)))
    (pair,) = search(bow)
    assert (pair.first, pair.second, pair.reference, pair.copy) == (first, second, None, "")
    assert pair.hamming <= 4
    assert pair.pixel_distance == pytest.approx(2 / 255, abs=0.002)
    assert 0 < pair.structural_distance < 0.05
    assert other not in (pair.first, pair.second)


def test_it_is_found_across_classes(bow: TargetClass) -> None:
    shown(bow, scene(1))
    shown(cast.target_class(bow.study, "1", "crane"), again(scene(1)))
    assert len(search(bow)) == 1


def test_a_mirrored_copy_is_found_and_measured_as_such(bow: TargetClass) -> None:
    shown(bow, scene(1))
    shown(bow, again(scene(1)[:, ::-1]))
    (pair,) = search(bow)
    assert pair.copy == "mirrored"
    assert pair.pixel_distance < 0.02
    assert pair.structural_distance < 0.05


@pytest.mark.parametrize("is_first", [True, False], ids=["the part", "the whole"])
@pytest.mark.parametrize(
    ("name", "box"),
    [("top left", (0, 0, 0.93, 0.93)), ("bottom right", (0.07, 0.07, 1, 1)), ("middle", (0.035, 0.035, 0.965, 0.965))],
)
def test_a_part_is_found_whichever_is_the_copy(
    bow: TargetClass, name: str, box: tuple[float, float, float, float], is_first: bool
) -> None:
    greys = [part_of(scene(4), box), part_of(scene(4), (0, 0, 1, 1))]
    for grey in greys if is_first else reversed(greys):
        shown(bow, grey)
    (pair,) = search(bow)
    assert pair.pixel_distance < 0.1
    if pair.hamming:  # what differs by a part only
        assert pair.copy in ("", f"cropped to {name}")


def test_the_pool_is_compared_with_originals_and_references_which_are_not_compared_among_themselves(
    bow: TargetClass,
) -> None:
    original, twin = (shown(bow, again(scene(1), seed), Origin.ORIGINAL) for seed in (1, 2))
    known, known_again = (reference(bow.study, f"train/{seed}.jpg", again(scene(1), seed)) for seed in (3, 4))
    pool = shown(bow, scene(1))
    pairs = {(pair.first, pair.second, pair.reference) for pair in search(bow)}
    assert pairs == {(pool, original, None), (pool, twin, None), (pool, None, known), (pool, None, known_again)}


def test_a_reference_of_which_only_the_hash_is_known_is_found_too(bow: TargetClass) -> None:
    shown(bow, scene(1)[:, ::-1])
    ReferenceImage.objects.create(study=bow.study, name="a", hash=np.uint64(hash_of(scene(1))).astype(np.int64))
    (pair,) = search(bow)
    assert (pair.copy, pair.pixel_distance, pair.structural_distance) == ("mirrored", None, None)


def test_searching_again_changes_nothing(bow: TargetClass) -> None:
    for seed in range(3):
        shown(bow, again(scene(1), seed))
    before = search(bow)
    assert search(bow, cast.NOW + timedelta(days=1)) == before
    assert [pair.found_at for pair in search(bow)] == [cast.NOW] * 3


def test_new_candidates_add_pairs(bow: TargetClass) -> None:
    shown(bow, scene(1))
    assert search(bow) == []
    shown(bow, again(scene(1)))
    assert len(search(bow)) == 1


def test_what_is_found_otherwise_now_is_measured_anew_and_keeps_the_rest(bow: TargetClass) -> None:
    shown(bow, scene(1))
    second = shown(bow, again(scene(1)))
    (before,) = search(bow)
    DuplicatePair.objects.update(embedding_distance=0.5, embedded_by="r50")
    mirrored = again(scene(1)[:, ::-1])
    ImageSignature.objects.filter(image=second.image).update(
        grey=mirrored.tobytes(), hash=np.uint64(hash_of(mirrored)).astype(np.int64)
    )
    (after,) = search(bow, cast.NOW + timedelta(days=1))
    assert (after.pk, after.copy, after.found_at) == (before.pk, "mirrored", cast.NOW)
    assert after.pixel_distance != before.pixel_distance
    assert (after.embedding_distance, after.embedded_by) == (0.5, "r50")


def test_a_smaller_distance_forgets_what_nobody_has_decided(bow: TargetClass, researcher: User) -> None:
    for seed in range(3):
        shown(bow, again(scene(1), seed))
    first, *_others = search(bow)
    duplicates.decide(pair=first, is_duplicate=False, by=researcher, now=cast.NOW)
    DuplicatePair.objects.exclude(pk=first.pk).update(hamming=9)
    ImageSignature.objects.update(hash=0)
    ImageSignature.objects.filter(image=first.first.image).update(hash=-1)
    kept = search(bow)
    assert [pair for pair in kept if pair == first] == [first]
    assert len(kept) == 2  # and the two whose hashes agree


def test_a_pair_that_a_search_has_forgotten_meanwhile_is_told(bow: TargetClass, researcher: User) -> None:
    shown(bow, scene(1))
    second = shown(bow, again(scene(1)))
    (pair,) = search(bow)
    ImageSignature.objects.filter(image=second.image).update(hash=-1)
    assert search(bow) == []
    with pytest.raises(UndecidablePair, match="does not find this pair any more"):
        duplicates.decide(pair=pair, is_duplicate=True, by=researcher, now=cast.NOW)


def test_an_image_that_is_out_for_another_reason_is_not_compared(bow: TargetClass) -> None:
    first = shown(bow, scene(1))
    shown(bow, again(scene(1)))
    rows = type(first).objects.filter(pk=first.pk)
    candidates.exclude(candidates=rows, reason=Exclusion.Reason.WRONG_CLASS, now=cast.NOW)
    assert search(bow) == []


def test_images_from_before_are_signed_first(bow: TargetClass, now: datetime) -> None:
    contents = [cast.png(1), cast.png(1, image_format="JPEG")]
    records = [
        CandidateRecord(name, bow.class_id, lambda content=content: content)
        for name, content in zip(("a.png", "a.jpg"), contents, strict=True)
    ]
    candidates.ingest(study=bow.study, origin=Origin.POOL, records=records, now=now)
    ImageSignature.objects.all().delete()
    assert len(search(bow)) == 1
    assert ImageSignature.objects.count() == 2


def test_the_search_says_how_far_it_is_and_when_it_is_done(bow: TargetClass, now: datetime) -> None:
    shown(bow, scene(1))
    told: list[str] = []
    duplicates.request(study=bow.study, max_distance=5, now=now)
    row = duplicates.search(study=bow.study, now=now, on_progress=lambda row: told.append(row.step))
    assert list(dict.fromkeys(told)) == [
        "reading signatures", "comparing the pool", "comparing with the original", "comparing with reference images",
        "measuring the pairs",
    ]  # fmt: skip
    assert (row.step, row.requested_at, row.searched_at, row.num_images, row.max_distance) == ("", None, now, 1, 5)
    assert duplicates.num_since(bow.study) == 0
    shown(bow, scene(2))
    assert duplicates.num_since(bow.study) == 1


def test_a_search_that_is_asked_for_while_one_runs_is_still_due(bow: TargetClass, now: datetime) -> None:
    shown(bow, scene(1))
    duplicates.request(study=bow.study, max_distance=8, now=now)
    duplicates.search(study=bow.study, now=now - timedelta(seconds=30))
    assert list(duplicates.due_studies(now=now + timedelta(minutes=2))) == [bow.study]
    assert list(duplicates.due_studies(now=now)) == []


def test_a_search_that_ends_after_one_that_began_later_leaves_its_pairs(bow: TargetClass, now: datetime) -> None:
    shown(bow, scene(1))
    begun: list[DuplicateSearch] = []

    def overtake(row: DuplicateSearch) -> None:
        if row.step == "comparing with reference images" and not begun:
            begun.append(row)
            shown(bow, again(scene(1)))
            duplicates.search(study=bow.study, now=now + timedelta(seconds=1))

    row = duplicates.search(study=bow.study, now=now, on_progress=overtake)
    assert bow.study.duplicate_pairs.count() == 1
    assert (row.searched_at, row.num_images, row.step) == (now + timedelta(seconds=1), 2, "")


def test_more_pairs_than_anybody_can_look_at_are_refused_in_words(
    bow: TargetClass, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "MAX_PAIRS", 10)
    for seed in range(20):
        shown(bow, again(scene(1), seed))
    duplicates.request(study=bow.study, max_distance=8, now=cast.NOW)
    with pytest.raises(CannotSearch, match="smaller distance"):
        duplicates.search(study=bow.study, now=cast.NOW)
    row = DuplicateSearch.objects.get()
    assert "smaller distance" in row.problem
    assert (row.requested_at, row.searched_at, row.step) == (None, None, "")


def test_a_search_that_breaks_off_unforeseen_says_so_and_is_not_due_again(
    bow: TargetClass, monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError("secrets of the machine")

    shown(bow, scene(1))
    duplicates.request(study=bow.study, max_distance=8, now=now)
    monkeypatch.setattr(comparing, "within", fail)
    with pytest.raises(MemoryError):
        duplicates.search(study=bow.study, now=now)
    row = DuplicateSearch.objects.get()
    assert "broke off for a reason that nobody foresaw (MemoryError)" in row.problem
    assert "secrets" not in row.problem
    assert (row.requested_at, row.step, row.num_attempts) == (None, "", 0)
    assert list(duplicates.due_studies(now=now + timedelta(days=1))) == []


def test_after_three_beginnings_without_an_end_nobody_waits_any_more(bow: TargetClass, now: datetime) -> None:
    shown(bow, scene(1))
    duplicates.request(study=bow.study, max_distance=8, now=now)
    DuplicateSearch.objects.update(num_attempts=2, step="comparing the pool")
    assert not duplicates.give_up(study=bow.study, now=now)
    DuplicateSearch.objects.update(num_attempts=3)
    assert duplicates.give_up(study=bow.study, now=now)
    row = DuplicateSearch.objects.get()
    assert "never came to an end" in row.problem
    assert (row.requested_at, row.step) == (None, "")
    duplicates.request(study=bow.study, max_distance=8, now=now)
    assert not duplicates.give_up(study=bow.study, now=now)
    assert duplicates.search(study=bow.study, now=now).problem == ""


@pytest.mark.parametrize("max_distance", [-1, 17])
def test_a_distance_out_of_range_is_refused(bow: TargetClass, max_distance: int) -> None:
    with pytest.raises(CannotSearch, match="between 0 and 16"):
        duplicates.request(study=bow.study, max_distance=max_distance, now=cast.NOW)


def test_without_pictures_there_is_nothing_to_search(bow: TargetClass) -> None:
    with pytest.raises(CannotSearch, match="import them first"):
        duplicates.request(study=bow.study, max_distance=8, now=cast.NOW)


def test_the_distances_of_an_embedding_are_kept(bow: TargetClass) -> None:
    shown(bow, scene(1))
    shown(bow, again(scene(1)))
    (pair,) = search(bow)
    found = duplicates.record_embedding_distances(
        study=bow.study, distances={pair.pk: 0.25, pair.pk + 1: 1.0}, classifier="r50"
    )
    assert found == 1
    (pair,) = search(bow)  # again: it stays
    assert (pair.embedding_distance, pair.embedded_by) == (0.25, "r50")


def test_the_likest_come_first_and_those_that_only_a_hash_tells_of_before_them(bow: TargetClass) -> None:
    shown(bow, scene(1))
    shown(bow, again(scene(1), 1))
    shown(bow, (scene(1) * 0.9).astype(np.uint8))
    ReferenceImage.objects.create(study=bow.study, name="a", hash=np.uint64(hash_of(scene(1))).astype(np.int64))
    search(bow)
    distances = [pair.pixel_distance for pair in bow.study.duplicate_pairs.ranked() if pair.pixel_distance is not None]
    assert bow.study.duplicate_pairs.ranked().first().reference is not None
    assert distances[0] == min(distances)
