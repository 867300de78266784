"""Models of annotation, Twinset's own and crowd-kit's, beside the counts."""

import csv
import sys
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from annotation import quality
from annotation.errors import CannotAggregate
from annotation.models import Batch, Effect
from tests import cast
from tests.annotation.quality import crowd

pytestmark = pytest.mark.django_db
LATER = cast.NOW + timedelta(days=1)


@pytest.fixture
def batch() -> Batch:
    batch = crowd.batch()
    crowd.ordinary(batch)
    crowd.join(batch, "lazy", crowd.nothing)
    return batch


def shown(batch: Batch) -> set[int]:
    """The measured candidates that show their class."""
    places = [position for position in crowd.SHOWS_IT if position in crowd.MEASURED]
    return {ids[place] for ids in batch.study.grids.values_list("candidate_ids", flat=True) for place in places}


@pytest.mark.parametrize("model", sorted(quality.MODELS))
def test_every_model_finds_what_shows_the_class(batch: Batch, model: str) -> None:
    if model in ("glad", "mace"):
        pytest.importorskip("crowdkit.aggregation", reason="crowd-kit is the extra [aggregation]")
    found = list(quality.aggregate(study=batch.study, model=model, now=LATER))
    assert len(found) == 6 * len(crowd.MEASURED)
    assert {row.num_seen for row in found} == {7}
    wrong = {row.candidate_id for row in found if row.posterior > 0.5} ^ shown(batch)
    assert len(wrong) <= (1 if model == "mace" else 0), "of 72, MACE may believe the lazy one once"


def test_who_is_excluded_says_nothing_to_a_model(batch: Batch) -> None:
    lazy = batch.study.enrolments.get(worker__external_id="lazy").worker
    quality.decide(study=batch.study, worker=lazy, effect=Effect.EXCLUDE, reason="Lazy.", by=None, now=LATER)
    assert {row.num_seen for row in quality.aggregate(study=batch.study, model="one_coin", now=LATER)} == {6}


def test_without_the_extra_the_message_says_what_to_install(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "crowdkit", None)
    with pytest.raises(CannotAggregate, match=r"pip install 'twinset\[aggregation\]'"):
        list(quality.aggregate(study=batch.study, model="glad", now=LATER))


def test_unknown_models_and_empty_studies_are_refused(batch: Batch) -> None:
    with pytest.raises(CannotAggregate, match="choose one of two_coin"):
        list(quality.aggregate(study=batch.study, model="oracle", now=LATER))
    with pytest.raises(CannotAggregate, match="has judged a measured candidate"):
        list(quality.aggregate(study=cast.study("empty"), model="two_coin", now=LATER))


def test_the_command_writes_counts_beside_the_model(batch: Batch, tmp_path: Path) -> None:
    output = StringIO()
    call_command("aggregate_judgements", study=batch.study.slug, output=tmp_path / "out.csv", stdout=output)
    with (tmp_path / "out.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert output.getvalue().startswith("72 candidates by two_coin")
    assert float(rows[0]["frequency"]) == int(rows[0]["num_selected"]) / int(rows[0]["num_seen"])
    assert {int(row["candidate"]) for row in rows if float(row["posterior"]) > 0.5} == shown(batch)
    assert {row["target_class"] for row in rows} == {"0"}


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There is no study 'nowhere'"):
        call_command("aggregate_judgements", study="nowhere", output=tmp_path / "out.csv")
