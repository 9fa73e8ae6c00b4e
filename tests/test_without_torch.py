"""Training, judging and predicting need no PyTorch and no web framework: where these cannot be imported, all of them
work. Nor does the command line load them to show its help, or the server load PyTorch.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import json, sys
FOREIGN = ("torch", "fastapi", "starlette", "pydantic", "uvicorn")
sys.modules |= dict.fromkeys(FOREIGN)  # importing one now fails
import numpy as np
import convlens
rng = np.random.default_rng(3)
labels = np.arange(60) % 2
pixels = (rng.integers(0, 60, (60, 1, 12, 12)) + 180 * labels[:, None, None, None]).astype(np.uint8)
data = convlens.LabelledImages(pixels, labels, ("dark", "bright"))
network = "conv 4 3x3 pad 1, batchnorm, relu, maxpool 2, dropout 0.1, dense"
model = convlens.train(data, network=network, epochs=8, batch_size=10, out="run")
model = convlens.load_model("run")
evaluation = convlens.evaluate(model, data)
prediction = model.predict(pixels[1, 0])
from convlens.exports import export_html
export_html(model, "page.html")
for name in FOREIGN:
    del sys.modules[name]
loaded = sorted(name for name in sys.modules if name.split(".")[0] in FOREIGN)
print(json.dumps([model.facts["settings"]["engine"], evaluation.accuracy, prediction.class_name, loaded]))
"""


@pytest.mark.native
def test_training_evaluation_and_prediction_without_pytorch(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == ["native", 1.0, "bright", []]


LOADED = """
import sys
{statement}
foreign = ("torch", "matplotlib", "fastapi", "starlette", "pydantic", "uvicorn", "onnx", "onnxruntime")
print(*sorted({{name.split(".")[0] for name in sys.modules}} & set(foreign)))
"""


@pytest.mark.parametrize(
    ("statement", "loaded"),
    [
        ("import convlens", ""),
        ("from convlens.cli.main import run; run(['--help'])", ""),
        ("from convlens.cli.main import run; run(['open', '--help'])", ""),
        ("from convlens.cli.main import run; run(['export', '--help'])", ""),
        ("import convlens.server.requirements", ""),
        ("import convlens.exports", ""),
        ("import convlens.server.serving", "fastapi pydantic starlette uvicorn"),
    ],
)
def test_nothing_is_loaded_that_is_not_needed(tmp_path: Path, statement: str, loaded: str):
    program = LOADED.format(statement=statement)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == loaded
