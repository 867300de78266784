from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from annotation.models import TestSet
from evaluation.models import Run
from tests.evaluation import scored
from tests.evaluation.uploads import handed

pytestmark = pytest.mark.django_db


@pytest.fixture
def test_set() -> TestSet:
    return handed.study_and_set()[1]


def told(*arguments: str, test_set: str = "original", **options: Any) -> str:
    out = StringIO()
    options = {"study": "greys", "classifier": "elsewhere", "test_set": test_set} | options
    call_command("import_predictions", *arguments, stdout=out, **options)
    return out.getvalue()


@pytest.mark.parametrize("name", ["original", "greys/original@r1"])
def test_a_file_is_taken_in_for_a_set(name: str, test_set: TestSet, tmp_path: Path) -> None:
    path = tmp_path / "predictions.csv"
    path.write_bytes(handed.right(test_set))
    assert told(str(path), test_set=name) == "elsewhere is right on 6 of 6 images of greys/original@r1.\n"


def test_lists_beside_it_are_files_too(test_set: TestSet, tmp_path: Path) -> None:
    path, images, class_ids = (tmp_path / name for name in ("top.npy", "images.txt", "classes.json"))
    path.write_bytes(handed.npy([[0, 1, 2]] * 6))
    images.write_text("\n".join(handed.names(test_set)))
    class_ids.write_text('["g0", "g1", "g2"]')
    assert "2 of 6 images of greys/original@r1, 6 among its first five" in told(
        str(path), images=images, classes_file=class_ids
    )


def test_what_is_refused_is_said_and_withdrawn_counts_no_more(test_set: TestSet, tmp_path: Path) -> None:
    path = tmp_path / "predictions.csv"
    path.write_text("image,top1\n")
    with pytest.raises(CommandError, match="a header and no rows"):
        told(str(path))
    with pytest.raises(CommandError, match="no frozen test set 'easier'; there are: original"):
        told(str(path), test_set="easier")
    path.write_bytes(handed.right(test_set))
    told(str(path))
    assert told(withdraw="wrong file") == "Withdrawn; other predictions can be imported now.\n"
    run = Run.objects.get()
    assert (run.state, run.failure) == (Run.State.WITHDRAWN, "wrong file")


def test_no_run_is_requested_of_a_classifier_scored_elsewhere(test_set: TestSet, sent: list[int]) -> None:
    handed.given(handed.right(test_set), test_set)
    with pytest.raises(CommandError, match="no classifier that can be run"):
        call_command("request_runs", study="greys")
    scored.classifier(test_set.study)
    call_command("request_runs", study="greys", stdout=StringIO())
    assert Run.objects.count() == 2
    assert len(sent) == 1
