"""Rows belong to images by their names."""

import numpy as np
import pytest

from annotation.models import Candidate, TestSet
from evaluation.errors import InvalidPredictions
from evaluation.models import Run
from tests.evaluation.uploads import handed

pytestmark = pytest.mark.django_db


@pytest.fixture
def test_set() -> TestSet:
    return handed.study_and_set()[1]


def called(test_set: TestSet, how: str) -> list[str]:
    fields = {
        "source": "candidate__source", "stem": "candidate__source", "folder": "candidate__source",
        "sha256": "candidate__image__sha256", "export": "candidate__image__sha256", "id": "candidate_id",
    }  # fmt: skip
    values = [str(each) for each in test_set.images.order_by("number").values_list(fields[how], flat=True)]
    changed = {
        "stem": lambda name: name.removesuffix(".png"),
        "folder": lambda name: f"val\\g0\\{name}",
        "export": lambda name: f"n01440764/{name}.jpg",
    }
    return list(map(changed.get(how, str), values))


@pytest.mark.parametrize("how", ["source", "stem", "folder", "sha256", "export", "id"])
def test_images_go_by_any_name_they_have(how: str, test_set: TestSet) -> None:
    rows = zip(called(test_set, how)[::-1], handed.truth(test_set)[::-1], strict=True)
    run = handed.given(handed.csv("image,top1", *map(",".join, rows)), test_set).run
    assert run.score.num_correct == 6


def numbered(test_set: TestSet, *, of_ids: bool) -> list[int]:
    """Files are called by numbers: ids of the set's candidates in another order, or the same and one that is none."""
    rows = [each.candidate for each in test_set.images.order_by("number").select_related("candidate")]
    numbers = [row.pk for row in rows][::-1]
    if not of_ids:
        numbers[0] = rows[-1].pk + 1
    for row, number in zip(rows, numbers, strict=True):
        Candidate.objects.filter(pk=row.pk).update(source=f"val/{number}.png")
    return numbers


def test_numbers_that_fit_as_names_of_files_and_as_ids_are_refused(test_set: TestSet) -> None:
    numbers = numbered(test_set, of_ids=True)
    for ending in ("", ".jpg"):
        rows = [f"{number}{ending},g0" for number in numbers]
        with pytest.raises(
            InvalidPredictions,
            match=f"two ways, as file name without its ending and as candidate id: '{numbers[0]}{ending}' "
            f"is then 'val/{numbers[0]}.png' or 'val/{numbers[-1]}.png'. Call the images by their paths",
        ):
            handed.given(handed.csv("image,top1", *rows), test_set)
    assert not Run.objects.exists()
    rows = [f"{number}.png,{own}" for number, own in zip(numbers, handed.truth(test_set), strict=True)]
    assert handed.given(handed.csv("image,top1", *rows), test_set).run.score.num_correct == 6


def test_of_two_ways_to_read_numbers_the_one_that_fits_every_row_is_taken(test_set: TestSet) -> None:
    numbers = numbered(test_set, of_ids=False)
    ids = list(test_set.images.order_by("number").values_list("candidate_id", flat=True))
    for name, called in (("by file", numbers), ("by id", ids)):
        rows = [f"{number},{own}" for number, own in zip(called, handed.truth(test_set), strict=True)]
        run = handed.given(handed.csv("image,top1", *rows), test_set, name=name).run
        assert run.score.num_correct == 6, name


def test_missing_images_are_named(test_set: TestSet) -> None:
    first, *others = handed.names(test_set)
    with pytest.raises(InvalidPredictions, match=f"Missing in the file: 1 image of the test set, '{first}'"):
        handed.given(handed.csv("image,top1", *(f"{name},g0" for name in others)), test_set)


def test_an_image_has_one_row(test_set: TestSet) -> None:
    images = handed.names(test_set)
    rows = [f"{name},g0" for name in [*images, images[1]]]
    with pytest.raises(InvalidPredictions, match=f"'{images[1]}' has more than one row: line 3 and line 8"):
        handed.given(handed.csv("image,top1", *rows), test_set)


def test_rows_are_never_taken_by_position(test_set: TestSet) -> None:
    with pytest.raises(InvalidPredictions, match="Rows are never taken by their position"):
        handed.given(handed.npz(top=handed.truth(test_set)), test_set)
    with pytest.raises(InvalidPredictions, match="There are 5 names of images for 6 rows"):
        handed.given(handed.npz(images=handed.names(test_set)[1:], top=handed.truth(test_set)), test_set)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"logits": np.zeros((6, 3))}, "Logits need the class id of each column"),
        ({"logits": np.zeros((6, 3)), "classes": ["g0", "g1", "g9"]}, r"not in the study: g9; missing: g2"),
        ({"logits": np.full((6, 3), np.nan), "classes": handed.CLASS_IDS}, "Row 1, column 'g0': nan is not a finite"),
        ({"top": [0, 1, 2, 3, 0, 0], "classes": handed.CLASS_IDS}, "Row 4, column top1: 3 is no place among the 3"),
        ({"top": [0] * 6}, "Row 1, column top1: '0' is no class id .* give the list of class ids too"),
        ({"top": [["g0", "g0"]] * 6}, "Row 1 names the class 'g0' twice"),
    ],
)
def test_classes_are_known_by_their_ids(arrays: dict[str, object], message: str, test_set: TestSet) -> None:
    with pytest.raises(InvalidPredictions, match=message):
        handed.given(handed.npz(images=handed.names(test_set), **arrays), test_set)
    assert not Run.objects.exists()


def test_what_is_given_beside_the_file_must_not_contradict_it(test_set: TestSet) -> None:
    content = handed.npz(images=handed.names(test_set), top=[0] * 6, classes=handed.CLASS_IDS)
    with pytest.raises(InvalidPredictions, match="class ids given beside the file are not those in it"):
        handed.given(content, test_set, class_ids=["g1", "g0", "g2"])
    with pytest.raises(InvalidPredictions, match="names of images given beside the file are not those in it"):
        handed.given(content, test_set, images=handed.names(test_set)[::-1])
