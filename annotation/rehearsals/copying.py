"""The copy of a study that is rehearsed: its classes, examples, candidates and grids, and none of its judgements."""

from datetime import datetime
from typing import Any

from django.db import transaction

from annotation import candidates, examples, grids, studies
from annotation.errors import CannotLaunch
from annotation.models import Study

ENDING = "-rehearsal"


@transaction.atomic
def copy(*, study: Study, by: Any, now: datetime) -> Study:
    """A second study beside this one, which nothing that happens in it can touch; images are shared, rows are not.

    Grids are composed anew with the same seed, of all candidates that take part. Its researchers are the same.
    """
    locked = Study.objects.select_for_update(no_key=True).get(pk=study.pk)
    if locked.is_rehearsal:
        raise CannotLaunch("This study is a rehearsal itself; rehearse the study that it was copied from.")
    made, classes = studies.copy(
        study=locked,
        slug=_free_slug(locked.slug),
        name=f"Rehearsal of {locked.name}"[: studies.MAX_NAME],
        now=now,
    )
    for person in [*locked.researchers.all(), *([by] if by is not None else [])]:
        studies.add_researcher(study=made, user=person)
    candidates.copy(study=locked, into=made, classes=classes, now=now)
    examples.copy(study=locked, into=made, classes=classes, now=now)
    grids.compose(study=made, now=now)
    return made


def _free_slug(slug: str) -> str:
    taken = set(Study.objects.filter(slug__contains=ENDING).values_list("slug", flat=True))
    number = 1
    while True:
        ending = ENDING if number == 1 else f"{ENDING}-{number}"
        wanted = f"{slug[: studies.MAX_SLUG - len(ending)]}{ending}"
        if wanted not in taken:
            return wanted
        number += 1
