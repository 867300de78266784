"""Which candidate a table means: by name, hash or id, and none rather than a wrong one."""

from pathlib import Path

import pytest

from annotation.errors import CannotImport
from annotation.judgements import Reading
from annotation.models import Candidate, Origin, Study, TargetClass
from annotation.sources.judgements import Columns
from tests import cast
from tests.annotation.judgements.cases import recorded, refused, table, take_in

pytestmark = pytest.mark.django_db
TASKS = "task,worker,label"
POOL = Reading(origin=Origin.POOL)
BY_COLUMN = Reading(original=frozenset({"1"}))


@pytest.fixture
def study() -> Study:
    return cast.study("bows")


@pytest.fixture
def bow(study: Study) -> TargetClass:
    return cast.target_class(study, "n01", "bow")


def named(of: TargetClass, source: str, origin: Origin = Origin.POOL) -> Candidate:
    row = cast.candidate(of, origin)
    Candidate.objects.filter(pk=row.pk).update(source=source)
    return row


@pytest.mark.parametrize("image", ["n01/a.png", "a.png", " a.png "])
def test_a_name_is_the_end_of_a_path(study: Study, bow: TargetClass, tmp_path: Path, image: str) -> None:
    named(bow, "val/n01/a.png")
    named(bow, "val/n01/aa.png")
    take_in(study, table(tmp_path, [f"{image},ann,1"], TASKS))
    assert recorded(study) == {("ann", "n01", "val/n01/a.png"): True}


@pytest.mark.parametrize("image", ["test/a.png", "x/val/n01/a.png", "A.png", "a", "png"])
def test_what_only_resembles_a_name_is_refused(study: Study, bow: TargetClass, tmp_path: Path, image: str) -> None:
    named(bow, "val/n01/a.png")
    assert "no candidate" in refused(take_in(study, table(tmp_path, [f"{image},ann,1"], TASKS)))[2]


def test_a_name_that_several_have_is_refused_unless_it_is_the_whole_of_one(
    study: Study, bow: TargetClass, tmp_path: Path
) -> None:
    two = [named(bow, "x/a.png"), named(bow, "y/a.png")]
    reason = refused(take_in(study, table(tmp_path, ["a.png,ann,1"], TASKS)))[2]
    assert reason == f"Several candidates are called 'a.png': {two[0].pk}, {two[1].pk}; name them by their ids."
    whole = named(bow, "a.png")
    assert take_in(study, table(tmp_path, ["a.png,ann,1"], TASKS)).num_taken == 1
    assert whole.pk in study.grids.imported().get().candidate_ids


def test_where_numbers_are_no_ids_the_whole_path_is_advised_and_helps(
    study: Study, bow: TargetClass, tmp_path: Path
) -> None:
    for folder in "vwxyz":
        named(bow, f"{folder}/a.png")
    lines = ["ann,a.png,n01,1", "ann,y/a.png,n01,1"]
    report = take_in(study, table(tmp_path, lines), create_candidates=True, reading=POOL)
    assert refused(report) == {
        2: "Several candidates are called 'a.png': 'v/a.png', 'w/a.png', 'x/a.png' and 2 more; name them by their "
        "whole paths, or by the SHA-256 of their files."
    }
    assert recorded(study) == {("ann", "n01", "y/a.png"): True}


def test_the_class_tells_candidates_of_one_name_apart(study: Study, bow: TargetClass, tmp_path: Path) -> None:
    crane = cast.target_class(study, "n02", "crane")
    named(bow, "a.png")
    named(crane, "a.png")
    take_in(study, table(tmp_path, ["ann,a.png,crane,1"]))
    assert list(recorded(study)) == [("ann", "n02", "a.png")]


def test_a_number_is_a_name_first_and_an_id_then(study: Study, bow: TargetClass, tmp_path: Path) -> None:
    one = cast.candidate(bow)
    two = named(bow, str(one.pk))
    report = take_in(study, table(tmp_path, [f"{one.pk},ann,1", f"{two.pk},ann,1"], TASKS))
    assert report.num_repeated == 1
    assert study.grids.imported().get().candidate_ids == [two.pk]


def test_a_candidate_of_another_study_is_not_meant(study: Study, bow: TargetClass, tmp_path: Path) -> None:
    other = cast.candidate(cast.target_class(cast.study("other"), "n01", "bow"))
    assert other.image
    lines = [f"{name},ann,1" for name in (other.pk, other.source, other.image.sha256)]
    assert list(refused(take_in(study, table(tmp_path, lines, TASKS)))) == [2, 3, 4]


def test_unknown_images_become_candidates_without_a_picture_once(study: Study, tmp_path: Path) -> None:
    lines = ["ann,b.jpg,n02,1", "ann,a.jpg,n01,0", "bob,a.jpg,n01,1", "ann,a.jpg,n02,1"]
    making = {"create_candidates": True, "create_classes": True, "reading": POOL}
    report = take_in(study, table(tmp_path, lines), **making)
    assert (report.num_new_classes, report.num_new_candidates) == (2, 3)
    rows = Candidate.objects.order_by("pk").values_list("target_class__class_id", "source", "origin", "image")
    assert list(rows) == [
        ("n01", "a.jpg", "pool", None),
        ("n02", "a.jpg", "pool", None),
        ("n02", "b.jpg", "pool", None),
    ]
    assert take_in(study, table(tmp_path, lines), **making).num_existing == 4
    assert Candidate.objects.count() == 3


def test_images_called_by_numbers_are_made_and_found_again(study: Study, bow: TargetClass, tmp_path: Path) -> None:
    first = cast.candidate(bow).pk
    lines = [f"ann,{first + number},n01,1" for number in range(5)]
    making = {"create_candidates": True, "reading": POOL}
    assert take_in(study, table(tmp_path, lines), **making).num_new_candidates == 5
    assert take_in(study, table(tmp_path, lines), **making).num_existing == 5


def test_the_origin_can_stand_in_a_column(study: Study, tmp_path: Path) -> None:
    path = table(
        tmp_path,
        ["ann,a.jpg,n01,1,1", "ann,a.jpg,n02,0,0", "ann,b.jpg,n02,0,"],
        "worker,image,target_class,selected,is_original",
    )
    report = take_in(
        study, path, Columns(origin="is_original"), create_candidates=True, create_classes=True, reading=BY_COLUMN
    )
    assert list(Candidate.objects.values_list("target_class__class_id", "origin")) == [
        ("n01", "original"),
        ("n02", "pool"),
    ]
    assert refused(report) == {4: "The origin is empty."}


@pytest.mark.parametrize(
    ("class_id", "reason"),
    [("a/b", "can't name a folder"), ("n\x00", "control character"), ("twin", "Several classes")],
)
def test_a_class_that_can_not_be_made_is_refused(study: Study, tmp_path: Path, class_id: str, reason: str) -> None:
    for number in range(2):
        cast.target_class(study, str(number), "twin")
    making = {"create_candidates": True, "create_classes": True, "reading": POOL}
    report = take_in(study, table(tmp_path, [f"ann,a.jpg,{class_id},1"]), **making)
    assert reason in refused(report)[2]
    assert (TargetClass.objects.count(), Candidate.objects.count()) == (2, 0)


def test_without_class_or_origin_nothing_is_made(study: Study, bow: TargetClass, tmp_path: Path) -> None:
    report = take_in(study, table(tmp_path, ["a.jpg,ann,1"], TASKS), create_candidates=True, reading=POOL)
    assert "its class must be known" in refused(report)[2]
    report = take_in(study, table(tmp_path, ["ann,a.jpg,n01,1"]), create_candidates=True)
    assert "its origin must be known" in refused(report)[2]
    assert not Candidate.objects.exists()


def test_an_image_of_another_origin_is_no_second_candidate(study: Study, bow: TargetClass, tmp_path: Path) -> None:
    named(bow, "n01/a.jpg", Origin.ORIGINAL)
    report = take_in(study, table(tmp_path, ["ann,a.jpg,n01,1"]), create_candidates=True, reading=POOL)
    assert refused(report) == {2: "The image 'a.jpg' is in the study, but as original, not as pool."}


def test_what_is_contradicted_makes_no_candidate(study: Study, tmp_path: Path) -> None:
    making = {"create_candidates": True, "create_classes": True, "reading": POOL}
    report = take_in(study, table(tmp_path, ["ann,a.jpg,n01,1", "ann,a.jpg,n01,0"]), **making)
    assert (report.num_taken, report.refusals.num) == (0, 2)
    assert (Candidate.objects.count(), TargetClass.objects.count()) == (0, 0)


def test_a_column_of_too_many_origins_is_not_the_column_of_origins(
    study: Study, bow: TargetClass, tmp_path: Path
) -> None:
    def rows(num: int) -> Path:
        return table(tmp_path, [f"a.png,ann,1,{number}" for number in range(num)], f"{TASKS},is_original")

    named(bow, "a.png")
    columns = Columns(origin="is_original")
    assert take_in(study, rows(1000), columns, reading=BY_COLUMN).num_taken == 1
    with pytest.raises(
        CannotImport, match="The origin has more than 1,000 different values; is it read from the right"
    ):
        take_in(study, rows(1001), columns, reading=BY_COLUMN)
