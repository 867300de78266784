"""Several people upload at the same moment."""

import pytest

from evaluation.errors import CannotRequest
from evaluation.models import Classifier, Run, Score
from evaluation.uploads import Taken
from tests.at_once import at_once
from tests.evaluation.uploads import handed

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_same_file_four_times_is_one_run() -> None:
    _, test_set = handed.study_and_set()
    content = handed.right(test_set)
    taken = at_once([lambda: handed.given(content, test_set)] * 4)
    assert {each.run.pk for each in taken} == {Run.objects.get().pk}
    assert (Classifier.objects.count(), Score.objects.count()) == (1, 1)


def test_of_two_different_files_one_is_taken() -> None:
    _, test_set = handed.study_and_set()
    other = handed.csv("image,top1", *(f"{name},g0" for name in handed.names(test_set)))

    def attempt(content: bytes) -> Taken | CannotRequest:
        try:
            return handed.given(content, test_set)
        except CannotRequest as refused:
            return refused

    found = at_once([lambda: attempt(handed.right(test_set)), lambda: attempt(other)])
    assert sorted(type(each).__name__ for each in found) == ["CannotRequest", "Taken"]
    assert Run.objects.count() == 1
