"""The page of a report: what it shows of a content, and of a selection."""

import re
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from annotation.models import Complaint, Study
from evaluation.models import AccuracyLook, Report
from tests import cast
from tests.frontend.reports.cast import HOSTILE, PAGE, hostile, report, small, with_pictures
from tests.frontend.reports.cast import study as a_study

pytestmark = pytest.mark.django_db

TEMPLATES = Path(__file__).resolve().parents[3] / "frontend" / "templates"


@pytest.fixture
def study(researcher: User) -> Study:
    return a_study([researcher])


@pytest.fixture
def built(study: Study) -> Report:
    return report(study, small(is_simulated=True))


def text_of(client: Client, **query: object) -> str:
    return " ".join(client.get(PAGE, query).text.split())


def test_a_member_sees_the_headline_with_its_interval(researcher_client: Client, built: Report) -> None:
    page = text_of(researcher_client)
    assert "6 classifiers lost 12.0 points of accuracy on average on the calibrated set" in page
    assert "(95 % interval −16.0 to −8.0)" in page
    assert "digits-twin/calibrated@r1" in page
    assert '90.0</strong> <span class="soft interval">[88.0, 91.8]' in page


def test_every_part_of_the_content_has_its_place(researcher_client: Client, built: Report) -> None:
    page = text_of(researcher_client)
    for title in (
        "Every classifier on every set",
        "Each new set against the original",
        "Fitted lines",
        "What the change is made of",
        "How alike the classifiers are",
        "Robustness by group",
        "Classes that lost most",
        "With the images changed",
        "Test sets",
        "What was known before the sets were frozen",
    ):
        assert title in page, title


def test_the_parts_of_a_change_are_said_in_words(researcher_client: Client, built: Report) -> None:
    page = text_of(researcher_client)
    assert "Of the change of −12.0 points, −7.2 (95 % interval −9.2 to −5.2) go back to selection frequencies" in page
    assert "The remainder’s 95 % interval is −7.3 to −2.3 points: more than chance makes." in page
    assert "no sign of diminishing returns" in page
    assert "later classifiers do not fall behind it" in page


def test_what_can_not_be_explained_says_why(researcher_client: Client, study: Study) -> None:
    content = small()
    parts = content["comparisons"][0]["decomposition"]
    parts |= {"explained": None, "explained_low": None, "explained_high": None, "why_not": "No judgements were kept."}
    parts |= {"remainder_low": -0.2, "remainder_high": 0.1}
    report(study, content)
    page = text_of(researcher_client)
    assert "How much of it selection frequencies explain can’t be said: No judgements were kept." in page
    assert "The 95 % interval of the change is −20.0 to +10.0 points: chance alone may have made it." in page


@pytest.mark.parametrize(
    ("adaptivity", "said"),
    [
        ({}, "Nothing points to over-fitting, so it is put down to the distribution"),
        ({"has_diminishing_returns": True}, "There are signs of over-fitting by reuse"),
        ({"date_correlation": -0.6, "date_p": 0.01}, "There are signs of over-fitting by reuse"),
        ({"date_correlation": 0.6, "date_p": 0.01}, "Nothing points to over-fitting"),
        (None, "Whether over-fitting by reuse has a part in it can’t be seen with so few classifiers."),
    ],
)
def test_what_remains_is_put_down_to_the_distribution_only_where_nothing_else_shows(
    researcher_client: Client, study: Study, adaptivity: dict[str, float] | None, said: str
) -> None:
    content = small(sets=("original", "calibrated"))
    parts = content["comparisons"][0]["decomposition"]
    parts["adaptivity"] = None if adaptivity is None else parts["adaptivity"] | adaptivity  # type: ignore[operator, typeddict-item]
    report(study, content)
    page = text_of(researcher_client)
    assert said in page
    conclusions = ("Nothing points to over-fitting", "There are signs of over-fitting", "can’t be seen with so few")
    assert sum(each in page for each in conclusions) == 1


def test_conditions_are_means_with_single_classifiers_below(researcher_client: Client, built: Report) -> None:
    page = text_of(researcher_client)
    row = '<th scope="row">fog:1</th><td class="number">6</td><td class="number">65.0</td>'
    assert f'{row}<td class="number"><strong>52.0</strong></td><td class="number">−13.0</td>' in page
    assert "<summary>fog:1 on original (6 classifiers)</summary>" in page


def test_a_grid_of_conditions_does_not_flood_the_page(researcher_client: Client, study: Study) -> None:
    content = small()
    one = content["conditions"][0]
    content["conditions"] = [{**one, "condition": f"rotation_translation:{number},0,0"} for number in range(180)]
    mild = [{**each, "accuracy": 1.0} for each in one["results"]]
    content["conditions"][0] = {**one, "condition": "mildest", "results": mild}  # type: ignore[typeddict-item]
    report(study, content)
    page = text_of(researcher_client)
    assert "the 100 with the lowest accuracy of 180" in page
    assert page.count('<th scope="row">rotation_translation:') == 100
    assert '<th scope="row">mildest' not in page
    assert "What single classifiers have is in the figures (JSON)." in page
    assert "<summary>rotation_translation" not in page


def test_the_worst_classes_are_said_to_be_extremes(researcher_client: Client, built: Report) -> None:
    assert "These are the extremes of 10 classes" in text_of(researcher_client)


def test_three_warnings_are_shown_and_the_others_folded(researcher_client: Client, study: Study) -> None:
    content = small()
    content["warnings"] = [f"Warning {number}." for number in range(5)]
    report(study, content)
    before, after = text_of(researcher_client).split("2 more warnings</summary>")
    assert "Warning 2." in before
    assert "Warning 3." not in before
    assert "Warning 4." in after


def test_order_changes_beyond_chance_are_named(researcher_client: Client, study: Study) -> None:
    content = small()
    order = content["comparisons"][0]["order"]
    assert order is not None
    order |= {"num_changed": 2, "num_significant": 1}
    order["most"] = [{"better": "one", "worse": HOSTILE, "p": 0.0001, "adjusted": 0.031}]
    report(study, content)
    page = text_of(researcher_client)
    assert "<td>one</td><td>&lt;img src=x onerror=alert(1)&gt;</td>" in page
    assert '<td class="number">&lt; 0.001</td><td class="number">= 0.031</td>' in page


def test_names_that_are_markup_stay_text(researcher_client: Client, study: Study) -> None:
    report(study, hostile(small()))
    page = researcher_client.get(PAGE).text
    assert HOSTILE not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page


def test_simulated_judgements_are_announced_once(researcher_client: Client, study: Study) -> None:
    content = small(is_simulated=True)
    content["warnings"] = ["The judgements are simulated."]
    report(study, content)
    cast.batch(study, [], is_simulated=True)
    page = researcher_client.get(PAGE).text
    assert len(re.findall("simulated", page, re.IGNORECASE)) == 1


def test_top_5_is_an_address(researcher_client: Client, built: Report) -> None:
    assert 'data-top="1"' in text_of(researcher_client)
    page = text_of(researcher_client, top=5)
    assert '<table class="table report-table" id="results-table" data-top="5">' in page
    assert '<span class="top-5"><strong>94.5</strong>' in page


def test_without_top_5_there_is_nothing_to_switch(researcher_client: Client, study: Study) -> None:
    content = small()
    content["classifiers"][2]["results"][1]["top5"] = None
    report(study, content)
    page = text_of(researcher_client)
    assert "Accuracy in the table" not in page
    assert 'class="top-5"' not in page


def test_the_images_of_the_worst_class_stand_side_by_side(researcher_client: Client, study: Study) -> None:
    content, (old, new) = with_pictures(study, small())
    batch = cast.batch(study, [cast.grid(study.target_classes.get(), [study.candidates.get(pk=new)])])
    Complaint.objects.create(
        candidate_id=new, worker=cast.worker(), assignment=batch.hits.get().assignments.first(), reason="offensive",
        filed_at=cast.NOW,
    )  # fmt: skip
    report(study, content)
    page = text_of(researcher_client)
    for pk in (old, new):
        assert f'src="{reverse("frontend:candidate-image", args=[study.slug, pk])}"' in page
    assert "Candidate 0, whose picture is not here" in page
    assert f"Show candidate {new}, reported as offensive" in page
    assert f"Show candidate {old}, reported as offensive" not in page
    assert "1 of 6</span> right" in page
    assert "7 of 10</span> selected" in page


def test_a_candidate_of_another_study_has_no_picture_here(researcher_client: Client, study: Study) -> None:
    content, (old, new) = with_pictures(study, small())
    other = cast.study("other")
    other.candidates.model.objects.filter(pk=old).update(study=other)
    report(study, content)
    page = text_of(researcher_client)
    assert f"Candidate {old}, whose picture is not here" in page
    assert f"Candidate {new}, whose picture is not here" not in page


def test_a_report_of_few_classifiers_has_no_lines_and_no_groups(researcher_client: Client, study: Study) -> None:
    content = small(num_classifiers=2)
    content["comparisons"][0]["decomposition"]["adaptivity"] = None
    report(study, content)
    page = text_of(researcher_client)
    assert "Too few classifiers for a line." in page
    assert "Robustness by group" not in page


def test_what_is_unknown_is_left_out(researcher_client: Client, study: Study) -> None:
    content = small()
    content |= {"similarity": [], "classes": None, "conditions": []}
    for each in content["comparisons"]:
        each |= {
            "order": None,
            "kendall": None,
            "rank_correlation": None,
            "largest_move": None,
            "mean_change_top5": None,
        }
    report(study, content)
    page = text_of(researcher_client)
    for title in ("How alike the classifiers are", "Classes that lost most", "With the images changed"):
        assert title not in page
    assert "nobody moved" in page


def test_the_page_is_a_look_at_accuracies(researcher_client: Client, researcher: User, built: Report) -> None:
    researcher_client.get(PAGE)
    look = AccuracyLook.objects.get(person=researcher)
    assert (look.where, look.num_times) == ("report", 1)


def test_templates_leave_percentages_to_the_filters() -> None:
    for template in TEMPLATES.rglob("*.html"):
        assert not re.search(r"widthratio [^%]* 100\b.*%\s*%", template.read_text()), template
