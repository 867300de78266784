"""What a file's values mean: classes are known by their ids, whatever their order."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation import classifiers
from evaluation.errors import InvalidClassifier, InvalidPredictions
from evaluation.listings import Numbers
from evaluation.models import Classifier
from evaluation.uploads.formats import Sheet, shown


def ranked_numbers(sheet: Sheet, classifier: Classifier, class_ids: Sequence[str] | None) -> Numbers:
    """Ranked classes by their number in the study, shape (rows, ranks)."""
    number = {class_id: index for index, class_id in enumerate(classifier.class_ids)}
    if class_ids is not None and sheet.values.dtype.kind in "iu":
        _check_places(sheet, len(class_ids))
        numbers = np.array([number[class_id] for class_id in class_ids], dtype=np.int64)[sheet.values]
    else:
        numbers = _looked_up(sheet, number, classifier)
    _check_each_once(sheet, numbers, classifier)
    return numbers


def logits_by_number(sheet: Sheet, classifier: Classifier, class_ids: Sequence[str] | None) -> NDArray[np.float32]:
    """Logits with the columns in the order of the study's classes."""
    if class_ids is None:
        raise InvalidPredictions(
            "Logits need the class id of each column, in order: as `classes` in the file, or given beside it."
        )
    if len(class_ids) != sheet.values.shape[1]:
        raise InvalidPredictions(f"{len(class_ids)} class ids are given for {sheet.values.shape[1]} columns of logits.")
    with np.errstate(over="ignore"):
        logits = sheet.values.astype(np.float32)
    odd = np.argwhere(~np.isfinite(logits))
    if len(odd):
        row, column = map(int, odd[0])
        raise InvalidPredictions(f"{sheet.place(row, column)}: {sheet.values[row, column]} is not a finite number.")
    place = {class_id: index for index, class_id in enumerate(class_ids)}
    return np.ascontiguousarray(logits[:, [place[class_id] for class_id in classifier.class_ids]])


def agreed_class_ids(sheet: Sheet, classifier: Classifier, given: Sequence[str] | None) -> Sequence[str] | None:
    """What the file says of its classes, or what was given beside it; both must not differ."""
    if sheet.class_ids is not None and given is not None and list(sheet.class_ids) != list(given):
        raise InvalidPredictions("The class ids given beside the file are not those in it, or in another order.")
    class_ids = sheet.class_ids if given is None else given
    if class_ids is not None:
        try:
            classifiers.check_class_ids(classifier.study, class_ids)
        except InvalidClassifier as error:
            raise InvalidPredictions(str(error)) from error
    return class_ids


def _check_places(sheet: Sheet, num_classes: int) -> None:
    odd = np.argwhere((sheet.values < 0) | (sheet.values >= num_classes))
    if len(odd):
        row, column = map(int, odd[0])
        raise InvalidPredictions(
            f"{sheet.place(row, column)}: {sheet.values[row, column]} is no place among the {num_classes} classes, "
            f"which count from 0 to {num_classes - 1}."
        )


def _looked_up(sheet: Sheet, number: dict[str, int], classifier: Classifier) -> Numbers:
    values: NDArray[Any] = sheet.values
    text = (each.decode(errors="replace") if isinstance(each, bytes) else str(each) for each in values.ravel().tolist())
    found = np.fromiter((number.get(each, -1) for each in text), dtype=np.int64, count=values.size)
    numbers = found.reshape(values.shape)
    odd = np.argwhere(numbers < 0)
    if len(odd):
        row, column = map(int, odd[0])
        some = ", ".join(classifier.class_ids[:3])
        raise InvalidPredictions(
            f"{sheet.place(row, column)}: {shown(values[row, column])} is no class id of the study ({some}, …). If "
            "these are places in a list of classes, give the list of class ids too."
        )
    return numbers


def _check_each_once(sheet: Sheet, numbers: Numbers, classifier: Classifier) -> None:
    ordered = np.sort(numbers, axis=1)
    odd = np.flatnonzero((np.diff(ordered, axis=1) == 0).any(axis=1))
    if len(odd):
        row = int(odd[0])
        repeated = ordered[row][1:][np.diff(ordered[row]) == 0][0]
        raise InvalidPredictions(
            f"{sheet.place(row)} names the class {shown(classifier.class_ids[repeated])} twice; each rank is another "
            "class."
        )
