"""On each platform: launched on its page, worked on in a real browser, paid, and both sides' books say the same."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page, expect

from annotation import launches, tasks
from annotation.models import Assignment, Batch, Launch, Place, Reconciliation, Study
from annotation.payments import ledger
from annotation.platforms.base import OUTSIDE, WORKFORCES
from annotation.platforms.paid import Notification, Unit
from config import services
from tests import cast, pictures
from tests.browser import chromium
from tests.fakes.mturk import ACCESS_KEY, REGION, SECRET_KEY, MTurkServer
from tests.fakes.prolific import ProlificServer
from tests.flows.conftest import child_environment
from tests.outside import worker_id

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("platforms"),
    pytest.mark.usefixtures("empty_queue"),
]
NUM_IMAGES, NUM_GRIDS = 6, 2
PAY = 50


@dataclass
class Site:
    """Twinset's processes, and the two platforms that they are told of."""

    address: str
    storage: Path
    environment: dict[str, str]
    mturk: MTurkServer
    prolific: ProlificServer


@pytest.fixture(scope="module")
def site(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder, port = tmp_path_factory.mktemp("site"), services.free_port()
    with ExitStack() as stack:
        mturk, prolific = stack.enter_context(MTurkServer()), stack.enter_context(ProlificServer())
        own = {
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "MTURK_ENDPOINT_URL": mturk.address,
            "MTURK_REGION": REGION,
            "MTURK_ACCESS_KEY": ACCESS_KEY,
            "MTURK_SECRET_KEY": SECRET_KEY,
            "PROLIFIC_ENDPOINT": prolific.address,
            "PROLIFIC_TOKEN": prolific.account.token,
            "PROLIFIC_WORKSPACE": prolific.account.workspace,
            "PROLIFIC_PROJECT": prolific.account.project,
            "PROLIFIC_COMPLETION_URL": f"{prolific.address}/submissions/complete",
        }
        environment = child_environment(folder) | own
        stack.enter_context(services.consumer("default", environment=environment))
        address = stack.enter_context(services.web(port=port, environment=environment))
        yield Site(address, folder, own, mturk, prolific)
        assert mturk.defects == []
        assert prolific.broken_promises == []


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context()
    yield made
    made.close()


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What scripts and the content policy complained of on any page."""
    found: list[str] = []
    yield found
    assert found == []


@pytest.fixture
def opened(context: BrowserContext, complaints: list[str]) -> Callable[[str], Page]:
    def open_(address: str) -> Page:
        page = context.new_page()
        page.set_default_timeout(chromium.PATIENCE)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if "violates" in message.text else None)
        page.goto(address)
        return page

    return open_


@pytest.fixture
def study(site: Site, settings: Any, researcher: User, context: BrowserContext) -> Study:
    """Two grids wait for workers; who runs the study is signed in."""
    for name, value in site.environment.items():
        setattr(settings, name, value)
    settings.STORAGES["default"]["OPTIONS"]["location"] = str(site.storage)
    found = pictures.launched(num_images=NUM_IMAGES, num_grids=NUM_GRIDS).study
    Batch.objects.all().delete()
    found.researchers.add(researcher)
    client = Client()
    client.force_login(researcher)
    session = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": site.address}])
    return found


@dataclass
class Books:
    """What became of a batch, as its pages say and as the rows say."""

    batch: Batch
    page: Page


def drafted(study: Study, name: str) -> Launch:
    is_whole = WORKFORCES[name].unit is Unit.BATCH
    currency = "GBP" if name == "prolific" else "USD"
    plan = launches.Plan(
        platform=name,
        num_assignments=1,
        pay_minor_units=PAY,
        currency=currency,
        budget_minor_units=1000,
        num_grids=NUM_GRIDS if is_whole else 1,
        seconds_estimated=60,
    )
    return launches.draft(study=study, plan=plan, by=study.researchers.get(), now=timezone.now())


def put_up(site: Site, study: Study, opened: Callable[[str], Page], name: str) -> Books:
    """Confirmed on its page, with the study's name typed; the queue does the rest."""
    page = opened(f"{site.address}/studies/{study.slug}/launches/{drafted(study, name).pk}/")
    page.get_by_label("Type the study’s name").fill(study.name)
    page.get_by_role("button", name="Put up").click()
    page.wait_for_url("**/batches/*/")
    batch = Launch.objects.get().batch
    assert batch is not None
    until(lambda: set(batch.postings.values_list("state", flat=True)) == {"open"}, page)
    return Books(batch, page)


def until(is_so: Callable[[], bool], page: Page, *, seconds: float = 120) -> None:
    for _ in range(int(seconds * 10)):
        if is_so():
            return
        page.wait_for_timeout(100)
    log = services.log_of("queue-default").read_text()[-3000:]
    pytest.fail(f"nothing after {seconds} s; the end of the consumer's log:\n{log}")


def answer(ours: Page | FrameLocator, image: int) -> None:
    expect(ours.locator("[data-count]")).to_have_text(f"0 of {NUM_IMAGES} selected")
    ours.get_by_role("checkbox", name=f"Image {image}", exact=True).check()
    ours.get_by_role("button", name="Submit").click()


def heard_of(books: Books, num_places: int) -> None:
    """The platform tells of its postings; of one's own people the sweep knows."""
    name, rows = books.batch.platform, books.batch.postings.all()
    told = [
        Notification(external_id=each.token, posting_id=each.external_id, submission_id="", happened_at=None)
        for each in rows
    ]
    tasks.enqueue_learning(name, told) if name in OUTSIDE else tasks.enqueue_round(books.batch.pk)
    done = Place.objects.filter(posting__batch=books.batch, state="submitted", assignment__isnull=False)
    until(lambda: done.count() == num_places, books.page)


def pay_all(books: Books) -> None:
    """The researcher pays what is handed in, and has the books compared: nothing is left to look at."""
    page, batch = books.page, books.batch
    page.goto(urljoin(page.url, "statement/"))
    page.get_by_role("button", name="all now").click()
    until(lambda: ledger.spend(batch).num_unsettled == 0 and ledger.spend(batch).paid == NUM_GRIDS * PAY, page)
    page.goto(page.url.split("?")[0])
    books_agree(books, NUM_GRIDS * PAY)


def books_agree(books: Books, paid: int) -> None:
    """Compared from the statement's page."""
    page, batch = books.page, books.batch
    page.get_by_role("button", name="Compare now").click()
    until(lambda: Reconciliation.objects.filter(batch=batch, is_complete=True).exists(), page)
    found = Reconciliation.objects.get(batch=batch)
    assert (found.left, found.paid_here, found.paid_there) == ([], paid, paid)
    page.reload()
    expect(page.get_by_text("both sides say the same")).to_be_visible()
    spend = ledger.spend(batch)
    assert spend.budget is not None
    assert spend.committed == spend.paid + spend.fees <= spend.budget


def test_platforms_mturk(site: Site, study: Study, opened: Callable[[str], Page]) -> None:
    books = put_up(site, study, opened, "mturk")
    for number, posting in enumerate(books.batch.postings.all()):
        page = opened(f"{site.mturk.address}/mturk/preview?hitId={posting.external_id}")
        expect(page.frame_locator("iframe").get_by_text("Accept the HIT to begin")).to_be_visible()
        page.locator("[name=workerId]").fill(worker_id("mturk", number))
        page.get_by_role("button", name="Accept").click()
        ours = page.frame_locator("iframe")
        ours.get_by_role("button", name="Start").click()
        answer(ours, 1)
        expect(ours.get_by_text("successfully submitted")).to_be_visible()  # the platform's own page now
    heard_of(books, NUM_GRIDS)
    pay_all(books)
    there = site.mturk.account
    assert len(there.hits) == NUM_GRIDS
    assert 1_000_000 - int(there.funds) == ledger.spend(books.batch).committed


def test_platforms_prolific(site: Site, study: Study, opened: Callable[[str], Page]) -> None:
    books = put_up(site, study, opened, "prolific")
    posting, there = books.batch.postings.get(), site.prolific.account
    before = there.total_balance
    query = f"study={posting.external_id}&participant={worker_id('prolific')}"
    page = opened(f"{site.prolific.address}/participate/?{query}")
    page.get_by_role("button", name="Start").click()
    for number in range(NUM_GRIDS):
        expect(page.get_by_text(f"Grid {number + 1} of {NUM_GRIDS}")).to_be_visible()
        answer(page, number + 1)
    page.get_by_role("link", name="Hand in on Prolific").click()
    expect(page.get_by_text("Your submission is being reviewed")).to_be_visible()
    heard_of(books, 1)
    pay_all(books)
    assert len(there.studies) == 1
    assert before - there.total_balance == ledger.spend(books.batch).committed


def test_platforms_local(site: Site, study: Study, opened: Callable[[str], Page]) -> None:
    books = put_up(site, study, opened, "local")
    page = opened(f"{site.address}{cast.join(books.batch)}")
    page.get_by_role("button", name="Start").click()
    for number in range(NUM_GRIDS):
        answer(page, number + 1)
        expect(page.get_by_text("Saved, receipt")).to_be_visible()
    heard_of(books, NUM_GRIDS)
    pay_all(books)


def test_platforms_simulated(site: Site, study: Study, opened: Callable[[str], Page]) -> None:
    """A rehearsal of a launch that is still a draft: made-up workers, and the books as they would be."""
    drafted(study, "prolific")
    page = opened(f"{site.address}/studies/{study.slug}/grids/")
    page.get_by_text("Rehearse it first").click()
    page.get_by_role("button", name="Rehearse on simulated workers").click()
    page.wait_for_url("**/batches/*/")
    batch = Batch.objects.get(platform="simulated")
    assert batch.study != study
    until(lambda: Batch.objects.filter(pk=batch.pk, expired_at__isnull=False).exists(), page)
    slots = Assignment.objects.filter(hit__batch=batch)
    assert {each.is_submitted for each in slots} == {True}
    assert ledger.spend(batch).paid == slots.count() * PAY
    page.goto(urljoin(page.url, "statement/"))
    books_agree(Books(batch, page), slots.count() * PAY)
    assert not Assignment.objects.filter(hit__batch__study=study).exists()
    assert not study.is_simulated
