import pytest

from evaluation.stats.accuracy import clopper_pearson
from evaluation.stats.gaps import change_from_original
from evaluation.stats.probit import probit


@pytest.mark.parametrize(
    ("num_correct", "num_images", "message"),
    [
        (-1, 10, "num_correct is -1; it must lie between 0 and num_images, here 10"),
        ([3, 11], 10, "num_correct is 11; it must lie between 0 and num_images, here 10"),
        (0, 0, "num_images is 0; it must be at least 1"),
        (0.72, 1, "num_correct is 0.72; it must be a whole number"),
        (float("nan"), 1, "num_correct is nan; it must be a whole number"),
        ("many", 1, "num_correct is of type <U4; it must hold whole numbers"),
    ],
)
def test_a_wrong_count_is_named_with_its_value_and_what_is_allowed(
    num_correct: object, num_images: object, message: str
) -> None:
    for statistic in (clopper_pearson, probit):
        with pytest.raises(ValueError) as caught:
            statistic(num_correct, num_images)  # type: ignore[operator]
        assert str(caught.value) == message


def test_a_wrong_pair_says_which_test_set_it_belongs_to() -> None:
    with pytest.raises(
        ValueError, match="num_correct of new is 5; it must lie between 0 and num_images of new, here 4"
    ):
        change_from_original([1, 2], [5, 4])
    with pytest.raises(ValueError, match=r"original has shape \(3,\); it must be \(..., 2\)"):
        change_from_original([1, 2, 3], [1, 2])


@pytest.mark.parametrize("confidence", [0, 1, 95, -0.5, float("nan")])
def test_a_confidence_outside_the_open_interval_is_refused(confidence: float) -> None:
    with pytest.raises(ValueError, match=r"confidence is .*; it must lie strictly between 0 and 1"):
        clopper_pearson(1, 2, confidence)
    with pytest.raises(ValueError, match=r"confidence is .*; it must lie strictly between 0 and 1"):
        change_from_original([1, 2], [1, 2], confidence)
