import io

import pytest
from django.core.management import CommandError, call_command

from annotation.models import Study
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    batch = cast.batch(cast.study("birds"), [])
    target_class = cast.target_class(batch.study)
    batch = cast.batch(batch.study, [cast.grid(target_class, [cast.candidate(target_class)])])
    cast.handed_in(batch, cast.worker(), cast.NOW)
    return batch.study


def define(*arguments: str) -> str:
    output = io.StringIO()
    call_command("define_filter", "--study", "birds", "--slug", "early", *arguments, stdout=output)
    return output.getvalue()


def test_a_filter_is_defined_and_counted(study: Study) -> None:
    told = define("--name", "First days", "--until", "2026-03-01T12:00Z", "--min-control-accuracy", "0.7")
    assert told == "First days: 1 classes counted\n"
    early = study.judgement_filters.get(slug="early")
    assert (early.until, early.min_control_accuracy, early.leaves_out_excluded) == (cast.NOW, 0.7, True)
    assert early.frequencies.get().num_seen == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--until", "yesterday"], "is not a time"),
        (["--until", "2026-02-30T00:00"], "no time that exists"),
        (["--min-control-accuracy", "70"], "choose 0 to 1"),
        (["--slug", "standard"], "already"),
        (["--study", "whales"], "no study 'whales'"),
    ],
)
def test_what_cannot_be_is_refused(study: Study, arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        define(*arguments)
