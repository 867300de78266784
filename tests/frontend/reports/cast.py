"""A built report of any size on the page's side: its content by formula, its pictures real where a test needs them."""

from collections.abc import Iterable
from typing import Any

from annotation.models import Origin, Study
from evaluation.models import Report
from evaluation.reports import EVERYTHING, Selection
from evaluation.reports.content import Content
from tests import cast
from tests.report_content import content as formula

HOSTILE = "<img src=x onerror=alert(1)>"
PAGE = "/studies/digits-twin/report/"
SETS = ("original", "calibrated", "easier", "easiest", "recalibrated")


def report(study: Study, content: Content, selection: Selection = EVERYTHING, **fields: Any) -> Report:
    """Built, and held to be of this selection."""
    state = {"state": "built", "built_at": cast.NOW, "content": content} | fields
    return Report.objects.create(
        study=study,
        requested_at=cast.NOW,
        selection=selection.to_json(),
        selection_key=selection.key,
        **state,
    )


def hostile(content: Content) -> Content:
    """Names of classifiers, families and classes that are markup."""
    for row in content["classifiers"][:1]:
        row["name"] = row["family"] = HOSTILE
    if content["classes"]:
        for each in (*content["classes"]["rows"][:1], *content["classes"]["worst"][:1]):
            each["name"] = HOSTILE
    return content


def with_pictures(study: Study, content: Content) -> tuple[Content, list[int]]:
    """The worst class shows two candidates of the study, and one that is gone."""
    target_class = study.target_classes.get()
    rows = [cast.candidate(target_class, origin) for origin in (Origin.ORIGINAL, Origin.POOL)]
    assert content["classes"] is not None
    worst = content["classes"]["worst"][0]
    counts = {"num_correct": 1, "num_selected": 7, "num_seen": 10}
    worst["original"] = [{"candidate": rows[0].pk, **counts}, {"candidate": 0, **counts}]
    worst["new"] = [{"candidate": rows[1].pk, **counts}]
    return content, [row.pk for row in rows]


def small(**options: Any) -> Content:
    return formula(**options)


def large() -> Content:
    """The size that the page is measured with."""
    return formula(67, SETS, 1000, 10_000)


def study(researchers: Iterable[Any]) -> Study:
    row = cast.study("digits-twin", researchers, name="Digits twin")
    cast.target_class(row)
    return row
