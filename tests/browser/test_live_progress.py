"""Progress that moves by itself, in a real Chromium and under the real content policy."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from annotation import assignments, exports, tasks
from annotation.models import Batch
from evaluation import runs
from evaluation.models import Run
from tests import cast, pictures
from tests.annotation.exports.exported import export, frozen_set
from tests.evaluation import scored

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def batch(researcher: User) -> Batch:
    row = pictures.launched(num_images=4, num_assignments=1)
    row.study.researchers.add(researcher)
    return row


def test_a_batch_counts_on_by_itself_and_stops_when_it_is_complete(
    open_page: Callable[..., Page], researcher_client: Client, live_server: Any, batch: Batch
) -> None:
    address = reverse("frontend:batch-detail", args=[batch.study.slug, batch.pk])
    page = open_page("/login/")
    session = researcher_client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    page.goto(live_server.url + address)
    progress = page.locator("#progress")
    expect(progress).to_contain_text("open")
    worker = cast.worker()
    claimed = assignments.claim(batch=batch, worker=worker, now=cast.NOW)
    assert claimed is not None
    assignments.submit(assignment_id=claimed.pk, worker_id=worker.pk, selected=[0], not_seen=[], now=cast.NOW)
    expect(progress).to_contain_text("complete")
    expect(progress).not_to_have_attribute("hx-trigger", "every 3s")


@pytest.fixture
def run(researcher: User) -> Run:
    row = scored.run()
    row.classifier.study.researchers.add(researcher)
    return row


def test_runs_count_on_and_leave_the_scrolled_table_and_the_focus_alone(
    open_page: Callable[..., Page], researcher_client: Client, live_server: Any, run: Run
) -> None:
    page = open_page("/login/", viewport={"width": 360, "height": 800})
    session = researcher_client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    page.goto(live_server.url + reverse("frontend:run-list", args=[run.classifier.study.slug]))
    # Where Chromium scrolls to what gets the focus, it does so later, over what is set below.
    page.locator("#run-rows a").evaluate("link => link.focus({ preventScroll: true })")
    table = page.locator(".table-scroll")
    table.evaluate("element => element.scrollLeft = 60")
    runs.fail(run=run, reason="the file has gone", now=cast.NOW)
    expect(page.get_by_text("the file has gone")).to_be_visible()
    expect(page.locator("#run-counts")).to_contain_text("1failed")
    expect(page.locator("#run-rows a")).to_be_focused()
    expect(table).to_have_js_property("scrollLeft", 60)


def test_an_export_counts_on_and_leaves_what_was_opened_open(
    open_page: Callable[..., Page], researcher: User, researcher_client: Client, live_server: Any
) -> None:
    test_set = frozen_set(["0", "1"])
    test_set.study.researchers.add(researcher)
    export(test_set, "parquet")
    waiting = exports.request(test_set=test_set, layout="webdataset", now=timezone.now())
    page = open_page("/login/")
    session = researcher_client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    page.goto(live_server.url + reverse("frontend:export-list", args=[test_set.study.slug, "original", 1]))
    page.get_by_text("Download on another machine").click()
    expect(page.get_by_text("0 of 4 images written")).to_be_visible()
    tasks.write_export(waiting.pk)
    expect(page.get_by_role("link", name="Download (.tar)")).to_have_count(2)
    expect(page.get_by_text("curl").first).not_to_be_visible()
    expect(page.get_by_text("curl").last).to_be_visible()
    expect(page.locator("#exports")).not_to_have_attribute("hx-trigger", "every 2s")
    with page.expect_download() as started:
        page.get_by_role("link", name="Download (.tar)").first.click()
    assert started.value.suggested_filename == "digits-twin-original-r1-webdataset.tar"
