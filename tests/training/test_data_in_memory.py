"""Trainings on arrays, frames and datasets of other libraries, judged and gone on with."""

from typing import Any

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from convlens import ImportOptions, LabelledImages, evaluate, resume_training, train
from convlens.errors import DataError, UsageError

DATA, TARGET = load_digits(return_X_y=True)
X = np.asarray(DATA).reshape(-1, 8, 8)[:300] / 16
Y = np.asarray(TARGET)[:300]
SETTINGS: dict[str, Any] = {"network": "flatten, dense 10", "epochs": 2, "batch_size": 16, "threads": 1}
FIVE: dict[str, Any] = SETTINGS | {"epochs": 5}


def same_weights(one, other):
    return all(np.array_equal(one.weights[name], other.weights[name]) for name in other.weights)


def test_arrays_train_as_labelled_images_do():
    pixels = np.rint(X * 255).astype(np.uint8)[:, None]
    expected = train(LabelledImages(pixels, Y, tuple("0123456789")), **SETTINGS)
    model = train(X, Y, **SETTINGS)
    assert same_weights(model, expected)
    assert model.class_names == tuple("0123456789")
    assert model.facts["data"] == "arrays"
    assert same_weights(train((X, Y), **SETTINGS), expected)


def test_validation_and_test_images_are_used():
    model = train(X[:200], Y[:200], validation=(X[200:250], Y[200:250]), test=(X[250:], Y[250:]), **SETTINGS)
    correct = int((model.engine.logits(np.rint(X * 255).astype(np.uint8)[250:, None]).argmax(1) == Y[250:]).sum())
    assert model.facts["test"]["total"] == 50
    assert model.facts["test"]["correct"] == correct
    assert model.facts["training_images"] == 200
    validated = (model.engine.logits(np.rint(X * 255).astype(np.uint8)[200:250, None]).argmax(1) == Y[200:250]).mean()
    assert model.facts["last_epoch"]["validation_accuracy"] == pytest.approx(validated)


def test_a_share_is_held_out_as_before():
    assert train(X, Y, validation=0.2, **SETTINGS).facts["training_images"] == 240
    assert train(X, Y, validation=np.float64(0.2), **SETTINGS).facts["training_images"] == 240


def test_size_and_channels_apply():
    model = train(X, Y, images=ImportOptions(size=16, channels=3), **SETTINGS)
    assert model.plan.input_shape == (3, 16, 16)


def stop_after(chunks):
    asked = iter(range(1_000_000))
    return lambda: next(asked) >= chunks


def test_a_stopped_run_goes_on_with_the_same_arrays(tmp_path):
    settings: dict[str, Any] = SETTINGS | {"epochs": 2000}
    held_out = (X[200:], [str(label) for label in Y[200:]])
    model = train(X[:200], Y[:200], validation=held_out, out=tmp_path / "run", should_stop=stop_after(1), **settings)
    assert not model.facts["finished"]
    with pytest.raises(UsageError, match=r"trained on 'arrays'.*\. Call resume_training with data="):
        resume_training(tmp_path / "run")
    with pytest.raises(DataError, match="same validation images"):
        resume_training(tmp_path / "run", X[:200], Y[:200])
    with pytest.raises(DataError, match="differ from those that this run began with"):
        resume_training(tmp_path / "run", X[:200], np.roll(Y[:200], 1), validation=held_out)
    with pytest.raises(UsageError, match="given as a share, which is stored in the run"):
        resume_training(tmp_path / "run", X[:200], Y[:200], validation=0.1)
    later = resume_training(tmp_path / "run", (X[:200], Y[:200]), validation=held_out, should_stop=stop_after(1))
    assert later.facts["steps"] > model.facts["steps"]
    once_more = resume_training(tmp_path / "run", X[:200], Y[:200], validation=held_out, should_stop=stop_after(1))
    assert once_more.facts["steps"] > later.facts["steps"]


def test_a_run_that_goes_on_reaches_the_same_bits(tmp_path):
    settings: dict[str, Any] = SETTINGS | {"epochs": 300}
    whole = train(X, Y, validation=0.2, **settings)
    train(X, Y, validation=0.2, out=tmp_path / "run", should_stop=stop_after(1), **settings)
    if not (tmp_path / "run" / "last.checkpoint").is_file():
        pytest.skip("it was faster than the stop")
    assert same_weights(resume_training(tmp_path / "run", X, Y), whole)


def test_images_at_a_path_are_tested_on_arrays(tmp_path):
    for place in range(20):
        (tmp_path / str(Y[place])).mkdir(exist_ok=True)
        Image.fromarray(np.rint(X[place] * 255).astype(np.uint8)).save(tmp_path / str(Y[place]) / f"{place}.png")
    options = ImportOptions(size=16, channels=1, test_share=0, validation_share=0)
    test = (np.zeros((4, 16, 16), np.uint8), [0, 1, 2, 3])
    settings: dict[str, Any] = SETTINGS | {"recipe": "fast", "data_dir": tmp_path / "cache"}
    model = train(tmp_path, images=options, test=test, **settings)
    assert model.facts["test"]["total"] == 4
    with pytest.raises(UsageError, match="the data already contain test images"):
        train(tmp_path, images=ImportOptions(size=16, channels=1, test_share=0.3), test=test, **settings)


def test_data_that_have_labels_of_their_own():
    with pytest.raises(UsageError, match=r"labels were given, but 'mnist' names data that have labels\."):
        train("mnist", Y)
    with pytest.raises(
        UsageError, match=r"validation is 'mnist'; give a share of the training images or labelled images"
    ):
        train(X, Y, validation="mnist", **SETTINGS)


# Judged


@pytest.fixture(scope="module")
def model():
    return train(X, Y, **FIVE)


@pytest.fixture(scope="module")
def words():
    return train(X, [f"digit {label}" for label in Y], **FIVE)


def correct_by_hand(model):
    return int((model.engine.logits(np.rint(X * 255).astype(np.uint8)[:, None]).argmax(1) == Y).sum())


def test_evaluate_takes_what_train_takes(model):
    pictures = [Image.fromarray(one) for one in np.rint(X * 255).astype(np.uint8)]
    for arguments in (
        (X, Y),
        ((X, Y),),
        ({"x": X, "y": Y},),
        (X.reshape(300, 64), Y),
        (pictures, Y),
        (X, Y.astype(str)),
    ):
        evaluation = evaluate(model, *arguments)
        assert (evaluation.total, evaluation.correct) == (300, correct_by_hand(model))
        assert evaluation.data == "arrays"


def test_numbers_count_classes_that_have_names(words):
    assert evaluate(words, X, Y).correct == correct_by_hand(words)
    assert evaluate(words, X, [f"digit {label}" for label in Y]).correct == correct_by_hand(words)
    with pytest.raises(DataError, match="y has a label that is not a class of the model: '10'"):
        evaluate(words, X[:2], [1, 10])


def test_a_test_part_is_what_counts(model):
    evaluation = evaluate(model, {"train": (X, Y), "test": (X[:20], Y[:20])})
    assert evaluation.total == 20
    assert evaluation.notes == ("evaluated on its 20 test images (its own split)",)


def test_pictures_of_other_sizes_are_judged_as_they_are_predicted(model):
    pictures = [Image.fromarray(one).resize((40, 30)) for one in np.rint(X[:30] * 255).astype(np.uint8)]
    predicted = [model.predict(picture).class_name for picture in pictures]
    expected = sum(name == str(label) for name, label in zip(predicted, Y[:30], strict=True))
    assert evaluate(model, pictures, Y[:30]).correct == expected
    unrepaired = [model.predict(picture, repair=False).class_name for picture in pictures]
    expected = sum(name == str(label) for name, label in zip(unrepaired, Y[:30], strict=True))
    assert evaluate(model, pictures, Y[:30], repair=False).correct == expected


def test_mistakes_of_the_order_are_explained(model):
    mistakes: list[tuple[Any, ...]] = [((X, Y), model), (X, Y, model), (X, model), (model, model)]
    for arguments in mistakes:
        with pytest.raises(UsageError, match=r"The model comes first, then the data: evaluate\(model, data\)"):
            evaluate(*arguments)
    with pytest.raises(UsageError, match="labels were given, but no images as an array or a list"):
        evaluate(model, "mnist", Y)
    with pytest.raises(UsageError, match="labels were given, but no images as an array or a list"):
        evaluate(model, labels=Y)
    with pytest.raises(
        DataError, match=r"\(300, 8, 8\), without labels. Give both: train\(X, y\) or evaluate\(model, X, y"
    ):
        evaluate(model, X)
    with pytest.raises(DataError, match=r"\(300, 64, 1\), but images of 1×8×8 .* are needed"):
        evaluate(model, X.reshape(300, 64, 1), Y)
