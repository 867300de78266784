"""Practice without a browser: known answers, told; then work, for everybody."""

import re
from typing import Any

import pytest
from django.test import Client

from annotation import examples
from annotation.models import Assignment, Batch, Enrolment, Example, TargetClass
from tests import cast, pictures

pytestmark = pytest.mark.django_db
NUM_QUERIES = 1  # whether the link stands, and the grid with all that its page shows, in one


@pytest.fixture
def batch() -> Batch:
    return pictures.launched(num_images=4, num_grids=2, num_assignments=2)


@pytest.fixture
def bow(batch: Batch) -> TargetClass:
    found: TargetClass = batch.study.target_classes.get()
    pictures.taught(found)
    return found


def join(batch: Batch) -> str:
    """Agree to the invitation; where that leads."""
    return str(Client().post(cast.join(batch)).headers["Location"])


def check(address: str, right: bool = True, **fields: Any) -> Any:
    """Hand the practice grid in, with every answer right, or every answer wrong."""
    drawn = re.findall(r'name="shown" value="(\d+)"', Client().get(address).text)
    rows = Example.objects.in_bulk([int(pk) for pk in drawn])
    selected = [pk for pk in drawn if rows[int(pk)].shows_class == right]
    return Client().post(address, {"shown": drawn, "selected": selected} | fields)


# --- who practises ---


def test_whoever_joins_a_study_with_examples_practises_first(batch: Batch, bow: TargetClass) -> None:
    assert join(batch).startswith("/practice/")
    assert not Assignment.objects.filter(worker__isnull=False).exists()


def test_without_examples_work_begins_at_once(batch: Batch) -> None:
    assert join(batch).startswith("/work/")


@pytest.mark.parametrize("shows_class", [True, False])
def test_examples_with_one_answer_only_make_no_practice(batch: Batch, bow: TargetClass, shows_class: bool) -> None:
    Example.objects.filter(shows_class=not shows_class).delete()
    assert join(batch).startswith("/work/")


def test_the_personal_page_leads_to_practice_that_is_still_to_come(batch: Batch, bow: TargetClass) -> None:
    home = join(batch).replace("/practice/", "/me/")
    assert Client().post(home).headers["Location"].startswith("/practice/")


def test_whoever_has_practised_goes_to_work(batch: Batch, bow: TargetClass) -> None:
    practice = join(batch)
    assert Client().post(practice, {"go": "1"}).headers["Location"].startswith("/work/")
    assert Enrolment.objects.get().practised_at is not None
    home = practice.replace("/practice/", "/me/")
    assert Client().post(home).headers["Location"].startswith("/work/")


def test_practice_whose_examples_are_gone_leads_to_the_personal_page(batch: Batch, bow: TargetClass) -> None:
    practice = join(batch)
    examples.remove(study=batch.study, ids=list(Example.objects.values_list("pk", flat=True)))
    assert Client().get(practice).headers["Location"].startswith("/me/")
    assert Client().post(practice, {"go": "1"}).headers["Location"].startswith("/work/")


# --- the grid ---


def test_the_practice_grid_asks_what_the_work_asks_and_says_that_it_does_not_count(
    batch: Batch, bow: TargetClass
) -> None:
    page = Client().get(join(batch)).text
    assert "<strong>bow</strong>" in page
    assert "<strong>longbow</strong>" in page
    assert "Select an image if at least one such object is there" in page
    assert "Photographs only" in page
    assert "Toys count." in page
    assert "Nothing here is counted" in page
    assert page.count('name="selected"') == 6


def test_drawings_are_not_forbidden_where_the_study_takes_them(batch: Batch, bow: TargetClass) -> None:
    batch.study.photographs_only = False
    batch.study.save()
    assert "Photographs only" not in Client().get(join(batch)).text


def test_the_order_stays_after_a_reload(batch: Batch, bow: TargetClass) -> None:
    practice = join(batch)
    assert Client().get(practice).text == Client().get(practice).text


def test_captions_are_shown_as_text(batch: Batch, bow: TargetClass) -> None:
    cast.example(bow, cast.png(99), caption="<script>alert(1)</script>")
    practice = join(batch)
    assert "<script>alert" not in Client().get(practice).text + check(practice).text


# --- the check ---


def test_all_right_leads_to_work(batch: Batch, bow: TargetClass) -> None:
    page = check(join(batch)).text
    assert "6 of 6 right" in page
    assert page.count(">Right<") == 6
    assert "Start working" in page
    assert "Try again" not in page


def test_what_is_wrong_is_said_with_its_reason_and_there_are_two_ways_on(batch: Batch, bow: TargetClass) -> None:
    page = check(join(batch), right=False).text
    assert "0 of 6 right" in page
    assert page.count(">Wrong<") == 6
    assert page.count("You left it out; select it.") == page.count("A bow.") == 3
    assert page.count("You selected it; leave it out.") == page.count("A ribbon.") == 3
    assert "Start working" in page
    assert 'href="' in page
    assert "?round=2" in page


def test_the_second_check_proposes_to_start(batch: Batch, bow: TargetClass) -> None:
    practice = join(batch)
    again = Client().get(practice + "?round=2").text
    assert 'name="round" value="2"' in again
    assert '<button class="button" name="go"' in check(practice, right=False, round="2").text
    assert '<button class="button button--quiet" name="go"' in check(practice, right=False, round="1").text


@pytest.mark.parametrize("given", ["", "0", "-1", "9", "two", "²", "1" * 5000])
def test_any_other_round_is_just_a_round(batch: Batch, bow: TargetClass, given: str) -> None:
    assert "6 of 6 right" in check(join(batch), round=given).text


def test_examples_that_changed_meanwhile_are_shown_anew_and_not_checked(batch: Batch, bow: TargetClass) -> None:
    practice = join(batch)
    before = re.findall(r'name="shown" value="(\d+)"', Client().get(practice).text)
    cast.example(bow, cast.png(99))
    page = Client().post(practice, {"shown": before, "selected": before}).text
    assert "The images have been changed meanwhile" in page
    assert " right</strong></h1>" not in page


def test_nothing_of_practice_is_stored_until_work_begins(batch: Batch, bow: TargetClass) -> None:
    check(join(batch), right=False)
    assert Enrolment.objects.get().practised_at is None
    assert not Assignment.objects.filter(worker__isnull=False).exists()


# --- the pictures ---


def test_practice_shows_examples_of_its_own_study_only(batch: Batch, bow: TargetClass) -> None:
    practice = join(batch)
    mine = Example.objects.filter(study=batch.study)[0]
    theirs = cast.example(cast.target_class(cast.study("theirs")), cast.png(99))
    picture = Client().get(f"{practice}images/{mine.pk}/")
    assert (picture.status_code, picture.headers["Content-Type"]) == (200, "image/jpeg")
    for number in (theirs.pk, 0, 10**30):
        assert Client().get(f"{practice}images/{number}/").status_code == 404


def test_a_revoked_link_shows_no_practice(batch: Batch, bow: TargetClass) -> None:
    practice = join(batch)
    address = f"{practice}images/{Example.objects.all()[0].pk}/"
    Client().post(practice.replace("/practice/", "/me/") + "revocation/")
    assert Client().get(practice).status_code == Client().get(address).status_code == 404


def test_the_holder_of_a_grid_sees_the_examples_of_its_study_like_any_picture(batch: Batch, bow: TargetClass) -> None:
    work = str(Client().post(join(batch), {"go": "1"}).headers["Location"])
    mine = Example.objects.filter(study=batch.study)[0]
    theirs = cast.example(cast.target_class(cast.study("theirs")), cast.png(99))
    shown, of_the_grid = Client().get(f"{work}examples/{mine.pk}/"), Client().get(f"{work}images/0/")
    assert shown.status_code == 200
    headers = [{key: value for key, value in answer.headers.items() if key != "Content-Length"}
               for answer in (shown, of_the_grid)]  # fmt: skip
    assert headers[0] == headers[1]
    for pk in (theirs.pk, 0, 10**30):
        assert Client().get(f"{work}examples/{pk}/").status_code == 404
    Assignment.objects.filter(worker__isnull=False).update(worker=cast.worker("another"))
    assert Client().get(f"{work}examples/{mine.pk}/").status_code == 404


def shown_beside(page: str, work: str) -> list[bool]:
    """The answers of the examples on a grid's page, in the order shown."""
    ids = [int(pk) for pk in re.findall(rf'src="{work}examples/(\d+)/"', page)]
    rows = Example.objects.in_bulk(ids)
    return [rows[pk].shows_class for pk in ids]


def test_the_grid_page_is_given_the_examples_of_its_class(batch: Batch, bow: TargetClass) -> None:
    crane = cast.target_class(batch.study, "n2", "crane")
    cast.example(crane, cast.png(99))
    work = str(Client().post(join(batch), {"go": "1"}).headers["Location"])
    page = Client().get(work).text
    assert shown_beside(page, work) == [True] * 3 + [False] * 3
    assert f'src="{work}examples/{Example.objects.filter(target_class=bow)[0].pk}/"' in page
    assert "A bow." in page


def test_at_most_six_examples_of_one_answer_are_at_hand(batch: Batch, bow: TargetClass) -> None:
    for seed in range(5):
        cast.example(bow, cast.png(seed), shows_class=True)
    work = str(Client().post(join(batch), {"go": "1"}).headers["Location"])
    assert shown_beside(Client().get(work).text, work) == [True] * 6 + [False] * 3


@pytest.mark.parametrize("has_examples", [True, False])
def test_examples_cost_the_grid_page_no_query(
    batch: Batch, bow: TargetClass, has_examples: bool, django_assert_num_queries: Any
) -> None:
    work = str(Client().post(join(batch), {"go": "1"}).headers["Location"])
    if not has_examples:
        Example.objects.all().delete()
    with django_assert_num_queries(NUM_QUERIES):
        page = Client().get(work)
    assert bool(shown_beside(page.text, work)) == has_examples
