"""Postings are written down, put up once, changed, and never beyond the budget."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from annotation import postings
from annotation.errors import CannotLaunch, CannotPay, OverBudget
from annotation.models import HIT, Batch, Place, Posting
from annotation.platforms import paid
from annotation.platforms.paid import SubmissionState
from tests import cast
from tests.annotation.payments.desks import TEXT, Desk
from tests.annotation.payments.test_paying import two_sided
from tests.cast import NOW

pytestmark = pytest.mark.django_db


def post(desk: Desk, batch: Batch, limit: int = 100) -> postings.Round:
    return postings.post_next(batch=batch, platform=desk.platform(), text=TEXT, now=NOW, limit=limit)


def prepared(desk: Desk, batch: Batch) -> Batch:
    postings.prepare(batch=batch, platform=desk.platform(), now=NOW)
    return batch


def test_a_batch_is_written_down_first_and_put_up_then(desk: Desk) -> None:
    batch = prepared(desk, desk.batch(num_grids=3))
    before = list(batch.postings.values_list("token", flat=True))
    assert len(set(before)) == (3 if desk.is_by_hit else 1)
    assert (desk.num_up, {each.num_places for each in batch.postings.all()}) == (0, {2 if desk.is_by_hit else 6})
    assert postings.prepare(batch=batch, platform=desk.platform(), now=NOW) == len(before)
    assert post(desk, batch).num_left == 0
    post(desk, batch)
    assert desk.num_up == len(before) == batch.postings.filter(state="open").exclude(external_id="").count()
    assert set(before) == {each.token for each in desk.platform().postings()}


def test_the_first_few_are_a_pilot(desk: Desk) -> None:
    batch = prepared(desk, desk.batch(num_grids=3))
    assert post(desk, batch, limit=1).num_left == batch.postings.count() - 1
    assert desk.num_up == 1


@pytest.mark.parametrize("fault", ["before", "after"])
def test_what_is_in_doubt_waits_and_is_there_once(desk: Desk, fault: str) -> None:
    batch = prepared(desk, desk.batch())
    desk.fault("post", fault)
    done = post(desk, batch)
    assert (done.num_uncertain, done.num_left) == (1, 1)
    assert post(desk, batch).num_left == 0
    assert desk.num_up == batch.postings.count()


def test_a_throttle_ends_the_round_and_says_when_to_come_back(desk: Desk) -> None:
    batch = prepared(desk, desk.batch())
    desk.fault("post", "throttled")
    done = post(desk, batch)
    assert (done.num_done, done.num_left, done.come_back_after is not None) == (0, batch.postings.count(), True)
    assert post(desk, batch).come_back_after is None


def test_what_is_refused_says_why_and_can_be_put_back(desk: Desk) -> None:
    two_sided(desk)
    batch = prepared(desk, desk.batch(num_grids=1))
    bad = postings.Text(**vars(TEXT) | {"title": "x" * 500})
    done = postings.post_next(batch=batch, platform=desk.platform(), text=bad, now=NOW)
    assert (done.num_refused, batch.postings.get().state) == (1, "refused")
    assert "500" in batch.postings.get().refusal or "200" in batch.postings.get().refusal
    assert post(desk, batch).num_done == 0
    postings.put_back(batch=batch, now=NOW)
    assert post(desk, batch).num_done == 1


def test_nothing_is_put_up_that_the_budget_can_not_hold(desk: Desk) -> None:
    fee = {"mturk": 20, "prolific": 43}.get(desk.name, 0)
    batch = desk.batch(budget_minor_units=399)
    with pytest.raises(OverBudget, match="more than batch") as refused:
        prepared(desk, batch)
    assert (refused.value.missing, batch.postings.count()) == (4 * (100 + fee) - 399, 0)
    Batch.objects.update(budget_minor_units=572)
    prepared(desk, batch)
    Batch.objects.update(budget_minor_units=399)
    with pytest.raises(OverBudget):
        post(desk, batch)
    assert desk.num_up == 0


def test_a_batch_that_does_not_fit_is_refused(desk: Desk) -> None:
    with pytest.raises(CannotPay, match="is for the platform elsewhere"):
        prepared(desk, desk.batch(platform="elsewhere"))
    unpaid: dict[str, Any] = {"currency": "", "pay_minor_units": 0}
    for wrong in ({"currency": "JPY"}, unpaid) if desk.has_two_sides else (unpaid,):
        batch = Batch.objects.get()
        Batch.objects.update(platform=desk.name, **wrong)
        batch.refresh_from_db()
        with pytest.raises(CannotLaunch):
            prepared(desk, batch)


def test_a_batch_is_paused_resumed_and_closed(desk: Desk) -> None:
    batch = desk.batch(num_grids=1)
    desk.post(batch)
    kind = {"batch": batch, "platform": desk.platform(), "now": NOW}
    assert postings.pause(**kind).num_left == 0
    assert batch.postings.get().state == "paused"
    assert next(iter(desk.platform().postings())).state in ("closed", "paused")
    assert postings.resume(**kind).problems == []
    assert next(iter(desk.platform().postings())).state == "open"
    desk.fault("close", "before")
    done = postings.close(**kind)
    assert (done.num_left, batch.postings.get().pending) == (1, "close")
    desk.advance(seconds=2)
    assert postings.carry_out(**kind).num_left == 0
    assert next(iter(desk.platform().postings())).state == "closed"
    assert post(desk, batch).num_done == 0


def test_what_waits_is_closed_without_being_put_up_and_closed_too_where_its_answer_was_lost(desk: Desk) -> None:
    batch = prepared(desk, desk.batch(num_grids=1))
    desk.fault("post", "after")
    post(desk, batch)
    assert postings.close(batch=batch, platform=desk.platform(), now=NOW).num_left == 0
    assert [each for each in desk.platform().postings() if each.state == "open"] == []
    assert post(desk, batch).num_done == 0
    assert batch.postings.get().state == "closed"


@pytest.mark.parametrize("stop", [postings.pause, postings.close])
def test_who_stops_a_batch_stops_a_round_that_is_under_way(
    desk: Desk, stop: Callable[..., postings.Round], monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = prepared(desk, desk.batch(num_grids=3))
    platform = desk.platform()
    put_up = platform.post

    def meanwhile(posting: paid.Posting) -> paid.Posted:
        posted = put_up(posting)
        if desk.num_up == 1:
            stop(batch=batch, platform=desk.platform(), now=NOW)
        return posted

    monkeypatch.setattr(platform, "post", meanwhile)
    postings.post_next(batch=batch, platform=platform, text=TEXT, now=NOW)
    postings.carry_out(batch=batch, platform=desk.platform(), now=NOW)
    assert desk.num_up == 1
    assert [each.state for each in desk.platform().postings() if each.state == "open"] == []


def test_what_waits_can_be_paused_too(desk: Desk) -> None:
    batch = prepared(desk, desk.batch())
    kind = {"batch": batch, "platform": desk.platform(), "now": NOW}
    postings.pause(**kind)
    assert (post(desk, batch).num_done, desk.num_up) == (0, 0)
    postings.resume(**kind)
    assert post(desk, batch).num_done == desk.num_up == batch.postings.count()


def test_places_are_added_within_slots_and_budget(desk: Desk) -> None:
    batch = desk.batch(num_grids=1, num_assignments=5, budget_minor_units=600)
    desk.post(batch, num_places=2)
    kind = {"batch": batch, "platform": desk.platform(), "now": NOW}
    with pytest.raises(CannotLaunch, match="slots for 5"):
        postings.extend(**kind, num_places=6)
    Batch.objects.update(budget_minor_units=200)
    with pytest.raises(OverBudget):
        postings.extend(**kind, num_places=3)
    Batch.objects.update(budget_minor_units=600)
    assert postings.extend(**kind, num_places=4).num_left == 0
    assert next(iter(desk.platform().postings())).num_places == 4
    assert postings.promised(batch) <= 600


def test_states_are_those_of_platforms_and_the_database_keeps_them(desk: Desk) -> None:
    assert Place.State.values == [each.value for each in SubmissionState]
    batch = prepared(desk, desk.batch(num_grids=1))
    for wrong in ({"state": "open"}, {"external_id": "x"}, {"state": "refused"}, {"num_places": 0}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Posting.objects.update(**wrong)
    assert batch.postings.get().state == "waiting"


def test_imagenetv2s_size_is_prepared_in_one_statement(desk: Desk, django_assert_max_num_queries: object) -> None:
    if not desk.is_by_hit:
        pytest.skip("one posting, whatever the size")
    target_class = cast.target_class(cast.study())
    grid = cast.grid(target_class, [cast.candidate(target_class)])
    batch = cast.batch(target_class.study, [], platform=desk.name, pay_minor_units=100, currency=desk.currency)
    grids = type(grid).objects.bulk_create(
        type(grid)(**{name: getattr(grid, name) for name in (
            "study_id", "target_class_id", "candidate_ids", "measured", "positive_controls", "negative_controls",
            "created_at")} | {"number": number + 1}) for number in range(7300)
    )  # fmt: skip
    HIT.objects.bulk_create(HIT(batch=batch, grid=each) for each in grids)
    with django_assert_max_num_queries(9):  # type: ignore[operator]
        assert postings.prepare(batch=batch, platform=desk.platform(), now=NOW) == 7300
    assert Posting.objects.values("token").distinct().count() == 7300
