"""Model files and checkpoints that somebody wrote on purpose: the checksum fits, the content makes no sense."""

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convlens.errors import DamagedModel, ModelFileError, UsageError
from convlens.network import MemoryLimit, Network, check_memory, initial_weights
from convlens.preprocessing import Preprocessing
from convlens.trained_model import TrainedModel, file_format
from convlens.training import resume_training, session, train
from convlens.training.checkpoint import load_checkpoint


def make_model(shape: tuple[int, int, int] = (1, 6, 6), network: str = "dense", **facts: Any) -> TrainedModel:
    read = Network.from_text(network)
    return TrainedModel(read, initial_weights(read, shape, 2, 1), Preprocessing(shape, "letterbox"), ("1", "2"), facts)


def sealed(content: bytes, change: Callable[[str], str]) -> bytes:
    """The file with its metadata changed as text, and a checksum that fits where there can be one."""
    facts, weights = file_format.decode(content, "model")
    text = change(json.dumps({**facts, "sha256": "0" * 64}))
    text = text.replace("0" * 64, file_format.checksum(text.encode("utf-8", "ignore").decode(), weights), 1)
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    header["__metadata__"]["convlens"] = text
    packed = json.dumps(header).encode()
    return struct.pack("<Q", len(packed)) + packed + content[8 + length :]


def with_fact(name: str, value: str) -> bytes:
    """A model with a fact, which is given as JSON."""
    return sealed(make_model(mine="HERE").to_bytes(), lambda text: text.replace('"mine": "HERE"', f'"{name}": {value}'))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("seconds", "NaN", "the metadata: nan is not a number in JSON"),
        ("mine", "[1, {\"x\": -Infinity}]", "the metadata: -inf is not a number in JSON"),
        ("mine", "1e999", "the metadata: inf"),
        ("mine", '"\\ud800"', "the metadata: '.ud800' is not valid Unicode text"),
        ("\\udfff", "1", "the metadata: '.udfff'"),
        ("mine", "9" * 4000, "the metadata: an integer has more than 64 bits"),
        ("mine", "9" * 5000, "its 'convlens' metadata cannot be read"),
        ("mine", "[" * 60 + "]" * 60, "the metadata: more than 50 lists or objects are nested"),
        ("mine", "[" * 5000 + "]" * 5000, "cannot be read|more than 50"),
        ("seconds", '"long"', r"Expected `float`, got `str` - at `\$\.seconds`"),
        ("seconds", "-1", r"Expected `float` >= 0.* - at `\$\.seconds`"),
        ("finished", "1", r"Expected `bool`, got `int` - at `\$\.finished`"),
        ("test", '{"accuracy": "x"}', r"Expected `float`, got `str` - at `\$\.test\.accuracy`"),
        ("test", '{"accuracy": 0.5, "correct": 1}', r"missing required field `total` - at `\$\.test`"),
        ("test", '{"accuracy": 1.5, "correct": 1, "total": 2}', r"Expected `float` <= 1"),
        ("test", '{"accuracy": 0.5, "correct": 1, "total": 0}', r"Expected `int` >= 1"),
        ("test", '{"accuracy": 0.5, "correct": 3, "total": 2}', "3 of 2 images are correct"),
        ("samples", '[{"image": -1, "predicted": "1", "true": "2"}]', r"Expected `int` >= 0"),
        ("data", "7", r"Expected `str \| null`, got `int`"),
        ("settings", "[]", r"got `array` - at `\$\.settings`"),
    ],
)  # fmt: skip
def test_a_fact_that_cannot_be_is_one_line(name, value, message):
    with pytest.raises(DamagedModel, match=f"^model is damaged: .*({message}).*Take another copy\\.$") as caught:
        TrainedModel.from_bytes(with_fact(name, value))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 700


def test_other_facts_are_kept():
    model = TrainedModel.from_bytes(with_fact("mine", '[1, null, {"größe": 1e300}]'))
    assert model.facts == {"mine": [1, None, {"größe": 1e300}]}


@pytest.mark.parametrize("version", ["true", "1.0", "9" * 30 + ".5", '"3"', "null"])
def test_a_version_that_is_no_whole_number(version):
    content = sealed(
        make_model().to_bytes(), lambda text: text.replace('"format_version": 3', f'"format_version": {version}')
    )
    with pytest.raises(DamagedModel, match=r"its format version is .*, not a whole number from 1"):
        TrainedModel.from_bytes(content)


def test_labels_of_renamed_classes_are_names():
    image = np.zeros((1, 6, 6), np.uint8)
    content = sealed(make_model(numbered_labels=True).to_bytes(), lambda text: text.replace('["1", "2"]', '["1", "x"]'))
    assert TrainedModel.from_bytes(content).predict_labels(image).tolist() in (["1"], ["x"])
    assert make_model(numbered_labels=True).predict_labels(np.zeros((1, 6, 6), np.uint8)).tolist() in ([1], [2])


def test_a_header_in_another_encoding_is_damaged():
    content = make_model().to_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = content[8 : 8 + length].replace(b'"dtype"', b'"dt\xed\xa0\x80"')  # half of a character
    with pytest.raises(DamagedModel, match="its header cannot be read"):
        TrainedModel.from_bytes(struct.pack("<Q", len(header)) + header + content[8 + length :])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"seconds": float("nan")}, "the facts: nan"),
        ({"mine": np.zeros(2)}, "the facts: a ndarray is not a JSON value"),
        ({"mine": {1: 2}}, "the facts: a key is not a string"),
        ({"test": 3}, "Expected `object | null`, got `int`"),
        ({"mine": 2**63}, "the facts: an integer has more than 64 bits"),
        ({"test": {"accuracy": 1.0, "correct": 6, "total": 5}}, "6 of 5 images are correct"),
    ],
)
def test_facts_that_could_not_be_loaded_are_not_saved(value, message):
    model = make_model(**value)
    with pytest.raises(UsageError) as caught:
        model.save("model.safetensors")
    assert not Path("model.safetensors").exists()
    assert message in str(caught.value)


@pytest.mark.parametrize("value", [{"mine": 2**63 - 1}, {"test": {"accuracy": 1.0, "correct": 5, "total": 5}}])
def test_facts_at_their_limits_are_kept(value):
    facts = TrainedModel.from_bytes(make_model(**value).to_bytes()).facts
    assert value.items() <= facts.items()


def test_a_network_for_huge_images_is_refused_at_once():
    network = Network("globalavgpool, dense")
    huge = (1, 40_000, 40_000)
    weights = initial_weights(network, huge, 2, 0)
    small = TrainedModel(network, weights, Preprocessing((1, 6, 6), "letterbox"), ("1", "2"))
    content = sealed(small.to_bytes(), lambda text: text.replace("[1, 6, 6]", "[1, 40000, 40000]"))
    with pytest.raises(ModelFileError) as caught:
        TrainedModel.from_bytes(content, "seven")
    assert str(caught.value) == (
        "seven needs too much memory: an image of 1×40,000×40,000 has 1,600,000,000 numbers; at most 67,108,864 are "
        "allowed. Use smaller images."
    )


def test_the_limits_of_memory():
    check_memory(Network("globalavgpool, dense"), (1, 2**13, 2**13), 2)
    with pytest.raises(MemoryLimit, match=r"^an image of 1×8,192×8,193 has 67,117,056 numbers"):
        check_memory(Network("globalavgpool, dense"), (1, 2**13, 2**13 + 1), 2)
    # 1024×1024 pixels, 254 maps, the averages and their row twice and two logits: below 2**28; one map more is not.
    check_memory(Network("conv 254 1x1, globalavgpool, dense"), (1, 1024, 1024), 2)
    with pytest.raises(
        MemoryLimit, match=r"^the outputs of all layers for one image of 1×1,024×1,024 take 1\.0 GiB; at "
    ):
        check_memory(Network("conv 255 1x1, globalavgpool, dense"), (1, 1024, 1024), 2)


def stopped_run() -> tuple[np.ndarray, list[int]]:
    pixels, labels = np.random.default_rng(1).integers(0, 256, (40, 8, 8), np.uint8), [0, 1] * 20
    stops = iter([False, True])
    train(
        pixels, labels, network="dense", epochs=3, batch_size=8, threads=1, device="cpu", out="run", progress=False,
        validation=0.2, early_stopping=3, should_stop=lambda: next(stops, True),
    )  # fmt: skip
    return pixels, labels


def reseal(change: Callable[[dict[str, Any], dict[str, Any]], None]) -> None:
    path = Path("run/last.checkpoint")
    facts, arrays = file_format.decode(path.read_bytes(), "checkpoint")
    change(facts, arrays)
    path.write_bytes(file_format.encode(facts, arrays))


def longer(_facts: dict[str, Any], arrays: dict[str, Any]) -> None:
    arrays["history/losses"] = np.zeros(400, np.float32)
    arrays["history/correct"] = np.zeros(400, np.int64)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (longer, "does not fit its own settings: it has 400 steps and 0 epochs of 12 and 4 each"),
        (lambda facts, _: facts.update(cooling=[1, 1000]), "a learning rate that falls for 1,000 steps from step 1 on"),
        (lambda facts, _: facts.update(cooling=[9, 3]), "a learning rate that falls for 3 steps from step 9 on"),
        (
            lambda _, arrays: arrays.update({"optimizer/step": np.array(9)}),
            "an optimizer that has taken another number",
        ),
        (lambda _, arrays: arrays.update({"best/x": np.zeros(2, np.float32)}), "best weights that are none"),
        (lambda _, arrays: arrays.pop("optimizer/step"), "optimizer"),
        (lambda _, arrays: arrays.update({"history/losses": np.array([np.nan], np.float32)}), "not a row of finite"),
        (lambda facts, _: facts.update(seconds=-1.0), "Expected `float` >= 0"),
    ],
)
def test_a_checkpoint_that_does_not_fit_itself_is_refused_before_a_step(change, message, monkeypatch):
    pixels, labels = stopped_run()
    assert 0 < load_checkpoint(Path("run/last.checkpoint")).history.steps < 4
    reseal(change)
    monkeypatch.setattr(session, "run_chunks", lambda _job: pytest.fail("a step was taken"))
    with pytest.raises((ModelFileError, UsageError), match=message):
        resume_training("run", pixels, labels, progress=False)
