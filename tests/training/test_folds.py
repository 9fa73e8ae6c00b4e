"""Out-of-fold predictions: equal shares of each class, copies together, and nobody judges what it has learned."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import convlens
from convlens.data import Dataset, LabelledImages, load_dataset
from convlens.errors import DataError, UsageError
from convlens.evaluation import rank_labels
from convlens.metrics import softmax
from convlens.preprocessing import Preprocessing, fit_preprocessing
from convlens.training import TrainingSettings, folds
from convlens.training.events import Event, TrainingStarted
from convlens.training.folds import divide_into_folds, predict_out_of_fold
from convlens.training.recipes import choose_settings

NAMES = ("cat", "dog", "emu")
PREPROCESSING = Preprocessing((1, 4, 4), "letterbox")
SETTINGS = TrainingSettings(network="dense", epochs=2, batch_size=8, engine="auto", device="cpu", threads=1)


def make_images(labels: list[int] | np.ndarray, seed: int = 0) -> LabelledImages:
    """Random images, of which no two are alike."""
    pixels = np.random.default_rng(seed).integers(0, 256, (len(labels), 1, 4, 4), np.uint8)
    return LabelledImages(pixels, np.array(labels), NAMES, "pets")


def with_copies(images: LabelledImages, places: list[tuple[int, int]]) -> LabelledImages:
    """Of each pair the second becomes a copy of the first; its label stays."""
    pixels = images.images.copy()
    for source, copy in places:
        pixels[copy] = pixels[source]
    return LabelledImages(pixels, images.labels, NAMES, images.name)


def test_each_fold_has_its_share_of_each_class():
    # 7 cats, 5 dogs and 3 emus one behind the other, cut into three at every third
    numbers = divide_into_folds(make_images([0] * 7 + [1] * 5 + [2] * 3), 3, seed=1)
    assert np.bincount(numbers[:7]).tolist() == [3, 2, 2]
    assert np.bincount(numbers[7:12]).tolist() == [1, 2, 2]
    assert np.bincount(numbers[12:]).tolist() == [1, 1, 1]


@given(st.lists(st.integers(0, 2), min_size=10, max_size=80), st.integers(2, 10), st.integers(0, 99))
def test_no_fold_has_two_images_of_a_class_more_than_another(labels, count, seed):
    images = make_images(labels, seed)
    numbers = divide_into_folds(images, count, seed)
    for wanted in (images.labels >= 0, *(images.labels == label for label in set(labels))):
        shares = np.bincount(numbers[wanted], minlength=count)
        assert shares.max() - shares.min() <= 1
        assert len(shares) == count


@pytest.mark.parametrize("seed", range(5))
def test_exact_copies_stay_together_also_under_different_labels(seed):
    pairs = [(0, 1), (0, 20), (5, 33), (7, 8), (30, 31)]
    images = with_copies(make_images(np.arange(36) % 3), pairs)
    numbers = divide_into_folds(images, 3, seed)
    assert all(numbers[source] == numbers[copy] for source, copy in pairs)
    sizes = np.bincount(numbers)
    assert sizes.sum() == 36
    assert sizes.min() >= 10 - 1  # 31 different ones


def test_the_division_depends_on_the_seed_alone_and_not_on_places():
    images = make_images(np.arange(60) % 3)
    numbers = divide_into_folds(images, 3, 1)
    np.testing.assert_array_equal(divide_into_folds(images, 3, 1), numbers)
    assert (divide_into_folds(images, 3, 2) != numbers).any()
    cats = numbers[images.labels == 0].tolist()
    assert cats not in ([0, 1, 2] * 6 + [0, 1], sorted(cats))  # neither in turn nor in blocks


@pytest.mark.parametrize("count", [1, 0, -3])
def test_fewer_than_two_folds_are_refused(count):
    message = f"^folds is {count}\\. Give at least 2, so that each model has images to train on\\.$"
    with pytest.raises(UsageError, match=message):
        divide_into_folds(make_images([0, 1, 2]), count, 0)
    with pytest.raises(UsageError, match=message):
        predict_out_of_fold(make_images([0, 1, 2]), SETTINGS, PREPROCESSING, count)


def test_fewer_different_images_than_folds_are_refused():
    images = with_copies(make_images([0, 1, 2]), [(0, 2)])
    assert sorted(divide_into_folds(images, 2, 0).tolist()) in ([0, 0, 1], [0, 1, 1])
    with pytest.raises(DataError, match=r"^pets: 2 different images cannot be divided into 3 folds\.$"):
        divide_into_folds(images, 3, 0)
    with pytest.raises(DataError, match=r"^pets: 2 different images cannot be divided into 3 folds\.$"):
        predict_out_of_fold(images, SETTINGS, PREPROCESSING, 3)


class Learner:
    """Stands for a training: its model answers whether it has learned from an image, how many trainings there have
    been, and the image's first pixel.
    """

    def __init__(self, settings: TrainingSettings, dataset: Dataset, number: int) -> None:
        self.settings, self.dataset, self.number = settings, dataset, number
        self.known = {image.tobytes() for image in dataset.train.images}

    def run(self, *_: object) -> Any:
        return SimpleNamespace(facts={"finished": True}, engine=self)

    def logits(self, images: np.ndarray) -> np.ndarray:
        return np.array([[image.tobytes() in self.known, self.number, image[0, 0, 0]] for image in images], np.float32)


@pytest.fixture
def learners(monkeypatch: pytest.MonkeyPatch) -> list[Learner]:
    found: list[Learner] = []

    def begin(settings: TrainingSettings, dataset: Dataset, *_: object) -> Learner:
        found.append(Learner(settings, dataset, len(found)))
        return found[-1]

    monkeypatch.setattr(folds, "Session", begin)
    return found


@pytest.mark.parametrize("count", [2, 3, 5])
def test_each_image_is_judged_by_a_model_that_learned_from_all_others_but_its_fold(learners, count):
    images = with_copies(make_images(np.arange(47) % 3), [(0, 1), (3, 46)])
    logits = predict_out_of_fold(images, SETTINGS, PREPROCESSING, count)
    assert not logits[:, 0].any()  # nobody knew the image that it was asked about
    numbers = divide_into_folds(images, count, SETTINGS.seed)
    np.testing.assert_array_equal(logits[:, 1], numbers)
    np.testing.assert_array_equal(logits[:, 2], images.images[:, 0, 0, 0])  # answers lie where their images do
    assert len(learners) == count
    for fold, learner in enumerate(learners):
        train = learner.dataset.train
        np.testing.assert_array_equal(train.images, images.images[numbers != fold])
        np.testing.assert_array_equal(train.labels, images.labels[numbers != fold])
        assert (learner.dataset.validation, learner.dataset.test, train.class_names) == (None, None, NAMES)


def test_the_models_are_trained_with_the_given_settings_but_hold_nothing_out(learners):
    settings = TrainingSettings(network="dense 5, relu, dense", epochs=7, validation=0.3, probe=True, seed=11)
    predict_out_of_fold(make_images(np.arange(12) % 3), settings, PREPROCESSING)
    assert len(learners) == folds.FOLDS == 3
    for learner in learners:
        assert learner.settings.as_dict() == {**settings.as_dict(), "validation": 0.0, "probe": False}


def in_two_halves(count: int, seed: int = 5) -> LabelledImages:
    """Cats are light on the left, dogs on the right; the rest is noise."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    pixels = random.integers(0, 100, (count, 1, 4, 4), np.uint8)
    pixels[labels == 0, :, :, :2] += 155
    pixels[labels == 1, :, :, 2:] += 155
    return LabelledImages(pixels, labels, NAMES[:2], "halves")


LONG = TrainingSettings(
    network="dense 64, relu, dense",
    epochs=300,
    batch_size=8,
    learning_rate=0.01,
    engine="auto",
    device="cpu",
    threads=1,
)


def test_a_wrong_label_is_known_by_heart_but_not_out_of_fold():
    right = in_two_halves(120)
    labels, wrong = right.labels.copy(), np.array([4, 17, 30, 59])
    labels[wrong] = 1 - labels[wrong]
    images = LabelledImages(right.images, labels, right.class_names, "halves")
    learned = convlens.train(images, settings=LONG).logits(images.images)
    assert (learned.argmax(1) == labels).all()
    logits = predict_out_of_fold(images, LONG, PREPROCESSING)
    assert (logits.shape, logits.dtype) == ((120, 2), np.float32)
    assert (logits.argmax(1)[wrong] == right.labels[wrong]).all()
    assert (logits.argmax(1) == right.labels).mean() > 0.9


def test_what_can_only_be_known_by_heart_is_not_known_out_of_fold():
    """Noise under random labels, each image twice: the copy must not give its label away."""
    noise = make_images(np.random.default_rng(8).integers(0, 2, 40))
    images = LabelledImages(np.repeat(noise.images, 2, axis=0), np.repeat(noise.labels, 2), NAMES[:2], "noise")
    learned = convlens.train(images, settings=LONG).logits(images.images)
    assert (learned.argmax(1) == images.labels).all()
    guessed = predict_out_of_fold(images, LONG, PREPROCESSING).argmax(1)
    np.testing.assert_array_equal(guessed[::2], guessed[1::2])
    assert 0.2 < (guessed == images.labels).mean() < 0.8


def test_the_answers_are_the_same_each_time():
    images = in_two_halves(20)
    first, again = (predict_out_of_fold(images, SETTINGS, PREPROCESSING, 2) for _ in range(2))
    assert first.tobytes() == again.tobytes()


def test_a_class_of_one_image_is_no_trouble():
    labels = np.array([0] * 8 + [1] * 8 + [2])
    for balance in ("none", "weights", "sampling"):
        settings = TrainingSettings(network="dense", epochs=1, batch_size=4, balance=balance, device="cpu", threads=1)
        logits = predict_out_of_fold(make_images(labels), settings, PREPROCESSING, 3)
        assert logits.shape == (17, 3)
        assert np.isfinite(logits).all()


def test_events_tell_of_every_training_and_no_file_is_written(tmp_path):
    before = sorted(tmp_path.rglob("*"))
    events: list[Event] = []
    predict_out_of_fold(in_two_halves(30), SETTINGS, PREPROCESSING, 3, on_event=events.append)
    started = [event for event in events if isinstance(event, TrainingStarted)]
    assert [(event.data, event.images, event.folder) for event in started] == [("halves", 20, None)] * 3
    assert sorted(tmp_path.rglob("*")) == before


def test_whoever_stops_it_gets_no_half_answers():
    events: list[Event] = []

    def stop_in_the_second() -> bool:
        return sum(isinstance(event, TrainingStarted) for event in events) == 2

    with pytest.raises(KeyboardInterrupt):
        predict_out_of_fold(
            in_two_halves(60), SETTINGS, PREPROCESSING, 3, on_event=events.append, should_stop=stop_in_the_second
        )
    assert sum(isinstance(event, TrainingStarted) for event in events) == 2


@pytest.mark.slow
@pytest.mark.native
def test_of_swapped_labels_of_mnist_most_are_among_the_most_suspect(user_data_folder):
    """600 of 60,000 labels become another class's, and the 2 % that are most suspect are looked at."""
    mnist = load_dataset("mnist", data_dir=user_data_folder).train
    random = np.random.default_rng(20)
    swapped = random.choice(60_000, 600, replace=False)
    labels = mnist.labels.copy()
    labels[swapped] = (labels[swapped] + random.integers(1, 10, 600)) % 10
    assert (labels != mnist.labels).sum() == 600
    images = LabelledImages(mnist.images, labels, mnist.class_names, "mnist with mistakes")
    preprocessing = fit_preprocessing(images.images, "digit")
    logits = predict_out_of_fold(images, choose_settings("fast", engine="native"), preprocessing)
    order, _ = rank_labels(softmax(logits), labels)
    assert np.isin(swapped, order[:1200]).mean() >= 0.8
