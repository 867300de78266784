from dataclasses import replace

import numpy as np
import onnx
import pytest
from onnx import TensorProto

from annotation import storage
from evaluation import classifiers
from evaluation.classifiers import ClassifierSpec, Preprocessing
from evaluation.errors import InvalidClassifier
from evaluation.models import Classifier
from tests import cast
from tests.evaluation import graphs, scored

pytestmark = pytest.mark.django_db


def spec(**changes: object) -> ClassifierSpec:
    good = ClassifierSpec(
        name="linear",
        content=graphs.linear(3),
        preprocessing=Preprocessing(size=(4, 4)),
        class_ids=["g0", "g1", "g2"],
    )
    return replace(good, **changes)  # type: ignore[arg-type]


def refused(reason: str, **changes: object) -> None:
    with pytest.raises(InvalidClassifier, match=reason):
        classifiers.register(study=scored.study(), spec=spec(**changes), now=cast.NOW)
    assert not Classifier.objects.exists()


def test_a_classifier_is_kept_with_its_file_and_its_preprocessing() -> None:
    row = classifiers.register(study=scored.study(), spec=spec(), now=cast.NOW)
    assert storage.get("classifiers", row.file_sha256) == graphs.linear(3)
    assert Preprocessing.from_json(row.preprocessing) == spec().preprocessing
    assert (row.num_bytes, row.runtime) == (len(graphs.linear(3)), "onnx")


def test_registering_it_again_is_the_same_classifier() -> None:
    study = scored.study()
    first = classifiers.register(study=study, spec=spec(), now=cast.NOW)
    assert classifiers.register(study=study, spec=spec(), now=cast.NOW) == first


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"content": graphs.linear(3, order=[2, 1, 0])}, "file_sha256"),
        ({"class_ids": ["g2", "g1", "g0"]}, "class_ids"),
        ({"preprocessing": Preprocessing(size=(4, 4), scale=1)}, "preprocessing"),
    ],
)
def test_another_classifier_of_the_same_name_is_refused(changes: dict[str, object], field: str) -> None:
    study = scored.study()
    classifiers.register(study=study, spec=spec(), now=cast.NOW)
    with pytest.raises(InvalidClassifier, match=f"its {field} differs"):
        classifiers.register(study=study, spec=spec(**changes), now=cast.NOW)


@pytest.mark.parametrize(
    ("class_ids", "reason"),
    [
        (["g0", "g1"], "missing: g2"),
        (["g0", "g1", "g2", "g3"], "not in the study: g3"),
        (["g0", "g1", "g1"], "twice: g1; missing: g2"),
        ([], "missing: g0, g1, g2"),
    ],
)
def test_class_ids_must_be_those_of_the_study(class_ids: list[str], reason: str) -> None:
    refused(reason, class_ids=class_ids)


def test_a_study_without_classes_takes_no_classifier() -> None:
    with pytest.raises(InvalidClassifier, match="no target classes yet"):
        classifiers.register(study=cast.study(), spec=spec(), now=cast.NOW)


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a" * 201, "\x1b[2J"])
def test_a_name_must_be_printable(name: str) -> None:
    refused("printable characters", name=name)


def test_an_unknown_runtime_is_refused() -> None:
    refused("no runtime 'pickle'", runtime="pickle")


def test_preprocessing_that_does_not_fit_the_input_is_refused() -> None:
    refused("makes images of any × 3 × 5 × 5", preprocessing=Preprocessing(size=(5, 5)))


def test_whole_number_input_wants_pixels_as_they_are() -> None:
    content = graphs.linear(3, element=TensorProto.UINT8)
    refused("use scale 1, mean 0 and std 1", content=content)
    unchanged = spec(content=content, preprocessing=Preprocessing(size=(4, 4), scale=1))
    assert classifiers.register(study=scored.study("other"), spec=unchanged, now=cast.NOW).pk


def test_a_file_that_fails_when_run_is_refused() -> None:
    sizes_unknown = graphs.linear(3, shape=("n", 3, "height", "width"))
    refused("fails on a grey image", content=sizes_unknown)


def test_an_output_that_is_not_finite_is_refused() -> None:
    parsed = onnx.load_model_from_string(graphs.linear(3))
    parsed.graph.initializer[1].raw_data = np.full(3, np.nan, np.float32).tobytes()
    refused("not finite", content=parsed.SerializeToString())


def test_outputs_are_put_in_the_order_of_the_classes() -> None:
    row = classifiers.register(study=scored.study(), spec=spec(class_ids=["g2", "g0", "g1"]), now=cast.NOW)
    np.testing.assert_array_equal(classifiers.output_order(row), [1, 2, 0])


def test_a_class_added_later_makes_the_classifier_unfit() -> None:
    study = scored.study()
    row = classifiers.register(study=study, spec=spec(), now=cast.NOW)
    cast.target_class(study, "g3", "grey 3")
    with pytest.raises(InvalidClassifier, match="classes have changed since"):
        classifiers.output_order(row)


def test_a_consumer_loads_a_classifier_once(monkeypatch: pytest.MonkeyPatch) -> None:
    row = classifiers.register(study=scored.study(), spec=spec(), now=cast.NOW)
    assert classifiers.load(row) is classifiers.load(Classifier.objects.get())
