import io

import numpy as np
import pytest
from PIL import Image

from annotation import imaging
from evaluation.demo import classifiers, digits

DATA = digits.load(seed=0)


def test_the_three_parts_are_disjoint_and_complete() -> None:
    parts = [DATA.train, DATA.original, DATA.pool]
    assert [len(part) for part in parts] == [600, 360, 837]
    assert len(np.unique(np.concatenate(parts))) == len(DATA.labels) == 1797


def test_the_same_seed_cuts_the_same_and_another_seed_differently() -> None:
    assert np.array_equal(digits.load(seed=0).pool, DATA.pool)
    assert not np.array_equal(digits.load(seed=1).pool, DATA.pool)


def test_a_clear_image_is_clearer_for_its_own_digit_than_for_others() -> None:
    clarity = digits.clarity(DATA)
    assert (clarity >= 0).all()
    assert (clarity <= 1).all()
    own = clarity[np.arange(len(clarity)), DATA.labels]
    assert (clarity.argmax(axis=1) == DATA.labels).mean() > 0.97
    assert np.quantile(own, 0.05) < 0.6 < 0.8 < np.quantile(own, 0.5)


def test_every_candidate_is_recognised_on_the_contact_sheet_a_worker_sees() -> None:
    reader = digits.DigitReader(DATA)
    layout = imaging.SheetLayout()
    candidates = np.concatenate([DATA.original, DATA.pool])
    assert len(candidates) == 1197
    for start in range(0, len(candidates), layout.num_places):
        shown = candidates[start : start + layout.num_places]
        with Image.open(io.BytesIO(imaging.contact_sheet([rendition(index) for index in shown], layout))) as sheet:
            for place, index in enumerate(shown):
                _, column, row = layout.place(place)
                left, top = column * layout.side, row * layout.side
                assert reader.recognise(sheet.crop((left, top, left + layout.side, top + layout.side))) == index


def rendition(index: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(DATA.pixels[index].reshape(8, 8)).save(buffer, "PNG")
    return imaging.read(buffer.getvalue()).rendition


def test_every_digit_s_nearest_class_is_another() -> None:
    nearest = digits.nearest_class(DATA)
    assert sorted(nearest) == [str(digit) for digit in range(10)]
    assert all(digit != other for digit, other in nearest.items())


@pytest.fixture(scope="module")
def trained() -> list[classifiers.Trained]:
    return list(classifiers.train(DATA))


def test_the_classifiers_are_of_clearly_different_strength(trained: list[classifiers.Trained]) -> None:
    pixels, labels = DATA.pixels[DATA.pool], DATA.labels[DATA.pool]
    accuracies = [float((each.predict(pixels) == labels).mean()) for each in trained]
    assert len(accuracies) == 8
    assert min(accuracies) < 0.65
    assert max(accuracies) > 0.95


def test_the_onnx_files_say_what_scikit_learn_says(trained: list[classifiers.Trained]) -> None:
    import onnxruntime

    pixels = DATA.pixels[DATA.original]
    for each in trained:
        session = onnxruntime.InferenceSession(each.onnx, providers=["CPUExecutionProvider"])
        label, probabilities = session.run(None, {session.get_inputs()[0].name: classifiers.as_input(pixels)})
        assert probabilities.shape == (360, 10)
        assert (label == each.predict(pixels)).mean() > 0.995  # float32 against float64 may part on a tie
