"""Every kind of layer as C: compiled without a warning, run, and equal to the engine; and numbers by hand."""

import re
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest
from tests.exports.c_source.c_models import NAMES, NETWORKS, make_contents, make_images, make_model
from tests.exports.tools import needs

from convlens import Network, TrainedModel
from convlens.exports import export
from convlens.exports.c_source.compiler import FLAGS
from convlens.exports.c_source.format import CFolder, compile_and_run, read_answers
from convlens.exports.c_source.proving import code_of
from convlens.exports.programs import run
from convlens.layers import JOINS, KINDS
from convlens.preprocessing import Preprocessing

COMPILER, EMULATORS = "arm-linux-gnueabihf-gcc", ("qemu-arm", "qemu-arm-static")
SMALL = "conv 1 2x2, maxpool 2, dense"


def test_the_networks_have_every_kind_of_layer():
    used = {
        node.layer.word
        for text, shape in NETWORKS.values()
        for node in make_model(text, shape).network.resolve(shape, 3)
    }
    assert used == {*KINDS, *JOINS}


@pytest.mark.parametrize("int8", [False, True], ids=["float", "int8"])
@pytest.mark.parametrize("name", NETWORKS)
def test_every_kind_of_layer(tmp_path, name, int8):
    model = make_model(*NETWORKS[name], temperature=0.5, threshold=0.36)
    contents, images = make_contents(model, int8), make_images(model)
    CFolder().write(contents, tmp_path / "c", None)
    assert sorted(path.name for path in (tmp_path / "c").iterdir()) == ["tiny_1.c", "tiny_1.h", "tiny_1_check.c"]
    proof = CFolder().prove(contents, tmp_path / "c", images)
    assert proof.images == len(contents.check_images) + len(images) == 62
    assert proof.largest_difference <= (0.03 if int8 else 5e-7)
    assert (proof.details["flash_bytes"] > 1000) == bool(shutil.which("size"))
    assert proof.details["ram_bytes"] == code_of(contents).ram


def test_an_export_is_proved_and_says_so(tmp_path):
    model = make_model(*NETWORKS["sparse windows"], threshold=0.4)
    written = export(model, tmp_path / "pets", "c", data=make_images(model), prove=20)
    header = (tmp_path / "pets" / "pets.h").read_text()
    assert header.startswith("/* pets: an image classifier in C99, made with Convlens ")
    assert f"   Proof: {written.proof}. */" in header
    assert "\n   RAM: " in header
    assert re.search(r"\n   Flash: [\d,]+ bytes of code and constants by (gcc|clang) [\d.]+ -Os for \S+\n", header)
    for line in ("PETS_WIDTH = 13,", "#define PETS_TEMPERATURE 1.0", "#define PETS_THRESHOLD (0.4)"):
        assert line in header
    assert '"model_sha256": "' + header.partition('PETS_SHA256 "')[2][:64] in header
    assert '"largest_difference": ' in header


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory):
    """Return the probabilities of one image, computed by C code in float and in whole numbers.

    The kernel is (1 2; 3 4) with bias 0.5, and the pixels are 1 0 1, 0 1 0, 1 1 0 after normalisation. So the sums are
    5.5 (1 + 4), 5.5 (2 + 3), 9.5 (2 + 3 + 4) and 4.5 (1 + 3), their maximum is 9.5, and the logits are 0.95, −0.95, 0.
    """
    weights = {
        "0.weight": np.array([[[[1, 2], [3, 4]]]], np.float32),
        "0.bias": np.array([0.5], np.float32),
        "3.weight": np.array([[0.1], [-0.1], [0.0]], np.float32),
        "3.bias": np.zeros(3, np.float32),
    }
    model = TrainedModel(Network(SMALL), weights, Preprocessing((1, 3, 3)), NAMES)
    image = np.array([[1, 0, 1], [0, 1, 0], [1, 1, 0]], np.uint8)[None, None] * 255
    answers = []
    for int8 in (False, True):
        folder = tmp_path_factory.mktemp("by-hand") / "c"
        CFolder().write(replace(make_contents(model, int8), typical=image), folder, None)
        answers.append(compile_and_run(folder, image)[0].probabilities[0])
    return answers


def test_numbers_by_hand_in_float(by_hand):
    powers = [2.585709659, 0.386741023, 1.0]  # e^0.95, e^−0.95, e^0
    np.testing.assert_allclose(by_hand[0], np.array(powers) / 3.972450682, rtol=1e-6)


def test_numbers_by_hand_in_whole_numbers(by_hand):
    np.testing.assert_allclose(by_hand[1], [0.65091, 0.09736, 0.25173], atol=0.002)


def test_two_models_fit_into_one_program(tmp_path):
    for name in ("first", "second"):
        CFolder().write(make_contents(make_model(SMALL, (1, 3, 3)), name=name), tmp_path / name, None)
    (tmp_path / "main.c").write_text(
        '#include <stdio.h>\n#include "first/first.h"\n#include "second/second.h"\n'
        "int main(void) {\n    static const uint8_t image[9] = {0};\n    float p[FIRST_CLASSES], q[SECOND_CLASSES];\n"
        '    printf("%d %s\\n", first_predict(image, p) == second_predict(image, q), second_class_names[1]);\n'
        "    return 0;\n}\n"
    )
    run(["cc", *FLAGS, "main.c", "first/first.c", "second/second.c", "-o", "main"], tmp_path)
    assert subprocess.run([tmp_path / "main"], capture_output=True, check=True).stdout.decode() == "1 ü*/\n"


def test_the_program_says_what_is_wrong(tmp_path):
    folder = tmp_path / "c"
    CFolder().write(make_contents(make_model(SMALL, (1, 3, 3))), folder, None)
    check = folder / "tiny_1_check.c"
    check.write_text(re.sub(r"(check_logits\[.*\{\n *\{)[^,]+", r"\g<1>1e9f", check.read_text()))
    run(["cc", *FLAGS, "tiny_1.c", "tiny_1_check.c", "-o", "check"], folder)

    def say(*arguments):
        done = subprocess.run([folder / "check", *arguments], capture_output=True, text=True, cwd=folder)
        return done.returncode, done.stdout + done.stderr

    assert say() == (1, "WRONG: logits of the check images differ by at most 1e+09\n")
    assert say("none", "answers") == (1, "none cannot be opened.\n")
    assert say("check", "none/answers") == (1, "none/answers cannot be opened.\n")
    assert say("check") == (2, "Give a file of images and a file to write, or nothing to check the images inside.\n")


@needs(COMPILER, EMULATORS)
@pytest.mark.parametrize("int8", [False, True], ids=["float", "int8"])
def test_on_arm(tmp_path, int8):
    emulator = next(name for name in EMULATORS if shutil.which(name))
    model = make_model(*NETWORKS["chain"])
    CFolder().write(make_contents(model, int8), tmp_path / "c", None)
    run([COMPILER, *FLAGS, "-static", "tiny_1.c", "tiny_1_check.c", "-o", "check"], tmp_path / "c")
    images = make_images(model, 20)
    (tmp_path / "c" / "images").write_bytes(images.images.tobytes())
    assert run([emulator, "./check"], tmp_path / "c").startswith("OK: ")
    run([emulator, "./check", "images", "answers"], tmp_path / "c")
    found = read_answers((tmp_path / "c" / "answers").read_bytes(), 20)
    expected = model.calibration.probabilities(model.logits(images.images))
    np.testing.assert_allclose(found.probabilities, expected, atol=0.01 if int8 else 1e-6)
