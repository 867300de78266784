"""A person's word on a pair, undone or not, and on which of several duplicates stays."""

from datetime import datetime
from typing import Any

from django.db import transaction

from annotation.duplicates.resolving import component_with, resolve, take_turns
from annotation.errors import UndecidablePair
from annotation.models import Candidate, DuplicateDecision, DuplicatePair, SurvivorChoice


@transaction.atomic
def decide(*, pair: DuplicatePair, is_duplicate: bool, by: Any, now: datetime) -> DuplicateDecision:
    """Say whether two images are duplicates; what follows for other images of the study is done at once.

    To say the same again changes nothing.
    """
    take_turns(pair.study)
    if not DuplicatePair.objects.filter(pk=pair.pk).exists():
        raise UndecidablePair("A search that has just ended does not find this pair any more; reload the page.")
    held = pair.decisions.active().select_related("decided_by").first()
    if held is not None:
        if held.is_duplicate == is_duplicate:
            return held
        said = "a duplicate" if held.is_duplicate else "not a duplicate"
        raise UndecidablePair(
            f"{held.decided_by.get_username()} has said that this pair is {said}; undo that first, if it is wrong."
        )
    decision = DuplicateDecision.objects.create(pair=pair, is_duplicate=is_duplicate, decided_by=by, decided_at=now)
    if is_duplicate:
        resolve(study=pair.study, by=by, now=now)
    return decision


@transaction.atomic
def undo(*, decision: DuplicateDecision, by: Any, now: datetime) -> DuplicateDecision:
    """Take a decision back; it stays on record. Images come in again that were out because of it alone."""
    study = decision.pair.study
    take_turns(study)
    row = DuplicateDecision.objects.select_for_update().get(pk=decision.pk)
    if not row.is_active:
        raise UndecidablePair("This decision was undone before; reload the page.")
    row.undone_by, row.undone_at = by, now
    row.save(update_fields=["undone_by", "undone_at"])
    if row.is_duplicate:
        resolve(study=study, by=by, now=now)
    return row


def undo_of(*, pair: DuplicatePair, by: Any, now: datetime) -> DuplicateDecision:
    """Take back what holds for a pair."""
    held = pair.decisions.active().first()
    if held is None:
        raise UndecidablePair("Nobody has decided this pair, or it was undone before.")
    return undo(decision=held, by=by, now=now)


@transaction.atomic
def keep_instead(*, candidate: Candidate, by: Any, now: datetime) -> SurvivorChoice:
    """Keep this image of its duplicates; the latest word counts."""
    study = candidate.study
    take_turns(study)
    component = component_with(study, candidate)
    if component is None:
        raise UndecidablePair("This image is in no group of duplicates any more; reload the page.")
    if component.touches_reference:
        raise UndecidablePair("Nothing of this group can stay: one of it is an original or a reference image.")
    if candidate.pk not in component.eligible:
        raise UndecidablePair("This image is excluded for another reason, so it can't stay; choose another.")
    choice = SurvivorChoice.objects.create(candidate=candidate, chosen_by=by, chosen_at=now)
    resolve(study=study, by=by, now=now)
    return choice
