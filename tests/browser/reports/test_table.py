"""The table of results, and the form that says what is compared."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from annotation.models import Study
from tests.evaluation import reported
from tests.frontend.reports import cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

OpenPage = Callable[..., Page]


@pytest.fixture
def page(open_as_member: OpenPage, study: Study) -> Page:
    """Four classifiers whose order on the new set is another one; one is of another group, one has no date."""
    content = cast.small(num_classifiers=4)
    for row, (name, num_correct) in zip(
        content["classifiers"], (("b", 500), ("a", 800), ("c10", 700), ("c9", 600)), strict=True
    ):
        row["name"] = name
        row["results"][1] |= {"num_correct": num_correct, "accuracy": num_correct / 1000, "change": -0.1}
    content["classifiers"][1]["released_on"] = None
    cast.report(study, content)
    return open_as_member(viewport={"width": 1440, "height": 900})


def names(page: Page) -> list[str]:
    return page.locator("#results-table tbody tr:visible th").evaluate_all("all => all.map(each => each.dataset.value)")


def head(page: Page, name: str) -> object:
    return page.locator("#results-table").get_by_role("columnheader", name=name, exact=True)


def test_a_column_sorts_both_ways(page: Page) -> None:
    column = head(page, "Calibrated: Accuracy")
    column.get_by_role("button").click()
    assert names(page) == ["a", "c10", "c9", "b"]
    expect(page.locator("#results-table th[aria-sort=descending]")).to_have_count(1)
    page.locator("#results-table th[aria-sort] button").click()
    assert names(page) == ["b", "c9", "c10", "a"]
    expect(page.locator("#results-table th[aria-sort=ascending]")).to_have_count(1)
    expect(page.locator("#results-table th[aria-sort]")).to_have_count(1)


def test_ranks_begin_with_the_first(page: Page) -> None:
    page.locator("#results-table").get_by_role("button", name="Original: Rank").click()
    assert names(page) == ["b", "a", "c10", "c9"]
    expect(page.locator("#results-table th[aria-sort=ascending]")).to_have_count(1)


def test_names_sort_as_people_count_and_by_keyboard(page: Page) -> None:
    button = page.locator("#results-table").get_by_role("button", name="Classifier")
    button.focus()
    page.keyboard.press("Enter")
    assert names(page) == ["a", "b", "c9", "c10"]
    page.keyboard.press("Space")
    assert names(page) == ["c10", "c9", "b", "a"]
    expect(button).to_be_focused()


def test_what_has_no_value_comes_last_both_ways(page: Page) -> None:
    button = page.locator("#results-table").get_by_role("button", name="Released")
    for _ in range(2):
        button.click()
        assert names(page)[-1] == "a"


def test_every_column_can_be_sorted(page: Page) -> None:
    buttons = page.locator("#results-table thead button")
    cells = page.locator("#results-table tbody tr").first.locator("th, td")
    expect(buttons).to_have_count(cells.count())
    for button in buttons.all():
        button.click()
        assert sorted(names(page)) == ["a", "b", "c10", "c9"]


def test_the_table_is_filtered_by_text_group_and_family(page: Page) -> None:
    page.get_by_label("Classifier or family").fill("C1")
    assert names(page) == ["c10"]
    expect(page.locator("[data-count]")).to_have_text("1 of 4 classifiers shown")
    page.get_by_label("Classifier or family").fill("")
    page.get_by_label("Group", exact=True).select_option("robustness")
    assert names(page) == ["c9"]
    page.get_by_label("Group", exact=True).select_option("")
    page.get_by_label("Family", exact=True).select_option("family 1")
    assert names(page) == ["b", "a", "c10"]
    page.get_by_label("Classifier or family").fill("family 2")
    assert names(page) == []


def test_the_five_likeliest_classes_are_a_switch_that_keeps_the_order(page: Page) -> None:
    cell = page.locator("#results-table tbody tr").first.locator("td").first
    expect(cell).to_have_text("90.0 [88.0, 91.8]", use_inner_text=True)
    page.get_by_role("link", name="Top-5").click()
    expect(page.locator("#results-table tbody tr").first.locator("td .top-5").first).to_contain_text("94.5")
    expect(page.locator("#results-table tbody tr").first.locator("td .top-1").first).not_to_be_visible()
    expect(page.get_by_text("Top-5 accuracy: the right class is among")).to_be_visible()
    assert "top=5" in page.url


def test_the_first_column_stays_in_view(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 800})
    table = page.locator(".report-results")
    assert table.evaluate("element => element.scrollWidth > element.clientWidth")
    table.evaluate("element => element.scrollLeft = 400")
    first = page.locator("#results-table tbody th").first.bounding_box()
    assert first is not None
    assert 0 <= first["x"] < 40


def test_classifiers_are_chosen_in_a_list_that_filters(open_as_member: OpenPage, researcher: object) -> None:
    reported.scored_study(reported.SIX, [researcher])
    page = open_as_member()
    page.locator("#selection summary").click()
    expect(page.locator("[data-chosen]")).to_have_text("6 of 6 ticked.")
    page.get_by_role("button", name="None").click()
    page.get_by_label("Show only").fill("F")
    expect(page.locator("input[name=classifier]:visible")).to_have_count(1)
    page.get_by_role("checkbox", name="forest").check()
    page.get_by_label("Show only").fill("")
    page.get_by_role("checkbox", name="tree").check()
    expect(page.locator("[data-chosen]")).to_have_text("2 of 6 ticked.")
    page.get_by_role("button", name="Show this selection").click()
    expect(page.get_by_role("heading", name="No report of this selection yet")).to_be_visible()
    assert page.url.endswith("/report/?classifier=forest&classifier=tree")
    page.locator("#selection summary").click()
    page.get_by_role("button", name="All", exact=True).click()
    page.get_by_role("button", name="Show this selection").click()
    expect(page.get_by_role("heading", name="No report yet")).to_be_visible()
    assert page.url.rstrip("?").endswith("/report/"), "all of them need no place in the address"
