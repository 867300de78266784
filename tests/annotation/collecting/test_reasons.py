"""What was refused, put together by what a person can do about it."""

from pathlib import Path

import pytest
from django.utils import timezone

from annotation import collecting
from annotation.collecting import progress
from annotation.models import CollectionRefusal, Study
from tests.annotation.collecting.collected import asked, claimed

pytestmark = pytest.mark.django_db


def test_refusals_that_differ_in_numbers_alone_are_counted_together(study: Study, folder: Path) -> None:
    row = asked(study, folder)
    CollectionRefusal.objects.bulk_create(
        CollectionRefusal(collection=row, source=f"{number}.png", reason=f"Line {number} lacks a path.")
        for number in range(5)
    )
    CollectionRefusal.objects.create(collection=row, source="x.png", reason="The file is empty.")
    first, second = collecting.reasons_of(row)
    assert (first.text, first.num_refused, first.examples) == ("Line 0 lacks a path.", 5, ["0.png", "1.png", "2.png"])
    assert (second.text, second.num_refused, second.examples) == ("The file is empty.", 1, ["x.png"])


def test_of_very_many_the_first_are_looked_at(study: Study, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = asked(study, folder)
    monkeypatch.setattr(progress, "NUM_LOOKED_AT", 2)
    for reason in ("a", "b", "c"):
        CollectionRefusal.objects.create(collection=row, source="x.png", reason=reason)
    assert [each.text for each in collecting.reasons_of(row)] == ["a", "b"]


def test_a_reason_with_signs_that_no_database_keeps_is_written_with_escapes(study: Study, tmp_path: Path) -> None:
    folder = tmp_path / "images"
    (folder / "s\u202even\n").mkdir(parents=True)
    (folder / "s\u202even\n" / "a.png").write_bytes(b"x")
    row = asked(study, folder)
    collecting.run(held=claimed(row), clock=timezone.now)
    refusal = row.refusals.get()
    assert "\\u202e" in refusal.reason
    assert "\n" not in refusal.reason + refusal.source
