import json
import re
from argparse import ArgumentParser
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from annotation import storage
from annotation.errors import MissingContent
from annotation.models import Collection, Grid, Image, TestSet
from annotation.storage import Kind
from evaluation.models import Classifier, PredictionSet

NUM_THREADS = 16  # a bucket answers one question after the other slowly
PER_CHUNK = 10_000
MAX_SHOWN = 20
LEAST_AGE = timedelta(days=1)  # a file is written before the row that names it
KINDS: tuple[Kind, ...] = (
    "images", "renditions", "sheets", "manifests", "judgements", "classifiers", "predictions",
)  # fmt: skip
HASH = re.compile("[0-9a-f]{64}")

Named = tuple[Kind, str]


class Command(BaseCommand):
    help = "Say which files that rows name are not in the storage, and which are there that no row names."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--read", action="store_true", help="read all of them, too, and compare each with its hash; takes long"
        )
        unused = parser.add_mutually_exclusive_group()
        unused.add_argument("--unused", action="store_true", help="name files that no row names, older than a day")
        unused.add_argument("--remove-unused", action="store_true", help="remove them for good, where none is missing")

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
        if options["unused"] or options["remove_unused"]:
            self._look_for_unused(is_removing=options["remove_unused"])

    def _look_for_unused(self, *, is_removing: bool) -> None:
        """Only once nothing is missing: what a lost manifest names would look as if nothing named it."""
        if is_removing and Collection.objects.filter(state=Collection.State.OPEN).exists():
            raise CommandError("Images are being collected: stop the open collections, or wait, then remove.")
        before = timezone.now() - LEAST_AGE
        unused = [key for key, since in _strangers() if since < before]
        if is_removing:  # what was written down meanwhile stays, though its file is older
            named = {storage.key_of(*file) for file in _all_named()} if unused else set()
            unused = [key for key in unused if key not in named]
            unused = [key for key in unused if _is_removed(key, before)]
        for key in unused[:MAX_SHOWN]:
            self.stdout.write(f"{'removed' if is_removing else 'unused'}: {key}")
        what = "were removed" if is_removing else "could be removed by --remove-unused"
        self.stdout.write(f"{len(unused):,} files that no row names and that are older than a day {what}.")


def _is_removed(key: str, before: datetime) -> bool:
    """Unless somebody has stored it again, whose row is about to name it."""
    came_at = storage.came_at(key)
    if came_at is None or came_at >= before:
        return False
    storage.remove(key)
    return True


def _strangers() -> Iterator[tuple[str, datetime]]:
    """What lies in the storage and no row names, of the kinds that lie under a hash."""
    known = {(kind, bytes.fromhex(sha256)) for kind, sha256 in _all_named()}
    for kind in KINDS:
        for key, since in storage.stored(kind):
            name = key.rpartition("/")[2]
            is_whole = bool(HASH.fullmatch(name))
            if name.startswith(".") or (is_whole and (kind, bytes.fromhex(name)) not in known):
                yield key, since


def _all_named() -> Iterator[Named]:
    """With contact sheets, which can be made again, and are in use all the same."""
    yield from _named(is_strict=True)
    for sheets in Grid.objects.exclude(sheets=[]).values_list("sheets", flat=True).iterator():
        yield from (("sheets", sha256) for sha256 in sheets)


def _named(*, is_strict: bool = False) -> Iterator[Named]:
    """Every file that can't be made again; contact sheets and exports can."""
    for image, rendition in Image.objects.order_by("pk").values_list("sha256", "rendition_sha256").iterator():
        yield "images", image
        yield "renditions", rendition
    for manifest in _hashes(TestSet.objects.filter(frozen_at__isnull=False), "content_sha256"):
        yield "manifests", manifest
        yield from _judgements_of(manifest, is_strict=is_strict)
    for table in _hashes(Collection.objects.filter(kind="upload"), "options__sha256"):
        yield "manifests", table
    for file in _hashes(Classifier.objects.exclude(file_sha256=""), "file_sha256"):
        yield "classifiers", file
    for predictions in _hashes(PredictionSet.objects.all(), "sha256"):
        yield "predictions", predictions


def _hashes(rows: Any, field: str) -> Iterator[str]:
    yield from rows.order_by("pk").values_list(field, flat=True).iterator()


def _judgements_of(manifest: str, *, is_strict: bool) -> Iterator[Named]:
    """Only the manifest names them; where that is missing or damaged nobody knows whose they are."""
    try:
        kept = json.loads(storage.get("manifests", manifest)).get("judgements")
    except MissingContent as error:
        if is_strict:
            raise CommandError(f"{error} Restore it first: it names files that would look as if unused.") from error
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
