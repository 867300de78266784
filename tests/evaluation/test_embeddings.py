"""Embedding distances: by what a classifier's last layer is fed with, for pairs of pictures."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from onnx import NodeProto, TensorProto, helper, numpy_helper

from annotation import candidates
from annotation.models import Candidate, DuplicatePair, Origin, Study
from annotation.sources.base import CandidateRecord
from evaluation import classifiers, embeddings
from evaluation.classifiers import ClassifierSpec, Preprocessing
from evaluation.errors import InvalidClassifier
from evaluation.models import Classifier
from evaluation.runtimes.onnx import OnnxRuntime
from tests import cast
from tests.annotation.duplicates.scenes import pair, reference, scene
from tests.evaluation import graphs

SHAPE = graphs.SHAPE
NUM_FEATURES = 5
WEIGHTS = np.random.default_rng(0).normal(size=(48, NUM_FEATURES)).astype(np.float32)

TAILS: dict[str, list[NodeProto]] = {
    "Gemm": [helper.make_node("Gemm", ["features", "last", "bias"], ["logits"])],
    "MatMul, Add, Softmax": [
        helper.make_node("MatMul", ["features", "last"], ["products"]),
        helper.make_node("Add", ["products", "bias"], ["sums"]),
        helper.make_node("Softmax", ["sums"], ["logits"]),
    ],
}


def deep(tail: Sequence[NodeProto] = tuple(TAILS["Gemm"]), batch: int | str = "n") -> bytes:
    """Flat pixels, a layer of rectified features, and the tail that makes a number per class."""
    nodes = [
        helper.make_node("Flatten", ["image"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weights"], ["hidden"]),
        helper.make_node("Relu", ["hidden"], ["features"]),
        *tail,
    ]
    constants = {"weights": WEIGHTS, "last": np.ones((NUM_FEATURES, 2), np.float32), "bias": np.zeros(2, np.float32)}
    return graphs.file(
        nodes,
        inputs=[helper.make_tensor_value_info("image", TensorProto.FLOAT, [batch, *SHAPE])],
        outputs=[helper.make_tensor_value_info("logits", TensorProto.FLOAT, [batch, 2])],
        constants=[numpy_helper.from_array(values, name) for name, values in constants.items()],
    )


def features(content: bytes, images: np.ndarray) -> np.ndarray:
    return OnnxRuntime.load_features(content, input_shape=SHAPE, num_classes=2).predict(images)


@pytest.mark.parametrize("batch", ["n", 4])
@pytest.mark.parametrize("tail", TAILS.values(), ids=TAILS)
def test_features_are_what_the_last_layer_is_fed_with(tail: list[NodeProto], batch: int | str) -> None:
    images = np.random.default_rng(1).random((6, *SHAPE), dtype=np.float32)
    expected = np.maximum(images.reshape(6, -1) @ WEIGHTS, 0)
    assert features(deep(tail, batch), images) == pytest.approx(expected, rel=1e-4)


def test_a_convolution_can_be_the_last_layer() -> None:
    nodes = [
        helper.make_node("Conv", ["image", "first"], ["features"]),
        helper.make_node("Conv", ["features", "second"], ["map"]),
        helper.make_node("Flatten", ["map"], ["logits"]),
    ]
    kernels = {"first": np.ones((2, 3, 4, 4), np.float32), "second": np.ones((2, 2, 1, 1), np.float32)}
    content = graphs.file(
        nodes,
        inputs=[helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", *SHAPE])],
        outputs=[helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 2])],
        constants=[numpy_helper.from_array(values, name) for name, values in kernels.items()],
    )
    images = np.ones((1, *SHAPE), dtype=np.float32)
    assert features(content, images).tolist() == [[[[48]], [[48]]]]


JOINED = [
    helper.make_node("ReduceMax", ["features"], ["most"], axes=[1]),
    helper.make_node("Concat", ["most", "most"], ["logits"], axis=1),
]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [(graphs.linear(2), "works on the pixels themselves"), (deep(JOINED), "from the operator 'Concat'")],
)
def test_a_classifier_without_features_is_refused_in_words(content: bytes, complaint: str) -> None:
    with pytest.raises(InvalidClassifier, match=f"has no features to compare images by.*{complaint}"):
        OnnxRuntime.load_features(content, input_shape=SHAPE, num_classes=2)


@pytest.fixture
def study(db: None) -> Study:
    """Four pictures of the pool; the first two are the same but for how they are saved."""
    study = cast.study("bows")
    for class_id in ("0", "1"):
        cast.target_class(study, class_id, class_id)
    contents = [cast.png(1, (8, 8)), cast.png(1, (9, 8)), cast.png(2, (8, 8)), cast.png(3, (8, 8))]
    records = [CandidateRecord(f"{n}.png", "0", lambda content=content: content) for n, content in enumerate(contents)]
    candidates.ingest(study=study, origin=Origin.POOL, records=records, now=cast.NOW)
    return study


@pytest.fixture
def classifier(study: Study) -> Classifier:
    spec = ClassifierSpec(name="deep", content=deep(), preprocessing=Preprocessing(size=(4, 4)), class_ids=["0", "1"])
    return classifiers.register(study=study, spec=spec, now=cast.NOW)


def test_pairs_get_the_distance_of_their_features(study: Study, classifier: Classifier) -> None:
    rows = list(Candidate.objects.order_by("pk"))
    pairs = [pair(rows[0], rows[1]), pair(rows[0], rows[2]), pair(rows[2], rows[3])]
    of_reference = pair(rows[3], reference(study, "a.jpg", scene(1)))
    told: list[tuple[int, int]] = []
    report = embeddings.embed_duplicates(
        study=study, classifier=classifier, on_progress=lambda done, wanted: told.append((done, wanted))
    )
    assert (report.num_measured, report.num_lacking, report.lost, told) == (3, 0, {}, [(3, 3)])
    found = {row.pk: row for row in DuplicatePair.objects.all()}
    assert all(0 <= found[each.pk].embedding_distance <= 2 for each in pairs)
    assert {found[each.pk].embedded_by for each in pairs} == {"deep"}
    assert found[of_reference.pk].embedding_distance is None
    assert embeddings.embed_duplicates(study=study, classifier=classifier).num_measured == 0


def test_the_same_picture_is_at_no_distance(study: Study, classifier: Classifier) -> None:
    rows = list(Candidate.objects.order_by("pk"))
    Candidate.objects.filter(pk=rows[1].pk).update(target_class=study.target_classes.last(), image=rows[0].image)
    pair(rows[0], rows[1])
    embeddings.embed_duplicates(study=study, classifier=classifier)
    assert DuplicatePair.objects.get().embedding_distance == pytest.approx(0, abs=1e-6)


@pytest.fixture
def lost(study: Study, classifier: Classifier) -> Candidate:
    """Its file is not here; one pair has it, and one that comes after has not."""
    rows = list(Candidate.objects.order_by("pk"))
    gone = cast.candidate(study.target_classes.first())
    pair(rows[0], gone)
    pair(rows[1], rows[2])
    return gone


def test_a_picture_that_is_lost_is_named_and_the_other_pairs_are_measured(
    study: Study, classifier: Classifier, lost: Candidate
) -> None:
    report = embeddings.embed_duplicates(study=study, classifier=classifier)
    assert (report.num_measured, report.num_lacking, list(report.lost)) == (1, 1, [lost.pk])
    assert f"Candidate {lost.pk} ({lost.source}) can't be prepared" in report.lost[lost.pk]
    assert [row.embedded_by for row in DuplicatePair.objects.order_by("pk")] == ["", "deep"]


def run(**options: Any) -> str:
    out = io.StringIO()
    call_command("embed_duplicates", stdout=out, **{"study": "bows", "classifier": "deep"} | options)
    return out.getvalue()


def test_the_command_says_how_many_pairs_have_one_now(study: Study, classifier: Classifier) -> None:
    pair(*Candidate.objects.order_by("pk")[:2])
    assert "1 of 1 pairs" in (said := run())
    assert "1 pairs have an embedding distance by deep now." in said


def test_the_command_goes_on_past_a_lost_picture_and_fails_in_the_end(lost: Candidate) -> None:
    out = io.StringIO()
    with pytest.raises(CommandError, match="1 pairs have none, as the pictures of 1 candidates could not be read"):
        call_command("embed_duplicates", stdout=out, study="bows", classifier="deep")
    assert f"Candidate {lost.pk}" in out.getvalue()
    assert "1 pairs have an embedding distance by deep now." in out.getvalue()


@pytest.mark.parametrize("options", [{"study": "none"}, {"classifier": "none"}])
def test_the_command_names_what_is_not_there(classifier: Classifier, options: dict[str, str]) -> None:
    with pytest.raises(CommandError, match="'none'"):
        run(**options)
