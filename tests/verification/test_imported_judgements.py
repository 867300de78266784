"""924,810 real judgements, imported, counted and reviewed: the numbers of images per count that were published."""

from collections import Counter
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import call_command
from django.utils import timezone

from annotation import frequencies, quality
from annotation.models import Candidate, ClassPosterior, Origin, QualityReview, SelectionFrequency, Study
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.reference]


def test_real_judgements_are_imported_counted_as_published_and_reviewed(reference_dir: Path) -> None:
    study = cast.study("real")
    out = StringIO()
    call_command(
        "import_judgements",
        str(reference_dir / "raters" / "judgements_all_long.csv.gz"),
        study="real",
        worker_column="rater_id",
        class_column="asked_wnid",
        selected_column="vote",
        selected_value=["yes"],
        origin_column="is_original_label",
        original_value=["1"],
        create_candidates=True,
        create_classes=True,
        all_or_nothing=True,
        stdout=out,
    )
    assert "924,810 rows: 924,810 judgements taken, 0 were there already, 0 said the same again, 0 refused." in (
        out.getvalue()
    )
    assert "of 85 workers in a closed batch; 1,000 new classes; 184,962 new candidates" in out.getvalue()
    frequencies.recompute_stale(study=study, now=cast.NOW)
    originals = SelectionFrequency.objects.filter(candidate__study=study, candidate__origin=Origin.ORIGINAL)
    counts = np.bincount(list(originals.values_list("num_selected", flat=True)))
    assert counts.tolist() == [6064, 4218, 3768, 3424, 3741, 3674]
    assert set(SelectionFrequency.objects.values_list("num_seen", flat=True)) == {5}
    assert Candidate.objects.filter(origin=Origin.ORIGINAL).count() == 24_889
    _is_reviewed(study)


def _is_reviewed(study: Study) -> None:
    """Every pair of judgements of an image is looked at from both sides; no rule that needs a grid finds anybody."""
    quality.review(study=study, now=timezone.now())
    content = QualityReview.objects.get(study=study).content
    assert content is not None
    assert (len(content["workers"]), len(content["classes"])) == (85, 1000)
    assert (content["num_judgements"], content["num_candidates"]) == (924_810, 184_962)
    assert sum(row["num_pairs"] for row in content["workers"]) == 184_962 * 5 * 4
    assert content["overall"]["raw"] == pytest.approx(
        sum(row["num_agreed"] for row in content["workers"]) / (184_962 * 5 * 4)
    )
    assert 0.45 < content["overall"]["low"] < content["overall"]["alpha"] < content["overall"]["high"] < 0.55
    flags = Counter(flag["rule"] for row in content["workers"] for flag in row["flags"])
    assert flags == {"twin_workers": 2, "informedness": 1}  # of 1,952 questions one worker answered nearly all with yes
    assert sum(len(row.candidate_ids) for row in ClassPosterior.objects.all()) == 184_962
