"""What an export in C refuses, and the faults that its proof finds."""

import re
from dataclasses import replace

import numpy as np
import pytest
from tests.exports.c_source.c_models import NETWORKS, make_contents, make_images, make_model

from convlens import UsageError
from convlens.errors import MissingDependency, ProofFailed
from convlens.exports import export, programs
from convlens.exports.c_source import compiler, format
from convlens.exports.c_source.format import CFolder, read_answers
from convlens.exports.c_source.quantise import quantise
from convlens.exports.c_source.stages import find_stages
from convlens.exports.proof import NotFinished
from convlens.preprocessing import Normalisation

COLOURS = ("conv 4 3x3 pad 1, relu, maxpool 2, dense", (3, 8, 8))


WRONG = "check failed with code 1: WRONG: logits of the check images differ by"
WEIGHTS = re.compile(r"(weights_1\[\d+\] = \{\n *)(-?)")

FAULTS = {
    "wrong size": (False, ".h", lambda text: text.replace("WIDTH = 8", "WIDTH = 7"), "cc failed with code 1"),
    "other threshold": (False, ".h", lambda text: text.replace("D (0.4)", "D (0.5)"), "the threshold is 0.5 instead"),
    "other temperature": (False, ".h", lambda text: text.replace("RE 2.0", "RE 2.1"), "a probability of image"),
    "the wrong class": (False, ".c", lambda text: text.replace("UNKNOWN : best;", "UNKNOWN : 0;"), "an answer is not"),
    "a warning": (False, ".c", lambda text: text + "static int unused(void) { return 1; }\n", "code 1: .*unused"),
    "a flipped byte": (True, ".c", lambda text: WEIGHTS.sub(r"\1- \2 ", text), WRONG),
    "other temperature in 8 bits": (
        True,
        ".h",
        lambda text: text.replace("RE 2.0", "RE 2.02"),
        "a probability of image",
    ),
    "another shift": (True, ".c", lambda text: text.replace("(scaling->shift - 1)", "(scaling->shift - 2)"), WRONG),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_faults_are_found(tmp_path, monkeypatch, fault):
    int8, suffix, change, message = FAULTS[fault]
    model = make_model(*COLOURS, temperature=2.0, threshold=0.4)
    written = format.source_texts

    def wrong(contents, proof):
        texts = written(contents, proof)
        changed = change(texts[suffix])
        assert changed != texts[suffix]
        return texts | {suffix: changed}

    monkeypatch.setattr(format, "source_texts", wrong)
    with pytest.raises(ProofFailed, match=message) as caught:
        export(model, tmp_path / "faulty", "c", data=make_images(model), prove=40, int8=int8)
    assert str(caught.value).startswith(
        f"{tmp_path / 'faulty'} was deleted, because it does not answer like the model: "
    )
    assert list(tmp_path.glob("faulty*")) == []


def test_nan_is_found(tmp_path):
    """A weight that is NaN makes all logits NaN, and every comparison with it false."""
    contents = make_contents(make_model(*COLOURS))
    CFolder().write(contents, tmp_path / "c", None)
    source = tmp_path / "c" / "tiny_1.c"
    source.write_text(re.sub(r"(biases_1\[3\] = \{\n *)[^,]+,", r"\1(0.0f / 0.0f),", source.read_text()))
    with pytest.raises(ProofFailed, match="check failed with code 1: WRONG"):
        CFolder().prove(contents, tmp_path / "c", None)


def test_a_machine_without_a_compiler(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CC", "nosuchcc")
    with pytest.raises(
        MissingDependency, match=r"needs a C compiler .* none of cc, gcc and clang is installed\. Install"
    ):
        export(make_model(*COLOURS), tmp_path / "c", "c", prove=0)


def test_the_compiler_that_cc_names(tmp_path, monkeypatch):
    mine = tmp_path / "mycc"
    mine.write_text("#!/bin/sh\n")
    mine.chmod(0o755)
    monkeypatch.setenv("CC", f"{mine} -pipe")
    assert compiler.find_compiler() == str(mine)


def test_a_program_that_hangs(monkeypatch):
    monkeypatch.setattr(programs, "LONGEST", 0.2)
    with pytest.raises(NotFinished, match=r"^sleep did not finish in 0\.2 s$"):
        programs.run(["sleep", "5"])
    with pytest.raises(NotFinished, match=r"^sleep did not finish 1,006 images in 0\.1 s$") as caught:
        programs.run(["sleep", "5"], images=1006, seconds=0.1)
    assert caught.value.images == 1006


def test_a_compiler_that_hangs(tmp_path, monkeypatch):
    slow = tmp_path / "mycc"
    slow.write_text("#!/bin/sh\ncase $1 in --version | -dump*) echo 1 ;; *) exec sleep 9 ;; esac\n")
    slow.chmod(0o755)
    monkeypatch.setenv("CC", str(slow))
    monkeypatch.setattr(programs, "LONGEST", 0.1)
    with pytest.raises(
        ProofFailed, match=r"c was deleted, because it could not be proved: .* 0\.1 s\. Choose another f"
    ):
        export(make_model(*COLOURS), tmp_path / "c", "c", prove=0)


def test_a_model_that_is_too_large(tmp_path, monkeypatch):
    model = make_model(*COLOURS)
    monkeypatch.setattr(format, "MOST_PARAMETERS", model.parameters)
    CFolder().check(model, make_contents(model).options)
    monkeypatch.setattr(format, "MOST_PARAMETERS", model.parameters - 1)
    with pytest.raises(
        UsageError, match=rf"the model has {model.parameters} parameters; .* at most {model.parameters - 1}\."
    ):
        export(model, tmp_path / "c", "c", prove=0)


def test_sizes_that_c_cannot_hold():
    names = {"0.weight": (1, 1, 1, 1), "0.bias": (1,), "3.weight": (3, 1), "3.bias": (3,)}
    weights = {name: np.ones(size) for name, size in names.items()}
    network = make_model("conv 1 1x1, globalavgpool, dense", (1, 1, 8)).network
    assert len(find_stages(network.resolve((1, 1, 32767), 3), weights, (1, 1, 32767)).stages) == 2
    with pytest.raises(
        UsageError, match=r"^layer 0, 'conv 1 1x1', has a size of 32,768, above 32,767\. Choose another"
    ):
        find_stages(network.resolve((1, 1, 32768), 3), weights, (1, 1, 32768))


def test_sums_that_32_bits_cannot_hold():
    """Weights of 127, bytes of up to 128, and as much for the zero: 2·127·128·66,052 is the last below 2^31."""

    def rounded(height, width):
        shape, inputs = (1, height, width), height * width
        resolved = make_model("dense", (1, 8, 8)).network.resolve(shape, 3)
        program = find_stages(resolved, {"1.weight": np.ones((3, inputs)), "1.bias": np.zeros(3)}, shape)
        images = np.full((1, *shape), 255, np.uint8)
        return quantise(program, Normalisation(), images).logits(images)

    np.testing.assert_allclose(rounded(196, 337), 66052, rtol=1e-6)
    with pytest.raises(UsageError, match=r"^layer 1, 'dense 3', has sums that whole numbers of 32 bits cannot hold"):
        rounded(13, 5081)  # 66,053


def test_int8_needs_images(tmp_path):
    with pytest.raises(
        UsageError, match=r"^int8 needs images, .* Name images, such as data=\"photos/\", and leave out"
    ):
        export(make_model(*COLOURS), tmp_path / "c", "c", prove=0, int8=True)


def test_other_options(tmp_path):
    with pytest.raises(UsageError, match="input is 'picture', which the format 'c' does not have"):
        export(make_model(*COLOURS), tmp_path / "c", "c", prove=0, input="picture")


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "its answers cannot be read"), (b"\1\0\0\0" + b"\0" * 8 + b"a\0abc", "its answers cannot be read")],
)
def test_answers_that_are_cut_off(content, reason):
    with pytest.raises(ProofFailed, match=reason):
        read_answers(content, 1)


def test_too_few_answers():
    answer = b"a\0" + b"\0\0\0\0" + np.float32(1).tobytes()
    assert read_answers(b"\1\0\0\0" + np.float64(0).tobytes() + answer, 1).threshold == 0
    content = b"\1\0\0\0" + np.float64(-1).tobytes() + answer
    assert read_answers(content, 1).threshold is None
    with pytest.raises(ProofFailed, match="it answers 1 of 2 images"):
        read_answers(content, 2)


def test_the_network_in_8_bits_is_computed_once_for_the_same_contents():
    from convlens.exports.c_source.proving import rounded

    contents = make_contents(make_model(*NETWORKS["sparse windows"]), int8=True)
    assert rounded(contents) is rounded(contents)
    assert rounded(replace(contents)) is not rounded(contents)
