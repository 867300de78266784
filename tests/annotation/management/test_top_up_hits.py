from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from annotation.models import Origin, Study
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    study = cast.study()
    target_class = cast.target_class(study)
    for num_selected in (0, 5, 6, 8, 10):
        cast.measured(target_class, Origin.POOL, num_selected)
    return study


def top_up(**options: Any) -> str:
    out = StringIO()
    call_command("top_up_hits", stdout=out, stderr=out, **options)
    return out.getvalue()


def test_it_says_what_it_takes_and_launches(study: Study) -> None:
    said = top_up(study=study.slug, cut=0.5, assignments=200)
    assert "3 candidates straddle 0.5; 200 judgements more each should settle 2 of them, in 1 grids" in said
    assert "/join/" in said
    assert study.batches.get(platform="local").num_assignments == 200


def test_a_dry_run_launches_nothing(study: Study) -> None:
    assert "should settle" in top_up(study=study.slug, cut=0.5, assignments=200, dry_run=True)
    assert not study.batches.filter(platform="local").exists()


def test_an_unknown_study_is_named() -> None:
    with pytest.raises(CommandError, match="no study 'nowhere'"):
        top_up(study="nowhere")


@pytest.mark.parametrize("cut", ["70", "0", "x", "nan"])
def test_a_cut_outside_is_refused(study: Study, cut: str) -> None:
    with pytest.raises(CommandError, match=r"such as 0\.7"):
        call_command("top_up_hits", "--study", study.slug, "--cut", cut)
