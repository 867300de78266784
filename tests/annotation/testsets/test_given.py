"""Sets that were drawn elsewhere, as a list of names and classes."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from annotation import testsets
from annotation.errors import CannotBuild, CannotExport
from annotation.exports import contents
from annotation.models import Candidate, Origin, Strategy, Study, TestSet
from annotation.testsets import GivenImage
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    row = cast.study()
    cast.target_class(row, "0", "zero")
    cast.target_class(row, "1", "one")
    return row


def given(study: Study, *images: tuple[str, str], strategy: Strategy = Strategy.THRESHOLD, name: str = "") -> TestSet:
    listed = [GivenImage(*each) for each in images]
    return testsets.import_given(study=study, strategy=strategy, images=listed, now=cast.NOW, name=name)


def rows(test_set: TestSet) -> list[tuple[str, str, int, int]]:
    columns = ("candidate__source", "target_class__class_id", "num_selected", "num_seen")
    return list(test_set.images.order_by("number").values_list(*columns))


def test_images_that_are_not_here_are_known_by_name(study: Study) -> None:
    test_set = given(study, ("b.png", "1"), ("a.png", "zero"))
    assert rows(test_set) == [("a.png", "0", 0, 0), ("b.png", "1", 0, 0)]
    assert set(Candidate.objects.values_list("origin", "image_id")) == {(Origin.POOL, None)}
    assert (test_set.name, test_set.is_given) == ("easier", True)


def test_images_of_the_study_are_found_and_bring_their_counts(study: Study) -> None:
    known = cast.measured(study.target_classes.get(class_id="0"), Origin.POOL, 7)
    test_set = given(study, (known.source, "0"), ("a.png", "1"))
    assert rows(test_set) == [(known.source, "0", 7, 10), ("a.png", "1", 0, 0)]


def test_a_part_of_the_original_shares_its_images(study: Study) -> None:
    whole = given(study, ("a.png", "0"), ("b.png", "1"), strategy=Strategy.ORIGINAL)
    part = given(study, ("b.png", "1"), strategy=Strategy.ORIGINAL, name="annotated")
    assert part.images.get().candidate in [each.candidate for each in whole.images.all()]
    assert (part.name, part.revision) == ("annotated", 1)


def test_it_is_frozen_like_any_other_and_has_no_recipe(study: Study) -> None:
    test_set = testsets.freeze(test_set=given(study, ('a,"b".png', "0")), now=cast.NOW)
    assert testsets.manifest_of(test_set)["parameters"] == {"given": True}
    with pytest.raises(CannotBuild, match="there is no recipe"):
        testsets.rebuild(test_set=test_set, now=cast.NOW)
    with pytest.raises(CannotExport, match=r"The pictures of 1 images of .* are not here"):
        contents.contents_of(test_set)


@pytest.mark.parametrize(
    ("images", "name", "message"),
    [
        ([], "", "has 1 to 1,000,000 images"),
        ([("a.png", "0"), ("a.png", "0")], "", "'a.png' is in the list twice"),
        ([("a.png", "0"), ("b.png", "7")], "", "Image 2 of the list: The study has no class '7'"),
        ([("a.png", "0")], "original", "The name 'original' is that of original sets"),
        ([("a.png", "0")], "../x", "is no name of a set"),
    ],
)
def test_a_list_that_makes_no_set_is_refused(
    study: Study, images: list[tuple[str, str]], name: str, message: str
) -> None:
    with pytest.raises(CannotBuild, match=message):
        given(study, *images, name=name)
    assert not Candidate.objects.exists()


def test_the_command_reads_a_table(study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "set.csv"
    table.write_text("path,class_id\nval/a.png,0\nval/b.png,1\n")
    call_command("import_test_set", str(table), study=study.slug, strategy="top_images")
    assert "digits-twin/easiest@r1: 2 images, of 2 only the name is known" in capsys.readouterr().out
    table.write_text("path,class_id\nval/a.png,\n")
    with pytest.raises(CommandError, match="Line 2 of the manifest lacks a path or a class id"):
        call_command("import_test_set", str(table), study=study.slug, strategy="top_images")
