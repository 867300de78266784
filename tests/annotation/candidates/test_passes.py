"""A source is passed over once more only where a file's name alone can't say which candidate's picture it is."""

from collections.abc import Iterator

import pytest

from annotation import candidates
from annotation.models import Origin, Study
from annotation.sources.base import CandidateRecord
from tests import cast

pytestmark = pytest.mark.django_db


class Counted:
    """Records that count how often they are passed over."""

    def __init__(self, *sources: str) -> None:
        self.sources = sources
        self.num_passes = 0

    def __iter__(self) -> Iterator[CandidateRecord]:
        self.num_passes += 1
        for seed, source in enumerate(self.sources):
            yield CandidateRecord(source, "0", lambda seed=seed: cast.png(seed))


@pytest.fixture
def study() -> Study:
    made = cast.study()
    cast.target_class(made)
    return made


@pytest.mark.parametrize(
    ("lacking", "num_passes", "num_supplied"),
    [
        ([], 1, 0),
        (["elsewhere/9.png"], 1, 0),
        (["a/0.png"], 1, 1),
        (["0.png"], 2, 1),
        (["a/0.png", "1.png"], 2, 2),
    ],
)
def test_a_source_is_passed_over_as_often_as_it_takes(
    study: Study, lacking: list[str], num_passes: int, num_supplied: int
) -> None:
    zero = study.target_classes.get()
    candidates.add_without_picture(study=study, places=[(zero.pk, "pool", each) for each in lacking], now=cast.NOW)
    records = Counted("a/0.png", "a/1.png")
    report = candidates.ingest(study=study, origin=Origin.POOL, records=records, now=cast.NOW)
    assert (records.num_passes, report.num_supplied) == (num_passes, num_supplied)
    assert report.num_created == 2 - num_supplied
