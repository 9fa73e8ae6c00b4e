"""Model files that are cut, changed, renamed, from the future or no models: each its own clear error, never a crash."""

import json
import pickle
import struct
import zipfile

import numpy as np
import pytest
import safetensors.numpy

from convlens.calibration import Calibration
from convlens.errors import ConvlensError, DamagedModel, FutureModel, ModelFileError
from convlens.network import Network, initial_weights
from convlens.preprocessing import Preprocessing
from convlens.trained_model import TrainedModel, file_format, load_model


@pytest.fixture
def model() -> TrainedModel:
    network = Network.from_text("conv 2 3x3, relu, dense")
    weights = initial_weights(network, (1, 6, 6), 2, seed=1)
    calibration = Calibration(1.25, 0.75, 0.01, 0.5, 0.0, 40)
    preprocessing = Preprocessing((1, 6, 6), "letterbox")
    return TrainedModel(network, weights, preprocessing, ("yes", "no"), {"data": "x"}, calibration)


def parts(content: bytes) -> tuple[dict, bytes]:
    """The header and the data of a safetensors file."""
    (length,) = struct.unpack("<Q", content[:8])
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def joined(header: dict, data: bytes) -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def changed_facts(content: bytes, seal: bool = True, **changes) -> bytes:
    """The file with other facts and, where `seal`, a SHA-256 that fits them."""
    header, data = parts(content)
    facts = {**json.loads(header["__metadata__"]["convlens"]), **changes}
    facts = {key: value for key, value in facts.items() if value is not None}
    if seal:
        text = json.dumps({**facts, "sha256": "0" * 64})
        facts["sha256"] = file_format.checksum(text, safetensors.numpy.load(content))
    header["__metadata__"]["convlens"] = json.dumps(facts)
    return joined(header, data)


def test_every_single_flipped_bit_is_found(model):
    content = model.to_bytes()
    reference = TrainedModel.from_bytes(content)
    for place in range(len(content)):
        for bit in (0, 3, 7):
            damaged = bytearray(content)
            damaged[place] ^= 1 << bit
            try:
                loaded = TrainedModel.from_bytes(bytes(damaged))
            except ModelFileError:
                continue
            # A flip in the header's own JSON may change nothing that is read, such as a blank between two entries.
            assert loaded.to_bytes() == reference.to_bytes(), f"byte {place}, bit {bit} went unnoticed"


def test_a_flipped_bit_in_a_weight_is_named_as_such(model):
    content = bytearray(model.to_bytes())
    content[-5] ^= 1
    with pytest.raises(DamagedModel, match=r"seven is damaged: its SHA-256 does not match.*Take another copy\."):
        TrainedModel.from_bytes(bytes(content), "seven")


def test_a_changed_class_name_is_found(model):
    changed = changed_facts(model.to_bytes(), seal=False, class_names=["no", "yes"])
    with pytest.raises(DamagedModel, match="SHA-256 does not match"):
        TrainedModel.from_bytes(changed)


def test_every_truncation_is_found(model):
    content = model.to_bytes()
    for length in range(len(content)):
        with pytest.raises(ModelFileError, match="cut short"):
            TrainedModel.from_bytes(content[:length])


def test_truncation_says_how_much_is_there(model):
    content = model.to_bytes()
    with pytest.raises(DamagedModel, match=f"cut short: it has {len(content) - 100:,} of {len(content):,} bytes"):
        TrainedModel.from_bytes(content[:-100])


def test_bytes_too_many_are_found(model):
    with pytest.raises(DamagedModel, match="3 extra bytes at its end"):
        TrainedModel.from_bytes(model.to_bytes() + b"abc")


def test_a_renamed_tensor_is_named(model):
    weights = dict(model.weights)
    weights["0.weigth"] = weights.pop("0.weight")
    facts = json.loads(parts(model.to_bytes())[0]["__metadata__"]["convlens"])
    with pytest.raises(
        DamagedModel, match=r"is damaged: .*0\.weight is missing; 0\.weigth belongs to no layer\. Take another"
    ):
        TrainedModel.from_bytes(file_format.encode(facts, weights))


def test_a_wrong_shape_says_both_shapes(model):
    weights = {**model.weights, "0.bias": np.zeros(3, np.float32)}
    facts = json.loads(parts(model.to_bytes())[0]["__metadata__"]["convlens"])
    with pytest.raises(DamagedModel, match=r"0\.bias has shape \(3,\) instead of \(2,\)"):
        TrainedModel.from_bytes(file_format.encode(facts, weights))


def test_a_wrong_dtype_says_both(model):
    weights = {**model.weights, "0.bias": np.zeros(2, np.int64)}
    facts = json.loads(parts(model.to_bytes())[0]["__metadata__"]["convlens"])
    with pytest.raises(DamagedModel, match=r"0\.bias is int64 instead of float32"):
        TrainedModel.from_bytes(file_format.encode(facts, weights))


def test_a_future_version_says_how_to_read_it(model):
    changed = changed_facts(model.to_bytes(), seal=False, format_version=4, network=None)
    with pytest.raises(
        FutureModel, match=r"format version 4; this Convlens reads up to 3. pip install --upgrade convlens"
    ):
        TrainedModel.from_bytes(changed)


def test_weights_that_are_no_numbers_are_refused(model):
    weights = {**model.weights, "0.bias": np.array([1, np.nan], np.float32)}
    facts = json.loads(parts(model.to_bytes())[0]["__metadata__"]["convlens"])
    with pytest.raises(DamagedModel, match=r"0\.bias holds NaN or infinity"):
        TrainedModel.from_bytes(file_format.encode(facts, weights))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"network": "conv 2 3x3, rleu, dense"}, "rleu"),
        ({"network": None}, "missing required field `network`"),
        ({"network": "conv 2 9x9, dense"}, "9"),
        ({"network": 5}, r"Expected `str`, got `int` - at `\$\.network`"),
        ({"class_names": ["a", "a"]}, "class name 'a' occurs twice"),
        ({"class_names": []}, "there are no class names"),
        ({"class_names": [1, 2]}, "Expected `str`, got `int`"),
        (
            {"preprocessing": {}},
            "the preprocessing is not what a model stores: Object missing required field `image_shape`",
        ),
        (
            {"calibration": None},
            "calibration has nothing: give temperature, threshold, error_rate, coverage, error, im",
        ),
        ({"calibration": {"temperature": 2.0}}, "calibration has temperature: give temperature, threshold, "),
        ({"calibration": 1.5}, "Expected `object`, got `float`"),
        ({"facts": 3}, "Expected `object`, got `int`"),
        ({"format_version": "one"}, "format version is 'one'"),
        ({"format_version": 0}, "format version is 0"),
        ({"format_version": None}, "'convlens' metadata cannot be read"),
    ],
)
def test_metadata_that_cannot_be_used_says_why(model, changes, message):
    with pytest.raises(DamagedModel, match=message):
        TrainedModel.from_bytes(changed_facts(model.to_bytes(), **changes))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        (
            "temperature",
            float("nan"),
            r"a temperature of nan: it must be a number from 0\.001 to 1000\. Take another copy",
        ),
        ("temperature", float("inf"), "a temperature of inf"),
        ("temperature", -1.0, r"a temperature of -1\.0"),
        ("temperature", 0, "a temperature of 0"),
        ("temperature", 10**400, "a temperature of 10000"),
        ("temperature", None, "a temperature of None"),
        ("threshold", 2, "a threshold of 2: it must be a number from 0 to 1, or be left out"),
        ("threshold", float("nan"), "a threshold of nan"),
        ("threshold", "high", "a threshold of 'high'"),
        ("error_rate", -0.1, r"an error rate of -0\.1"),
        ("coverage", [1], r"a coverage of \[1\]"),
        ("error", 1.5, r"an error of 1\.5"),
        ("images", -3, "-3 validation images: it must be a whole number from 0"),
        ("images", 0.5, r"0\.5 validation images"),
    ],
)
def test_a_calibration_that_cannot_be_is_one_clear_line(model, name, value, message):
    stored = {**model.calibration.as_dict(), name: value}
    with pytest.raises(DamagedModel, match=f"^model is damaged: .*{message}") as caught:
        TrainedModel.from_bytes(changed_facts(model.to_bytes(), calibration=stored))
    assert "\n" not in str(caught.value)


def test_version_1_with_a_calibration_is_read_as_version_1(model):
    found = TrainedModel.from_bytes(changed_facts(model.to_bytes(), format_version=1, calibration={"threshold": 7}))
    assert found.calibration == Calibration()


def test_a_pickle_is_named_and_never_opened(tmp_path):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("the pickle was opened",))

    path = tmp_path / "model.pt"
    path.write_bytes(pickle.dumps(Trap(), protocol=2))
    with pytest.raises(ModelFileError, match=r"model\.pt is a pickle.*never opens"):
        load_model(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model/data.pkl", pickle.dumps(Trap()))
    with pytest.raises(ModelFileError, match=r"model\.pt is a pickle.*never opens"):
        load_model(path)


def test_other_safetensors_files_are_no_models():
    content = safetensors.numpy.save({"a": np.zeros(2, np.float32)})
    with pytest.raises(
        ModelFileError, match="a safetensors file, but not a trained model: its metadata has no 'convlens'"
    ):
        TrainedModel.from_bytes(content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"1234567",
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"\xff" * 200,
        b"hello world, this is a text file" * 4,
        bytes(64),
    ],
    ids=["empty", "seven bytes", "png", "ff", "text", "zeros"],
)
def test_other_files_are_no_models(content):
    with pytest.raises(ModelFileError, match=r"cut short|not a trained model|damaged"):
        TrainedModel.from_bytes(content)


@pytest.mark.parametrize(
    "header",
    [
        b"[1, 2]",
        b"{",
        b"{" * 5000,
        b'{"a": 5}',
        b'{"__metadata__": {"convlens": "{\\"format_version\\": 1}"}, "a": {"data_offsets": [0, 1e999]}}',
        b'{"__metadata__": {"convlens": "{}"}, "a": {"data_offsets": ["x", "y"]}}',
    ],
)
def test_strange_headers_are_clear_errors(header):
    with pytest.raises(ModelFileError):
        TrainedModel.from_bytes(struct.pack("<Q", len(header)) + header + bytes(50))


def test_random_bytes_after_a_good_header_never_crash(model):
    content = model.to_bytes()
    random = np.random.default_rng(0)
    for _ in range(300):
        damaged = bytearray(content)
        start = int(random.integers(0, len(content) - 8))
        damaged[start : start + 8] = random.bytes(8)
        with pytest.raises(ConvlensError):
            TrainedModel.from_bytes(bytes(damaged))
