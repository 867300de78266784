"""Grids, batches, candidates and frequencies: what the buttons do, and what moves by itself."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotation import assignments, hits, tasks
from annotation.models import Batch, Collection, Exclusion, Origin, Study
from annotation.platforms import local
from frontend import overview
from tests import cast, pictures

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def batch(researcher: User) -> Batch:
    row = pictures.launched(num_images=4, num_grids=1, num_assignments=2)
    row.study.researchers.add(researcher)
    return row


def address(of: Study, name: str, *args: Any) -> str:
    return reverse(f"frontend:{name}", args=[of.slug, *args])


def hand_in(batch: Batch, external_id: str) -> None:
    worker = cast.worker(external_id)
    claimed = assignments.claim(batch=batch, worker=worker, now=cast.NOW)
    assert claimed is not None
    assignments.submit(assignment_id=claimed.pk, worker_id=worker.pk, selected=[0], not_seen=[], now=cast.NOW)


# --- grids and batches ---


def test_the_batch_has_an_invitation_that_works(researcher_client: Client, batch: Batch) -> None:
    cast.join(batch)
    page = researcher_client.get(address(batch.study, "batch-detail", batch.pk))
    token = page.text.split("http://testserver/join/")[1].split("/")[0]
    assert local.read_invitation(token) == batch.study.invitations.get().pk


def test_progress_is_asked_for_until_the_batch_is_complete(researcher_client: Client, batch: Batch) -> None:
    url = address(batch.study, "batch-detail", batch.pk)
    hand_in(batch, "w1")
    part = researcher_client.get(url, headers=HTMX).text
    assert "every 3s" in part
    assert "<html" not in part
    hand_in(batch, "w2")
    assert "every 3s" not in researcher_client.get(url, headers=HTMX).text


def test_a_batch_is_complete_where_nobody_can_take_up_what_is_left(researcher_client: Client, batch: Batch) -> None:
    hand_in(batch, "w1")
    assert assignments.claim(batch=batch, worker=cast.worker("w2"), now=cast.NOW)  # long ago: the lease has ended
    pages = [address(batch.study, "batch-detail", batch.pk), address(batch.study, "grid-list")]
    assert not any(">complete<" in researcher_client.get(page).text for page in pages)
    hits.stop(grid_ids=[batch.hits.get().grid_id], now=timezone.now())
    assert all(">complete<" in researcher_client.get(page).text for page in pages)
    assert "every 3s" not in researcher_client.get(pages[0], headers=HTMX).text
    assert overview.counts_of(Study.objects.all(), now=timezone.now())[batch.study_id].num_free == 0


def test_links_that_are_sent_out_name_the_public_address(
    researcher_client: Client, batch: Batch, settings: Any
) -> None:
    cast.join(batch)
    settings.PUBLIC_URL = "https://twin.example"
    page = researcher_client.get(address(batch.study, "batch-detail", batch.pk)).text
    assert "https://twin.example/join/" in page
    assert "http://testserver/join/" not in page


def test_nobody_is_invited_to_a_rehearsal(researcher_client: Client, batch: Batch) -> None:
    cast.join(batch)
    Batch.objects.update(platform="simulated", is_simulated=True)
    page = researcher_client.get(address(batch.study, "batch-detail", batch.pk)).text
    assert "Simulated workers begin by themselves." in page
    for text in (page, researcher_client.get(address(batch.study, "grid-list")).text):
        assert ("/join/" in text, "Invite workers" in text) == (False, False)


def test_an_expired_batch_is_no_longer_asked_about(researcher_client: Client, batch: Batch) -> None:
    page = researcher_client.post(address(batch.study, "batch-expire", batch.pk), follow=True)
    assert "takes no more workers" in page.text
    assert "every 3s" not in page.text
    assert "Invite workers" not in page.text
    assert Batch.objects.get().expired_at is not None


def test_a_batch_of_another_study_is_not_found(researcher_client: Client, researcher: User, batch: Batch) -> None:
    other = cast.study("other", [researcher])
    assert researcher_client.get(address(other, "batch-detail", batch.pk)).status_code == 404
    assert researcher_client.post(address(other, "batch-expire", batch.pk)).status_code == 404


def test_grids_are_composed_and_launched_by_button(researcher_client: Client, researcher: User) -> None:
    study = cast.study(researchers=[researcher])
    zero = cast.target_class(study)
    for _ in range(5):
        cast.candidate(zero, Origin.ORIGINAL)
        cast.candidate(zero, Origin.POOL)
    assert "Launch HITs" in researcher_client.post(address(study, "grid-compose"), follow=True).text
    terms = {"num_assignments": 3, "lease_minutes": 20}
    page = researcher_client.post(address(study, "batch-launch"), terms, follow=True)
    assert "The batch is open" in page.text
    assert Batch.objects.get().lease_seconds == 1200


def test_grids_are_composed_as_large_as_the_form_says(researcher_client: Client, researcher: User) -> None:
    study = cast.study(researchers=[researcher])
    zero = cast.target_class(study)
    for _ in range(20):
        cast.candidate(zero)
    page = researcher_client.get(address(study, "grid-list"))
    assert page.context["compose_form"].initial == {"num_positions": 48, "num_controls": 3}
    researcher_client.post(address(study, "grid-compose"), {"num_positions": 5, "num_controls": 0})
    assert [grid.num_positions for grid in study.grids.all()] == [5] * 4
    wrong = researcher_client.post(address(study, "grid-compose"), {"num_positions": 0}, follow=True)
    assert "Say how many images a grid has" in wrong.text


def test_photos_of_flickr_are_composed_as_its_terms_want_it(researcher_client: Client, researcher: User) -> None:
    study = cast.study(researchers=[researcher])
    Collection.objects.create(study=study, origin=Origin.POOL, kind="flickr", requested_at=cast.NOW)
    zero = cast.target_class(study)
    for _ in range(31):
        cast.candidate(zero)
    assert researcher_client.get(address(study, "grid-list")).context["compose_form"].initial["num_positions"] == 30
    researcher_client.post(address(study, "grid-compose"))
    assert max(grid.num_positions for grid in study.grids.all()) <= 30


def test_refusals_are_told(researcher_client: Client, researcher: User, batch: Batch) -> None:
    terms = {"num_assignments": 3, "lease_minutes": 20}
    assert "no grids to launch" in researcher_client.post(address(batch.study, "batch-launch"), terms, follow=True).text
    wrong = researcher_client.post(address(batch.study, "batch-launch"), {"num_assignments": 0}, follow=True)
    assert "Workers per grid:" in wrong.text
    empty = cast.study("empty", [researcher])
    assert "banner--danger" in researcher_client.post(address(empty, "grid-compose"), follow=True).text
    assert Batch.objects.count() == 1


def test_pay_is_launched_with_a_batch_and_said_on_its_page(researcher_client: Client, batch: Batch) -> None:
    terms = {"num_assignments": 3, "lease_minutes": 20, "again": "1", "pay": "0.30", "currency": "eur"}
    page = researcher_client.post(address(batch.study, "batch-launch"), terms, follow=True)
    said = page.text.replace("\N{NO-BREAK SPACE}", " ")
    assert "0.30 EUR per accepted grid" in said
    assert "0.00 EUR of 0.90 EUR at most" in said


@pytest.mark.parametrize(
    ("terms", "why"),
    [
        ({"pay": "0.30"}, "both the pay and its currency"),
        ({"currency": "EUR"}, "both the pay and its currency"),
        ({"pay": "0.305", "currency": "EUR"}, "2 digits behind the point"),
        ({"pay": "0.5", "currency": "JPY"}, "0 digits behind the point"),
        ({"pay": "-1", "currency": "EUR"}, "Pay per grid:"),
        ({"pay": "1", "currency": "€"}, "Currency: Give the three letters"),
    ],
)
def test_pay_that_makes_no_sense_launches_nothing(
    researcher_client: Client, batch: Batch, terms: dict[str, str], why: str
) -> None:
    body = {"num_assignments": 3, "lease_minutes": 20, "again": "1"} | terms
    assert why in researcher_client.post(address(batch.study, "batch-launch"), body, follow=True).text
    assert Batch.objects.count() == 1


def test_launched_grids_are_launched_again_only_when_asked(researcher_client: Client, batch: Batch) -> None:
    terms = {"num_assignments": 3, "lease_minutes": 20, "again": "1"}
    researcher_client.post(address(batch.study, "batch-launch"), terms)
    assert list(batch.study.batches.values_list("num_assignments", flat=True)) == [2, 3]


def test_grids_of_a_batch_that_expired_unanswered_wait_again(researcher_client: Client, batch: Batch) -> None:
    terms = {"num_assignments": 5, "lease_minutes": 20}
    researcher_client.post(address(batch.study, "batch-expire", batch.pk))
    assert "Launch HITs" in researcher_client.get(address(batch.study, "study-detail")).text
    researcher_client.post(address(batch.study, "batch-launch"), terms)
    assert Batch.objects.get(expired_at=None).num_assignments == 5


def test_grids_that_were_handed_in_do_not_wait_again(researcher_client: Client, batch: Batch) -> None:
    hand_in(batch, "w1")
    researcher_client.post(address(batch.study, "batch-expire", batch.pk))
    assert not batch.study.grids.waiting().exists()


def test_a_complete_batch_invites_nobody(researcher_client: Client, batch: Batch) -> None:
    url = address(batch.study, "batch-detail", batch.pk)
    assert "Invite workers" in researcher_client.get(url).text
    hand_in(batch, "w1")
    hand_in(batch, "w2")
    page = researcher_client.get(url).text
    assert "Invite workers" not in page
    assert "It takes nobody new, unless each grid is to be judged by more." in page
    assert "Add the workers" in page


def test_many_warnings_are_summed_up(researcher_client: Client, researcher: User) -> None:
    study = cast.study(researchers=[researcher])
    for number in range(12):
        cast.target_class(study, str(number))
    page = researcher_client.post(address(study, "grid-compose"), follow=True)
    assert page.text.count("banner--warn") == 9
    assert "4 more warnings" in page.text


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_launch_one_batch(researcher_client: Client, batch: Batch) -> None:
    researcher_client.post(address(batch.study, "batch-expire", batch.pk))
    url = address(batch.study, "batch-launch")

    def click(_: int) -> None:
        researcher_client.post(url, {"num_assignments": 3, "lease_minutes": 20})
        connection.close()

    with ThreadPoolExecutor(4) as clicks:
        list(clicks.map(click, range(4)))
    assert Batch.objects.filter(expired_at=None).count() == 1


# --- candidates ---


def test_candidates_are_filtered_by_class_origin_and_state(researcher_client: Client, batch: Batch) -> None:
    first = batch.study.candidates.filter(origin=Origin.POOL).first()
    Exclusion.objects.create(candidate=first, reason="unusable", excluded_at=cast.NOW)
    url = address(batch.study, "candidate-list")

    def shown(**wanted: str) -> int:
        return researcher_client.get(url, wanted).text.count("<figcaption")

    assert (shown(), shown(origin="pool"), shown(state="excluded")) == (4, 2, 1)
    assert (shown(**{"class": "n02879718"}), shown(origin="pool", state="included")) == (4, 1)


@pytest.mark.parametrize("wanted", [{"class": "no"}, {"origin": "'"}, {"page": "-3"}, {"page": "9" * 30}])
def test_what_the_filter_does_not_know_is_left_out(
    researcher_client: Client, batch: Batch, wanted: dict[str, str]
) -> None:
    page = researcher_client.get(address(batch.study, "candidate-list"), wanted)
    assert page.status_code == 200
    assert page.text.count("<figcaption") == 4


def test_the_picture_of_a_candidate_is_for_its_study_only(
    researcher_client: Client, researcher: User, batch: Batch
) -> None:
    pk = batch.study.candidates.first().pk
    response = researcher_client.get(address(batch.study, "candidate-image", pk))
    assert response.headers["Content-Type"] == "image/jpeg"
    assert "private" in response.headers["Cache-Control"]
    other = cast.study("other", [researcher])
    assert researcher_client.get(address(other, "candidate-image", pk)).status_code == 404


def test_a_lost_picture_is_not_an_error_of_the_server(researcher_client: Client, researcher: User) -> None:
    study = cast.study(researchers=[researcher])
    row = cast.candidate(cast.target_class(study))
    assert researcher_client.get(address(study, "candidate-image", row.pk)).status_code == 404


# --- frequencies ---


def test_stale_counts_are_said_and_counted_on_demand(
    researcher_client: Client, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(tasks, "enqueue_recount", asked.append)
    hand_in(batch, "w1")
    assert "are stale" in researcher_client.get(address(batch.study, "frequency-list")).text
    researcher_client.post(address(batch.study, "frequency-recount"))
    assert asked == [batch.study_id]


def test_the_table_has_the_numbers_of_the_chart(researcher_client: Client, researcher: User) -> None:
    study = cast.study(researchers=[researcher])
    zero = cast.target_class(study)
    for num_selected in (0, 2, 8, 10):
        cast.measured(zero, Origin.POOL, num_selected)
    cast.measured(zero, Origin.ORIGINAL, 6)
    page = researcher_client.get(address(study, "frequency-list"))
    assert page.context["bins"] == [("0–20", 0, 1), ("20–40", 0, 1), ("40–60", 0, 0), ("60–80", 1, 0), ("80–100", 0, 2)]
    assert b"<svg" in researcher_client.get(address(study, "frequency-histogram"), {"theme": "dark"}).content


@pytest.mark.parametrize(("sort", "first"), [("highest", 9), ("lowest", 1), ("'; DROP", 9)])
def test_candidates_are_sorted_by_known_keys_only(
    researcher_client: Client, researcher: User, sort: str, first: int
) -> None:
    study = cast.study(researchers=[researcher])
    zero = cast.target_class(study)
    for num_selected in (5, 1, 9):
        cast.measured(zero, Origin.POOL, num_selected)
    page = researcher_client.get(address(study, "frequency-list"), {"sort": sort})
    assert page.context["page"][0].num_selected == first
