"""Searches for near-duplicates."""

import logging

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

from annotation import duplicates
from annotation.errors import CannotSearch
from annotation.models import Study
from annotation.tasks.asking import or_swept

logger = logging.getLogger(__name__)

SECONDS_TO_SEARCH = 1800  # that the sweep gives a search for duplicates before it asks again


def enqueue_duplicate_search(study_id: int) -> None:
    """Ask for a search for near-duplicates, which a row asks for already; the sweep is the guarantee."""
    with or_swept(f"the search in study {study_id} waits for the sweep"):
        search_duplicates.delay(study_id)


@shared_task(name="annotation.tasks.search_duplicates")
def search_duplicates(study_id: int) -> None:
    """Search one study; why it broke off, if it does, is said on its page."""
    study = Study.objects.filter(pk=study_id).first()
    if study is not None:
        cache.set(_search_mark(study_id), True, timeout=SECONDS_TO_SEARCH)  # so that the sweep waits for this one
        try:
            duplicates.search(study=study, now=timezone.now())
        except CannotSearch as error:
            logger.warning("study %d is not searched for duplicates: %s", study_id, error)
    cache.delete(_search_mark(study_id))


@shared_task(name="annotation.tasks.sweep_duplicate_searches")
def sweep_duplicate_searches() -> None:
    """Ask for every search that lost its message, but not for ever for one that never ends."""
    for study in duplicates.due_studies(now=timezone.now()):
        if not cache.add(_search_mark(study.pk), True, timeout=SECONDS_TO_SEARCH):
            continue  # it may be under way
        if duplicates.give_up(study=study, now=timezone.now()):
            logger.error("the search for duplicates in study %d never came to an end", study.pk)
            cache.delete(_search_mark(study.pk))
        else:
            enqueue_duplicate_search(study.pk)


def _search_mark(study_id: int) -> str:
    return f"duplicates-swept-{study_id}"
