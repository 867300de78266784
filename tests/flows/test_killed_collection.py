"""import_images killed again and again, and given again: it takes in everything once, and its account is right."""

import hashlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from django.db import connection
from django.db.models import Count

from annotation import storage
from annotation.models import Candidate, Collection, CollectionRefusal, Image
from tests import cast
from tests.annotation.collecting import collected
from tests.flows.conftest import ROOT, SECONDS, child_environment, wait_until_let_go

NUM_IMAGES = 900
NUM_KILLS = 3


def start(folder: Path, at: Path) -> "subprocess.Popen[bytes]":
    words = ["import_images", "--study", "digits", "--origin", "pool", str(folder)]
    environment = child_environment(at / "storage")
    return subprocess.Popen([sys.executable, "manage.py", *words], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)


def killed_half_way(process: "subprocess.Popen[bytes]", num_before: int, pause: float) -> None:
    """As soon as it has taken something in, and a little later."""
    deadline = time.monotonic() + SECONDS
    while process.poll() is None and not Collection.objects.filter(num_read__gt=num_before).exists():
        assert time.monotonic() < deadline
        time.sleep(0.005)
    time.sleep(pause)
    process.kill()
    process.wait()
    wait_until_let_go()


@pytest.fixture
def slowly(transactional_db: None) -> Iterator[None]:
    """Each step of progress takes a moment longer, so that one who waits for it comes in the middle."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION breathe() RETURNS trigger LANGUAGE plpgsql AS"
            " 'BEGIN PERFORM pg_sleep(0.15); RETURN NEW; END'"
        )
        cursor.execute(
            "CREATE TRIGGER breathe BEFORE UPDATE OF num_read ON annotation_collection"
            " FOR EACH ROW EXECUTE FUNCTION breathe()"
        )
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION breathe() CASCADE")


@pytest.mark.usefixtures("slowly")
def test_nothing_is_doubled_or_lost_however_often_the_command_is_killed(tmp_path: Path) -> None:
    collected.study()
    folder = collected.folder(tmp_path / "images", NUM_IMAGES)
    rng = np.random.default_rng(8)
    stood_at = []
    for _ in range(NUM_KILLS):
        killed_half_way(start(folder, tmp_path), max(stood_at, default=0), float(rng.uniform(0, 0.2)))
        row = Collection.objects.get()
        stood_at.append(row.num_read)
        assert row.num_created == Candidate.objects.filter(collection=row).count()
        assert row.num_refused == CollectionRefusal.objects.count()
    assert 0 < stood_at[0] < NUM_IMAGES, "none was killed half way"
    process = start(folder, tmp_path)
    assert process.wait(timeout=SECONDS) == 0
    row.refresh_from_db()
    assert row.state == "finished"
    assert (row.num_read, row.num_created, row.num_refused) == (NUM_IMAGES + 1, NUM_IMAGES, 1)
    assert Candidate.objects.count() == Image.objects.count() == NUM_IMAGES
    assert not Candidate.objects.values("source").annotate(num=Count("pk")).filter(num__gt=1).exists()
    taken = set(Image.objects.values_list("sha256", flat=True))
    assert taken == {hashlib.sha256(cast.png(number)).hexdigest() for number in range(NUM_IMAGES)}
    assert all(storage.has("images", sha256) for sha256 in taken)
