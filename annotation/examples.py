"""Examples: pictures with a known answer, from which workers learn; none of them is ever measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from annotation import candidates
from annotation.errors import RefusedImage
from annotation.models import Candidate, Example, Study, TargetClass

MAX_CAPTION = 200


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
    if len(spec.caption) > MAX_CAPTION:
        raise RefusedImage(f"The caption has {len(spec.caption)} characters; at most {MAX_CAPTION} are possible.")
    study = Study.objects.select_for_update(no_key=True).get(pk=target_class.study_id)
    image = candidates.take_image(content=spec.content, name=spec.name, now=now)
    if Candidate.objects.filter(study=study, image__pixel_sha256=image.pixel_sha256).exists():
        raise RefusedImage(
            f"{spec.name} is a candidate of this study: who has seen its answer can't judge it. Take another picture."
        )
    try:
        with transaction.atomic():
            return Example.objects.create(
                study=study,
                target_class=target_class,
                image=image,
                shows_class=spec.shows_class,
                caption=spec.caption.strip(),
                created_at=now,
            )
    except IntegrityError as error:
        raise RefusedImage(f"{spec.name} is an example of {target_class.name} already.") from error


def remove(*, study: Study, ids: Sequence[int]) -> int:
    """Take examples away; returns how many there were."""
    num_removed, _ = Example.objects.filter(study=study, pk__in=ids).delete()
    return num_removed
