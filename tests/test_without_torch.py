"""Training, judging and predicting need no PyTorch: where it cannot be imported, all of them work."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import json, sys
sys.modules["torch"] = None  # importing it now fails
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
del sys.modules["torch"]
loaded = sorted(name for name in sys.modules if name.split(".")[0] in ("torch", "fastapi"))
print(json.dumps([model.facts["settings"]["engine"], evaluation.accuracy, prediction.class_name, loaded]))
"""


@pytest.mark.native
def test_training_evaluation_and_prediction_without_pytorch(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == ["native", 1.0, "bright", []]
