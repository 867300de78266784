"""A worker's way through the pages, without a browser: every refusal is a page that helps."""

import re
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from annotation import bitmaps
from annotation.models import Assignment, Batch, Enrolment, Worker
from annotation.platforms import local
from tests import cast, pictures

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch() -> Batch:
    return pictures.launched(num_images=6, num_grids=2, num_assignments=1)


def join(batch: Batch) -> str:
    return cast.join(batch)


def start(batch: Batch, client: Client | None = None) -> str:
    """Accept the invitation; the address of the grid."""
    response = (client or Client()).post(join(batch))
    assert response.status_code == 303
    return str(response.headers["Location"])


def submit(grid: str, *selected: Any, **fields: Any) -> Any:
    return Client().post(grid, {"selected": selected, **fields})


# --- arriving ---


def test_consent_says_who_runs_the_study(batch: Batch) -> None:
    page = Client().get(join(batch))
    assert "Rosa Rossi, rosa@example.org" in page.text
    assert Worker.objects.count() == 0


def test_starting_claims_a_grid_without_any_cookie(batch: Batch) -> None:
    page = Client().get(start(batch))
    assert "Select all that contain" in page.text
    assert page.text.count('name="selected"') == 6
    assert Assignment.objects.filter(worker__isnull=False).count() == 1


def test_the_same_browser_goes_on_as_the_same_worker(batch: Batch) -> None:
    client = Client()
    assert start(batch, client) == start(batch, client)
    assert Worker.objects.count() == 1


def test_workers_of_a_simulated_batch_are_simulated_also_in_a_known_browser(batch: Batch) -> None:
    client = Client()
    start(batch, client)
    grid = batch.hits.first().grid
    start(cast.batch(batch.study, [grid], is_simulated=True), client)
    assert sorted(Worker.objects.values_list("is_simulated", flat=True)) == [False, True]


def test_an_expired_batch_says_so(batch: Batch, now: datetime) -> None:
    Batch.objects.update(expired_at=now)
    page = Client().get(join(batch))
    assert page.status_code == 410
    assert "takes no more answers" in page.text


def test_a_mistyped_invitation_says_what_to_do() -> None:
    page = Client().get("/join/no-such-token/")
    assert page.status_code == 404
    assert "Copy the whole link" in page.text


def test_a_full_batch_says_there_is_nothing_just_now(batch: Batch) -> None:
    start(batch)
    start(batch)
    page = Client().post(join(batch), follow=True)
    assert "Nothing to do just now" in page.text


# --- the grid ---


def test_a_page_of_the_grid_is_never_cached(batch: Batch) -> None:
    assert "no-store" in Client().get(start(batch)).headers["Cache-Control"]


def test_names_and_definitions_are_shown_as_text(batch: Batch) -> None:
    of = batch.hits.first().grid.target_class
    of.definition = "<script>alert(1)</script>"
    of.save()
    assert "<script>alert" not in Client().get(start(batch)).text


def test_submitting_stores_the_judgements_and_leads_to_the_next_grid(batch: Batch) -> None:
    grid = start(batch)
    response = submit(grid, 0, 5, not_seen=[2])
    assert response.status_code == 303
    row = Assignment.objects.get(submitted_at__isnull=False)
    assert bitmaps.positions(row.selected, 6) == [0, 5]
    assert bitmaps.positions(row.seen, 6) == [0, 1, 3, 4, 5]
    assert f"Saved, receipt {row.pk}" in Client().get(response.headers["Location"]).text


def test_the_last_grid_leads_to_thanks(batch: Batch) -> None:
    second = submit(start(batch), 1).headers["Location"]
    last = submit(urlsplit(second).path, none="1").headers["Location"]
    page = Client().get(last)
    assert "Thank you" in page.text
    assert '<dd class="figure__value">2</dd><dt class="figure__label">grids done</dt>' in page.text


def test_one_grid_is_one_grid(batch: Batch) -> None:
    submit(start(batch), 1)
    home = f"/me/{local.enrolment_token(Enrolment.objects.get())}/"
    assert '<dd class="figure__value">1</dd><dt class="figure__label">grid done</dt>' in Client().get(home).text


def test_a_receipt_that_we_did_not_sign_is_not_shown(batch: Batch) -> None:
    assert "Saved, receipt 7" not in Client().get(start(batch) + "?receipt=7:forged").text


def test_the_same_answer_twice_just_goes_on(batch: Batch) -> None:
    grid = start(batch)
    first = submit(grid, 1)
    again = submit(grid, 1)
    assert again.headers["Location"].partition(":")[0] == first.headers["Location"].partition(":")[0]
    assert Assignment.objects.filter(submitted_at__isnull=False).count() == 1


def test_a_finished_grid_leads_to_thanks(batch: Batch) -> None:
    grid = start(batch)
    submit(grid, 1)
    assert Client().get(grid).headers["Location"].startswith("/done/")


def test_a_returned_grid_is_free_again(batch: Batch) -> None:
    grid = start(batch)
    response = Client().post(grid + "release/")
    assert "You returned the grid" in Client().get(response.headers["Location"]).text
    assert Assignment.objects.filter(worker__isnull=False).count() == 0


def test_the_last_page_offers_another_grid_to_the_same_worker(batch: Batch) -> None:
    grid = start(batch)
    Client().post(grid + "release/")
    response = Client().post(grid.replace("/work/", "/done/"))
    assert response.headers["Location"].startswith("/work/")
    assert Worker.objects.count() == 1


# --- refusals ---


@pytest.mark.parametrize("positions", [["6"], ["-1"], ["one"], ["1e3"], ["0", "999999999999999999999"]])
def test_positions_that_are_not_on_the_grid_are_refused(batch: Batch, positions: list[str]) -> None:
    page = submit(start(batch), *positions)
    assert page.status_code == 400
    assert "is not a position of this grid" in page.text
    assert not Assignment.objects.filter(submitted_at__isnull=False).exists()


def test_an_empty_answer_must_be_said(batch: Batch) -> None:
    page = submit(start(batch))
    assert page.status_code == 400
    assert "You selected no image" in page.text


def test_a_contradiction_keeps_what_was_selected(batch: Batch) -> None:
    page = submit(start(batch), 3, none="1")
    assert page.status_code == 400
    assert "Undo one of the two" in page.text
    assert re.search(r'value="3" aria-label="Image \d" checked', page.text)


def test_an_image_can_not_be_selected_and_not_seen(batch: Batch) -> None:
    page = submit(start(batch), 3, not_seen=["3"])
    assert page.status_code == 400
    assert "does not fit this grid" in page.text


def test_another_answer_to_a_finished_grid_is_refused(batch: Batch) -> None:
    grid = start(batch)
    submit(grid, 1)
    page = submit(grid, 2)
    assert page.status_code == 409
    assert "handed this grid in before" in page.text


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_grid_that_was_handed_on_is_refused(batch: Batch, method: str) -> None:
    grid = start(batch)
    Assignment.objects.filter(worker__isnull=False).update(worker=cast.worker("another"))
    page = getattr(Client(), method)(grid)
    assert page.status_code == 410
    assert "no longer yours" in page.text


@pytest.mark.parametrize("address", ["/work/forged/", "/done/forged/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_forged_token_opens_nothing(method: str, address: str) -> None:
    page = getattr(Client(), method)(address)
    assert page.status_code == 404
    assert "This link does not work" in page.text


def test_a_token_of_a_deleted_grid_opens_nothing(batch: Batch) -> None:
    grid = start(batch)
    batch.delete()
    assert Client().get(grid).status_code == 404
    assert Client().post(grid.replace("/work/", "/done/")).status_code == 404


# --- the pictures ---


def test_a_picture_takes_one_query(batch: Batch, django_assert_num_queries: Any) -> None:
    grid = start(batch)
    with django_assert_num_queries(1):
        picture = Client().get(grid + "images/3/")
    assert picture.headers["Content-Type"] == "image/jpeg"
    assert picture.content.startswith(b"\xff\xd8")


def test_headers_tell_no_picture_from_another(batch: Batch) -> None:
    grid = start(batch)
    answers = [dict(Client().get(f"{grid}images/{position}/").headers) for position in range(6)]
    for headers in answers:
        del headers["Content-Length"]
    assert all(headers == answers[0] for headers in answers)
    assert not {"ETag", "Last-Modified", "Content-Disposition", "Set-Cookie"} & set(answers[0])


@pytest.mark.parametrize("position", [6, 9999, 10**30])
def test_a_position_beyond_the_grid_has_no_picture(batch: Batch, position: int) -> None:
    assert Client().get(f"{start(batch)}images/{position}/").status_code == 404


def test_pictures_are_for_the_present_holder_only(batch: Batch) -> None:
    grid = start(batch)
    Assignment.objects.filter(worker__isnull=False).update(worker=cast.worker("another"))
    assert Client().get(grid + "images/0/").status_code == 404
    assert Client().get("/work/forged/images/0/").status_code == 404
