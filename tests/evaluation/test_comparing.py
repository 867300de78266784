"""Changes and lines by command, from runs or from a table; and those that were published."""

import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.evaluation import scored
from tests.evaluation.uploads import handed
from tests.verification import published

HEADER = "classifier,test_set,num_correct,num_images\n"


def told(**options: Any) -> str:
    out = StringIO()
    call_command("compare_test_sets", stdout=out, **options)
    return out.getvalue()


@pytest.mark.django_db
def test_runs_of_a_study_are_compared() -> None:
    study = scored.study()
    original = scored.frozen_set(study, per_class=4)
    new = scored.frozen_set(study, per_class=4, strategy="threshold", name="easier")
    for number in range(1, 4):
        for test_set, num_right in ((original, 3 * number), (new, 3 * number + 1)):
            images, own = handed.names(test_set), handed.truth(test_set)
            guessed = [*own[:num_right], *("g0" if each != "g0" else "g1" for each in own[num_right:])]
            rows = map(",".join, zip(images, guessed, strict=True))
            handed.given(handed.csv("image,top1", *rows), test_set, name=f"c{number}")
    text = told(study="greys", show=["c1"])
    assert "easier: 3 classifiers, mean change +8.33 points\n  linear: new = 1.000 · original +8.33, R² 1.0000" in text
    assert "  c1: 33.33 % [9.92, 65.11]\n" in text
    with pytest.raises(CommandError, match="2 classifiers have counts on both original and easier; a line needs 3"):
        told(study="greys", leave_out=["c1*"])


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("classifier,test_set\n", "no column num_correct, num_images"),
        (HEADER + "a,original,x,3\n", "Line 2, column num_correct: 'x' is no whole number"),
        (HEADER + "a,original,4,3\n", "Line 2: 4 of 3 images is no count"),
        (HEADER + "a,original,1,3\n", "no other set to compare"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused(table: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "counts.csv").write_text(table)
    with pytest.raises(CommandError, match=message):
        told(counts=tmp_path / "counts.csv")


@pytest.fixture
def counts(reference_dir: Path, tmp_path: Path) -> Path:
    """The published counts, in which the ranks of one classifier were put right."""
    rows = [
        f"{classifier},{called},{row[f'{column}_top1_correct']},{row[f'{column}_n']}\n"
        for classifier, row in published.published_counts(reference_dir).items()
        for _, called, column in published.SETS.values()
    ]
    path = tmp_path / "counts.csv"
    path.write_text(HEADER + "".join(rows))
    return path


@pytest.mark.reference
def test_the_published_changes_and_intervals_come_out(counts: Path) -> None:
    text = told(counts=counts, show=["nasnetalarge", "resnet50", "alexnet"])
    for name, change in (("calibrated", "-11.83"), ("easier", "-3.20"), ("easiest", "+2.08")):
        assert f"{name}: 67 classifiers, mean change {change} points\n" in text
    calibrated = text[text.index("calibrated") : text.index("easier")]
    assert "probit: new = 0.952 · original -0.316, R² 0.9983" in calibrated
    assert "nasnetalarge: 72.21 % [71.32, 73.09]" in calibrated
    assert "resnet50: 63.33 % [62.38, 64.28]" in calibrated
    assert "alexnet: 43.98 % [43.00, 44.96]" in calibrated


@pytest.mark.reference
def test_the_published_line_comes_out_without_fisher_vectors(counts: Path) -> None:
    text = told(counts=counts, leave_out=["fv_*"])
    calibrated = text[text.index("calibrated") : text.index("easier")]
    assert "calibrated: 64 classifiers" in calibrated
    assert "linear: new = 1.110 · original -20.26, R² 0.9913" in calibrated
    # Published: [1.07, 1.19], without the details of that bootstrap; ours is drawn in both ways that there are.
    intervals = re.findall(r"slope (?:over classifiers alone )?\[([\d.]+), ([\d.]+)\]", calibrated)[:2]
    for low, high in intervals:
        assert (float(low), float(high)) == pytest.approx((1.07, 1.19), abs=0.011)
    assert len(intervals) == 2
