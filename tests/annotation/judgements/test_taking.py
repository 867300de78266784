"""Judgements made elsewhere become assignments of imported workers, once, and never more than the table says."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from annotation import assignments, bitmaps, hits, workers
from annotation.errors import BatchClosed, CannotImport, InvalidInvitation
from annotation.judgements import Reading, taking
from annotation.models import (
    HIT,
    IMPORTED,
    Assignment,
    Batch,
    Candidate,
    Enrolment,
    Grid,
    Origin,
    Study,
    TargetClass,
    Worker,
)
from annotation.sources.judgements import Columns
from tests import cast
from tests.annotation.judgements.cases import recorded, refused, table, take_in

pytestmark = pytest.mark.django_db
MAKING = {"create_candidates": True, "create_classes": True, "reading": Reading(origin=Origin.POOL)}


@pytest.fixture
def study() -> Study:
    study = cast.study("digits")
    for class_id, name in (("1", "one"), ("7", "seven")):
        of = cast.target_class(study, class_id, name)
        for _ in range(3):
            cast.candidate(of)
    return study  # 0.png to 2.png are of class 1, 3.png to 5.png of class 7


LINES = ["ann,0.png,1,yes", "ann,1.png,1,no", "bob,1.png,one,1", "bob,3.png,7,TRUE", "ann,4.png,seven,0"]
JUDGED = {
    ("ann", "1", "0.png"): True,
    ("ann", "1", "1.png"): False,
    ("bob", "1", "1.png"): True,
    ("bob", "7", "3.png"): True,
    ("ann", "7", "4.png"): False,
}


def test_judgements_of_candidates_become_assignments(study: Study, tmp_path: Path) -> None:
    report = take_in(study, table(tmp_path, LINES))
    assert (report.num_read, report.num_taken, report.refusals.num) == (5, 5, 0)
    assert recorded(study) == JUDGED
    assert (report.num_workers, report.num_new_grids, report.num_assignments) == (2, 2, 4)
    assert report.labels == [(label, label in ("yes", "1", "TRUE"), 1) for label in ("yes", "no", "1", "TRUE", "0")]


def test_the_batch_is_closed_unpaid_and_says_where_it_is_from(study: Study, tmp_path: Path) -> None:
    take_in(study, table(tmp_path, LINES))
    batch = Batch.objects.get()
    assert (batch.platform, batch.is_imported, batch.imported_from) == (IMPORTED, True, "table.csv")
    assert (batch.expired_at, batch.is_paid, batch.num_assignments) == (cast.NOW, False, 2)
    assert not Assignment.objects.filter(submitted_at__isnull=True).exists()
    assert not study.grids.waiting().exists()


def test_nobody_is_served_from_it(study: Study, tmp_path: Path) -> None:
    take_in(study, table(tmp_path, LINES))
    worker = cast.worker()
    cast.enrolment(study, worker)
    assert assignments.claim_in(study=study, worker=worker, now=cast.NOW) is None
    for one in (worker, *Worker.objects.filter(platform=IMPORTED)):
        with pytest.raises(BatchClosed):
            assignments.claim(batch=Batch.objects.get(), worker=one, now=cast.NOW)


def test_an_imported_worker_can_not_join(study: Study, tmp_path: Path) -> None:
    take_in(study, table(tmp_path, LINES))
    invitation = workers.invite_everyone(study=study, now=cast.NOW)
    with pytest.raises(InvalidInvitation):
        workers.enrol(invitation=invitation, worker=Worker.objects.all()[0], now=cast.NOW)


def test_grids_measure_all_they_show_in_the_order_of_ids(study: Study, tmp_path: Path) -> None:
    take_in(study, table(tmp_path, LINES[::-1]))
    first, second = Grid.objects.imported()
    assert first.candidate_ids == list(
        Candidate.objects.filter(source__in=["0.png", "1.png"]).values_list("pk", flat=True)
    )
    assert second.candidate_ids == list(
        Candidate.objects.filter(source__in=["3.png", "4.png"]).values_list("pk", flat=True)
    )
    assert [bitmaps.count(grid.measured) for grid in (first, second)] == [2, 2]


def test_imported_workers_are_known_by_their_id_and_are_no_workers_of_ones_own(study: Study, tmp_path: Path) -> None:
    own = cast.worker("digits/ann")
    take_in(study, table(tmp_path, LINES[:2]))
    take_in(study, table(tmp_path, LINES))
    ann, bob = Worker.objects.filter(platform=IMPORTED).order_by("external_id")
    assert (ann.external_id, bob.external_id) == ("digits/ann", "digits/bob")
    assert own.assignments.count() == Enrolment.objects.count() == 0
    take_in(study, table(tmp_path, ["ann,0.png,1,no"]), workers_from="another tool")
    assert Worker.objects.filter(platform=IMPORTED).count() == 3


def test_importing_again_changes_nothing(study: Study, tmp_path: Path) -> None:
    take_in(study, table(tmp_path, LINES))
    before = list(Assignment.objects.values_list())
    report = take_in(study, table(tmp_path, LINES))
    assert (report.num_taken, report.num_existing, report.num_read) == (0, 5, 5)
    assert (list(Assignment.objects.values_list()), Batch.objects.count(), Grid.objects.count()) == (before, 1, 2)


def test_a_longer_table_adds_what_is_new_and_leaves_grids_as_they_are(study: Study, tmp_path: Path) -> None:
    take_in(study, table(tmp_path, LINES))
    before = dict(Grid.objects.values_list("pk", "candidate_ids"))
    more = ["ann,3.png,7,yes", "ann,2.png,1,yes", "cleo,0.png,1,no"]
    report = take_in(study, table(tmp_path, [*more, *LINES]))
    assert (report.num_taken, report.num_existing, report.num_new_grids) == (3, 5, 1)
    assert recorded(study) == JUDGED | {
        ("ann", "7", "3.png"): True,
        ("ann", "1", "2.png"): True,
        ("cleo", "1", "0.png"): False,
    }
    after = dict(Grid.objects.values_list("pk", "candidate_ids"))
    assert {pk: after[pk] for pk in before} == before
    assert len(after) == len(before) + 1


def test_rows_that_say_the_same_count_once(study: Study, tmp_path: Path) -> None:
    report = take_in(study, table(tmp_path, [*LINES, LINES[0], " ann ,0.png,one,1"]))
    assert (report.num_taken, report.num_repeated, recorded(study)) == (5, 2, JUDGED)


def test_rows_that_contradict_each_other_are_all_refused(study: Study, tmp_path: Path) -> None:
    report = take_in(study, table(tmp_path, [*LINES, "ann,0.png,1,no", "ann,0.png,1,yes"]))
    assert recorded(study) == {key: value for key, value in JUDGED.items() if key != ("ann", "1", "0.png")}
    assert {line: reason.split(" says")[0] for line, reason in refused(report).items()} == {
        2: "Line 7",
        7: "Line 2",
        8: "Line 7",
    }


def test_a_long_contradiction_takes_no_longer_than_other_rows(study: Study, tmp_path: Path) -> None:
    lines = [*LINES, *(f"eve,0.png,1,{'yes' if number % 2 else 'no'}" for number in range(150_000))]
    path = table(tmp_path, lines)
    started = time.process_time()  # others may use the machine, too
    report = take_in(study, path)
    assert time.process_time() - started < 8  # where each row looks through all others, 40 seconds
    assert report.refusals.num == 150_000
    first = len(LINES) + 2
    assert [row.reason.split(" says")[0] for row in report.refusals.first[:3]] == [
        f"Line {first + 1}", f"Line {first}", f"Line {first + 1}",
    ]  # fmt: skip


def test_what_was_imported_first_counts(study: Study, tmp_path: Path) -> None:
    take_in(study, table(tmp_path, LINES))
    report = take_in(study, table(tmp_path, ["ann,0.png,1,no", "cleo,0.png,1,no"]))
    assert "An earlier import says the opposite" in refused(report)[2]
    assert recorded(study) == JUDGED | {("cleo", "1", "0.png"): False}


def test_all_or_nothing_imports_nothing_where_a_row_is_refused(study: Study, tmp_path: Path) -> None:
    with pytest.raises(CannotImport, match="1 rows were refused, so nothing was imported"):
        take_in(study, table(tmp_path, [*LINES, "ann,new.png,2,maybe"]), all_or_nothing=True, **MAKING)
    assert not Batch.objects.exists()
    assert not Worker.objects.exists()
    assert Candidate.objects.count() == 6
    assert take_in(study, table(tmp_path, LINES), all_or_nothing=True).num_taken == 5


def test_an_import_that_breaks_off_leaves_nothing(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assignments_of = taking._assignments

    def broken(*of: Any) -> Iterator[Any]:
        yield next(assignments_of(*of))
        raise KeyboardInterrupt

    monkeypatch.setattr(taking, "_assignments", broken)
    with pytest.raises(KeyboardInterrupt):
        take_in(study, table(tmp_path, [*LINES, "ann,new.png,2,yes"]), **MAKING)
    assert not HIT.objects.exists()
    assert (Candidate.objects.count(), TargetClass.objects.count(), Worker.objects.count()) == (6, 2, 0)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (",0.png,1,yes", "The worker is empty"),
        ("w" * 101 + ",0.png,1,yes", "The worker has 101 characters"),
        ("a\x07b,0.png,1,yes", "control character U+0007"),
        ("ann,,1,yes", "The image is empty"),
        ("ann," + "x" * 501 + ",1,yes", "The image has 501 characters"),
        ("ann,9.png,1,yes", "no candidate '9.png' of class '1'"),
        ("ann,0.png,7,yes", "no candidate '0.png' of class '7'"),
        ("ann,0.png,,yes", "The class is empty"),
        ("ann,0.png,sevn,yes", "no class 'sevn'; did you mean 7?"),
        ("ann,0.png,1,", "The label is empty"),
        ("ann,0.png,1,maybe", "'maybe' says neither"),
    ],
)
def test_a_row_that_can_not_be_taken_says_why(study: Study, tmp_path: Path, line: str, reason: str) -> None:
    report = take_in(study, table(tmp_path, [line, *LINES]))
    assert list(refused(report)) == [2]
    assert reason in refused(report)[2]
    assert recorded(study) == JUDGED


def test_what_is_no_utf8_is_refused_where_it_matters(study: Study, tmp_path: Path) -> None:
    path = table(tmp_path, LINES)
    path.write_bytes(path.read_bytes() + b"\xe4nn,0.png,1,yes\n")
    assert "not UTF-8" in refused(take_in(study, path))[7]


def test_times_are_kept_and_the_latest_is_the_assignments(study: Study, tmp_path: Path) -> None:
    lines = ["ann,0.png,1,yes,2026-02-01T10:00:00Z", "ann,1.png,1,no,2026-02-01 12:00+01:00"]
    bad = ["bob,0.png,1,yes,yesterday", "bob,0.png,1,yes,2027-01-01", "bob,0.png,1,yes,"]
    report = take_in(study, table(tmp_path, [*lines, *bad], "worker,image,target_class,selected,submitted_at"))
    assert list(refused(report)) == [4, 5, 6]
    held = Assignment.objects.get()
    assert held.submitted_at == held.claimed_at == datetime(2026, 2, 1, 11, tzinfo=UTC)


def test_labels_can_be_named(study: Study, tmp_path: Path) -> None:
    lines = [f"ann,{number}.png,1,{label}" for number, label in enumerate(["bow", "no bow", "unsure"])]
    reading = Reading(selected=frozenset({"bow"}), not_selected=frozenset({"no bow"}))
    report = take_in(study, table(tmp_path, lines), reading=reading)
    assert list(recorded(study).values()) == [True, False]
    assert "'unsure' says neither" in refused(report)[4]
    take_in(study, table(tmp_path, lines), reading=Reading(selected=frozenset({"bow"})))
    assert recorded(study)["ann", "1", "2.png"] is False


def test_simulated_judgements_are_marked_and_their_workers_stay_so(study: Study, tmp_path: Path) -> None:
    take_in(study, table(tmp_path, LINES), is_simulated=True)
    assert study.is_simulated
    assert Worker.objects.filter(is_simulated=True).count() == 2
    with pytest.raises(CannotImport, match="'digits/ann' is known as a simulated worker"):
        take_in(study, table(tmp_path, ["ann,2.png,1,yes"]))


def test_a_grid_of_ones_own_and_its_batch_are_left_alone(study: Study, tmp_path: Path) -> None:
    own = cast.grid(TargetClass.objects.get(class_id="1"), Candidate.objects.filter(target_class__class_id="1"))
    batch = cast.batch(study, [own])
    take_in(study, table(tmp_path, LINES))
    assert list(study.grids.exclude(pk=own.pk).values_list("target_class__class_id", "number")) == [("1", 1), ("7", 0)]
    assert batch.hits.get().assignments.filter(submitted_at=None).count() == 2
    assert not hits.expire(batch=batch, now=cast.NOW).is_imported


def test_more_than_a_grid_holds_goes_into_several(study: Study, tmp_path: Path) -> None:
    lines = [f"w{worker},x{image:03d}.png,1,{(image + worker) % 2}" for image in range(100) for worker in range(2)]
    report = take_in(study, table(tmp_path, lines), **MAKING)
    assert [grid.num_positions for grid in Grid.objects.imported()] == [48, 48, 4]
    assert (report.num_new_candidates, report.num_assignments, len(recorded(study))) == (100, 6, 200)


def test_a_table_of_tasks_names_candidates(study: Study, tmp_path: Path) -> None:
    one, two, three = Candidate.objects.order_by("pk")[:3]
    assert one.image
    lines = [f"{one.image.sha256},ann,1", f"{two.pk},ann,0", f"{three.source},ann,1"]
    take_in(study, table(tmp_path, lines, "task,worker,label"), Columns())
    assert list(recorded(study).items()) == [
        (("ann", "1", "0.png"), True),
        (("ann", "1", "1.png"), False),
        (("ann", "1", "2.png"), True),
    ]
