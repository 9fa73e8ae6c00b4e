"""Checkpoints: every bit comes back, and what is damaged, something else or for other data is refused."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from convlens.data import Dataset, LabelledImages
from convlens.engines import LossSettings, OptimizerSettings
from convlens.errors import ConvlensError, DamagedModel, DataError, FutureModel, ModelFileError
from convlens.network import Network, initial_weights
from convlens.preprocessing import Preprocessing
from convlens.trained_model import TrainedModel, file_format, load_model
from convlens.training.checkpoint import (
    Checkpoint,
    check_fits,
    check_same_data,
    fingerprint,
    load_checkpoint,
    save_checkpoint,
)
from convlens.training.events import EpochDone
from convlens.training.loop import History
from convlens.training.settings import TrainingSettings

EPOCHS = [
    EpochDone(0, 3, 1.5, 0.25, None, 0.1, 0.5, 120.0),
    EpochDone(1, 3, 1 / 3, 0.75, 0.625, 0.05, 0.25, 240.0, 1 / 7),
]


def make_checkpoint() -> Checkpoint:
    random = np.random.default_rng(0)
    weights = initial_weights(Network.from_text("conv 2 3x3, batchnorm, dense"), (1, 4, 4), 3, seed=2)
    state = {
        "step": np.array(7, np.int64),
        "exp_avg/0.weight": random.normal(size=(2, 1, 3, 3)).astype(np.float32),
        "step/0.weight": np.array(7, np.float32),
    }
    # Losses are float32; these have no short decimal form, and one is the smallest of all.
    losses = np.array([0.1, 1 / 3, 2.5, 1e-45, 3.4e38, 0.7, 0.3], np.float32).tolist()
    return Checkpoint(
        settings=TrainingSettings(
            network="conv 2 3x3, batchnorm, dense",
            optimizer=OptimizerSettings("adamw", weight_decay=0.01),
            loss=LossSettings(0.1, (1.0, 2.0, 0.5)),
            threads=1,
        ),
        data='pets "größe"',
        data_fingerprint="0123456789abcdef" * 2,
        weights=weights,
        optimizer_state=state,
        history=History(losses, [3, 2, 1, 0, 5, 6, 7], EPOCHS, 1 / 3, 1, 2.5, (7, 3), True),
        best_weights={name: array + 1 for name, array in weights.items()},
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    save_checkpoint(tmp_path / "last.checkpoint", make_checkpoint())
    return tmp_path / "last.checkpoint"


def make_dataset(images: np.ndarray | None = None, labels: np.ndarray | None = None, names=("a", "b", "c")) -> Dataset:
    images = np.arange(20 * 9, dtype=np.uint8).reshape(20, 1, 3, 3) if images is None else images
    labels = np.arange(len(images)) % 3 if labels is None else labels
    return Dataset("pets", LabelledImages(images, labels, names, "pets train"), None, "letterbox")


def test_every_bit_comes_back(path):
    saved, loaded = make_checkpoint(), load_checkpoint(path)
    assert (loaded.settings, loaded.data, loaded.data_fingerprint, loaded.history) == (
        saved.settings,
        saved.data,
        saved.data_fingerprint,
        saved.history,
    )
    assert loaded.history.cooling == (7, 3)
    kinds = ("weights", "optimizer_state", "best_weights")
    for ours, theirs in [(getattr(loaded, kind), getattr(saved, kind)) for kind in kinds]:
        assert ours.keys() == theirs.keys()
        for name, array in theirs.items():
            assert (ours[name].dtype, ours[name].shape) == (array.dtype, array.shape), name
            assert ours[name].tobytes() == array.tobytes(), name


def test_the_same_checkpoint_gives_the_same_bytes(path, tmp_path):
    save_checkpoint(tmp_path / "again", load_checkpoint(path))
    assert (tmp_path / "again").read_bytes() == path.read_bytes()


def test_a_training_before_its_first_epoch_comes_back(tmp_path):
    whole = make_checkpoint()
    early = Checkpoint(
        whole.settings, "pets", "f", whole.weights, {"step": np.array(0, np.int64)}, History([0.5], [1], [], 0.1)
    )
    save_checkpoint(tmp_path / "early", early)
    loaded = load_checkpoint(tmp_path / "early")
    assert (loaded.history, loaded.optimizer_state.keys()) == (early.history, {"step"})


def test_every_truncation_is_found(path):
    content = path.read_bytes()
    for length in range(0, len(content), 7):
        path.write_bytes(content[:length])
        with pytest.raises(ModelFileError, match=r"last\.checkpoint is cut short"):
            load_checkpoint(path)


def test_flipped_bits_are_found(path):
    content = path.read_bytes()
    for place in range(0, len(content), 11):
        damaged = bytearray(content)
        damaged[place] ^= 8
        path.write_bytes(damaged)
        try:
            load_checkpoint(path)
        except ConvlensError:
            continue
        raise AssertionError(f"byte {place} went unnoticed")


def test_a_flipped_bit_in_a_number_is_named_as_such(path):
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)
    with pytest.raises(DamagedModel, match=r"last\.checkpoint is damaged: its SHA-256 does not match"):
        load_checkpoint(path)


def test_a_checkpoint_that_is_not_there_or_a_folder_says_so(tmp_path):
    with pytest.raises(ModelFileError, match=r"nothing cannot be read: No such file or directory\."):
        load_checkpoint(tmp_path / "nothing")
    with pytest.raises(ModelFileError, match=r"cannot be read: Is a directory\."):
        load_checkpoint(tmp_path)


def test_a_model_is_no_checkpoint_and_a_checkpoint_no_model(path, tmp_path):
    network = Network.from_text("dense")
    model = TrainedModel(network, initial_weights(network, (1, 4, 4), 2, 0), Preprocessing((1, 4, 4)), ("a", "b"))
    model.save(tmp_path / "model")
    with pytest.raises(
        ModelFileError,
        match=r"model is not a checkpoint of a training: it has no .*Give the folder of a stopped run\.$",
    ):
        load_checkpoint(tmp_path / "model")
    with pytest.raises(DamagedModel, match=r"last\.checkpoint is damaged.*missing required field `network`"):
        load_model(path)


def test_other_files_are_no_checkpoints(tmp_path):
    (tmp_path / "text").write_text("dear reader, this is no checkpoint")
    with pytest.raises(ModelFileError, match=r"text is not a trained model"):
        load_checkpoint(tmp_path / "text")


def change_facts(path: Path, **changes: object) -> None:
    """The same checkpoint with other facts, sealed anew; a fact that is None is left out."""
    facts, arrays = file_format.decode(path.read_bytes(), "checkpoint")
    facts = {key: value for key, value in {**facts, **changes}.items() if value is not None}
    path.write_bytes(file_format.encode(facts, arrays))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"settings": None},
            r"not a checkpoint of a training: it has no settings\. Give the folder of a stopped run\.$",
        ),
        ({"settings": {"epoch": 3}}, "unknown setting 'epoch'"),
        ({"settings": 3}, "Expected `object`, got `int`"),
        ({"seconds": -1.0}, "Expected `float` >= 0"),
        ({"best": 2}, "epoch 2 of 2 is said to be the best"),
        ({"best": -1}, "Expected `int` >= 0"),
        ({"cooling": [1]}, "Expected `array` of length 2"),
        ({"data": 7}, "Expected `str`, got `int`"),
        ({"source": "x"}, r"Expected `object \| null`, got `str`"),
        ({"elapsed": 10**400}, "an integer has more than 64 bits"),
        ({"epochs": [{"epoch": 0}]}, "missing required field `steps`"),
        ({"seconds": "long"}, r"is damaged: Expected `float`, got `str` - at `\$\.seconds`\. Take another copy"),
        ({"data_fingerprint": None}, "missing required field `data_fingerprint`"),
    ],
)
def test_facts_that_cannot_be_used_say_why(path, changes, message):
    change_facts(path, **changes)
    with pytest.raises(ModelFileError, match=message):
        load_checkpoint(path)


def test_a_later_version_says_how_to_read_it(path, monkeypatch):
    monkeypatch.setattr(file_format, "FORMAT_VERSION", 4)
    save_checkpoint(path, make_checkpoint())
    monkeypatch.undo()
    with pytest.raises(FutureModel, match=r"format version 4; this Convlens reads up to 3"):
        load_checkpoint(path)


def test_a_failed_write_leaves_the_last_checkpoint(path, monkeypatch):
    before = path.read_bytes()

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(ConvlensError, match=r"last\.checkpoint: the disk is full"):
        save_checkpoint(path, make_checkpoint())
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir() if one.is_file()] == ["last.checkpoint"]


def test_the_fingerprint_is_always_the_same():
    assert fingerprint(make_dataset()) == fingerprint(make_dataset())
    assert len(fingerprint(make_dataset())) == 32
    assert json.dumps(fingerprint(make_dataset())).isascii()


def test_other_data_have_another_fingerprint():
    images, labels = make_dataset().train.images, make_dataset().train.labels
    brighter = images.copy()
    brighter[7, 0, 1, 1] += 1
    relabelled = labels.copy()
    relabelled[19] = 0
    others = [
        make_dataset(brighter),
        make_dataset(labels=relabelled),
        make_dataset(names=("a", "b", "d")),
        make_dataset(images[:19]),
        make_dataset(images.reshape(20, 1, 1, 9)),
        make_dataset(images[::-1].copy(), labels[::-1].copy()),
    ]
    assert len({fingerprint(dataset) for dataset in [make_dataset(), *others]}) == 7


def test_other_data_are_refused():
    whole, dataset = make_checkpoint(), make_dataset()
    same = Checkpoint(whole.settings, "pets", fingerprint(dataset), whole.weights, {}, whole.history)
    check_same_data(same, dataset)
    message = (
        r"^the training images of pets differ from those that this run began with, so it cannot be resumed\. "
        r"Give the same data, with the same validation images if there were any, or start a new training\.$"
    )
    with pytest.raises(DataError, match=message):
        check_same_data(same, make_dataset(names=("x", "y", "z")))


def fits(steps_per_epoch: int = 3, planned: int = 10, *, history: dict | None = None, **changes: object) -> None:
    whole = make_checkpoint()  # 7 steps, 2 epochs, a learning rate that falls for 3 steps from step 7 on
    shapes = {name: array.shape for name, array in whole.weights.items()}
    changed = replace(whole, **{"history": replace(whole.history, **history or {}), **changes})
    check_fits(changed, steps_per_epoch, planned, shapes)


def test_what_fits_at_the_limits():
    fits(planned=10)  # 7 + 3
    fits(planned=11)
    fits(planned=7, history={"cooling": None})  # all steps are done
    fits(history={"cooling": (4, 3)})  # it has just fallen
    fits(history={"epochs": [*EPOCHS, EPOCHS[1]]})  # its third epoch ended with its only step
    fits(7, history={"epochs": EPOCHS[:1]})
    fits(history={"best": None}, best_weights={})


@pytest.mark.parametrize(
    ("given", "history", "changes", "problem"),
    [
        ((3, 6), {"cooling": None}, {}, "7 steps and 2 epochs of 6 and 3 each"),
        ((2, 30), {}, {}, "7 steps and 2 epochs of 30 and 2 each"),
        ((7, 30), {}, {}, "7 steps and 2 epochs of 30 and 7 each"),
        ((4, 3000), {"epochs": EPOCHS * 2}, {}, "7 steps and 4 epochs of 3,000 and 4 each"),
        ((3, 9), {}, {}, "a learning rate that falls for 3 steps from step 7 on"),
        ((3, 30), {"cooling": (8, 3)}, {}, "a learning rate that falls for 3 steps from step 8 on"),
        ((3, 30), {"cooling": (4, 2)}, {}, "a learning rate that falls for 2 steps from step 4 on"),
        ((3, 30), {}, {"optimizer_state": {}}, "an optimizer that has taken another number of steps"),
        (
            (3, 30),
            {},
            {"optimizer_state": {"step": np.array(8)}},
            "an optimizer that has taken another number of steps",
        ),
        ((3, 30), {}, {"best_weights": {}}, "best weights that are none ("),
        ((3, 30), {"best": None}, {"best_weights": {"odd": np.zeros(1)}}, "best weights that are none ("),
    ],
)
def test_what_does_not_fit_its_own_settings_is_refused(given, history, changes, problem):
    with pytest.raises(ModelFileError) as caught:
        fits(*given, history=history, **changes)
    message = str(caught.value)
    assert message.startswith(f"last.checkpoint does not fit its own settings: it has {problem}")
    assert message.endswith("Give the folder of a stopped run, or start a new training.")


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("history/losses", np.array([1, np.nan], np.float32), "history/losses is float32 of shape (2,), not a row of"),
        ("history/losses", np.zeros((7, 1), np.float32), "history/losses is float32 of shape (7, 1), not a row of"),
        (
            "history/correct",
            np.zeros(7, np.float32),
            "history/correct is float32 of shape (7,), not a row of finite numbers.",
        ),
        ("history/correct", np.zeros(6, np.int64), "7 losses, 6 counts and 2 epochs do not fit together."),
        ("optimizer/step", np.zeros(1, np.int64), "the optimizer's step is not one number."),
        ("optimizer/step", np.array(np.inf, np.float32), "the optimizer's step is not one number."),
    ],
)
def test_arrays_that_cannot_be_used_say_why(path, name, array, message):
    facts, arrays = file_format.decode(path.read_bytes(), "checkpoint")
    path.write_bytes(file_format.encode(facts, {**arrays, name: array}))
    with pytest.raises(ModelFileError) as caught:
        load_checkpoint(path)
    assert message in str(caught.value)


def test_a_checkpoint_of_before_early_stopping_goes_on(tmp_path):
    old = make_checkpoint()
    facts = {
        "settings": {"network": "dense", "log_every": 450},
        "data": "pets",
        "data_fingerprint": "f",
        "epochs": [{**done.as_dict()} for done in EPOCHS],
        "seconds": 0.25,
    }
    for done in facts["epochs"]:
        del done["validation_loss"]
    arrays = {"weights/0.bias": old.weights[next(iter(old.weights))]}
    arrays |= {"history/losses": np.zeros(3, np.float32), "history/correct": np.zeros(3, np.int64)}
    (tmp_path / "old").write_bytes(file_format.encode(facts, arrays))
    history = load_checkpoint(tmp_path / "old").history
    assert (history.best, history.elapsed, history.cooling, history.time_is_up) == (None, 0.25, None, False)
    assert [done.validation_loss for done in history.epochs] == [None] * len(EPOCHS)
