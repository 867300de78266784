"""Examples: pictures with a known answer, from which workers learn; none of them is ever measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db import IntegrityError, transaction

from annotation import candidates, studies
from annotation.errors import RefusedImage
from annotation.models import Candidate, Example, Study, TargetClass

MAX_CAPTION = 200
NUM_PRACTICE = 12
"""Images of a practice grid, at most half of them with the same answer."""


@dataclass(frozen=True)
class ExampleSpec:
    """An example as a person gives it: whether it shows the class, and why."""

    content: bytes
    name: str
    shows_class: bool
    caption: str = ""


@transaction.atomic
def add(*, target_class: TargetClass, spec: ExampleSpec, now: datetime) -> Example:
    """Take in a picture as an example of its class; a picture that is a candidate of the study is refused."""
    caption = studies.line(spec.caption, "The caption", MAX_CAPTION) if spec.caption.strip() else ""
    study = Study.objects.select_for_update(no_key=True).get(pk=target_class.study_id)
    image = candidates.take_image(content=spec.content, name=spec.name, now=now)
    if Candidate.objects.filter(study=study, image__pixel_sha256=image.pixel_sha256).exists():
        raise RefusedImage(
            "The image is a candidate of this study: who is told its answer can't judge it. Take another picture."
        )
    try:
        with transaction.atomic():
            return Example.objects.create(
                study=study,
                target_class=target_class,
                image=image,
                shows_class=spec.shows_class,
                caption=caption,
                created_at=now,
            )
    except IntegrityError as error:
        raise RefusedImage(f"The image is an example of {target_class.name} already.") from error


def copy(*, study: Study, into: Study, classes: Mapping[int, int], now: datetime) -> int:
    """The examples of a study once more for another study's classes; how many there are."""
    rows = [
        Example(
            study=into,
            target_class_id=classes[row.target_class_id],
            image_id=row.image_id,
            shows_class=row.shows_class,
            caption=row.caption,
            created_at=now,
        )
        for row in Example.objects.filter(study=study).order_by("id")
    ]
    return len(Example.objects.bulk_create(rows, batch_size=1000))


def remove(*, study: Study, ids: Sequence[int]) -> int:
    """Take examples away; returns how many there were."""
    num_removed, _ = Example.objects.filter(study=study, pk__in=ids).delete()
    return num_removed


def draw_practice(*, study: Study, seed: int) -> list[Example]:
    """The images of a practice grid in the order shown: the same again for the same seed; empty without a class."""
    known = list(Example.objects.to_practise_on(study).select_related("image", "target_class"))
    rng = np.random.default_rng(seed)
    drawn: list[Example] = []
    for shows_class in (True, False):
        alike = [row for row in known if row.shows_class == shows_class]
        kept = rng.permutation(len(alike))[: NUM_PRACTICE // 2]
        drawn += [alike[place] for place in kept]
    return [drawn[place] for place in rng.permutation(len(drawn))]
