"""What may be asked of Flickr; everything else is refused with a sentence that says what to give."""

import json
from datetime import date
from typing import Any

import pytest

from annotation.errors import CannotCollect
from annotation.sources.flickr import LICENCES, FlickrOptions, SafeSearch, Sort

ALL = {
    "min_taken": "2012-07-11",
    "max_taken": "2014-07-11",
    "min_uploaded": "2012-07-12",
    "max_uploaded": "2014-07-13",
    "licences": [1, 4],
    "sort": "date-posted-asc",
    "per_query": 250,
    "wanted_per_class": 500,
    "use_wider": True,
    "safe_search": "moderate",
    "max_side": 2048,
}


def test_what_was_asked_can_be_kept_and_read_again() -> None:
    options = FlickrOptions.from_json(ALL)
    assert json.loads(json.dumps(options.to_json())) == ALL
    assert options == FlickrOptions(
        min_taken=date(2012, 7, 11),
        max_taken=date(2014, 7, 11),
        min_uploaded=date(2012, 7, 12),
        max_uploaded=date(2014, 7, 13),
        licences=(1, 4),
        sort=Sort.DATE_POSTED_ASC,
        per_query=250,
        wanted_per_class=500,
        use_wider=True,
        safe_search=SafeSearch.MODERATE,
        max_side=2048,
    )


def test_what_is_left_out_is_kept_as_it_was_by_default() -> None:
    options = FlickrOptions.from_json({})
    assert FlickrOptions.from_json(options.to_json()) == options
    assert set(options.to_json()) == set(ALL)


def test_photos_whose_rights_are_reserved_are_asked_for_only_where_somebody_says_so() -> None:
    assert 0 not in FlickrOptions.from_json({}).licences
    assert FlickrOptions.from_json({"licences": [4, 0, 4]}).licences == (0, 4)


def test_every_licence_has_a_name_and_a_page() -> None:
    assert sorted(LICENCES) == list(range(11))
    assert all(licence.name and licence.url.startswith("https://") for licence in LICENCES.values())
    assert len({licence.name for licence in LICENCES.values()}) == 11


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"min_taken": "2012-13-01"}, "min_taken is '2012-13-01'; give a day such as 2014-07-11"),
        ({"max_taken": 20140711}, "give a day such as"),
        ({"min_taken": "2014-07-12"}, "can't be taken after 2014-07-12 and before 2014-07-11"),
        ({"max_uploaded": "2010-01-01"}, "can't be uploaded after 2012-07-12 and before 2010-01-01"),
        ({"licences": []}, "at least one licence"),
        ({"licences": [11]}, "licence ids, from 0 to 10"),
        ({"licences": [True]}, "licence ids"),
        ({"licences": "4"}, "licence ids"),
        ({"sort": "newest"}, "sort is 'newest'; give one of date-posted-asc, "),
        ({"sort": ["relevance"]}, "give one of"),
        ({"safe_search": 1}, "give one of safe, moderate, restricted"),
        ({"per_query": 0}, "whole number from 1 to 100,000"),
        ({"per_query": True}, "whole number"),
        ({"per_query": 1.5}, "whole number"),
        ({"per_query": "100"}, "whole number"),
        ({"wanted_per_class": -1}, "whole number"),
        ({"wanted_per_class": None}, "how many photos a class should have"),
        ({"use_wider": 1}, "use_wider is 1; give true or false"),
        ({"max_side": 0}, "whole number from 1 to 65,535"),
        ({"api_key": "secret"}, "not asked for 'api_key'; leave it out"),
        ({"sort": "\u202e\x1b[31m" * 100}, r"u202e"),
        ({"per_query": 4001, "max_uploaded": None}, "no more than the first 4,000 results"),
    ],
)
def test_what_can_not_be_asked_is_refused(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(CannotCollect) as caught:
        FlickrOptions.from_json(ALL | changes)
    assert sentence in str(caught.value)
    assert len(str(caught.value)) < 400
    assert str(caught.value).isprintable()
