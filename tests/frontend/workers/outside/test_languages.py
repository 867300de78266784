"""The pages of workers from elsewhere in Arabic: nothing of them stays English."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from annotation import hits
from annotation.models import Assignment, Posting
from tests.frontend.workers.outside.conftest import Person, posted
from tests.frontend.workers.test_languages import ARABIC, said

pytestmark = pytest.mark.django_db
NAMES = re.compile(r"\b(MTurk|Prolific|HIT|USD|GBP|C0DE42)\b")


def worked(posting: Posting, times: int) -> str:
    person = Person(posting)
    person.begins()
    for _ in range(times):
        person.works()
    return _address(person)


def _address(person: Person) -> str:
    query = "&".join(f"{name}={value}" for name, value in person.query.items())
    return f"/start/{person.posting.token}/?{query}"


def looking(posting: Posting) -> str:
    return f"/start/{posting.token}/"


def agreeing(posting: Posting) -> str:
    return _address(Person(posting))


def working(posting: Posting) -> str:
    return Person(posting).begins()


def returned(posting: Posting) -> str:
    return str(Client().post(f"{Person(posting).begins()}release/").headers["Location"])


def ended(posting: Posting) -> str:
    return worked(posting, posting.num_grids)


def ended_early(posting: Posting) -> str:
    grid = (person := Person(posting)).begins()
    hits.expire(batch=posting.batch, now=timezone.now())
    person.hands_in(grid)
    return _address(person)


def closed(posting: Posting) -> str:
    hits.expire(batch=posting.batch, now=timezone.now())
    return agreeing(posting)


def full(posting: Posting) -> str:
    Assignment.objects.filter(worker=None).delete()
    Person(posting).agrees()
    return agreeing(posting)


def sent_wrongly(posting: Posting) -> str:
    return _address(Person(posting, STUDY_ID="0", turkSubmitTo="0"))


PAGES = [looking, agreeing, working, returned, ended, closed, full, sent_wrongly]
ASKED = [(kind, page) for kind in ("mturk", "prolific") for page in PAGES] + [("prolific", ended_early)]


@pytest.mark.parametrize(("platform", "page"), ASKED, ids=lambda each: getattr(each, "__name__", each))
def test_a_page_says_all_of_it_in_arabic(platform: str, page: Callable[[Posting], str]) -> None:
    address = page(posted(platform))
    translated, original = (Client().get(address, headers=headers).text for headers in (ARABIC, {}))
    assert 'lang="ar" dir="rtl"' in translated
    assert {text for text in said(NAMES.sub("", translated)) if re.search("[A-Za-z]{2}", text)} == set()
    assert len(said(NAMES.sub("", original))) > 1
