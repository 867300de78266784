"""The page of the pool beside the original."""

import csv
import html
import io
import re
from datetime import UTC, datetime
from typing import Any

import pytest
import redis
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from annotation import tasks
from annotation.candidates import comparing
from annotation.candidates.comparing import NUMBERS, Span, Window
from annotation.models import Image, Origin, Study, TargetClass
from frontend.comparing import keeping, words
from frontend.views.pool import comparison
from tests import cast
from tests.annotation.candidates.comparing.pool import images

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(researcher: User) -> Study:
    return cast.study(researchers=[researcher])


@pytest.fixture
def bow(study: Study) -> TargetClass:
    return cast.target_class(study, "n02879718", "bow")


def shown(client: Client, study: Study, name: str = "pool-comparison", *args: Any, query: str = "") -> str:
    response = client.get(reverse(f"frontend:{name}", args=[study.slug, *args]) + query)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_a_shift_is_said_in_a_sentence(researcher_client: Client, study: Study, bow: TargetClass) -> None:
    images(bow, Origin.ORIGINAL, 40, seed=1, taken_at=datetime(2012, 5, 1, tzinfo=UTC), uploaded_at=None)
    images(bow, Origin.POOL, 60, seed=2, taken_at=datetime(2014, 5, 1, tzinfo=UTC), uploaded_at=None)
    page = shown(researcher_client, study)
    assert (
        "The pool’s photographs were taken 2.0 years later: median 1 May 2014 instead of 1 May 2012 (distance 1.00)."
    ) in page
    assert "40 originals and 60 candidates of the pool were looked at, all that take part." in page
    assert "photographs are brighter" not in page
    assert "Uploaded: not known of 100 % of the originals and 100 % of the pool." in page
    assert "1 May 2012 to 1 May 2012" in page


def test_nothing_moved_is_said_too(researcher_client: Client, study: Study, bow: TargetClass) -> None:
    images(bow, Origin.ORIGINAL, 60, seed=1)
    images(bow, Origin.POOL, 60, seed=2)
    page = shown(researcher_client, study)
    assert "Nothing that is known of the images has moved" in page
    assert "Of 1 class with at least 20 known images of each origin, none has moved" in page


def test_a_class_that_moved_is_named_with_a_link(researcher_client: Client, study: Study, bow: TargetClass) -> None:
    kite = cast.target_class(study, "n1", "kite")
    for each, days in ((bow, 1500), (kite, 0)):
        images(each, Origin.ORIGINAL, 40, seed=each.pk)
        images(each, Origin.POOL, 60, seed=each.pk + 100, days=days)
    page = shown(researcher_client, study)
    assert "?class=n02879718&amp;origin=pool" in page
    alone = shown(researcher_client, study, query="?class=n1")
    assert "40 originals and 60 candidates of the pool were looked at, all that take part, of kite." in alone
    assert "Classes that have moved most" not in alone
    assert "Nothing that is known of the images has moved" in alone


def test_of_a_class_that_is_not_there_all_are_shown(researcher_client: Client, study: Study, bow: TargetClass) -> None:
    images(bow, Origin.ORIGINAL, 1, seed=1)
    images(bow, Origin.POOL, 1, seed=2)
    page = shown(researcher_client, study, query="?class=nothing")
    assert "There is no such class in this study; all classes are shown." in page
    assert "1 original and 1 candidate of the pool" in page
    assert "Too little is known to compare" in page


@pytest.mark.parametrize(("there", "said"), [(None, "No originals yet"), (Origin.ORIGINAL, "No pool yet")])
def test_what_is_missing_is_said(
    researcher_client: Client, study: Study, bow: TargetClass, there: Origin | None, said: str
) -> None:
    if there:
        images(bow, there, 2, seed=1)
    assert said in shown(researcher_client, study)


def test_without_dates_of_the_originals_it_says_how_to_supply_them(
    researcher_client: Client, study: Study, bow: TargetClass
) -> None:
    images(bow, Origin.ORIGINAL, 30, seed=1, taken_at=None, uploaded_at=None)
    images(bow, Origin.POOL, 30, seed=2)
    page = shown(researcher_client, study)
    assert "No original has a date" in page
    assert "<code>taken_at</code>" in page


def test_names_from_outside_are_only_text(researcher_client: Client, study: Study, bow: TargetClass) -> None:
    for origin in Origin:
        images(bow, origin, 30, seed=origin == Origin.POOL, licence=f"<script>{origin}</script>")
    page = shown(researcher_client, study)
    assert "&lt;script&gt;pool" in page
    assert "<script>pool" not in page


@pytest.mark.parametrize("name", ["dates", "sizes", "colours"])
@pytest.mark.parametrize(("image_format", "begins"), [("svg", b"<svg"), ("png", b"\x89PNG")])
def test_charts_are_drawn(
    researcher_client: Client, study: Study, bow: TargetClass, name: str, image_format: str, begins: bytes
) -> None:
    images(bow, Origin.ORIGINAL, 30, seed=1)
    images(bow, Origin.POOL, 30, seed=2)
    address = reverse("frontend:pool-comparison-chart", args=[study.slug, name, image_format])
    response = researcher_client.get(address + "?theme=dark&class=n02879718")
    assert response.content.startswith(begins)


def test_charts_of_the_page_do_not_read_the_pool_again(
    researcher_client: Client, study: Study, bow: TargetClass, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed, origin in enumerate(Origin):
        images(bow, origin, 30, seed=seed)
    addresses = chart_addresses(shown(researcher_client, study, query="?class=n02879718"))
    assert len(addresses) == 2 * 3
    with monkeypatch.context() as patched:
        patched.setattr(comparing, "histograms", lambda **_: pytest.fail("read again"))
        drawn = [researcher_client.get(each).content for each in addresses]
    assert all(each.startswith(b"<svg") for each in drawn)
    cache.clear()
    assert [researcher_client.get(each).content for each in addresses] == drawn, "what is lost is read again"


@pytest.mark.parametrize("read", ["", "0" * 32, "0" * 300, "\n"])
def test_a_chart_of_no_page_is_of_what_is_there_now(
    researcher_client: Client, study: Study, bow: TargetClass, read: str
) -> None:
    for seed, origin in enumerate(Origin):
        images(bow, origin, 2, seed=seed)
    address = reverse("frontend:pool-comparison-chart", args=[study.slug, "sizes", "svg"])
    assert researcher_client.get(address, {"read": read}).content.startswith(b"<svg")


def test_without_redis_page_and_charts_are_there(
    researcher_client: Client, study: Study, bow: TargetClass, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Away:
        def get(self, key: str) -> None:
            raise redis.ConnectionError

        def set(self, key: str, value: object, *, timeout: int) -> None:
            raise redis.ConnectionError

    for seed, origin in enumerate(Origin):
        images(bow, origin, 2, seed=seed)
    kept = chart_addresses(shown(researcher_client, study))
    monkeypatch.setattr(keeping, "cache", Away())
    for address in [*kept, *chart_addresses(shown(researcher_client, study))]:
        assert researcher_client.get(address).content.startswith(b"<svg")


def chart_addresses(page: str) -> list[str]:
    """Light and dark."""
    return [html.unescape(each) for each in re.findall(r'src(?:set)?="([^"]*/charts/[^"]*)"', page)]


@pytest.mark.parametrize(
    ("name", "image_format", "query"),
    [("nothing", "svg", ""), ("sizes", "exe", ""), ("sizes", "svg", "?theme=pink"), ("dates", "svg", "")],
)
def test_there_is_no_other_chart(
    researcher_client: Client, study: Study, bow: TargetClass, name: str, image_format: str, query: str
) -> None:
    for origin in Origin:
        images(bow, origin, 2, seed=1, taken_at=None, uploaded_at=None)
    address = reverse("frontend:pool-comparison-chart", args=[study.slug, name, image_format])
    assert researcher_client.get(address + query).status_code == 404


def test_the_figures_are_a_table(researcher_client: Client, study: Study, bow: TargetClass) -> None:
    images(bow, Origin.ORIGINAL, 30, seed=1, taken_at=datetime(2012, 5, 1, tzinfo=UTC))
    images(bow, Origin.POOL, 40, seed=2, format="PNG")
    response = researcher_client.get(reverse("frontend:pool-comparison-csv", args=[study.slug]))
    rows = {row["quantity"]: row for row in csv.DictReader(io.StringIO(response.content.decode()))}
    assert rows["Taken"]["original_median"] == "2012-05-01"
    assert (rows["Taken"]["original_known"], rows["Taken"]["pool_known"]) == ("30", "40")
    assert (rows["Format"]["distance"], rows["Format"]["cramers_v"]) == ("1.0", "1.0")
    assert rows["Licence"]["distance"] == ""
    assert len(rows) == 13


def test_colours_are_measured_when_asked(
    researcher_client: Client, study: Study, bow: TargetClass, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(tasks, "enqueue_measuring", asked.append)
    images(bow, Origin.ORIGINAL, 1, seed=1, mean_red=None, mean_green=None, mean_blue=None)
    images(bow, Origin.POOL, 1, seed=2)
    page = shown(researcher_client, study)
    assert "The colours of 1 picture looked at here are not measured: it came in before colours were." in page
    address = reverse("frontend:pool-comparison-measure", args=[study.slug])
    answer = researcher_client.post(address, follow=True)
    assert asked == [study.pk]
    assert "being measured in the background" in answer.content.decode()
    Image.objects.update(mean_red=1, mean_green=1, mean_blue=1)
    answer = researcher_client.post(address, follow=True)
    assert asked == [study.pk]
    assert "Every picture of this study is measured." in answer.content.decode()


def test_it_takes_as_many_statements_for_many_classes(
    researcher_client: Client, study: Study, bow: TargetClass, django_assert_max_num_queries: Any
) -> None:
    for number in range(5):
        each = cast.target_class(study, f"c{number}", f"class {number}")
        images(each, Origin.ORIGINAL, 25, seed=number)
        images(each, Origin.POOL, 25, seed=number + 50, days=2000)
    with django_assert_max_num_queries(16):
        shown(researcher_client, study)


def test_the_window_is_offered_to_a_collection(study: Study) -> None:
    early, late = datetime(2012, 5, 1, tzinfo=UTC), datetime(2013, 8, 2, tzinfo=UTC)
    window = Window(taken=Span(9, early, early, late, late), uploaded=None)
    assert comparison._collect_address(study, window) == (
        "/studies/digits-twin/collections/new/?way=flickr&min_taken=2012-05-01&max_taken=2013-08-02"
    )
    assert comparison._collect_address(study, Window(None, None)) == ""


def test_small_numbers_are_not_written_as_nothing() -> None:
    def said(name: str, number: float) -> str:
        return words.value(NUMBERS[name], number)

    assert [said("megapixels", 0.000064), said("megapixels", 0.1875), said("megapixels", 0)] == [
        "0.000064",
        "0.19",
        "0.00",
    ]
    assert [said("file-size", 0.123), said("file-size", 1234.5)] == ["0.12", "1,234"]
    assert said("warmth", -0.25) == "\N{MINUS SIGN}0.25"
