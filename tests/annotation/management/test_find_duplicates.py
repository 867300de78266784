import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from annotation.models import DuplicatePair, DuplicateSearch, ReferenceImage, TargetClass
from tests import cast
from tests.annotation.duplicates.scenes import again, hash_of, scene, shown

pytestmark = pytest.mark.django_db


@pytest.fixture
def bow() -> TargetClass:
    bow = cast.target_class(cast.study("bows"))
    for seed in range(2):
        shown(bow, again(scene(1), seed))
    return bow


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("find_duplicates", "--study", "bows", *arguments, stdout=out)
    return out.getvalue()


def test_it_says_what_is_to_be_looked_at_and_where(bow: TargetClass) -> None:
    said = run()
    assert "2 images compared: 1 pair within 8 bits, 1 of them to be looked at." in said
    assert "/studies/bows/duplicates/" in said


def test_reference_images_take_part(bow: TargetClass, tmp_path: Path) -> None:
    table = tmp_path / "train.csv"
    table.write_text(f"name,hash\na.jpg,{hash_of(scene(1)):016x}\nb.jpg,nonsense\n")
    said = run("--reference", str(table), "--max-distance", "10")
    assert "2 reference images: 1 signed, 0 were there already, 1 refused." in said
    assert "refused b.jpg: Line 3 of the table" in said
    assert "1 of them came with a hash alone" in said
    assert DuplicatePair.objects.filter(reference=ReferenceImage.objects.get()).count() == 2
    assert DuplicateSearch.objects.get().max_distance == 10


def test_two_tables_may_use_the_same_names(bow: TargetClass, tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / f"{number}.csv").write_text(f"name,hash\na.jpg,{hash_of(scene(number)):016x}\n")
    run("--reference", str(tmp_path / "1.csv"))
    assert "1 of them have the name of another one" in run("--reference", str(tmp_path / "2.csv"))
    assert ReferenceImage.objects.count() == 2


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [(["--max-distance", "17"], "invalid choice: 17"), (["--reference", "nowhere"], "neither a folder of images")],
)
def test_what_cannot_be_is_refused_in_words(bow: TargetClass, arguments: list[str], complaint: str) -> None:
    with pytest.raises(CommandError, match=complaint):
        run(*arguments)
    assert not DuplicateSearch.objects.exists()  # nobody waits for what was never begun


def test_a_study_that_is_not_there_is_refused() -> None:
    with pytest.raises(CommandError, match="no study 'bows'"):
        run()
