"""The same judgements, seed and parameters give the same bytes, wherever and whenever a set is built."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from annotation import testsets
from annotation.models import Origin, Study
from annotation.strategies import STRATEGIES
from annotation.testsets import manifests
from config import embedded
from tests import cast
from tests.benchmarks import databases
from tests.cast import NOW

PINNED = {
    "matched_frequency": "2234d97ff58a8ddc24f5acec66590623272984802492fe317647f356f28f3bfe",
    "matched_posterior": "2341437430e3662f510bf60c367664eef2f367d911df82e3bfcdc35953c9526a",
    "threshold": "69b43e0336b0363405ff387b1bc9ffd99a139edeb994387441aea04e8236d675",
    "top_images": "e232c9b56da2eb2d48defb6d90f623ee06a06487a91954c0a2cce0daa884a33c",
}
# Ids far from those of the test's own database, and a storage of its own.
ELSEWHERE = """
import json, sys
from django.conf import settings
settings.STORAGES["default"] = {
    "BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": sys.argv[1]}
}
import django
django.setup()
from django.db import connection
with connection.cursor() as cursor:
    for table in ("candidate", "targetclass", "image", "worker", "assignment", "grid", "study"):
        cursor.execute(f"ALTER SEQUENCE annotation_{table}_id_seq RESTART WITH 70000")
from annotation.testsets import manifests
manifests.__version__ = "0.1.0"
from tests.annotation.testsets.test_same_bytes import hashes, small_study
print(json.dumps(hashes(small_study())))
"""


def small_study() -> Study:
    """Two classes of ten originals and thirty of the pool, all judged."""
    study = cast.study(seed=3)
    for class_id in ("b", "a"):
        target_class = cast.target_class(study, class_id, class_id)
        for count in (10, 9, 9, 8, 10, 7, 9, 10, 6, 8):
            cast.measured(target_class, Origin.ORIGINAL, count)
        for number in range(30):
            cast.measured(target_class, Origin.POOL, number % 11)
    return study


def hashes(study: Study) -> dict[str, str]:
    """The content hash of every set, frozen, by its strategy."""
    recipes = {strategy: each(images_per_class=6) for strategy, each in STRATEGIES.items()}
    built = testsets.build_all(study=study, parameters=recipes, seed=1, now=NOW)
    frozen = [testsets.freeze(test_set=each, now=NOW + timedelta(days=3)) for each in built]
    return {str(each.strategy): each.content_sha256 for each in frozen}


@pytest.mark.django_db
def test_every_strategy_gives_the_bytes_it_always_gave(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever cites a set relies on these bytes: if a hash must change, write a decision record."""
    monkeypatch.setattr(manifests, "__version__", "0.1.0")
    assert hashes(small_study()) == PINNED


def test_another_process_elsewhere_gives_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", embedded.database_url())
    with databases.migrated(f"elsewhere_{os.getpid()}") as url:
        place = {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "PYTHONHASHSEED": "77", "DATABASE_URL": url}
        result = subprocess.run(
            [sys.executable, "-c", ELSEWHERE, str(tmp_path)],
            env=os.environ | place,
            cwd=databases.ROOT,
            stdout=subprocess.PIPE,
            check=True,
        )
    assert json.loads(result.stdout) == PINNED
