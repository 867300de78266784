"""Collections asked for, stopped and resumed, by people who click twice."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from annotation import collecting
from annotation.collecting import records
from annotation.errors import CannotCollect
from annotation.models import Collection, Origin, Study
from tests.annotation.collecting.collected import asked, claimed, die_at
from tests.at_once import at_once

pytestmark = pytest.mark.django_db


def test_asked_for_twice_it_is_one_collection_until_it_is_finished(study: Study, folder: Path) -> None:
    row = asked(study, folder)
    assert asked(study, folder) == row
    assert asked(study, folder, Origin.ORIGINAL) != row
    collecting.run(held=claimed(row), clock=timezone.now)
    assert asked(study, folder) != row


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_make_one_collection(study: Study, folder: Path) -> None:
    rows = at_once([lambda: asked(study, folder)] * 4)
    assert len({row.pk for row in rows}) == 1
    assert Collection.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_consumers_that_come_at_once_one_holds_it(study: Study, folder: Path) -> None:
    row = asked(study, folder)

    def claim(name: str) -> collecting.Held | None:
        return collecting.claim(collection=row, consumer=name, now=timezone.now())

    held = at_once([lambda: claim("a"), lambda: claim("b"), lambda: claim("c")])
    assert len([each for each in held if each is not None]) == 1


def test_asking_again_for_what_was_stopped_goes_on_with_it(study: Study, folder: Path) -> None:
    row = asked(study, folder)
    die_at(claimed(row), 2)
    collecting.stop(collection=row, now=timezone.now())
    again = asked(study, folder)
    assert (again.pk, again.state, again.num_read, again.ended_at) == (row.pk, "open", 3, None)


def test_what_is_running_is_not_disturbed_by_asking_again(study: Study, folder: Path) -> None:
    row = asked(study, folder)
    held = claimed(row)
    assert asked(study, folder, is_queued=True).consumer == "first"
    collecting.run(held=held, clock=timezone.now)
    row.refresh_from_db()
    assert (row.state, row.is_queued) == ("finished", False)


def test_stopping_twice_and_stopping_what_has_ended_changes_nothing(study: Study, folder: Path) -> None:
    row, now = asked(study, folder), timezone.now()
    collecting.stop(collection=row, now=now)
    assert collecting.stop(collection=row, now=now + timedelta(hours=1)).ended_at == now


def test_what_is_finished_is_not_resumed(study: Study, folder: Path) -> None:
    row = asked(study, folder)
    collecting.run(held=claimed(row), clock=timezone.now)
    with pytest.raises(CannotCollect, match="Start it anew"):
        collecting.resume(collection=row, now=timezone.now())


def test_a_command_that_is_not_given_again_within_the_hour_was_stopped(
    study: Study, folder: Path, settings: Any
) -> None:
    settings.COLLECT_FROM = [str(folder)]
    killed, queued = asked(study, folder), asked(study, folder, Origin.ORIGINAL, is_queued=True)
    for row in (killed, queued):
        die_at(claimed(row), 2)
    Collection.objects.update(lease_expires_at=timezone.now() - records.ABANDONED_AFTER)
    collecting.end_abandoned(now=timezone.now())
    assert dict(Collection.objects.values_list("pk", "state")) == {killed.pk: "stopped", queued.pk: "open"}
    killed.refresh_from_db()
    assert killed.failure == records.ABANDONED


def test_the_database_keeps_no_collection_whose_counts_do_not_add_up(study: Study, folder: Path) -> None:
    row = asked(study, folder)
    with pytest.raises(IntegrityError, match="accounts_for_all"), transaction.atomic():
        Collection.objects.filter(pk=row.pk).update(num_read=1)
    with pytest.raises(IntegrityError, match="ends_once"), transaction.atomic():
        Collection.objects.filter(pk=row.pk).update(state="finished")
