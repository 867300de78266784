"""The published study of 67 classifiers on five sets, taken in as anybody would: by commands and by the API."""

import csv
import gzip
import io
import json
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from numpy.typing import NDArray

from annotation import testsets
from annotation.models import Candidate, Study, TargetClass, TestSet, TestSetImage
from annotation.models.base import analyze

# File, kind of set, its name here, and what the published table calls it; the original comes first.
SETS = {
    "imagenet-validation-original": ("original", "original", "val50k"),
    "imagenet-annotatedval20k-0": ("original", "annotated", "val20k"),
    "imagenetv2-b-33": ("matched_frequency", "calibrated", "matched_frequency_b33"),
    "imagenetv2-a-44": ("threshold", "easier", "threshold07_a44"),
    "imagenetv2-c-12": ("top_images", "easiest", "top_images_c12"),
}
Arrays = dict[str, NDArray[Any]]


def wnids(reference: Path) -> list[str]:
    rows = json.loads((reference / "imagenetv2" / "class_info.json").read_text())
    return [row["wnid"] for row in sorted(rows, key=lambda row: row["cid"])]


def arrays_of(reference: Path, name: str) -> Arrays:
    with np.load(reference / "imagenetv2" / f"top1_{name}.npz", allow_pickle=False) as file:
        return {each: file[each] for each in file.files}


def study(reference: Path, folder: Path) -> Study:
    """The study with its thousand classes."""
    classes = [{"class_id": wnid, "name": wnid} for wnid in wnids(reference)]
    (folder / "classes.json").write_text(json.dumps(classes))
    call_command(
        "create_study", slug="published", name="Published", classes=folder / "classes.json", stdout=io.StringIO()
    )
    return Study.objects.get(slug="published")


def frozen_set(reference: Path, folder: Path, name: str) -> TestSet:
    """One of the five, from the names and the labels of its images."""
    arrays, class_ids = arrays_of(reference, name), wnids(reference)
    strategy, called, _ = SETS[name]
    table = folder / f"{name}.csv"
    with table.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["path", "class_id"])
        rows.writerows(zip(arrays["images"], (class_ids[label] for label in arrays["labels"]), strict=True))
    call_command("import_test_set", str(table), study="published", strategy=strategy, name=called, stdout=io.StringIO())
    analyze(Candidate, TestSetImage, TargetClass)  # as after a commit, which a test never makes
    return testsets.freeze(test_set=TestSet.objects.get(name=called), now=timezone.now())


def uploaded(
    client: Client, test_set: TestSet, arrays: Arrays, class_ids: list[str], only: Container[str] | None = None
) -> Iterator[tuple[str, Any]]:
    """Each classifier's name, and what the API answers to its predictions on the set."""
    for name, top1 in zip(arrays["models"].tolist(), arrays["top1"], strict=True):
        if only is not None and name not in only:
            continue
        buffer = io.BytesIO()
        np.savez(buffer, images=arrays["images"], top1=top1, classes=np.array(class_ids))
        file = SimpleUploadedFile(f"{name}.npz", buffer.getvalue())
        form = {"classifier": name, "test_set": test_set.pk, "file": file}
        yield name, client.post("/api/v1/predictions/", form)


def judge(reference: Path, folder: Path) -> None:
    """The published judgements about each image's own class, in the study."""
    table = folder / "judgements.csv"
    with gzip.open(reference / "raters" / "judgements_all_long.csv.gz", "rt") as file, table.open("w") as kept:
        header = next(file)
        column = header.strip().split(",").index("is_original_label")
        kept.write(header)
        kept.writelines(line for line in file if line.strip().split(",")[column] == "1")
    call_command(
        "import_judgements",
        str(table),
        study="published",
        worker_column="rater_id",
        class_column="asked_wnid",
        selected_column="vote",
        selected_value=["yes"],
        origin="original",
        create_candidates=True,
        all_or_nothing=True,
        stdout=io.StringIO(),
    )


def published_counts(reference: Path) -> dict[str, dict[str, str]]:
    with (reference / "imagenetv2" / "accuracy_counts_67models.csv").open(newline="") as file:
        return {row["model"]: row for row in csv.DictReader(file)}
