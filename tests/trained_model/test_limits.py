"""What a model may hold, at the limit itself; and where a model is found."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from convlens.errors import DamagedModel, FutureModel, ModelFileError, UsageError
from convlens.network import Network, initial_weights
from convlens.preprocessing import Preprocessing
from convlens.trained_model import TrainedModel, file_format, find_model_file
from convlens.trained_model.facts import check_facts, check_json, is_number
from convlens.trained_model.history import table_html
from convlens.trained_model.location import latest_run, name_of_model, place_of_model
from convlens.trained_model.model import count_parameters


def make_model(names: tuple[str, ...] = ("a", "b"), text: str = "dense", **facts) -> TrainedModel:
    network = Network.from_text(text)
    return TrainedModel(
        network, initial_weights(network, (1, 2, 2), len(names), 0), Preprocessing((1, 2, 2)), names, facts
    )


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"test": {"accuracy": 1, "correct": 3, "total": 3}}, None),
        ({"test": {"accuracy": 0, "correct": 0, "total": 1}}, None),
        ({"test": {"accuracy": 1, "correct": 4, "total": 3}}, "4 of 3 images are correct."),
        ({"test": {"accuracy": 1.01, "correct": 1, "total": 1}}, "<= 1"),
        ({"test": {"accuracy": -0.01, "correct": 1, "total": 1}}, ">= 0"),
        ({"test": {"accuracy": 0, "correct": 0, "total": 0}}, ">= 1"),
        ({"test": {"accuracy": 0, "correct": -1, "total": 1}}, ">= 0"),
        ({"seconds": 0, "epochs": 0, "steps": 0, "seed": 0, "training_images": 0, "best_epoch": 0}, None),
        *[({name: -1}, ">= 0") for name in ("seconds", "epochs", "steps", "seed", "training_images", "best_epoch")],
        ({"samples": [{"image": 0, "predicted": "a", "true": "b"}]}, None),
        ({"samples": [{"image": -1, "predicted": "a", "true": "b"}]}, ">= 0"),
        ({"data": None, "recipe": None, "mine": {"a": [1, None]}}, None),
        ({"finished": 1}, "Expected `bool`"),
    ],
)
def test_facts_are_within_their_bounds(facts, message):
    if message is None:
        check_facts(facts)
        return
    with pytest.raises(UsageError, match=r"^the facts cannot be used: ") as caught:
        check_facts(facts)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("name", "is_one"),
    [("0", True), ("-12", True), ("1" * 20, True), ("1" * 21, False), ("-" + "1" * 19, True), ("False", True),
     ("true", False), ("", False), ("-", False), ("1.5", False)],
)  # fmt: skip
def test_numbers_are_told_from_names(name, is_one):
    assert is_number(name) is is_one


def nested(depth: int) -> object:
    value: object = 1
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value


@pytest.mark.parametrize("value", [nested(50), 2**63 - 1, 1 - 2**63, "ü", "", (1, 2), None, True, 0.5, {"ü": ["ß"]}])
def test_values_of_json_are_taken(value):
    check_json(value, "it")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (nested(51), "it: more than 50 lists or objects are nested. Give fewer."),
        ([2**63], "it: an integer has more than 64 bits. Give smaller ones."),
        (-(2**63), "it: an integer has more than 64 bits. Give smaller ones."),
        ("a\ud800", r"it: 'a\ud800' is not valid Unicode text. Give other text."),
        ({"a\udc00": 1}, r"it: 'a\udc00' is not valid Unicode text. Give other text."),
        ({1: 2}, "it: a key is not a string. Give strings."),
        ([float("-inf")], "it: -inf is not a number in JSON. Give finite numbers."),
        ((b"a",), "it: a bytes is not a JSON value; give: text, numbers, lists, dicts, None."),
    ],
)
def test_other_values_are_refused(value, message):
    with pytest.raises(UsageError) as caught:
        check_json(value, "it")
    assert str(caught.value) == message


# ------------------------------------------------------------------------------------------------------- the bytes


def with_header(header: object, data: bytes = b"") -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def test_the_checksum_is_over_sorted_names_kinds_shapes_and_numbers():
    weights = {"b": np.array([[1, 2]], np.int64), "a": np.array([0.5], np.float32)}
    expected = b"{}" + b"a\0F32\x001\0" + b"\0\0\0\x3f" + b"b\0I64\x001,2\0" + b"\1" + bytes(7) + b"\2" + bytes(7)
    assert file_format.checksum("{}", weights) == file_format.sha256_of_bytes(expected)


def test_the_header_has_a_longest_length(monkeypatch):
    content = make_model().to_bytes()
    length = int.from_bytes(content[:8], "little")
    monkeypatch.setattr(file_format, "_LONGEST_HEADER", length)
    assert TrainedModel.from_bytes(content).class_names == ("a", "b")
    monkeypatch.setattr(file_format, "_LONGEST_HEADER", length - 1)
    with pytest.raises(ModelFileError, match="it is not a safetensors file"):
        TrainedModel.from_bytes(content)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (bytes(7), "is cut short: it has 7 bytes, too few for a model"),
        (struct.pack("<Q", 9), "is cut short: its header has 9 bytes, the file only 8"),
        (struct.pack("<Q", 3) + b"{}", "is cut short: its header has 3 bytes, the file only 10"),
        (struct.pack("<Q", 2) + b"[]", "is not a trained model: it is not a safetensors file"),
        (struct.pack("<Q", 2) + b"{}", "its metadata has no 'convlens' entry"),
        (with_header({"__metadata__": 3}), "its metadata has no 'convlens' entry"),
        (with_header({"__metadata__": {"convlens": 3}}), "its 'convlens' metadata cannot be read"),
        (with_header({"__metadata__": {"convlens": "[]"}}), "its 'convlens' metadata cannot be read"),
        (b"\x80\x04" + bytes(6) + b"{}", "is cut short"),
        (b"\x80\x05" + bytes(20), "is a pickle, such as torch.save writes"),
    ],
)
def test_a_file_that_is_no_model_says_what_is_wrong(content, message):
    with pytest.raises(ModelFileError) as caught:
        TrainedModel.from_bytes(content, "it")
    assert str(caught.value).startswith("it is")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("version", "kind"), [(True, DamagedModel), (0, DamagedModel), (4, FutureModel), (1.0, DamagedModel)]
)
def test_a_version_is_a_whole_number_up_to_the_present_one(version, kind):
    with pytest.raises(kind):
        file_format._read_facts({"convlens": json.dumps({"format_version": version})}, "it")
    for known in (1, file_format.FORMAT_VERSION):
        facts = {"format_version": known, "a": 1}
        assert file_format._read_facts({"convlens": json.dumps(facts)}, "it") == facts


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("ü" * 501), "ValueError: " + r"\xfc" * 500 + r"\u2026"),
        (KeyError("a"), "KeyError: 'a'"),
        (ZeroDivisionError("a\nb"), r"ZeroDivisionError: a\nb"),
        (AttributeError("a"), "AttributeError: a"),
        (RecursionError("a"), "RecursionError: a"),
        (TypeError("a"), "TypeError: a"),
    ],
)
def test_whatever_the_content_makes_fail_is_damage(error, reason):
    with pytest.raises(DamagedModel) as caught, file_format.explaining_damage("it"):
        raise error
    assert str(caught.value) == f"it is damaged: its content cannot be used ({reason}). Take another copy."
    with pytest.raises(OSError, match="a"), file_format.explaining_damage("it"):
        raise OSError("a")
    assert file_format._cut(ValueError("a" * 500)) == "a" * 500


def test_the_facts_are_read_from_the_header_alone(tmp_path):
    content = make_model(data="x").to_bytes()
    header = content[: 8 + int.from_bytes(content[:8], "little")]
    (tmp_path / "m").write_bytes(header)
    assert file_format.read_facts(tmp_path / "m")["facts"] == {"data": "x"}
    (tmp_path / "m").write_bytes(header[:-1])
    with pytest.raises(DamagedModel, match="is cut short: its header"):
        file_format.read_facts(tmp_path / "m")


def test_a_kind_of_number_that_no_model_has_is_damage():
    model = make_model()
    content = model.to_bytes()
    file_format.check_unchanged(content, model.weights, "it")
    with pytest.raises(DamagedModel, match="SHA-256 does not match"):
        file_format.check_unchanged(content, {**model.weights, "x": np.zeros(1, np.float16)}, "it")


# ---------------------------------------------------------------------------------------------------- labels and text


@pytest.mark.parametrize(
    ("names", "numbered", "labels"),
    [
        (("7", "-3"), True, [7, -3]),
        (("False", "True"), True, [False, True]),
        (("7", "b"), True, ["7", "b"]),  # a class was renamed
        (("7", "3"), False, ["7", "3"]),
    ],
)
def test_labels_are_numbers_if_all_classes_are(names, numbered, labels):
    found = make_model(names, numbered_labels=numbered)._labels
    assert found.tolist() == labels
    assert found.dtype.kind == {int: "i", bool: "b", str: "U"}[type(labels[0])]


def test_a_summary_has_what_is_known_in_order():
    facts = {"test": {"accuracy": 0.5, "correct": 1, "total": 2}, "data": "x", "recipe": "fast", "epochs": 3, "seed": 5}
    model = make_model(**facts, engine="native", trained_at="now", seconds=1.26, ended_by="time limit")
    assert model.summary() == {
        "network": "dense",
        "input": "1×2×2",
        "classes": "2: a, b",
        "parameters": "10",
        "test accuracy": "50.00 % of 2 images",
        "data": "x",
        "recipe": "fast",
        "epochs": "3",
        "seed": "5",
        "engine": "native",
        "trained at": "now",
        "ended by": "time limit",
        "training time": "1.3 s",
    }
    assert list(make_model(ended_by="epochs").summary()) == ["network", "input", "classes", "parameters"]
    assert make_model(finished=False).summary()["finished"] == "no, training was stopped early"
    assert count_parameters({"0.weight": np.zeros((2, 3)), "1.running_var": np.zeros(8), "1.bias": np.zeros(4)}) == 10


@pytest.mark.parametrize(("last", "shown"), [("1234", "1234"), ("12345", "123…")])
def test_a_summary_cuts_the_names_of_many_classes_at_80_characters(last, shown):
    names = [f"{number:02}" for number in range(19)]  # with commas 74 characters
    assert make_model((*names, last)).summary()["classes"] == f"20: {', '.join(names)}, {shown}"


def test_a_table_of_epochs_formats_each_kind_of_number():
    cell = "<td style='padding:1px 12px 1px 0; text-align:right'>{}</td>"
    table = table_html(("validation_accuracy", "seconds", "loss"), [(4, 0.125, 0.999, 1 / 3), (5, None, 1.0, 12345.6)])
    rows = [
        "".join(map(cell.format, row)) for row in (("4", "12.50 %", "1 s", "0.3333"), ("5", "–", "1.0 s", "1.235e+04"))
    ]
    assert [part.partition("</tr>")[0] for part in table.split("<tr>")[2:]] == rows
    assert table.startswith("<table><tr><th style=")
    assert ">validation accuracy<" in table


# --------------------------------------------------------------------------------------------------------- places


def test_latest_is_explained_where_it_leads_nowhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runs = Path("runs")
    runs.mkdir()
    with pytest.raises(ModelFileError, match=r"^there is no latest run: runs/latest does not exist in "):
        latest_run()
    gone = r"^runs/latest points to a run that no longer exists\."
    (runs / "latest").write_text("gone\n")
    with pytest.raises(ModelFileError, match=gone):
        latest_run()
    (runs / "latest").unlink()
    (runs / "latest").symlink_to("gone", target_is_directory=True)
    with pytest.raises(ModelFileError, match=gone):
        latest_run()
    (runs / "gone").mkdir()
    assert latest_run() == (runs / "gone").resolve()


def test_a_model_is_found_by_its_place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = Path("runs/first")
    run.mkdir(parents=True)
    Path("runs/latest").symlink_to("first", target_is_directory=True)
    (run / "last.checkpoint").touch()
    with pytest.raises(ModelFileError, match=r"this run has no model\.safetensors; it is still training, or it ended"):
        find_model_file(run)
    model = make_model().save(run / "model.safetensors")
    assert find_model_file(run) == find_model_file(model) == model
    assert find_model_file("latest") == (run / "model.safetensors").resolve()
    assert (place_of_model("latest"), place_of_model("runs/latest")) == ("runs/first", "runs/first")
    assert place_of_model("runs/first") == "runs/first"
    assert (name_of_model(model), name_of_model(Path("runs/latest/model.safetensors"))) == ("first", "first")
    Path("latest").mkdir()  # a folder of that name comes first
    with pytest.raises(ModelFileError, match=r"^latest: this folder contains no"):
        find_model_file("latest")
    assert place_of_model("latest") == "latest"
    with pytest.raises(ModelFileError, match=r"^/dev/null is not a regular file"):
        find_model_file("/dev/null")
