"""Two imports of one table at the same moment: each judgement once."""

from pathlib import Path

import pytest

from annotation.judgements import Reading
from annotation.models import Batch, Candidate, Grid, Origin, Worker
from tests import cast
from tests.annotation.judgements.cases import recorded, table, take_in
from tests.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)
MAKING = {"create_candidates": True, "create_classes": True, "reading": Reading(origin=Origin.POOL)}


def test_one_takes_the_judgements_and_the_other_finds_them(tmp_path: Path) -> None:
    study = cast.study()
    lines = [f"w{worker},{image}.jpg,n{image % 3},{worker % 2}" for image in range(60) for worker in range(5)]
    path = table(tmp_path, lines)
    reports = at_once([lambda: take_in(study, path, **MAKING)] * 4)
    assert sorted(report.num_taken for report in reports) == [0, 0, 0, 300]
    assert sorted(report.num_existing for report in reports) == [0, 300, 300, 300]
    assert len(recorded(study)) == 300
    assert (Batch.objects.count(), Grid.objects.count(), Candidate.objects.count(), Worker.objects.count()) == (
        1,
        3,
        60,
        5,
    )


def test_in_two_studies_that_share_workers_both_are_taken(tmp_path: Path) -> None:
    studies = [cast.study("one"), cast.study("two")]
    path = table(tmp_path, [f"w{worker},a.jpg,n01,1" for worker in range(200)])
    at_once([lambda s=s: take_in(s, path, workers_from="tool", **MAKING) for s in studies])
    assert [len(recorded(study)) for study in studies] == [200, 200]
    assert Worker.objects.count() == 200
