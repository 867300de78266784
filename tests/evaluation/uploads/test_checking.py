"""Predictions that are not what they are taken for."""

import re

import numpy as np
import pytest

from annotation.models import TestSet, TestSetImage
from evaluation.errors import InvalidPredictions
from evaluation.models import Run
from tests import cast
from tests.evaluation import scored
from tests.evaluation.uploads import handed

pytestmark = pytest.mark.django_db


def part_of(whole: TestSet, num_images: int) -> TestSet:
    """A frozen set of the first images of another."""
    row: TestSet = TestSet.objects.create(
        study=whole.study, strategy="threshold", name="easier", revision=1, seed=0, built_at=cast.NOW
    )
    for image in whole.images.order_by("number")[:num_images]:
        TestSetImage.objects.create(
            test_set=row, number=image.number, candidate=image.candidate, target_class=image.target_class,
            num_selected=1, num_seen=1,
        )  # fmt: skip
    row.frozen_at, row.content_sha256 = cast.NOW, "1" * 64
    row.save()
    return row


def refusal(content: bytes, test_set: TestSet) -> str:
    """What is said where predictions are refused; nobody notes a look then, so that it tells no accuracy."""
    with pytest.raises(InvalidPredictions) as refused:
        handed.given(content, test_set)
    return str(refused.value)


def numbers_in(text: str) -> set[str]:
    return set(re.findall(r"\d+", text))


def test_reversed_ranks_are_refused_with_the_explanation() -> None:
    study = scored.study(num_classes=6)
    test_set = scored.frozen_set(study)
    ranked = [[f"g{(int(own[1]) + 4 - rank) % 6}" for rank in range(5)] for own in handed.truth(test_set)]
    refused = refusal(handed.npz(images=handed.names(test_set), top5=ranked), test_set)
    assert refused.startswith("Column 5 beats column 1: it is right on more images. The ranks are reversed")
    assert numbers_in(refused) == {"5", "1"}, "no accuracy"
    turned = np.array(ranked)[:, ::-1]
    run = handed.given(handed.npz(images=handed.names(test_set), top5=turned), test_set).run
    assert (run.score.num_correct, run.score.num_correct_top5) == (12, 12)


def test_distances_are_not_taken_for_logits() -> None:
    _, test_set = handed.study_and_set()
    distances = 1 - np.eye(3)[[int(own[1]) for own in handed.truth(test_set)]]
    content = handed.npz(images=handed.names(test_set), logits=distances, classes=handed.CLASS_IDS)
    refused = refusal(content, test_set)
    assert "smallest number is right on more images than that with the largest" in refused
    assert not numbers_in(refused), "no accuracy"


def test_one_image_has_one_prediction_in_all_sets() -> None:
    _, whole = handed.study_and_set()
    part = part_of(whole, 4)
    handed.given(handed.right(whole), whole)
    rows = [f"{name},g2" for name in handed.names(part)]
    refused = refusal(handed.csv("image,top1", *rows), part)
    assert refused.startswith("4 of the 4 images that are also in greys/original@r1 have another prediction there")
    assert "g2 here, g0 there" in refused
    assert "On these 4 images this file is right less often than the other." in refused
    assert Run.objects.count() == 1
    assert handed.given(handed.right(part), part).notes == []


def test_one_near_tie_in_a_thousand_is_told_and_taken() -> None:
    study = scored.study()
    whole = scored.frozen_set(study, per_class=334)
    part = part_of(whole, 1001)
    handed.given(handed.right(whole), whole)
    content = handed.right(part).replace(b",g2\n", b",g1\n", 1)
    (note,) = handed.given(content, part).notes
    assert note.startswith("1 of the 1,001 images that are also in greys/original@r1")


def test_a_fall_that_no_set_explains_is_refused_where_only_one_class_is_named() -> None:
    study = scored.study(num_classes=6)
    whole = scored.frozen_set(study, per_class=20)
    new = scored.frozen_set(study, per_class=20, strategy="threshold", name="easier")
    handed.given(handed.right(whole), whole)
    wrong = [f"g{(int(own[1]) + 1) % 6}" for own in handed.truth(new)]
    rows = [f"{name},{class_id}" for name, class_id in zip(handed.names(new), wrong, strict=True)]
    refused = refusal(handed.csv("image,top1", *rows), new)
    assert "file for greys/original@r1 are more than 4 times apart; this one is the smaller" in refused
    assert "upload the five likeliest classes" in refused
    assert numbers_in(refused) == {"1", "4"}, "no accuracy"
    both = [f"{row},g{(int(row[-1]) + 1) % 6}" for row in rows]
    assert handed.given(handed.csv("image,top1,top2", *both), new).run.score.num_correct == 0
