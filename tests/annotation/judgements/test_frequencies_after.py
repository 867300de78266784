"""Whatever the table: the frequencies after an import are what a plain count of its rows gives."""

from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotation import frequencies
from annotation.judgements import Reading
from annotation.models import Origin, SelectionFrequency, Study
from tests import cast
from tests.annotation.judgements.cases import table, take_in

pytestmark = pytest.mark.django_db
Row = tuple[str, str, str, str]
ROW = st.tuples(
    st.sampled_from(["ann", "bob", "cleo", ""]),
    st.sampled_from([f"{number}.jpg" for number in range(60)]),
    st.sampled_from(["n01", "n02"]),
    st.sampled_from(["yes", "no", "no", "yes", "?"]),
)


def counted(tables: list[list[Row]]) -> dict[tuple[str, str], tuple[int, int]]:
    """Selected and seen of each class and image, by hand: table for table, the first clear answer of a worker."""
    answers: dict[tuple[str, str, str], str] = {}
    for rows in tables:
        said = defaultdict(set)
        for worker, image, class_id, label in rows:
            if worker and label in ("yes", "no"):
                said[worker, image, class_id].add(label)
        for key, labels in said.items():
            if len(labels) == 1:
                answers.setdefault(key, *labels)
    counts: dict[tuple[str, str], tuple[int, int]] = {}
    for (_, image, class_id), label in answers.items():
        num_selected, num_seen = counts.get((class_id, image), (0, 0))
        counts[class_id, image] = (num_selected + (label == "yes"), num_seen + 1)
    return counts


@settings(max_examples=40)
@given(tables=st.lists(st.lists(ROW, max_size=250), min_size=1, max_size=3))
def test_frequencies_are_a_plain_count_of_the_table(tables: list[list[Row]], tmp_path: Path) -> None:
    study = cast.study(f"study-{Study.objects.count()}")
    for rows in tables:
        path = table(tmp_path, [",".join(row) for row in rows])
        report = take_in(study, path, create_candidates=True, create_classes=True, reading=Reading(origin=Origin.POOL))
        told = report.num_taken + report.num_existing + report.num_repeated + report.refusals.num
        assert told == report.num_read == len(rows)
    frequencies.recompute_stale(study=study, now=cast.NOW)
    rows = SelectionFrequency.objects.filter(candidate__study=study).values_list(
        "candidate__target_class__class_id", "candidate__source", "num_selected", "num_seen"
    )
    assert {(class_id, source): counts for class_id, source, *counts in rows} == {
        key: list(counts) for key, counts in counted(tables).items()
    }
