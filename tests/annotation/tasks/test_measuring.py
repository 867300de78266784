"""Colours of images that came in before colours were measured."""

import hashlib

import pytest

from annotation import storage, tasks
from annotation.models import Candidate, Image, Study
from annotation.tasks import measuring
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    return cast.study()


def stored(study: Study, seed: int) -> Image:
    """A picture with its file, not measured."""
    content = cast.png(seed)
    row: Candidate = cast.candidate(study.target_classes.first() or cast.target_class(study))
    storage.put("images", content)
    assert row.image is not None
    row.image.sha256 = hashlib.sha256(content).hexdigest()
    row.image.save()
    return row.image


def test_what_is_not_measured_is_measured_once(study: Study) -> None:
    images = [stored(study, seed) for seed in range(3)]
    for _ in range(2):
        tasks.measure_images(study.pk)
    for image in images:
        image.refresh_from_db()
        assert image.mean_red is not None
        assert 90 < image.mean_red < 165  # of noise


def test_nobody_measures_the_same_study_meanwhile(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    image = stored(study, 1)
    measuring.cache.add(measuring._mark(study.pk), True)
    tasks.measure_images(study.pk)
    image.refresh_from_db()
    assert image.mean_red is None


def test_the_sweep_asks_for_each_study_that_waits(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(measuring, "enqueue_measuring", asked.append)
    tasks.sweep_measuring()
    assert asked == []
    stored(study, 1)
    stored(study, 2)
    measured = stored(cast.study("done"), 3)
    Image.objects.filter(pk=measured.pk).update(mean_red=1, mean_green=1, mean_blue=1)
    tasks.sweep_measuring()
    assert asked == [study.pk]


def test_a_file_that_is_lost_stops_nobody(study: Study, caplog: pytest.LogCaptureFixture) -> None:
    lost = cast.candidate(cast.target_class(study)).image
    image = stored(study, 1)
    tasks.measure_images(study.pk)
    image.refresh_from_db()
    assert image.mean_red is not None
    assert lost is not None
    assert f"study {study.pk}: 1 of 2 pictures can't be read" in caplog.text
    tasks.measure_images(0)  # a study that is gone
