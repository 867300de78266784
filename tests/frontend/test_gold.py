"""Gold cannot be found: what a worker can fetch, besides the pictures themselves, does not tell an image's origin.

Pictures of both origins come from one generator, so anything a classifier could learn would be ours.
"""

import io
import re
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from django.test import Client
from PIL import Image
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GroupKFold, cross_val_predict

from annotation import assignments, candidates, grids, hits, studies
from annotation.models import Assignment, Batch, Candidate, Grid, Origin, Study
from annotation.platforms import local
from annotation.sources.base import CandidateRecord
from tests import cast

pytestmark = pytest.mark.django_db

CLASSES = ["bow", "horn"]
NUM_ORIGINAL, NUM_POOL = 20, 60
NUM_PERMUTATIONS = 2000
NUM_TRIES = 3
AT_CHANCE = 0.001  # times differ from run to run: one in a thousand may look like a leak, and is then looked at again
BYTES_OF_A_PICTURE, SECONDS_OF_A_PICTURE = -3, -1
BOX = re.compile(r'name="selected" value="(\d+)"')


@dataclass(frozen=True)
class Seen:
    """What one worker could note about the images of one grid, a row for each."""

    features: np.ndarray[Any, Any]
    is_pool: np.ndarray[Any, Any]


def records(class_id: str, first: int, count: int) -> list[CandidateRecord]:
    def reader(seed: int) -> Any:
        return lambda: cast.png(seed, (50, 38), "JPEG")

    return [CandidateRecord(f"{seed}.jpg", class_id, reader(seed)) for seed in range(first, first + count)]


@pytest.fixture
def batch() -> Batch:
    """Two classes, each the other's nearest, so that grids hold both kinds of controls."""
    study = studies.create(slug="gold", name="Gold", now=cast.NOW)
    studies.add_target_classes(study=study, classes=[studies.TargetClassSpec(name, name) for name in CLASSES])
    studies.set_nearest_classes(study=study, nearest={"bow": "horn", "horn": "bow"})
    for number, name in enumerate(CLASSES):
        for origin, first, count in [(Origin.ORIGINAL, 0, NUM_ORIGINAL), (Origin.POOL, 500, NUM_POOL)]:
            found = records(name, 1000 * number + first, count)
            candidates.ingest(study=study, origin=origin, records=found, now=cast.NOW)
    return launched(study)


def launched(study: Study) -> Batch:
    composed = grids.compose(study=study, now=cast.NOW, design=grids.GridDesign(num_positions=32))
    for grid in composed.grids:
        grids.make_sheets(grid=grid)
    return hits.launch(study=study, grids=composed.grids, terms=hits.Terms(num_assignments=1), now=cast.NOW)


def handed_out(batch: Batch) -> list[Assignment]:
    """Every grid to a worker of its own."""
    for number in range(batch.hits.count()):
        assert assignments.claim(batch=batch, worker=cast.worker(f"w{number}"), now=cast.NOW) is not None
    return list(Assignment.objects.filter(hit__batch=batch).select_related("hit__grid"))


def work(held: list[Assignment]) -> list[Seen]:
    """Every grid as its worker gets it."""
    return [look(Client(), f"/work/{local.assignment_token(each)}/", each.hit.grid) for each in held]


def look(client: Client, address: str, grid: Grid) -> Seen:
    page = client.get(address).text
    order = [int(value) for value in BOX.findall(page)]
    markup = {order[n]: part for n, part in enumerate(re.split(r"<li>", page)[-len(order) :])}
    sheets = [timed(client, f"{address}sheets/{n}/") for n in range(grids.SHEETS.num_sheets(len(order)))]
    rows = []
    for position in range(grid.num_positions):
        number, column, row = grids.SHEETS.place(position)
        sheet, sheet_seconds = sheets[number]
        zoomed, seconds = timed(client, f"{address}images/{position}/")
        assert sheet.status_code == zoomed.status_code == 200
        rows.append(
            [
                order.index(position), position, number, column, row,
                len(markup[position].partition("</li>")[0]),
                len(sheet.content), len(str(sheet.headers)), len(zoomed.headers), sheet_seconds,
                len(zoomed.content), len(str(zoomed.headers)), seconds,
            ]
        )  # fmt: skip
    origin = dict(Candidate.objects.filter(pk__in=grid.candidate_ids).values_list("pk", "origin"))
    return Seen(np.array(rows, float), np.array([origin[pk] == Origin.POOL for pk in grid.candidate_ids]))


def timed(client: Client, address: str) -> tuple[Any, float]:
    """The answer, and how long it takes: the median of several tries, as somebody who looks for gold would take it."""
    seconds = []
    for _ in range(NUM_TRIES):
        start = time.perf_counter()
        answer = client.get(address)
        seconds.append(time.perf_counter() - start)
    return answer, float(np.median(seconds))


def detection(seen: list[Seen], seed: int = 0) -> float:
    """How probable it is that guesses as good as these come by chance.

    A random forest is trained on some grids and tried on the others. Its guesses are compared with
    those for origins shuffled within each grid: what differs between grids is no leak.
    """
    rng = np.random.default_rng(seed)
    features, origins = np.vstack([each.features for each in seen]), np.concatenate([each.is_pool for each in seen])
    groups = np.repeat(np.arange(len(seen)), [len(each.is_pool) for each in seen])
    forest = RandomForestClassifier(200, min_samples_leaf=5, random_state=seed)
    guess = cross_val_predict(forest, features, origins, groups=groups, cv=GroupKFold(4), method="predict_proba")[:, 1]
    centred = guess - np.array([guess[groups == group].mean() for group in range(len(seen))])[groups]

    def strength(labels: np.ndarray[Any, Any]) -> float:
        return float(centred @ labels)

    observed = strength(origins)
    shuffled = [
        strength(np.concatenate([rng.permutation(origins[groups == group]) for group in range(len(seen))]))
        for _ in range(NUM_PERMUTATIONS)
    ]
    return float((1 + np.sum(np.array(shuffled) >= observed)) / (1 + NUM_PERMUTATIONS))


def test_a_classifier_trained_on_all_a_worker_can_fetch_stays_at_chance(batch: Batch) -> None:
    held = handed_out(batch)
    seen = work(held)
    origins = np.concatenate([each.is_pool for each in seen])
    assert 0.2 < origins.mean() < 0.9
    assert detection(seen) > AT_CHANCE or detection(work(held)) > AT_CHANCE


@pytest.mark.parametrize(("feature", "leak"), [(BYTES_OF_A_PICTURE, 1500), (SECONDS_OF_A_PICTURE, 0.02)])
def test_the_classifier_would_find_a_leak(batch: Batch, feature: int, leak: float) -> None:
    seen, leaking = work(handed_out(batch)), []
    # Times vary more where others use the machine, too, and so much more is a leak that can be told.
    leak = max(leak, 3 * float(np.concatenate([each.features[:, feature] for each in seen]).std()))
    for each in seen:
        features = each.features.copy()
        features[:, feature] += np.where(each.is_pool, leak, 0)
        leaking.append(Seen(features, each.is_pool))
    assert detection(leaking) <= AT_CHANCE


def test_all_pictures_have_one_size_in_pixels_and_no_metadata(batch: Batch) -> None:
    claimed = assignments.claim(batch=batch, worker=cast.worker(), now=cast.NOW)
    assert claimed is not None
    address = f"/work/{local.assignment_token(claimed)}/"
    for kind, count, size in [("images", claimed.hit.grid.num_positions, (400, 400)), ("sheets", 4, (960, 480))]:
        for number in range(count):
            image = Image.open(io.BytesIO(Client().get(f"{address}{kind}/{number}/").content))
            assert image.size == size
            assert not image.getexif()


def test_a_worker_who_does_all_they_can_meets_no_image_twice(batch: Batch) -> None:
    worker = cast.worker()
    met: list[bytes] = []
    num_grids = 0
    while claimed := assignments.claim(batch=batch, worker=worker, now=cast.NOW):
        num_grids += 1
        address = f"/work/{local.assignment_token(claimed)}/"
        met += [
            Client().get(f"{address}images/{position}/").content for position in range(claimed.hit.grid.num_positions)
        ]
        assignments.submit(assignment_id=claimed.pk, worker_id=worker.pk, selected=[], not_seen=[], now=cast.NOW)
    assert num_grids >= 2
    assert len(set(met)) == len(met)
