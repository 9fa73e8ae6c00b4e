"""`train` and `resume_training` from Python: data of every kind, events in order, stops, nothing left by accident."""

import itertools
import json
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from convlens.data import CATALOGUE, Dataset, LabelledImages, split_stratified
from convlens.engines import LossSettings, OptimizerSettings
from convlens.errors import DataError, LossNotFinite, NetworkError, OutputError, UsageError
from convlens.network import Network, initial_weights
from convlens.trained_model import TrainedModel, load_model
from convlens.training import resume_training, session, starting, train
from convlens.training.checkpoint import load_checkpoint
from convlens.training.events import ChunkDone, EpochDone, Event, TrainingStarted
from convlens.training.run_folder import read_config
from convlens.training.settings import TrainingSettings

NETWORK = "conv 4 3x3 pad 1, relu, maxpool 2, dense"
STATEFUL = "conv 4 3x3 pad 1, batchnorm, relu, maxpool 2, dropout 0.3, dense"
BRANCHED = (
    "conv 4 3x3, residual(conv 8 3x3 stride 2 pad 1, batchnorm, gelu, dropout 0.3, shortcut conv 8 1x1 stride 2), "
    "concat(conv 4 1x1 groups 4; residual(conv 8 3x3 pad 1, silu); ), globalavgpool, dense"
)


def make_images(count: int = 40, channels: int = 1, names=("cat", "dog"), name: str = "pets") -> LabelledImages:
    random = np.random.default_rng(count)
    pixels = random.integers(0, 256, (count, channels, 8, 8), np.uint8)
    return LabelledImages(pixels, np.arange(count) % len(names), names, name)


def quick(data: Any, **changes: Any) -> TrainedModel:
    return train(data, **{"network": NETWORK, "epochs": 2, "batch_size": 16, "threads": 1, "device": "cpu", **changes})


def assert_same_weights(first: TrainedModel, second: TrainedModel) -> None:
    assert first.weights.keys() == second.weights.keys()
    for name, array in first.weights.items():
        assert array.tobytes() == second.weights[name].tobytes(), name


def stop_after(chunks: int):
    """A `should_stop` that lets that many chunks pass."""
    asked = itertools.count(1)
    return lambda: next(asked) >= chunks


def test_whoever_watches_gets_the_weights_of_the_moment_and_changes_no_bit():
    images, seen = make_images(), []

    def watch(event: Event) -> None:
        if isinstance(event, TrainingStarted) and event.model is not None:
            seen.append(event.model())
        if isinstance(event, ChunkDone) and event.weights is not None:
            seen.append(event.weights())

    model = quick(images, network=STATEFUL, on_event=watch)
    assert_same_weights(model, quick(images, network=STATEFUL))
    first, *watched = seen
    start = initial_weights(first.network, (1, 8, 8), 2, seed=3)
    assert all(np.array_equal(first.weights[name], array) for name, array in start.items())
    assert (first.class_names, first.preprocessing) == (model.class_names, model.preprocessing)
    assert all(np.array_equal(watched[-1][name], array) for name, array in model.weights.items())
    assert not np.array_equal(watched[0]["0.weight"], watched[-1]["0.weight"])  # copies, not views


def test_digits_are_learned_tested_once_and_described(digits_8x8):
    model = quick(digits_8x8, epochs=8, seed=5)
    assert model.facts["test"]["total"] == 297
    assert model.facts["test"]["accuracy"] > 0.85
    assert digits_8x8.test is not None
    right = int((model.logits(digits_8x8.test.images).argmax(1) == digits_8x8.test.labels).sum())
    assert model.facts["test"]["correct"] == right
    assert {key: model.facts[key] for key in ("data", "training_images", "recipe", "epochs", "steps", "seed")} == {
        "data": "digits",
        "training_images": 1500,
        "recipe": "fast",
        "epochs": 8,
        "steps": 8 * 94,
        "seed": 5,
    }
    assert model.facts["finished"] is True
    assert json.loads(json.dumps(model.facts, allow_nan=False)) == model.facts


def test_labelled_images_alone_are_all_trained_on_and_none_tested(tmp_path):
    images = make_images()
    model = quick(images, out=tmp_path / "run")
    assert (model.facts["data"], model.facts["training_images"], model.facts["steps"]) == ("pets", 40, 6)
    assert "test" not in model.facts
    assert model.class_names == ("cat", "dog")
    assert (model.preprocessing.rules, model.preprocessing.image_shape) == ("letterbox", (1, 8, 8))
    assert not (tmp_path / "run" / "samples.png").exists()
    assert_same_weights(load_model(tmp_path / "run"), model)


def test_without_a_folder_nothing_is_written(tmp_path):
    before = sorted(tmp_path.rglob("*"))
    quick(make_images(), epochs=1)
    quick(make_images(), should_stop=stop_after(1))
    assert sorted(tmp_path.rglob("*")) == before


def test_writing_a_folder_changes_no_number(tmp_path):
    assert_same_weights(quick(make_images(), out=tmp_path / "run"), quick(make_images()))


def test_events_come_in_order_and_add_up(tmp_path):
    events: list[Event] = []
    dataset = Dataset("pets", make_images(), make_images(9), "letterbox")
    model = quick(dataset, on_event=events.append, validation=0.25, out=tmp_path / "run")
    kinds = "".join(type(event).__name__[:2] for event in events if not isinstance(event, TrainingStarted))
    assert isinstance(events[0], TrainingStarted)
    # 30 images are left in batches of 16: two steps an epoch.
    assert kinds in ("ChChEpChChEpCaJu", "ChChEpChEpCaJu", "ChEpChEpCaJu")
    started = events[0]
    assert (started.data, started.images, started.steps_per_epoch, started.steps_done) == ("pets", 30, 2, 0)
    # The convolution has 4·9 + 4 parameters, dense 4·4·4·2 + 2.
    assert (started.parameters, started.folder) == (40 + 130, tmp_path / "run")
    assert started.settings.threads == 1
    losses = [float(loss) for event in events if isinstance(event, ChunkDone) for loss in event.losses]
    assert len(losses) == 4
    done = [event for event in events if isinstance(event, EpochDone)]
    assert done[0].loss == pytest.approx((16 * losses[0] + 14 * losses[1]) / 30)
    assert all(event.validation_accuracy is not None for event in done)
    assert model.facts["last_epoch"] == done[-1].as_dict()
    assert (getattr(events[-1], "correct", None), getattr(events[-1], "total", None)) == (
        model.facts["test"]["correct"],
        9,
    )


def test_held_out_images_are_judged_and_never_learned():
    images = make_images(40)
    events: list[Event] = []
    model = quick(images, validation=0.5, epochs=1, on_event=events.append)
    (done,) = [event for event in events if isinstance(event, EpochDone)]
    assert model.facts["training_images"] == 20
    assert done.validation_accuracy in {count / 20 for count in range(21)}
    noise = LabelledImages(images.images.copy(), images.labels, images.class_names, "pets")
    _, held = split_stratified(images.labels, 0.5, 3)
    noise.images[held] ^= 255
    assert_same_weights(quick(noise, validation=0.5, epochs=1), model)


def test_settings_are_taken_as_they_are():
    settings = TrainingSettings(
        recipe="mine",
        network="dense",
        epochs=1,
        batch_size=10,
        optimizer=OptimizerSettings("sgd"),
        loss=LossSettings(0.1, (1.0, 2.0)),
        engine="torch",
        device="cpu",
        threads=1,
    )
    model = train(make_images(), settings=settings)
    assert model.facts["settings"] == settings.as_dict()
    assert (model.facts["recipe"], model.facts["steps"]) == ("mine", 4)


def test_settings_and_changes_together_are_refused():
    with pytest.raises(
        UsageError,
        match=r"^settings were given together with a recipe or single changes; put the changes into settings",
    ):
        train(make_images(), settings=TrainingSettings(), epochs=1)


@pytest.mark.native
def test_what_auto_came_to_is_written_down(monkeypatch):
    monkeypatch.setattr("convlens.machine.available_cores", lambda: 1)
    settings = TrainingSettings(network="dense", epochs=1, device="cpu")
    written = train(make_images(), settings=settings, out="run").facts["settings"]
    assert (written["engine"], written["device"], written["threads"]) == ("native", "cpu", 1)
    assert read_config("run/config.toml").settings.as_dict() == written


def test_a_network_can_be_given_as_an_object():
    assert_same_weights(quick(make_images(), network=Network.from_text(NETWORK)), quick(make_images()))


@pytest.mark.parametrize(
    ("chunks", "more"),
    [
        *((chunks, {"network": STATEFUL}) for chunks in (1, 2, 3, 5)),
        (2, {"network": BRANCHED}),
        (3, {"network": BRANCHED, "engine": "torch"}),
    ],
)
def test_a_stopped_training_goes_on_to_the_same_bits(tmp_path, chunks, more):
    images = make_images(70)
    changes: dict[str, Any] = {"epochs": 3, "batch_size": 4, "validation": 0.1, **more}
    whole_events: list[Event] = []
    whole = quick(images, on_event=whole_events.append, **changes)
    stopped = quick(images, out=tmp_path / "run", should_stop=stop_after(chunks), **changes)
    assert (stopped.facts["finished"], load_model(tmp_path / "run").facts["finished"]) == (False, False)
    assert 0 < stopped.facts["steps"] < whole.facts["steps"]
    events: list[Event] = []
    resumed = resume_training(tmp_path / "run", images, on_event=events.append)
    assert_same_weights(resumed, whole)
    assert resumed.facts["finished"] is True
    assert isinstance(events[0], TrainingStarted)
    assert (events[0].steps_done, events[0].folder) == (stopped.facts["steps"], tmp_path / "run")
    timeless = [{k: v for k, v in run[-1].as_dict().items() if "second" not in k} for run in (
        [event for event in whole_events if isinstance(event, EpochDone)],
        [event for event in events if isinstance(event, EpochDone)],
    )]  # fmt: skip
    assert timeless[0] == timeless[1]
    assert not (tmp_path / "run" / "last.checkpoint").exists()
    with pytest.raises(UsageError, match=r"run is finished, so there is nothing to resume\."):
        resume_training(tmp_path / "run", images)


def test_a_training_can_be_stopped_again_and_again(tmp_path):
    images = make_images(12)
    changes: dict[str, Any] = {"network": STATEFUL, "epochs": 2, "batch_size": 4}
    model = quick(images, out=tmp_path / "run", should_stop=lambda: True, **changes)
    stops = 0
    while not model.facts["finished"]:
        stops += 1
        model = resume_training(tmp_path / "run", images, should_stop=lambda: True)
    assert stops == 5
    assert_same_weights(model, quick(images, **changes))
    assert load_model(tmp_path / "run").facts["steps"] == model.facts["steps"] == 6


def test_a_dataset_is_tested_when_it_goes_on_to_the_end(tmp_path):
    dataset = Dataset("pets", make_images(70), make_images(9), "letterbox")
    stopped = quick(dataset, out=tmp_path / "run", should_stop=lambda: True)
    assert "test" not in stopped.facts
    assert resume_training(tmp_path / "run", dataset).facts["test"]["total"] == 9


def test_the_last_chunk_is_not_a_stop(tmp_path):
    model = quick(make_images(8), epochs=1, out=tmp_path / "run", should_stop=lambda: True)
    assert model.facts["finished"] is True
    assert not (tmp_path / "run" / "last.checkpoint").exists()


def test_going_on_with_other_data_is_refused_and_changes_nothing(tmp_path):
    quick(make_images(70), out=tmp_path / "run", should_stop=lambda: True)
    before = {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    with pytest.raises(DataError, match=r"training images of pets differ from those that this run began with"):
        resume_training(tmp_path / "run", make_images(71))
    with pytest.raises(
        UsageError, match=r"run was trained on 'pets', which is not a known dataset\. Call resume_training with"
    ):
        resume_training(tmp_path / "run")
    assert {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()} == before


def test_a_folder_without_a_checkpoint_has_nothing_to_go_on_with(tmp_path):
    with pytest.raises(UsageError, match=r"contains no last\.checkpoint, so there is nothing to resume\. Give the"):
        resume_training(tmp_path)


def test_going_on_needs_the_checkpoint_alone(tmp_path):
    images = make_images(70)
    quick(images, out=tmp_path / "run", should_stop=lambda: True)
    for path in (tmp_path / "run").iterdir():
        if path.name != "last.checkpoint":
            path.unlink()
    assert_same_weights(resume_training(tmp_path / "run", images), quick(images))


def test_nobody_else_can_go_on_in_the_folder_meanwhile(tmp_path):
    images, refused = make_images(70), []
    quick(images, out=tmp_path / "run", should_stop=lambda: True)

    def go_on_too(event: Event) -> None:
        if isinstance(event, TrainingStarted):
            with pytest.raises(UsageError, match=r"another process is training in .*run\. Wait for it to end\.$"):
                resume_training(tmp_path / "run", images)
            refused.append(event)

    assert_same_weights(resume_training(tmp_path / "run", images, on_event=go_on_too), quick(images))
    assert len(refused) == 1


def test_checkpoints_are_written_while_it_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(session, "CHECKPOINT_SECONDS", 0.0)
    steps = []

    def look(event: Event) -> None:
        steps.append(load_checkpoint(tmp_path / "run" / "last.checkpoint").history.steps)

    quick(make_images(70), out=tmp_path / "run", on_event=look)
    assert steps[0] == 0, "the first one is there before the first event"
    assert steps == sorted(steps)
    assert len(set(steps)) > 2
    assert not (tmp_path / "run" / "last.checkpoint").exists()


def test_fashion_rules_are_kept_in_the_model():
    dataset = Dataset("clothes", make_images(), None, "garment")
    assert quick(dataset, epochs=1).preprocessing.rules == "garment"


def test_rules_that_are_not_known_are_refused(tmp_path):
    with pytest.raises(UsageError, match=r"preprocessing rules 'sepia': digit, garment, glyph, letterbox are known"):
        quick(Dataset("pets", make_images(), None, cast(Any, "sepia")), out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_class_names_of_any_letters_survive(tmp_path):
    names = ("größe", "<b>cat</b>", "[red]x[/red]", "$\\frac$", 'a "b"\n{0} %s', "é́", "")
    images = make_images(28, names=names, name="my [b]pets[/b] / größe")
    model = quick(Dataset(images.name, images, images, "letterbox"), out="runs/*", epochs=1)
    loaded = load_model("latest")
    assert loaded.class_names == model.class_names == names
    assert loaded.facts["data"] == images.name
    assert read_config("runs/latest/config.toml").data == images.name
    assert loaded.predict(images.images[0, 0]).class_name in names


def test_a_single_image_can_be_learned(tmp_path):
    model = quick(make_images(1), out=tmp_path / "run", epochs=3)
    assert (model.facts["steps"], model.facts["last_epoch"]["steps"]) == (3, 1)
    assert (tmp_path / "run" / "training.png").exists()


def test_a_single_class_is_always_right():
    model = quick(make_images(6, names=("only",)), epochs=2)
    assert (model.facts["last_epoch"]["loss"], model.facts["last_epoch"]["accuracy"]) == (0, 1)
    assert model.predict(np.zeros((8, 8), np.uint8)).as_dict()["probabilities"] == {"only": 1}


def test_a_batch_larger_than_the_data_is_one_step_an_epoch():
    model = quick(make_images(5), batch_size=1_000_000, epochs=4)
    assert (model.facts["steps"], model.facts["epochs"]) == (4, 4)


def test_colour_images_are_learned_and_predicted():
    images = make_images(12, channels=3)
    model = quick(images)
    assert model.plan.input_shape == (3, 8, 8)
    assert model.preprocessing.normalisation.mean == (0, 0, 0)
    np.testing.assert_array_equal(model.predict(images.images[0].transpose(1, 2, 0)).pixels, images.images[0])


@pytest.mark.parametrize("channels", [2, 4])
def test_images_that_are_neither_grey_nor_colour_are_refused(tmp_path, channels):
    message = rf"^an image shape of \({channels}, 8, 8\): give \(channels, height, width\) with 1 or 3 channels\.$"
    with pytest.raises(UsageError, match=message):
        quick(make_images(channels=channels), out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"network": "conv 4 9x9, dense"}, NetworkError, "9"),
        ({"network": "dense 7"}, NetworkError, "7"),
        ({"recipe": "quick"}, UsageError, r"recipe 'quick' is not known; give fast"),
        ({"engine": "jax"}, UsageError, r"engine 'jax' is not known; give auto, native or torch\."),
        ({"validation": 0.6}, UsageError, r"validation is 0\.6; give a share from 0 to 0\.5"),
    ],
)
def test_what_is_refused_leaves_no_folder(tmp_path, changes, error, message):
    with pytest.raises(error, match=message):
        quick(make_images(), out=tmp_path / "run", **changes)
    assert not (tmp_path / "run").exists()


def test_data_that_cannot_be_split_leaves_no_folder(tmp_path):
    with pytest.raises(DataError, match=r"1 label of 1 class cannot be split: no class has two images\. Give more"):
        quick(make_images(1), validation=0.5, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_class_weights_that_do_not_fit_leave_no_folder(tmp_path):
    settings = TrainingSettings(network="dense", loss=LossSettings(0.0, (1.0, 2.0, 3.0)), threads=1)
    with pytest.raises(UsageError, match=r"3 class weights for 2 classes; give one per class\."):
        train(make_images(), settings=settings, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("changes", [{"batch_size": 1}, {"batch_size": 16, "count": 1}], ids=["batches", "images"])
def test_batch_normalisation_of_single_numbers_needs_two_images_in_a_batch(tmp_path, changes):
    message = (
        r"^batch normalisation of single numbers \(layer 2\) needs at least two images in every batch, but (6|1) "
        r"images in batches of (1|16) give a batch of one\. Give a larger batch size or more images\.$"
    )
    images = make_images(changes.pop("count", 6))
    with pytest.raises(UsageError, match=message):
        quick(images, network="dense 4, batchnorm, dense", out=tmp_path / "run", **changes)
    assert not (tmp_path / "run").exists()
    # A map has many numbers, which can be normalised with one image; and of three images in twos one is left out.
    assert quick(images, network="conv 2 3x3, batchnorm, dense", **changes).facts["finished"]
    assert quick(make_images(3), network="dense 4, batchnorm, dense", batch_size=2).facts["steps"] == 2


def test_an_exploding_loss_leaves_no_model(tmp_path):
    with pytest.raises(LossNotFinite, match=r"^the loss became (nan|inf) at step \d+ .*Try a smaller learning rate"):
        quick(make_images(), learning_rate=1e30, epochs=9, out=tmp_path / "run")
    assert not (tmp_path / "run" / "model.safetensors").exists()
    assert (tmp_path / "run" / "log.txt").exists()


def test_a_folder_that_holds_something_is_refused_before_training(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    events: list[Event] = []
    with pytest.raises(UsageError, match=r"is not empty, and runs are never overwritten"):
        quick(make_images(), out=tmp_path, on_event=events.append)
    assert events == []


def test_a_disk_that_fills_up_keeps_the_last_checkpoint(tmp_path, monkeypatch):
    images, run = make_images(70), tmp_path / "run"
    quick(images, out=run, should_stop=stop_after(2))
    before = (run / "last.checkpoint").read_bytes()

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr("os.fsync", fail)
        with pytest.raises(OutputError, match=r"run/model\.safetensors: the disk is full"):
            resume_training(run, images)
    assert (run / "last.checkpoint").read_bytes() == before
    assert_same_weights(resume_training(run, images), quick(images))


def test_what_the_listener_raises_comes_through(tmp_path):
    def interrupt(event: Event) -> None:
        if isinstance(event, ChunkDone):
            raise KeyboardInterrupt("enough")

    with pytest.raises(KeyboardInterrupt, match="enough"):
        quick(make_images(), on_event=interrupt, out=tmp_path / "run")
    assert not (tmp_path / "run" / "model.safetensors").exists()


def test_the_log_is_what_the_events_say(tmp_path):
    from convlens.training.events import log_lines

    lines: list[str] = []
    settings = TrainingSettings(network="dense", epochs=2, batch_size=10, log_every=2, threads=1)
    train(
        make_images(),
        settings=settings,
        out=tmp_path / "run",
        on_event=lambda event: lines.extend(log_lines(event, settings)),
    )
    assert (tmp_path / "run" / "log.txt").read_text(encoding="utf-8").splitlines() == lines
    assert [line.partition(",")[0] for line in lines if "Batch:" in line] == ["  Batch: 0", "  Batch: 2"] * 2


def test_a_known_dataset_is_read_from_the_given_folder(tmp_path, monkeypatch):
    asked = []

    def load(name: str, data_dir: Path | str | None = None, options: object = None) -> Dataset:
        asked.append((name, data_dir))
        return Dataset(name, make_images(70), None, "letterbox")

    monkeypatch.setattr(starting, "load_dataset", load)
    monkeypatch.setitem(CATALOGUE, "pets", None)
    quick("pets", data_dir=tmp_path / "data", out=tmp_path / "run", should_stop=lambda: True)
    resume_training(tmp_path / "run", should_stop=lambda: True)
    resume_training(tmp_path / "run", data_dir=tmp_path / "moved")
    folders = [tmp_path / "data", str(tmp_path / "data"), tmp_path / "moved"]
    assert asked == [("pets", folder) for folder in folders]
