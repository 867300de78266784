"""What a test set is, how it came about and what it holds, as bytes that are the same everywhere."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC
from typing import Any

from annotation import __version__, frequencies, storage
from annotation.counting import verdicts
from annotation.errors import CannotBuild
from annotation.models import DuplicatePair, DuplicateSearch, JudgementFilter, TestSet
from annotation.stats.selection import BIN_EDGES

AUTHORS = '{"authors":'


@dataclass(frozen=True)
class KeptJudgements:
    """The table of judgements that belongs to a frozen set: its hash, and what it holds."""

    sha256: str
    num_judgements: int
    num_workers: int


def manifest_bytes(test_set: TestSet) -> bytes:
    """The manifest as stored and hashed: the same on every machine, so without clocks and database ids.

    That of a set that is not frozen names no judgements: they are kept when it is.
    """
    if test_set.is_frozen:
        return storage.get("manifests", test_set.content_sha256)
    return describe(test_set, judgements=None)


def describe(test_set: TestSet, *, judgements: KeptJudgements | None) -> bytes:
    """What a set that is not frozen yet is, with the judgements it is to be frozen with."""
    content = _describe(test_set) | {"judgements": asdict(judgements) if judgements else None}
    # Sets without authors keep the bytes, and so the hash, that they had before there were any.
    if authors := test_set.study.authors.splitlines():
        content["authors"] = authors
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


def filter_of(test_set: TestSet) -> JudgementFilter:
    """The judgement filter that a set was built under."""
    slug = test_set.parameters.get("judgement_filter")
    if slug is None:
        return frequencies.standard_filter(test_set.study)
    used: JudgementFilter | None = test_set.study.judgement_filters.filter(slug=slug).first()
    if used is None:
        raise CannotBuild(f"{test_set} was built under the judgement filter {slug!r}, which is gone; define it again.")
    return used


def manifest_of(test_set: TestSet) -> dict[str, Any]:
    """What the set is, how it came about and what it holds; read from the storage once frozen."""
    manifest: dict[str, Any] = json.loads(manifest_bytes(test_set))
    return manifest


def authors_of(test_set: TestSet) -> list[str]:
    """Whom citations of the set name: of a frozen one read from where its manifest begins, as keys are sorted."""
    if not test_set.is_frozen:
        return test_set.study.authors.splitlines()
    beginning = ""
    for chunk in storage.chunks("manifests", test_set.content_sha256):
        beginning += chunk.decode()
        if not beginning.startswith(AUTHORS):
            return []
        with suppress(json.JSONDecodeError):  # there is more of them in the next chunk
            authors: list[str] = json.JSONDecoder().raw_decode(beginning, len(AUTHORS))[0]
            return authors
    return []


def _describe(test_set: TestSet) -> dict[str, Any]:
    images = list(_describe_images(test_set))
    sha256_of = dict(test_set.images.values_list("candidate_id", "candidate__image__sha256"))
    num_images: dict[str, int] = {}
    for image in images:
        num_images[image["class_id"]] = num_images.get(image["class_id"], 0) + 1
    classes = test_set.study.target_classes.order_by("number").values("class_id", "number", "name")
    return {
        "citation": test_set.citation,
        "parent": test_set.parent.citation if test_set.parent else None,
        "kept_from": test_set.kept_from.citation if test_set.kept_from else None,
        "revision": test_set.revision,
        "strategy": test_set.strategy,
        "parameters": test_set.parameters,
        "judgement_filter": _rules(filter_of(test_set)),
        "bin_edges": [str(edge) for edge in BIN_EDGES],
        "seed": test_set.seed,
        "is_simulated": test_set.is_simulated,
        "code_version": __version__,
        "review": verdicts.summary(test_set),
        "num_images": len(images),
        "classes": [{**each, "num_images": num_images.get(each["class_id"], 0)} for each in classes],
        "shortages": test_set.shortages,
        "substitutions": [
            {"sha256": sha256_of[each["candidate"]], **{key: each[key] for key in each if key != "candidate"}}
            for each in test_set.substitutions
        ],
        "near_duplicates": _near_duplicates(test_set),
        "images": images,
    }


def _near_duplicates(test_set: TestSet) -> dict[str, int] | None:
    """How many pairs that look alike, and that the set may hold, nobody has looked at; none without a search."""
    if not DuplicateSearch.objects.filter(study=test_set.study_id, searched_at__isnull=False).exists():
        return None
    waiting = DuplicatePair.objects.touching(test_set.pk).undecided()
    return {"num_pairs_not_looked_at": waiting.count()}


def _rules(judgement_filter: JudgementFilter) -> dict[str, Any]:
    """Which judgements the filter lets count: a slug alone means nothing elsewhere."""
    until = judgement_filter.until
    return {
        "slug": judgement_filter.slug,
        "until": until.astimezone(UTC).isoformat() if until else None,
        "leaves_out_excluded": judgement_filter.leaves_out_excluded,
        "min_control_accuracy": judgement_filter.min_control_accuracy,
    }


def _describe_images(test_set: TestSet) -> Iterator[dict[str, Any]]:
    columns = {
        "number": "number",
        "class_id": "target_class__class_id",
        "sha256": "candidate__image__sha256",
        "format": "candidate__image__format",
        "num_selected": "num_selected",
        "num_seen": "num_seen",
        "source": "candidate__source",
        "licence": "candidate__licence",
        "origin": "candidate__origin",
    }
    for row in test_set.images.order_by("number").values_list(*columns.values()).iterator():
        yield dict(zip(columns, row, strict=True))
