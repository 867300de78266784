"""What this program exports, it reads again."""

from pathlib import Path

import pytest

from annotation.sources import CandidateRecord, kind_of, open_source
from tests.annotation.exports.exported import WNIDS, export, frozen_set

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("layout", "folder", "kind"),
    [("webdataset", "shards", "webdataset"), ("imagefolder", "", "folder"), ("parquet", "", "huggingface")],
)
def test_an_export_is_a_source_again(tmp_path: Path, layout: str, folder: str, kind: str) -> None:
    test_set = frozen_set(WNIDS)
    export(test_set, layout, tmp_path / layout)
    root = tmp_path / layout / folder
    assert kind_of(root) == kind
    records = list(open_source(root))
    found = [
        (record.class_id, len(record.read()))
        for record in records
        if isinstance(record, CandidateRecord) and record.read
    ]
    images = [row.candidate for row in test_set.images.select_related("candidate__image", "candidate__target_class")]
    assert sorted(found) == sorted((each.target_class.class_id, each.image.num_bytes) for each in images)
