"""A frozen set scored as a queue consumer does it, and its parts alone; run by the package itself.

Prints images per second by name as JSON: the best of some rounds, in each of which everything has its turn.
"""

import io
import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import django

django.setup()

import numpy as np  # noqa: E402
from django.db import connection  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402
from numpy.typing import NDArray  # noqa: E402
from PIL import Image as PillowImage  # noqa: E402

from annotation import storage, testsets  # noqa: E402
from annotation.models import Candidate, Image, Origin, Study, TargetClass, TestSet  # noqa: E402
from evaluation import classifiers, pipeline, runs, tasks  # noqa: E402
from evaluation.classifiers import ClassifierSpec, Preprocessing  # noqa: E402
from evaluation.models import Run  # noqa: E402
from tests.benchmarks.duplicates import HEIGHT, WIDTH, photograph  # noqa: E402
from tests.benchmarks.scoring import networks, peers  # noqa: E402

NUM_CLASSES = 1000
NUM_PICTURES = 24  # different ones; the rest differ behind the end of the picture
GRAIN = 14
ROUNDS = 3
BATCHES = (8, 32, 64)
MOST_DECODED = 2000  # of the images, where decoding alone is measured
PREPROCESSING = Preprocessing(
    size=(networks.SIDE, networks.SIDE), crop_fraction=0.875, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)
)


@dataclass(frozen=True)
class Case:
    """A classifier and how many images it is measured on."""

    name: str
    make: Callable[[int], bytes]
    num_images: int
    runtime: str = "onnx"


@dataclass(frozen=True)
class Speed:
    images_per_second: float
    processor_ms: float  # of an image, over all threads


class Watch:
    """Started when it is made."""

    def __init__(self) -> None:
        self.started = time.perf_counter(), time.process_time()

    def speed(self, num_images: int) -> Speed:
        seconds, processor_seconds = time.perf_counter() - self.started[0], time.process_time() - self.started[1]
        return Speed(num_images / seconds, 1000 * processor_seconds / num_images)


def cases(kind: str) -> list[Case]:
    if kind == "onnx":
        return [Case("small CNN", networks.small, 6000), Case("ResNet-50", networks.resnet50, 320)]
    from tests.benchmarks.scoring import torch_networks

    return [
        Case("small CNN", torch_networks.small, 20_000, "torch"),
        Case("ResNet-50", torch_networks.resnet50, 20_000, "torch"),
    ]


def jpegs() -> Iterator[bytes]:
    """Photographs of 500 × 375 with the grain of a camera, about 85 KB each; no two are the same file."""
    rng = np.random.default_rng(0)
    pictures = []
    for seed in range(NUM_PICTURES):
        pixels = np.asarray(photograph(seed)) + rng.normal(0, GRAIN, (HEIGHT, WIDTH, 3))
        buffer = io.BytesIO()
        PillowImage.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=90)
        pictures.append(buffer.getvalue())
    number = 0
    while True:
        yield pictures[number % NUM_PICTURES] + number.to_bytes(8, "big")
        number += 1


def frozen_set(slug: str, contents: list[bytes]) -> TestSet:
    """Of a study of its own, with a thousand classes."""
    now = timezone.now()
    study = Study.objects.create(slug=slug, name="Scoring benchmark", created_at=now)
    classes = TargetClass.objects.bulk_create(
        TargetClass(study=study, class_id=f"n{number:08d}", number=number, name=f"class {number}")
        for number in range(NUM_CLASSES)
    )
    images = Image.objects.bulk_create(_image(content) for content in contents)
    Candidate.objects.bulk_create(
        Candidate(
            study=study, target_class=classes[number % NUM_CLASSES], image=image,
            origin=Origin.ORIGINAL, source=f"{number}.jpg", created_at=now,
        )
        for number, image in enumerate(images)
    )  # fmt: skip
    return testsets.freeze(test_set=testsets.import_original(study=study, now=now), now=now)


def _image(content: bytes) -> Image:
    sha256 = storage.put("images", content)
    return Image(
        sha256=sha256, pixel_sha256=sha256, format="JPEG", width=WIDTH, height=HEIGHT, num_bytes=len(content),
        rendition_sha256=sha256, created_at=timezone.now(),
    )  # fmt: skip


def prepare(content: bytes) -> NDArray[np.float32]:
    """All that is done to an image before it is scored."""
    return PREPROCESSING.normalize(PREPROCESSING.crop(content))


def score(test_set: TestSet, case: Case, content: bytes, name: str) -> tuple[Speed, int]:
    """A run through the queue's task, from the claim to the finished run: its speed and number of queries."""
    class_ids = [f"n{number:08d}" for number in range(NUM_CLASSES)]
    spec = ClassifierSpec(
        name=name, content=content, preprocessing=PREPROCESSING, class_ids=class_ids, runtime=case.runtime
    )
    classifier = classifiers.register(study=test_set.study, spec=spec, now=timezone.now())
    classifiers.load(classifier)
    run = runs.request(classifier=classifier, test_set=test_set, now=timezone.now(), shard_size=case.num_images)
    watch = Watch()
    with CaptureQueriesContext(connection) as queries:
        tasks.score_shard(run.pk)
    speed = watch.speed(case.num_images)
    run.refresh_from_db()
    assert run.state == Run.State.FINISHED, run.failure
    assert run.score.num_images == case.num_images
    return speed, len(queries)


def measured(case: Case, contents: list[bytes]) -> dict[str, float]:
    test_set = frozen_set(case.name.replace(" ", "-").lower(), contents)
    content = case.make(NUM_CLASSES)
    score(test_set, case, content, "warm up")
    runtime = next(each for each in pipeline._sizes)
    ready = _ready(contents, max(BATCHES))
    found: defaultdict[str, list[Speed]] = defaultdict(list)
    for number in range(ROUNDS):
        speed, num_queries = score(test_set, case, content, f"round {number}")
        found["end to end"].append(speed)
        for size in BATCHES:
            times = max(1, case.num_images // size // len(BATCHES))
            found["runtime"].append(_speed(lambda size=size: runtime.predict(ready[:size]), size, times))
        for name, way in WAYS.items():
            some = contents[:MOST_DECODED]
            found[name].append(_speed(lambda way=way, some=some: peers.on_all_cores(way, some), len(some)))
    best = {name: max(speed.images_per_second for speed in speeds) for name, speeds in found.items()}
    best |= {f"{name}, ms": min(speed.processor_ms for speed in speeds) for name, speeds in found.items()}
    return best | {"queries": num_queries, "batch": pipeline._sizes[runtime].size}


def _ready(contents: list[bytes], num: int) -> NDArray[np.float32]:
    return np.stack([prepare(content) for content in contents[:num]])


WAYS = {"decode": prepare, "decode by Pillow": peers.pillow, "decode by simplejpeg": peers.simplejpeg_scaled}


def _speed(work: Callable[[], object], num_images: int, times: int = 1) -> Speed:
    watch = Watch()
    for _ in range(times):
        work()
    return watch.speed(times * num_images)


def main() -> None:
    source = jpegs()
    found = {}
    for case in cases(sys.argv[1]):
        pipeline._sizes.clear()
        found[case.name] = measured(case, [next(source) for _ in range(case.num_images)])
    print(json.dumps(found))


if __name__ == "__main__":
    main()
