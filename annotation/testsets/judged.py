"""The judgements a frozen set was built from, as a table that is the same on every machine."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation import frequencies, storage
from annotation.counting.one_by_one import Judgements
from annotation.errors import CannotBuild, MissingContent
from annotation.models import JudgementFilter, TestSet, Worker
from annotation.testsets import manifests

HEADER = "task,worker,label\n"
NUM_NAMED = 3


@dataclass(frozen=True)
class Snapshot:
    """The table, a row per judgement in the order of the set's images, and what it holds.

    `task` is the sha256 of the image (its name, where its picture is not here), behind `CLASS_ID/` where the set has it
    for several classes; `worker` is a number within the set, `label` 1 for selected and 0 for seen only.
    """

    content: bytes
    num_judgements: int
    num_workers: int


def snapshot(test_set: TestSet, judgement_filter: JudgementFilter) -> Snapshot:
    """What the set's counts are made of; refused where they are made of something else by now."""
    columns = ("candidate_id", "num_seen", "target_class__class_id", "candidate__image__sha256", "candidate__source")
    rows = list(test_set.images.order_by("number").values_list(*columns))
    candidates = np.array([candidate for candidate, *_ in rows], dtype=np.int64)
    known, first = np.unique(candidates, return_index=True)
    used = frequencies.judgements(
        judgement_filter=judgement_filter,
        target_class_ids=sorted(set(test_set.images.order_by().values_list("target_class_id", flat=True))),
        candidates=known,
    ).earliest(known, np.array([num_seen for _, num_seen, *_ in rows], dtype=np.int64)[first])
    _check_they_add_up(test_set, candidates, used)
    image_of = first[np.searchsorted(known, used.candidate)]
    number_of, num_workers = _numbered(used.worker)
    by_image = np.lexsort((number_of, image_of))
    tasks = _tasks([(class_id, sha256 or source) for _, _, class_id, sha256, source in rows])
    judged = (image_of[by_image].tolist(), number_of[by_image].tolist(), used.is_selected[by_image].tolist())
    lines = (f"{tasks[image]},w{worker},{label:d}\n" for image, worker, label in zip(*judged, strict=True))
    return Snapshot((HEADER + "".join(lines)).encode(), len(used.worker), num_workers)


def judgements_of(test_set: TestSet) -> bytes:
    """The judgements a frozen set was built from, as CSV with the columns task, worker, label."""
    if not test_set.is_frozen:
        raise CannotBuild(f"{test_set} is not frozen; its judgements are kept when it is.")
    kept = manifests.manifest_of(test_set).get("judgements")
    if kept is None:
        raise MissingContent(
            f"{test_set} was frozen by a version that kept no judgements with a set; rebuild it and freeze that."
        )
    return storage.get("judgements", kept["sha256"])


def _tasks(images: Sequence[tuple[str, str]]) -> list[str]:
    """Each image (class id, name) as a cell that stands for no other."""
    times = Counter(name for _, name in images)
    return [_quoted(name if times[name] == 1 else f"{class_id}/{name}") for class_id, name in images]


def _quoted(name: str) -> str:
    """A name as a cell of CSV."""
    return '"' + name.replace('"', '""') + '"' if any(mark in name for mark in '",\r\n') else name


def _numbered(worker_ids: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    """The number of each judgement's worker, from 1 in the order of platform and external id."""
    ids, worker = np.unique(worker_ids, return_inverse=True)
    names = Worker.objects.filter(pk__in=ids.tolist()).values_list("platform", "external_id", "pk")
    # Sorted here: the order of a database depends on its collation.
    in_order = np.array([pk for _, _, pk in sorted(names)], dtype=np.int64)
    number = np.empty(len(ids), dtype=np.int64)
    number[np.searchsorted(ids, in_order)] = np.arange(1, len(ids) + 1)
    return number[worker], len(ids)


def _check_they_add_up(test_set: TestSet, candidates: NDArray[np.int64], used: Judgements) -> None:
    """The counts in the set are exactly those of these judgements."""
    known, place = np.unique(candidates, return_inverse=True)
    where = np.searchsorted(known, used.candidate)
    seen = np.bincount(where, minlength=len(known))[place]
    selected = np.bincount(where[used.is_selected], minlength=len(known))[place]
    rows = test_set.images.order_by("number").values_list(
        "target_class__class_id", "candidate__source", "num_selected", "num_seen"
    )
    found = zip(rows, selected.tolist(), seen.tolist(), strict=True)
    differing = [(*row, k, n) for row, k, n in found if tuple(row[2:]) != (k, n)]
    if differing:
        named = "; ".join(
            f"{source} of class {class_id}: {old_k} of {old_n} in the set, {k} of {n} now"
            for class_id, source, old_k, old_n, k, n in differing[:NUM_NAMED]
        )
        raise CannotBuild(
            f"{len(differing)} images of {test_set} have other judgements than when it was built, since workers were "
            f"decided about meanwhile ({named}). Build it again."
        )
