"""A frozen set keeps the judgements it was built from."""

import csv
import hashlib
import io
from collections import Counter
from datetime import timedelta

import pytest

from annotation import assignments, frequencies, quality, storage, testsets
from annotation.errors import CannotBuild, MissingContent
from annotation.models import Batch, Candidate, Effect, Origin, SelectionFrequency, Strategy, Study, TestSet, Worker
from tests import cast
from tests.cast import NOW

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def study() -> Study:
    row = cast.study()
    zero = cast.target_class(row)
    for count in (7, 8, 10):
        cast.measured(zero, Origin.POOL, count)
    return row


def built(study: Study, **choices: object) -> TestSet:
    parameters = testsets.TopImages(images_per_class=2)
    return testsets.build(
        study=study, strategy=Strategy.TOP_IMAGES, parameters=parameters, seed=0, now=NOW, **choices  # type: ignore[arg-type]
    )  # fmt: skip


def frozen(test_set: TestSet) -> TestSet:
    return testsets.freeze(test_set=test_set, now=LATER)


def rows(test_set: TestSet) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(testsets.judgements_of(test_set).decode())))


def ask_again(study: Study, candidate: Candidate, names: list[str]) -> Batch:
    """Further workers see the candidate, and the first half of them select it."""
    batch = cast.batch(study, [cast.grid(candidate.target_class, [candidate])], len(names))
    for number, name in enumerate(names):
        selected = [0] if number < len(names) / 2 else []
        cast.handed_in(batch, cast.worker(name), NOW, selected)
    return batch


def test_the_table_adds_up_to_the_counts_of_the_set(study: Study) -> None:
    test_set = frozen(built(study))
    told = rows(test_set)
    for image in test_set.images.select_related("candidate__image"):
        mine = [row["label"] for row in told if row["task"] == image.candidate.image.sha256]
        assert (mine.count("1"), len(mine)) == (image.num_selected, image.num_seen)
    assert len(told) == 20


def test_a_picture_that_stands_for_two_classes_is_two_tasks(study: Study) -> None:
    same = study.candidates.order_by("pk").last()
    assert same is not None
    other = cast.measured(cast.target_class(study, '1, "one"', "one"), Origin.POOL, num_selected=3)
    other.image = same.image
    other.save()
    test_set = frozen(built(study))
    told = Counter((row["task"], row["label"]) for row in rows(test_set))
    sha256 = same.image.sha256
    assert (told[f"0/{sha256}", "1"], told[f"0/{sha256}", "0"]) == (10, 0)
    assert (told[f'1, "one"/{sha256}', "1"], told[f'1, "one"/{sha256}', "0"]) == (3, 7)
    assert len({task for task, _ in told}) == 3


def test_the_manifest_names_the_table_by_its_hash(study: Study) -> None:
    test_set = frozen(built(study))
    content = testsets.judgements_of(test_set)
    assert testsets.manifest_of(test_set)["judgements"] == {
        "sha256": hashlib.sha256(content).hexdigest(),
        "num_judgements": 20,
        "num_workers": 10,
    }
    assert storage.get("judgements", hashlib.sha256(content).hexdigest()) == content


def test_rows_follow_the_images_and_workers_go_by_number(study: Study) -> None:
    test_set = frozen(built(study))
    order = list(test_set.images.order_by("number").values_list("candidate__image__sha256", flat=True))
    told = [(order.index(row["task"]), int(row["worker"].removeprefix("w"))) for row in rows(test_set)]
    assert told == sorted(told)
    assert {worker for _, worker in told} == set(range(1, 11))


def test_numbers_follow_the_names_of_workers_not_their_rows(study: Study) -> None:
    before = testsets.judgements_of(frozen(built(study)))
    people = list(Worker.objects.order_by("external_id"))
    # The last row of all is the first by name, and says what that one said.
    Worker.objects.filter(pk=people[0].pk).update(external_id="moved away")
    stand_in = Worker.objects.create(platform=people[0].platform, external_id="m0", created_at=NOW)
    people[0].assignments.update(worker=stand_in)
    assert testsets.judgements_of(frozen(built(study))) == before


def test_the_first_judgement_of_a_worker_counts(study: Study) -> None:
    best = study.candidates.order_by("-selection_frequencies__num_selected")[0]
    ask_again(study, best, ["a", "b"])
    batch = cast.batch(study, [cast.grid(best.target_class, [best])], 1)
    slot = batch.hits.get().assignments.get()
    again = Worker.objects.get(external_id="a")
    slot.worker, slot.claimed_at, slot.lease_expires_at = again, NOW, LATER
    slot.save()
    assignments.submit(assignment_id=slot.pk, worker_id=again.pk, selected=[], not_seen=[], now=NOW)
    frequencies.recompute_stale(study=study, now=NOW)
    test_set = frozen(built(study))
    assert len([row for row in rows(test_set) if row["task"] == best.image.sha256]) == 12


def test_what_came_after_the_build_is_no_part_of_it(study: Study) -> None:
    test_set = built(study)
    batch = cast.batch(study, [cast.grid(study.target_classes.get(), list(study.candidates.all()))], 1)
    cast.handed_in(batch, cast.worker("late"), NOW + timedelta(seconds=1), [0])
    frequencies.recompute_stale(study=study, now=LATER)
    assert len(rows(frozen(test_set))) == 20


def test_what_came_between_the_request_and_the_count_is_part_of_it(study: Study) -> None:
    best = study.candidates.order_by("-selection_frequencies__num_selected")[0]
    batch = cast.batch(study, [cast.grid(best.target_class, [best])], 2)
    for number, name in enumerate(["meanwhile", "too"]):
        cast.handed_in(batch, cast.worker(name), NOW + timedelta(seconds=number + 1), [])
    frequencies.recompute_stale(study=study, now=LATER)
    assert len(rows(frozen(built(study)))) == 22


def test_a_decision_about_a_worker_since_the_build_is_a_reason_to_build_again(study: Study) -> None:
    test_set = built(study)
    somebody = Worker.objects.get(external_id="m3")
    quality.decide(study=study, worker=somebody, effect=Effect.EXCLUDE, reason="Sleeps.", by=None, now=LATER)
    with pytest.raises(CannotBuild, match=r"2 images of digits-twin/easiest@r1 .* 8 of 10 in the set, 7 of 9 now"):
        frozen(test_set)
    frequencies.recompute_stale(study=study, now=LATER)
    again = frozen(built(study))
    assert testsets.manifest_of(again)["judgements"]["num_workers"] == 9


def test_counts_that_no_judgement_stands_behind_are_not_frozen(study: Study) -> None:
    SelectionFrequency.objects.filter(candidate__study=study).update(num_seen=11)
    with pytest.raises(CannotBuild, match="have other judgements"):
        frozen(built(study))


def test_a_filter_keeps_its_own_judgements_and_its_rules_are_named(study: Study) -> None:
    best = study.candidates.order_by("-selection_frequencies__num_selected")[0]
    batch = cast.batch(study, [cast.grid(best.target_class, [best])], 1)
    cast.handed_in(batch, cast.worker("late"), NOW + timedelta(seconds=30), [])
    rules = frequencies.FilterRules(until=NOW + timedelta(seconds=10))
    early = frequencies.define_filter(study=study, slug="early", name="Early", rules=rules, now=NOW)
    frequencies.recompute_study(study=study, now=LATER)
    test_set = frozen(built(study, judgement_filter=early))
    assert testsets.manifest_of(test_set)["judgement_filter"] == {
        "slug": "early",
        "until": "2026-03-01T12:00:10+00:00",
        "leaves_out_excluded": True,
        "min_control_accuracy": None,
    }
    assert len(rows(test_set)) == 20


def test_an_original_nobody_judged_is_frozen_with_an_empty_table() -> None:
    study = cast.study()
    cast.candidate(cast.target_class(study), Origin.ORIGINAL)
    test_set = frozen(testsets.import_original(study=study, now=NOW))
    assert testsets.judgements_of(test_set) == b"task,worker,label\n"


def test_a_draft_has_no_table_yet(study: Study) -> None:
    with pytest.raises(CannotBuild, match="is not frozen"):
        testsets.judgements_of(built(study))


def test_a_set_of_an_older_version_is_read_but_has_no_table(study: Study) -> None:
    test_set = built(study)
    old = b'{"citation":"digits-twin/easiest@r1","images":[],"num_images":0}'
    test_set.frozen_at, test_set.content_sha256 = NOW, storage.put("manifests", old)
    test_set.save()
    assert testsets.manifest_of(test_set)["num_images"] == 0
    with pytest.raises(MissingContent, match="by a version that kept no judgements"):
        testsets.judgements_of(test_set)
