import json
from argparse import ArgumentParser
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotation import storage
from annotation.errors import MissingContent
from annotation.models import Collection, Image, TestSet
from annotation.storage import Kind
from evaluation.models import Classifier, PredictionSet

NUM_THREADS = 16  # a bucket answers one question after the other slowly
PER_CHUNK = 10_000
MAX_SHOWN = 20

Named = tuple[Kind, str]


class Command(BaseCommand):
    help = "Say which files that rows name are not in the storage, such as after restoring a backup."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--read", action="store_true", help="read all of them, too, and compare each with its hash; takes long"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        look = _problem_of_content if options["read"] else _problem_of_place
        num_looked_at = num_bad = 0
        files = _named()
        with ThreadPoolExecutor(NUM_THREADS) as threads:
            while chunk := list(islice(files, PER_CHUNK)):
                num_looked_at += len(chunk)
                for problem in filter(None, threads.map(look, chunk)):
                    num_bad += 1
                    if num_bad <= MAX_SHOWN:
                        self.stdout.write(problem)
        if num_bad:
            raise CommandError(f"{num_bad:,} of {num_looked_at:,} files are missing or damaged; restore the storage.")
        self.stdout.write(self.style.SUCCESS(f"All {num_looked_at:,} files are there."))


def _named() -> Iterator[Named]:
    """Every file that can't be made again; contact sheets and exports can."""
    for image, rendition in Image.objects.order_by("pk").values_list("sha256", "rendition_sha256").iterator():
        yield "images", image
        yield "renditions", rendition
    for manifest in _hashes(TestSet.objects.filter(frozen_at__isnull=False), "content_sha256"):
        yield "manifests", manifest
        yield from _judgements_of(manifest)
    for table in _hashes(Collection.objects.filter(kind="upload"), "options__sha256"):
        yield "manifests", table
    for file in _hashes(Classifier.objects.exclude(file_sha256=""), "file_sha256"):
        yield "classifiers", file
    for predictions in _hashes(PredictionSet.objects.all(), "sha256"):
        yield "predictions", predictions


def _hashes(rows: Any, field: str) -> Iterator[str]:
    yield from rows.order_by("pk").values_list(field, flat=True).iterator()


def _judgements_of(manifest: str) -> Iterator[Named]:
    """Only the manifest names them; one that is missing or damaged is said for itself."""
    try:
        kept = json.loads(storage.get("manifests", manifest)).get("judgements")
    except MissingContent:
        return
    if kept:
        yield "judgements", kept["sha256"]


def _problem_of_place(file: Named) -> str:
    return "" if storage.has(*file) else f"missing: {storage.key_of(*file)}"


def _problem_of_content(file: Named) -> str:
    try:
        for _ in storage.chunks(*file):
            pass
    except MissingContent as error:
        return str(error)
    return ""
