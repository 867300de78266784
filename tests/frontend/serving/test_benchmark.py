"""What the benchmark's floors run is what the product runs."""

import pytest
from django.test import RequestFactory

from annotation.models import Assignment, Batch
from tests import cast, pictures
from tests.benchmarks import bare, serving_pgbench

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch() -> Batch:
    return pictures.launched(num_images=6, num_grids=2)


def test_the_bare_views_claim_hand_in_and_look_up(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    worker = cast.worker()
    monkeypatch.setattr(bare, "SELECTED", [3])
    monkeypatch.setattr(bare, "Batch", lambda pk: batch)
    request = RequestFactory().post("/")
    first = int(bare.begin(request, worker.pk).content)
    assert bare.look_up(request, worker.pk, first).content == b"found"
    following = int(bare.hand_in(request, worker.pk, first).content)
    assert Assignment.objects.get(pk=first).is_submitted
    assert Assignment.objects.get(pk=following).worker == worker


def test_the_script_of_pgbench_leaves_no_value_open() -> None:
    script = serving_pgbench.script()
    assert "%s" not in script
    assert script.count("annotation_hand_in(") == script.count("annotation_claim(") == 1
