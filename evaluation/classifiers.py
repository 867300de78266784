"""Registering classifiers: the only writer of `Classifier`."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import TypedDict, Unpack

import numpy as np
from django.db import IntegrityError, transaction
from numpy.typing import NDArray

from annotation import storage
from annotation.models import Study
from evaluation import runtimes
from evaluation.errors import InvalidClassifier
from evaluation.models import Classifier
from evaluation.models.classifier import SCORED_ELSEWHERE
from evaluation.preprocessing import Preprocessing
from evaluation.runtimes import Runtime
from evaluation.runtimes.onnx import OnnxRuntime
from evaluation.trials import try_out

__all__ = [
    "ClassifierSpec",
    "Description",
    "Preprocessing",
    "check_class_ids",
    "describe",
    "enter_scored_elsewhere",
    "load",
    "load_features",
    "output_order",
    "register",
]

NUM_LOADED = 2  # classifiers a consumer keeps in memory


@dataclass(frozen=True, kw_only=True)
class ClassifierSpec:
    """A classifier as a person hands it in; `class_ids` names the class of each output, in order."""

    name: str
    content: bytes
    preprocessing: Preprocessing
    class_ids: Sequence[str]
    runtime: str = "onnx"


class Description(TypedDict, total=False):
    """What reports group classifiers by; a key that is left out says nothing."""

    family: str
    group: str
    counterpart: Classifier | None
    released_on: date | None


def register(*, study: Study, spec: ClassifierSpec, now: datetime) -> Classifier:
    """Try the classifier out and enter it; the same one again is the same row."""
    _check_name(spec.name)
    _check_class_ids(study, spec.class_ids)
    runtimes.get(spec.runtime)
    num_classes = len(spec.class_ids)
    try_out(spec.content, runtime=spec.runtime, preprocessing=spec.preprocessing, num_classes=num_classes)
    row = Classifier(
        study=study,
        name=spec.name,
        runtime=spec.runtime,
        file_sha256=storage.put("classifiers", spec.content),
        num_bytes=len(spec.content),
        preprocessing=spec.preprocessing.to_json(),
        class_ids=list(spec.class_ids),
        registered_at=now,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return _same(row)
    return row


@transaction.atomic
def enter_scored_elsewhere(*, study: Study, name: str, now: datetime) -> Classifier:
    """A classifier known by its predictions alone, locked until these are stored; the same name is the same row."""
    _check_name(name)
    class_ids = list(study.target_classes.order_by("number").values_list("class_id", flat=True))
    _check_class_ids(study, class_ids)
    described = {"runtime": SCORED_ELSEWHERE, "num_bytes": 0, "class_ids": class_ids, "registered_at": now}
    Classifier.objects.get_or_create(study=study, name=name, defaults=described)
    row: Classifier = Classifier.objects.select_for_update(no_key=True, of=("self",)).get(study=study, name=name)
    if not row.is_scored_elsewhere:
        raise InvalidClassifier(
            f"{name} is registered with its file, so Twinset scores it itself; upload predictions under another name."
        )
    output_order(row)
    return row


@transaction.atomic
def describe(*, classifier: Classifier, **given: Unpack[Description]) -> None:
    """Say what a classifier is: what is given changes, the rest stays. Reports stay as they were built."""
    if "family" in given:
        given["family"] = _checked_family(given["family"])
    if (group := given.get("group")) is not None and group not in Classifier.Group.values:
        raise InvalidClassifier(f"There is no group {group!r}; there are: {', '.join(Classifier.Group.values)}.")
    if (counterpart := given.get("counterpart")) is not None:
        _check_counterpart(classifier, counterpart)
    for field, value in given.items():
        setattr(classifier, field, value)
    classifier.save(update_fields=list(given))


def check_class_ids(study: Study, class_ids: Sequence[str]) -> None:
    """Order is free; but each target class of the study must be there once, and nothing else."""
    _check_class_ids(study, class_ids)


def load(classifier: Classifier) -> Runtime:
    """The classifier ready to run; a consumer keeps the last few."""
    preprocessing = Preprocessing.from_json(classifier.preprocessing)
    return _loaded(classifier.runtime, classifier.file_sha256, preprocessing.input_shape, len(classifier.class_ids))


def load_features(classifier: Classifier) -> Runtime:
    """The classifier ready to answer with what its last layer is fed with, shape (images, …)."""
    runtime = runtimes.get(classifier.runtime)
    if not issubclass(runtime, OnnxRuntime):
        raise InvalidClassifier(f"Only ONNX files give features; {classifier.name} runs on {classifier.runtime!r}.")
    preprocessing = Preprocessing.from_json(classifier.preprocessing)
    content = storage.get("classifiers", classifier.file_sha256)
    return runtime.load_features(content, input_shape=preprocessing.input_shape, num_classes=len(classifier.class_ids))


def output_order(classifier: Classifier) -> NDArray[np.intp]:
    """Which output belongs to each target class: `logits[:, order]` is by `TargetClass.number`."""
    by_number = classifier.study.target_classes.order_by("number").values_list("class_id", flat=True)
    place = {class_id: index for index, class_id in enumerate(classifier.class_ids)}
    if set(place) != set(by_number):
        raise InvalidClassifier(
            f"{classifier.name} was registered for {len(place)} classes, but the study's classes have changed "
            f"since (now {len(by_number)}); register it again for the classes as they are."
        )
    return np.array([place[class_id] for class_id in by_number], dtype=np.intp)


@lru_cache(maxsize=NUM_LOADED)
def _loaded(runtime: str, sha256: str, input_shape: tuple[int, ...], num_classes: int) -> Runtime:
    content = storage.get("classifiers", sha256)
    return runtimes.get(runtime).load(content, input_shape=input_shape, num_classes=num_classes)


def _check_name(name: str) -> None:
    longest = Classifier._meta.get_field("name").max_length or 0
    if not name.strip() or len(name) > longest or not name.isprintable():
        raise InvalidClassifier(f"The name {name!r} must have 1 to {longest} printable characters.")


def _checked_family(family: str) -> str:
    longest = Classifier._meta.get_field("family").max_length or 0
    if len(family.strip()) > longest or not family.isprintable():
        raise InvalidClassifier(f"The family {family!r} must have at most {longest} printable characters.")
    return family.strip()


def _check_counterpart(classifier: Classifier, counterpart: Classifier) -> None:
    """Of two classifiers one is the counterpart; both are locked, so that nobody makes it a chain meanwhile."""
    locked = Classifier.objects.select_for_update(no_key=True).filter(pk__in=[classifier.pk, counterpart.pk])
    now = {row.pk: row for row in locked.order_by("pk")}
    if counterpart.pk == classifier.pk:
        raise InvalidClassifier(f"{classifier.name} can't be its own counterpart.")
    if counterpart.study_id != classifier.study_id:
        raise InvalidClassifier(f"{classifier.name} and {counterpart.name} belong to different studies.")
    if now[counterpart.pk].counterpart_id is not None:
        raise InvalidClassifier(
            f"{counterpart.name} has a counterpart itself; name the one that is without any intervention."
        )
    if (other := classifier.interventions.first()) is not None:
        raise InvalidClassifier(
            f"{classifier.name} is the counterpart of {other.name}, so it is without an intervention and has none."
        )


def _check_class_ids(study: Study, class_ids: Sequence[str]) -> None:
    """Order is free; but each target class of the study must be there once, and nothing else."""
    expected = set(study.target_classes.values_list("class_id", flat=True))
    if not expected:
        raise InvalidClassifier(f"The study {study.slug} has no target classes yet; add them first.")
    found = set(class_ids)
    problems = {
        "twice": sorted(class_id for class_id, count in Counter(class_ids).items() if count > 1),
        "not in the study": sorted(found - expected),
        "missing": sorted(expected - found),
    }
    if any(problems.values()):
        told = "; ".join(f"{problem}: {_some(ids)}" for problem, ids in problems.items() if ids)
        raise InvalidClassifier(
            f"The class ids must be the study's {len(expected)} target classes, each once ({told})."
        )


def _some(class_ids: Sequence[str], most: int = 5) -> str:
    told = ", ".join(class_ids[:most])
    return told if len(class_ids) <= most else f"{told} and {len(class_ids) - most} more"


def _same(row: Classifier) -> Classifier:
    existing: Classifier = Classifier.objects.get(study=row.study, name=row.name)
    for field in ("runtime", "file_sha256", "preprocessing", "class_ids"):
        if getattr(existing, field) != getattr(row, field):
            raise InvalidClassifier(
                f"The study has another classifier called {row.name!r} (its {field} differs); choose another name."
            )
    return existing
