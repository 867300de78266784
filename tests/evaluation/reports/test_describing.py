"""What reports group classifiers by: said by verb, by command and by API."""

import io
import json
from datetime import date
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

from annotation.models import Study
from evaluation import classifiers
from evaluation.errors import InvalidClassifier
from evaluation.models import Classifier
from tests.evaluation import graphs, reported, scored

pytestmark = pytest.mark.django_db

HEADER = "name,family,group,counterpart,released_on"


@pytest.fixture
def study(researcher: User) -> Study:
    row = reported.study([researcher])
    for name in ("resnet50", "resnet50 augmented", "vgg16"):
        reported.classifier(row, name)
    return row


def named(name: str, study: str = "digits-twin") -> Classifier:
    row: Classifier = Classifier.objects.get(name=name, study__slug=study)
    return row


def told(name: str) -> tuple[str, str, str | None, date | None]:
    row = named(name)
    return row.family, row.group, row.counterpart and row.counterpart.name, row.released_on


def described(path: Path, *lines: str, header: str = HEADER) -> str:
    out = io.StringIO()
    path.write_text("\n".join([header, *lines, ""]))
    call_command("describe_classifiers", str(path), study="digits-twin", stdout=out)
    return out.getvalue()


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "classifiers.csv"


def test_what_is_given_changes_and_the_rest_stays(study: Study) -> None:
    row = named("resnet50 augmented")
    classifiers.describe(classifier=row, family="ResNet ", counterpart=named("resnet50"))
    classifiers.describe(classifier=row, group="robustness", released_on=date(2019, 3, 29))
    classifiers.describe(classifier=row)
    assert told(row.name) == ("ResNet", "robustness", "resnet50", date(2019, 3, 29))
    classifiers.describe(classifier=row, family="", counterpart=None, released_on=None)
    assert told(row.name) == ("", "robustness", None, None)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"group": "best"}, "no group 'best'; there are: standard, robustness, more_data"),
        ({"family": "x" * 101}, "at most 100 printable characters"),
        ({"family": "Res\nNet"}, "printable"),
    ],
)
def test_what_makes_no_sense_is_refused(study: Study, given: Any, reason: str) -> None:
    with pytest.raises(InvalidClassifier, match=reason):
        classifiers.describe(classifier=named("vgg16"), **given)
    assert told("vgg16") == ("", "standard", None, None)


def test_a_counterpart_is_another_classifier_of_the_study_without_one(study: Study) -> None:
    plain, augmented, vgg = (named(name) for name in ("resnet50", "resnet50 augmented", "vgg16"))
    classifiers.describe(classifier=augmented, counterpart=plain)
    elsewhere = scored.classifier(scored.study())
    for classifier, counterpart, reason in (
        (vgg, vgg, "can't be its own"),
        (vgg, augmented, "has a counterpart itself"),
        (plain, vgg, "is the counterpart of resnet50 augmented"),
        (vgg, elsewhere, "different studies"),
    ):
        with pytest.raises(InvalidClassifier, match=reason):
            classifiers.describe(classifier=classifier, counterpart=counterpart)
    assert [told(each.name)[2] for each in (plain, augmented, vgg)] == [None, "resnet50", None]


def test_a_table_describes_many_and_empty_cells_nothing(study: Study, table: Path) -> None:
    lines = ["resnet50 augmented,ResNet,robustness,resnet50,2019-03-29", "resnet50,ResNet,,,2015-12-10"]
    assert described(table, *lines) == "2 classifiers described.\n"
    described(table, "resnet50 augmented,more_data", header="name,group")
    described(table, "resnet50 augmented,,,,")
    assert told("resnet50 augmented") == ("ResNet", "more_data", "resnet50", date(2019, 3, 29))
    assert told("resnet50") == ("ResNet", "standard", None, date(2015, 12, 10))


def test_each_wrong_line_is_named_and_nothing_changes(study: Study, table: Path) -> None:
    lines = ["vgg16,VGG,,,", "alexnet,,,,", "resnet50,,best,,", "resnet50 augmented,,,alexnet,"]
    with pytest.raises(CommandError) as error:
        described(table, *lines)
    nothing, *problems = str(error.value).split("\n")
    assert nothing == "Nothing is changed."
    assert [problem[:8] for problem in problems] == ["Line 3: ", "Line 4: ", "Line 5: "]
    assert "no classifier 'alexnet'" in problems[0]
    assert told("vgg16") == ("", "standard", None, None)


@pytest.mark.parametrize(
    ("header", "line", "reason"),
    [
        ("classifier,group", "vgg16,standard", "no column name"),
        ("name,groups", "vgg16,standard", "must have the column name and others of"),
        ("name,group,group", "vgg16,standard,standard", "each at most once"),
        ("name", "vgg16", "must have the column name and others of"),
        (HEADER, "vgg16,VGG", "Line 2 has not as many cells"),
        (HEADER, "vgg16,VGG,,,,", "Line 2 has not as many cells"),
        (HEADER, "vgg16,,,,\nvgg16,,,,", "Line 3 is of the same classifier as line 2"),
        (HEADER, "vgg16,,,,31.1.2020", "'31.1.2020' is no date"),
        (HEADER, '"vgg16', "can't be read as CSV"),
    ],
)
def test_a_table_of_another_kind_is_refused(study: Study, table: Path, header: str, line: str, reason: str) -> None:
    with pytest.raises(CommandError, match=reason):
        described(table, line, header=header)
    assert told("vgg16") == ("", "standard", None, None)


def test_a_classifier_is_described_as_it_is_registered(tmp_path: Path) -> None:
    scored.classifier(scored.study(), "plain")
    (tmp_path / "net.onnx").write_bytes(graphs.linear(3))
    (tmp_path / "net.json").write_text(json.dumps({"size": [4, 4]}))
    given = {"study": "greys", "name": "net", "preprocessing": str(tmp_path / "net.json"), "classes": "g0,g1,g2"}
    given |= {"stdout": io.StringIO(), "counterpart": "plain"}
    with pytest.raises(CommandError, match="no group 'best'"):
        call_command("register_classifier", str(tmp_path / "net.onnx"), **given, group="best")
    assert not Classifier.objects.filter(name="net").exists()
    call_command(
        "register_classifier", str(tmp_path / "net.onnx"), **given, group="robustness", released_on="2020-01-31"
    )
    row = named("net", "greys")
    assert (row.group, row.counterpart, row.released_on) == ("robustness", named("plain", "greys"), date(2020, 1, 31))


def described_by_api(client: Client, row: Classifier, **body: Any) -> Any:
    return client.post(f"/api/v1/classifiers/{row.pk}/description/", body, "application/json")


def test_a_program_describes_a_classifier(researcher_client: Client, study: Study) -> None:
    row, plain = named("resnet50 augmented"), named("resnet50")
    described_by_api(researcher_client, row, family="ResNet", counterpart=plain.pk)
    response = described_by_api(researcher_client, row, group="robustness", released_on="2019-03-29")
    assert response.status_code == HTTPStatus.CREATED, response.content
    found = response.json()
    assert found == researcher_client.get(f"/api/v1/classifiers/{row.pk}/").json()
    assert (found["family"], found["group"], found["counterpart"]) == ("ResNet", "robustness", plain.pk)
    assert found["released_on"] == "2019-03-29"
    assert described_by_api(researcher_client, row, counterpart=None).json()["counterpart"] is None


def test_a_program_is_refused_as_a_person_is(researcher_client: Client, study: Study) -> None:
    row, foreign = named("vgg16"), scored.classifier(scored.study())
    refused = described_by_api(researcher_client, row, counterpart=row.pk)
    assert (refused.status_code, refused.json()["type"]) == (HTTPStatus.CONFLICT, "urn:twinset:invalid-classifier")
    for body in ({"counterpart": foreign.pk}, {"group": "best"}, {"name": "other"}, {"family": None}):
        response = described_by_api(researcher_client, row, **body)
        assert response.status_code == HTTPStatus.BAD_REQUEST, response.content
        assert set(response.json()["errors"]) == set(body)
    assert told("vgg16") == ("", "standard", None, None)
