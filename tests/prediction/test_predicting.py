"""From images to probabilities: numbers worked out by hand, the order of classes, what a prediction tells."""

import json
import math
from typing import Any, cast

import numpy as np
import pytest
from PIL import Image

from convlens.calibration import Calibration
from convlens.engines import Engine
from convlens.errors import ImageError, ModelFileError
from convlens.prediction import Prediction, Predictions, predict_images, predict_probabilities
from convlens.preprocessing import Normalisation, Preprocessing, fit_preprocessing

SQUARES = Preprocessing((1, 4, 4), "letterbox")
NAMES = ("dark", "middle", "light")


class SumEngine:
    """Its logits are the logarithms of 1, 2 and 1 + the brightest pixel, so that probabilities are easy to know."""

    def __init__(self) -> None:
        self.seen: list[np.ndarray] = []

    def logits(self, images: np.ndarray) -> np.ndarray:
        self.seen.append(images)
        brightest = images.reshape(len(images), -1).max(1)
        return np.log([[1, 2, 1 + int(one)] for one in brightest]).astype(np.float32)


def predict(*images: Any, preprocessing: Preprocessing = SQUARES) -> Predictions:
    return predict_images(cast(Engine, SumEngine()), preprocessing, NAMES, images)


def square(value: int) -> np.ndarray:
    return np.full((4, 4), value, np.uint8)


def make_prediction(*probabilities: float) -> Prediction:
    names = tuple("abcdefg"[: len(probabilities)])
    best = int(np.argmax(probabilities))
    pixels = np.zeros((1, 4, 4), np.uint8)
    return Prediction(names[best], probabilities[best], np.array(probabilities), names, ("a note",), pixels)


def test_probabilities_are_those_worked_out_by_hand():
    # Brightest 0 and 1: e^logits are (1, 2, 1) and (1, 2, 2).
    images = np.stack([square(0), square(1)])[:, np.newaxis]
    found = predict_probabilities(cast(Engine, SumEngine()), images)
    np.testing.assert_allclose(found, [[0.25, 0.5, 0.25], [0.2, 0.4, 0.4]], rtol=1e-6)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found.sum(1), 1, rtol=1e-15)


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf])
def test_logits_that_are_no_numbers_are_the_fault_of_the_weights(odd):
    class Overflowing(SumEngine):
        def logits(self, images: np.ndarray) -> np.ndarray:
            return np.array([[0, 1, 2], [0, odd, 2]], np.float32)[: len(images)]

    with pytest.raises(ModelFileError, match="this model's output is NaN or infinite: its weights are too large"):
        predict_probabilities(cast(Engine, Overflowing()), np.zeros((2, 1, 4, 4), np.uint8))


def test_a_prediction_names_the_likeliest_class():
    dark, light = predict(square(0), square(7))
    assert (dark.class_name, light.class_name) == ("middle", "light")
    assert dark.probability == pytest.approx(2 / 4)
    assert light.probability == pytest.approx(8 / 11)
    assert light.class_names == NAMES
    np.testing.assert_array_equal(light.pixels, square(7)[np.newaxis])


def test_of_equals_the_first_class_wins():
    (equal,) = predict(square(1))
    assert equal.class_name == "middle"
    assert [name for name, _ in equal.top(3)] == ["middle", "light", "dark"]


def test_one_image_alone_gets_what_it_gets_among_others():
    images = [square(3), square(200), square(90)]
    together = predict(*images)
    for image, prediction in zip(images, together, strict=True):
        np.testing.assert_array_equal(predict(image)[0].probabilities, prediction.probabilities)


def test_files_bytes_pictures_and_arrays_of_one_image_give_the_same(tmp_path):
    picture = Image.fromarray(np.arange(0, 160, 10).astype(np.uint8).reshape(4, 4))
    picture.save(tmp_path / "picture.png")
    found = predict(tmp_path / "picture.png", (tmp_path / "picture.png").read_bytes(), picture, np.asarray(picture))
    assert len({one.probability for one in found}) == 1
    assert found[0].pixels.max() == 150


def test_the_engine_sees_all_images_at_once_as_the_preprocessing_makes_them():
    engine = SumEngine()
    colour = Preprocessing((3, 2, 6), "letterbox", None, Normalisation((0,) * 3, (1,) * 3))
    images = (np.full(shape, 9, np.uint8) for shape in [(2, 6, 3), (20, 60, 3), (5, 5)])
    predict_images(cast(Engine, engine), colour, NAMES, images)
    assert [(one.shape, one.dtype) for one in engine.seen] == [((3, 3, 2, 6), np.uint8)]


def test_no_images_are_no_predictions_and_wake_no_engine():
    engine = SumEngine()
    assert predict_images(cast(Engine, engine), SQUARES, NAMES, []) == []
    assert engine.seen == []


def test_one_bad_image_among_good_ones_is_named(tmp_path):
    (tmp_path / "letter.png").write_text("dear reader")
    with pytest.raises(ImageError, match=r"letter\.png"):
        predict(square(3), tmp_path / "letter.png", square(4))


def test_notes_say_what_was_done_to_the_image():
    fits, larger = predict(square(0), np.zeros((8, 8), np.uint8))
    assert fits.notes == ()
    assert any("8×8" in note or "4×4" in note for note in larger.notes)


def test_top_is_sorted_and_never_longer_than_the_classes():
    prediction = make_prediction(0.1, 0.5, 0.15, 0.25)
    assert prediction.top() == [("b", 0.5), ("d", 0.25), ("c", 0.15)]
    assert prediction.top(1) == [("b", 0.5)]
    assert [name for name, _ in prediction.top(99)] == ["b", "d", "c", "a"]
    assert prediction.top(0) == []


def test_the_dict_is_json_with_every_class():
    stored = json.loads(json.dumps(make_prediction(0.125, 0.875).as_dict()))
    assert stored == {
        "class": "b",
        "probability": 0.875,
        "unknown": False,
        "why_unknown": "",
        "probabilities": {"a": 0.125, "b": 0.875},
        "notes": ["a note"],
    }


def test_repr_is_short():
    assert repr(make_prediction(0.98765432, 0.01234568)) == "Prediction('a', probability=0.9877)"


def test_logits_of_any_size_are_probabilities():
    class Extreme:
        def logits(self, images: np.ndarray) -> np.ndarray:
            assert len(images) == 3
            return np.array([[1e38, 0, -1e38], [-1e38, -1e38, -1e38], [3e38, 3e38, 0]], np.float32)

    found = predict_probabilities(cast(Engine, Extreme()), np.zeros((3, 1, 4, 4), np.uint8))
    np.testing.assert_array_equal(found[[0, 2]], [[1, 0, 0], [0.5, 0.5, 0]])
    np.testing.assert_allclose(found[1], 1 / 3)
    assert all(math.isfinite(value) for value in found.ravel())


def answer(threshold: float | None, image: np.ndarray, preprocessing: Preprocessing = SQUARES) -> Prediction:
    calibration = Calibration(threshold=threshold)
    return predict_images(cast(Engine, SumEngine()), preprocessing, NAMES, [image], calibration)[0]


@pytest.mark.parametrize(("threshold", "unknown"), [(0.49, False), (0.5, False), (0.51, True), (None, False)])
def test_below_the_threshold_the_answer_is_unknown(threshold, unknown):
    # Brightest 0: the probabilities are 1/4, 2/4 and 1/4.
    found = answer(threshold, square(0))
    assert found.unknown is unknown
    assert (found.class_name, found.probability) == ("middle", pytest.approx(0.5))
    assert found.why_unknown == ("confidence 50.00 % is below the threshold of 51.00 %" if unknown else "")
    assert repr(found).startswith("Prediction(unknown, best guess 'middle'" if unknown else "Prediction('middle'")
    stored = json.loads(json.dumps(found.as_dict()))
    assert (stored["class"], stored["unknown"], stored["why_unknown"]) == ("middle", unknown, found.why_unknown)


def test_the_temperature_is_applied_before_the_threshold():
    # At the temperature 1/2 the odds 1 : 2 : 1 are squared: 1 : 4 : 1.
    calibration = Calibration(temperature=0.5, threshold=0.6)
    (found,) = predict_images(cast(Engine, SumEngine()), SQUARES, NAMES, [square(0)], calibration)
    np.testing.assert_allclose(found.probabilities, [1 / 6, 4 / 6, 1 / 6], rtol=1e-6)
    assert not found.unknown


def test_what_is_unlike_the_training_images_is_unknown_however_sure():
    images = np.zeros((20, 1, 16, 16), np.uint8)
    images[:, :, 4:12, 6:10] = 255
    fitted = fit_preprocessing(images, "auto")
    like, full = images[0, 0], np.full((16, 16), 255, np.uint8)
    full[0] = 0
    full[:, [0, -1]] = 0
    assert not answer(0.1, like, fitted).unknown
    assert not answer(None, like, fitted).unknown
    found = answer(0.1, full, fitted)
    assert found.probability > 0.9
    assert found.why_unknown.startswith("unlike the training images: ")
    assert answer(None, np.zeros((16, 16), np.uint8), fitted).why_unknown == (
        "unlike the training images: there is nothing on it"
    )


def test_steps_go_from_the_original_to_what_the_network_saw():
    (found,) = predict(np.arange(64, dtype=np.uint8).reshape(8, 8))
    assert (found.steps[0].name, found.steps[0].size) == ("original", "8×8")
    np.testing.assert_array_equal(found.steps[-1].pixels, found.pixels[0])


def test_without_mending_only_the_shape_changes():
    dark = Preprocessing((1, 4, 4), "letterbox", True)
    picture = np.full((4, 4), 255, np.uint8)
    picture[1:3, 1:3] = 7
    engine = cast(Engine, SumEngine())
    repaired, plain = (predict_images(engine, dark, NAMES, [picture], repair=repair)[0] for repair in (True, False))
    assert repaired.notes == ("dark on light, inverted",)
    np.testing.assert_array_equal(repaired.pixels[0], 255 - picture)
    assert plain.notes == ()
    np.testing.assert_array_equal(plain.pixels[0], picture)
