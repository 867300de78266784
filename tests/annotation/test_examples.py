"""Examples: pictures with a known answer, which nobody is asked to judge, and the practice made of them."""

import pytest

from annotation import examples, storage
from annotation.errors import AnnotationError, RefusedImage
from annotation.examples import ExampleSpec
from annotation.models import Candidate, Example, Image, Study, TargetClass
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def bow() -> TargetClass:
    return cast.target_class(cast.study(), "n01", "bow")


def several(of: TargetClass, num_showing: int, num_others: int, first: int = 0) -> list[Example]:
    """So many examples that show the class, and so many that do not."""
    answers = [True] * num_showing + [False] * num_others
    return [cast.example(of, cast.png(first + number), shows_class=shows) for number, shows in enumerate(answers)]


# --- adding and removing ---


def test_an_example_is_stored_with_its_answer_and_caption(bow: TargetClass) -> None:
    row = cast.example(bow, cast.png(), shows_class=False, caption=" A ribbon, not a weapon. ")
    assert (row.study, row.shows_class, row.caption) == (bow.study, False, "A ribbon, not a weapon.")
    assert storage.has("renditions", row.image.rendition_sha256)


def test_a_candidate_can_not_become_an_example(bow: TargetClass) -> None:
    candidate = cast.candidate(bow)
    pixels = cast.example(cast.target_class(cast.study("another")), cast.png()).image.pixel_sha256
    Image.objects.filter(pk=candidate.image_id).update(pixel_sha256=pixels)
    with pytest.raises(RefusedImage, match="is a candidate of this study"):
        cast.example(bow, cast.png())
    assert not Example.objects.filter(study=bow.study).exists()


def test_an_image_is_an_example_of_a_class_once(bow: TargetClass) -> None:
    cast.example(bow, cast.png())
    with pytest.raises(RefusedImage, match="an example of bow already"):
        cast.example(bow, cast.png(), shows_class=False)
    assert Example.objects.get().shows_class


def test_an_image_may_be_an_example_of_two_classes(bow: TargetClass) -> None:
    cast.example(bow, cast.png())
    cast.example(cast.target_class(bow.study, "n02", "crane"), cast.png(), shows_class=False)
    assert Example.objects.count() == 2


@pytest.mark.parametrize(
    "spec",
    [
        ExampleSpec(b"", "a.png", True),
        ExampleSpec(b"no picture", "a.png", True),
        ExampleSpec(cast.png(), "a.jpg", True),
        ExampleSpec(cast.png(), "a.png", True, "x" * 201),
        ExampleSpec(cast.png(), "a.png", True, "with \x00"),
        ExampleSpec(cast.png(), "a.png", True, "two\nlines"),
    ],
    ids=["empty", "no picture", "another format", "long caption", "control character", "two lines"],
)
def test_what_can_not_be_an_example_is_refused(bow: TargetClass, spec: ExampleSpec) -> None:
    with pytest.raises(AnnotationError):
        examples.add(target_class=bow, spec=spec, now=cast.NOW)
    assert not Example.objects.exists()


def test_examples_are_removed_from_their_own_study_only(bow: TargetClass) -> None:
    mine, theirs = cast.example(bow, cast.png()), cast.example(cast.target_class(cast.study("theirs")), cast.png())
    assert examples.remove(study=bow.study, ids=[mine.pk, theirs.pk]) == 1
    assert list(Example.objects.all()) == [theirs]
    assert not Candidate.objects.exists()


# --- practice ---


def drawn(study: Study, seed: int = 0) -> list[Example]:
    return examples.draw_practice(study=study, seed=seed)


def test_practice_is_drawn_again_alike_for_the_same_worker_and_otherwise_for_another(bow: TargetClass) -> None:
    several(bow, 6, 6)
    assert drawn(bow.study, 1) == drawn(bow.study, 1)
    assert drawn(bow.study, 1) != drawn(bow.study, 2)


@pytest.mark.parametrize(
    ("num_showing", "num_others", "expected"),
    [(1, 1, (1, 1)), (9, 2, (6, 2)), (1, 9, (1, 6)), (8, 8, (6, 6)), (5, 0, (0, 0)), (0, 5, (0, 0))],
)
def test_practice_takes_at_most_six_of_each_answer_and_needs_both(
    bow: TargetClass, num_showing: int, num_others: int, expected: tuple[int, int]
) -> None:
    several(bow, num_showing, num_others)
    shows = [row.shows_class for row in drawn(bow.study)]
    assert (shows.count(True), shows.count(False)) == expected


def test_practice_is_of_the_class_with_most_examples_among_those_with_both_answers(bow: TargetClass) -> None:
    crane, tie = cast.target_class(bow.study, "n02", "crane"), cast.target_class(bow.study, "n03", "tie")
    several(bow, 1, 1)
    several(crane, 2, 1, first=10)
    several(tie, 5, 0, first=20)
    assert {row.target_class for row in drawn(bow.study)} == {crane}


def test_of_two_classes_with_as_many_examples_the_first_is_practised_on(bow: TargetClass) -> None:
    crane = cast.target_class(bow.study, "n02", "crane")
    several(crane, 1, 1)
    several(bow, 1, 1, first=10)
    assert {row.target_class for row in drawn(bow.study)} == {bow}


def test_examples_of_other_studies_are_not_practised_on(bow: TargetClass) -> None:
    several(cast.target_class(cast.study("theirs")), 2, 2)
    assert drawn(bow.study) == []
