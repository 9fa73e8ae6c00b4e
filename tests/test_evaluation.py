"""Evaluations: every number worked out by hand for seven images, and data that does not fit the model."""

import json
from typing import Any

import numpy as np
import pytest

from convlens.data import CATALOGUE, Dataset, LabelledImages
from convlens.errors import DataError, ModelFileError, UsageError
from convlens.evaluation import Evaluation, evaluate
from convlens.network import Network, initial_weights
from convlens.preprocessing import Preprocessing
from convlens.trained_model import TrainedModel

NAMES = ("cat", "dog", "emu")


def judged(labels: list[int], predicted: list[int], names: tuple[str, ...] = NAMES) -> Evaluation:
    """An evaluation whose predicted class has e times the probability of each other one."""
    return Evaluation("pets", names, np.array(labels), np.eye(len(names), dtype=np.float32)[predicted])


SEVEN = judged([0, 0, 0, 1, 1, 2, 2], [0, 0, 1, 1, 0, 0, 2])


def make_model(names: tuple[str, ...] = NAMES, shape: tuple[int, int, int] = (1, 4, 4), **facts: Any) -> TrainedModel:
    network = Network.from_text("dense")
    weights = initial_weights(network, shape, len(names), seed=1)
    return TrainedModel(network, weights, Preprocessing(shape, "letterbox"), names, facts)


def make_images(count: int = 5, shape: tuple[int, int, int] = (1, 4, 4), names=NAMES, name="pets") -> LabelledImages:
    random = np.random.default_rng(count)
    pixels = random.integers(0, 256, (count, *shape), np.uint8)
    return LabelledImages(pixels, random.integers(0, len(names), count), names, name)


def test_accuracy_and_its_interval_are_those_worked_out_by_hand():
    assert (SEVEN.correct, SEVEN.total, SEVEN.accuracy) == (4, 7, pytest.approx(4 / 7))
    # Wilson with p = 4/7, n = 7, z = 1.959964: the centre is (p + z²/14) / (1 + z²/7) = 0.546119, half the width
    # √(p(1 − p)/7 + z²/196) · z / (1 + z²/7) = 0.295661.
    assert SEVEN.interval == pytest.approx((0.250458, 0.841780), abs=1e-6)


def test_the_confusion_matrix_has_a_row_for_every_true_class():
    assert SEVEN.confusion.tolist() == [[2, 1, 0], [1, 1, 0], [1, 0, 1]]


def test_classes_are_those_worked_out_by_hand():
    cat, dog, emu = SEVEN.classes
    assert (cat.precision, cat.recall, cat.f1, cat.support) == (2 / 4, 2 / 3, pytest.approx(4 / 7), 3)
    assert (dog.precision, dog.recall, dog.f1, dog.support) == (1 / 2, 1 / 2, 1 / 2, 2)
    assert (emu.precision, emu.recall, emu.f1, emu.support) == (1, 1 / 2, pytest.approx(2 / 3), 2)


def test_the_loss_is_the_one_worked_out_by_hand():
    # A right answer costs −log(e / (e + 2)) = 0.551445, a wrong one −log(1 / (e + 2)) = 1.551445.
    assert SEVEN.loss == pytest.approx((4 * 0.551445 + 3 * 1.551445) / 7, abs=1e-6)


def test_the_most_frequent_mistakes_come_first_and_equals_in_the_order_of_classes():
    assert SEVEN.most_confused(9) == [("cat", "dog", 1), ("dog", "cat", 1), ("emu", "cat", 1)]
    assert SEVEN.most_confused(2) == [("cat", "dog", 1), ("dog", "cat", 1)]
    often = judged([0, 1, 2, 2, 2, 2], [1, 1, 0, 0, 2, 1])
    assert often.most_confused(5) == [("emu", "cat", 2), ("cat", "dog", 1), ("emu", "dog", 1)]
    assert SEVEN.most_confused(0) == []


def test_no_mistakes_are_an_empty_list():
    right = judged([0, 1, 2], [0, 1, 2])
    assert right.most_confused(3) == []
    assert (right.accuracy, right.interval[1]) == (1, 1)


def test_of_equal_logits_the_first_class_is_predicted():
    equal = Evaluation("pets", NAMES, np.array([0, 1]), np.array([[5, 5, 5], [1, 2, 2]], np.float32))
    assert equal.predicted.tolist() == [0, 1]


def test_a_class_never_predicted_has_no_precision_and_one_never_present_no_recall():
    found = json.loads(json.dumps(judged([0, 0, 1], [0, 2, 0]).as_dict(), allow_nan=False))
    assert found["classes"]["dog"] == {"precision": None, "recall": 0, "f1": 0, "support": 1}
    assert found["classes"]["emu"] == {"precision": 0, "recall": None, "f1": 0, "support": 0}
    neither = judged([0], [0]).as_dict()["classes"]["dog"]
    assert neither == {"precision": None, "recall": None, "f1": None, "support": 0}


def test_the_dict_has_every_number():
    found = json.loads(json.dumps(SEVEN.as_dict()))
    assert (found["data"], found["total"], found["correct"]) == ("pets", 7, 4)
    assert found["accuracy"] == 4 / 7
    assert found["interval_95"] == list(SEVEN.interval)
    assert found["loss"] == SEVEN.loss
    assert found["classes"]["cat"] == {"precision": 0.5, "recall": 2 / 3, "f1": SEVEN.classes[0].f1, "support": 3}
    assert found["confusion"] == [[2, 1, 0], [1, 1, 0], [1, 0, 1]]


def test_repr_says_share_and_interval():
    assert repr(judged([0, 1] * 600, [0, 0] * 600)) == (
        "Evaluation('pets': 50.00 % of 1,200 images right, 95 % interval 47.18 % to 52.82 %)"
    )


def test_evaluate_judges_the_models_own_logits():
    model, images = make_model(), make_images(20)
    found = evaluate(model, images)
    np.testing.assert_array_equal(found.logits, model.logits(images.images))
    assert (found.data, found.class_names) == ("pets", NAMES)
    assert found.correct == int((model.logits(images.images).argmax(1) == images.labels).sum())


def test_of_a_dataset_the_test_images_are_judged():
    dataset = Dataset("pets", make_images(9, name="pets train"), make_images(4, name="pets test"), "letterbox")
    found = evaluate(make_model(), dataset)
    assert (found.data, found.total) == ("pets test", 4)


def test_a_dataset_without_test_images_says_so():
    with pytest.raises(DataError, match=r"^pets has no test images, so there is nothing to evaluate\. Give labelled"):
        evaluate(make_model(), Dataset("pets", make_images(), None, "letterbox"))


def test_another_engine_can_compute():
    class Stubborn:
        def logits(self, images: np.ndarray) -> np.ndarray:
            return np.eye(3, dtype=np.float32)[np.full(len(images), 2)]

    found = evaluate(make_model(), make_images(), engine=Stubborn())  # pyright: ignore[reportArgumentType]
    assert found.predicted.tolist() == [2] * 5


def test_a_path_a_folder_and_latest_are_places_of_a_model(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model, images = make_model(), make_images()
    path = model.save(tmp_path / "runs" / "first" / "model.safetensors")
    (tmp_path / "runs" / "latest").symlink_to("first", target_is_directory=True)
    for place in (path, str(path), path.parent, "latest"):
        np.testing.assert_array_equal(evaluate(place, images).logits, model.logits(images.images))
    with pytest.raises(ModelFileError, match=r"^nowhere: no such file or folder\. Give a model file"):
        evaluate("nowhere", images)


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, object]]:
    """`pets` is a known dataset; the list says with what it was loaded."""
    loaded: list[tuple[str, object]] = []

    def load(name: str, data_dir: object = None) -> Dataset:
        loaded.append((name, data_dir))
        return Dataset(name, make_images(9), make_images(4, name=f"{name} test"), "letterbox")

    monkeypatch.setitem(CATALOGUE, "pets", None)
    monkeypatch.setattr("convlens.evaluation.load_dataset", load)
    return loaded


def test_data_can_be_given_by_name_or_is_what_the_model_was_trained_on(known, tmp_path):
    assert evaluate(make_model(data="other"), "pets", data_dir=tmp_path).total == 4
    assert evaluate(make_model(data="pets")).data == "pets test"
    assert known == [("pets", tmp_path), ("pets", None)]


@pytest.mark.parametrize("facts", [{"data": "my photos"}, {}, {"data": ["pets"]}, {"data": 3}])
def test_a_model_of_unknown_data_asks_for_its_name(facts):
    message = r"^this model was trained on .*, which is no known dataset\. Name the data to evaluate it on\.$"
    with pytest.raises(UsageError, match=message):
        evaluate(make_model(**facts))


def test_an_unknown_name_is_refused():
    with pytest.raises(UsageError, match="mnsit"):
        evaluate(make_model(), "mnsit")


def test_other_classes_are_listed_on_both_sides():
    images = make_images(names=("a" * 30, "b", "c", "d", "e", "f"))
    with pytest.raises(DataError) as caught:
        evaluate(make_model(), images)
    assert str(caught.value) == (
        "this model is for other classes: it knows 3 classes (cat, dog, emu); pets has 6 classes "
        f"({'a' * 23}…, b, c, d, e, …). Evaluate it on the data that it was trained for."
    )


def test_the_same_classes_in_another_order_are_other_classes():
    with pytest.raises(DataError, match=r"it knows 3 classes \(cat, dog, emu\); pets has 3 classes \(dog, cat, emu\)"):
        evaluate(make_model(), make_images(names=("dog", "cat", "emu")))


@pytest.mark.parametrize(("shape", "text"), [((1, 4, 5), "1×4×5"), ((3, 4, 4), "3×4×4")])
def test_images_of_another_shape_say_both(shape, text):
    with pytest.raises(DataError, match=f"^pets has images of {text}; this model takes 1×4×4"):
        evaluate(make_model(), make_images(shape=shape))
