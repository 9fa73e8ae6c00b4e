"""Make the model file of the present format version, once: what is committed must stay readable for ever.

    python tests/old_models/make.py

It refuses to overwrite. When the format gets a new version, run it again: the new file comes beside the old ones, and
`test_old_models.py` gets the new file's numbers beside the old ones.
"""

from pathlib import Path

import numpy as np

from convlens.calibration import Calibration
from convlens.network import Network
from convlens.preprocessing import Normalisation, Preprocessing
from convlens.preprocessing.appearance import Appearance, Centre, Spread
from convlens.trained_model import TrainedModel
from convlens.trained_model.file_format import FORMAT_VERSION

FOLDER = Path(__file__).parent
NETWORK = "conv 4 3x3 pad 1, batchnorm, relu, maxpool 2, dense 6, leaky_relu 0.2, dense"
SHAPE = (1, 8, 8)
CLASS_NAMES = ("cat", "größe", "<b>7</b>")
CALIBRATION = Calibration(1.25, 0.375, 0.01, 0.9375, 0.0078125, 128)
APPEARANCE = Appearance(
    images=640,
    fill=Spread(0.5, 0.625, 0.75, 0.875, 1.0),
    centre=Centre("mass", 0.0, -0.03125, 0.0625, 0.125),
    background=Spread(0.0, 0.0, 1.0, 4.0, 16.0),
    contrast=Spread(64.0, 128.0, 192.0, 255.0, 255.0),
    ink_share=Spread(0.03125, 0.0625, 0.125, 0.25, 0.5),
    stroke=Spread(0.0625, 0.0625, 0.125, 0.125, 0.25),
    softness=Spread(0.0, 0.125, 0.25, 0.375, 0.5),
)
FACTS = {"data": "made up", "seed": 3, "finished": True, "test": {"accuracy": 0.5, "correct": 1, "total": 2}}


def make_model() -> TrainedModel:
    """A model of random numbers, running statistics included, so that each of them counts in the logits."""
    network, random = Network.from_text(NETWORK), np.random.default_rng(1)
    weights = {
        name: np.array(9, np.int64) if name.endswith("num_batches_tracked") else _numbers(random, name, shape)
        for name, shape in network.parameter_shapes(SHAPE, len(CLASS_NAMES)).items()
    }
    preprocessing = Preprocessing(SHAPE, "glyph", True, Normalisation((0.125,), (0.5,)), APPEARANCE)
    return TrainedModel(network, weights, preprocessing, CLASS_NAMES, FACTS, CALIBRATION)


def _numbers(random: np.random.Generator, name: str, shape: tuple[int, ...]) -> np.ndarray:
    low, high = (0.5, 1.5) if name.endswith("running_var") else (-0.5, 0.5)
    return random.uniform(low, high, shape).astype(np.float32)


if __name__ == "__main__":
    path = FOLDER / f"format_version_{FORMAT_VERSION}.safetensors"
    if path.exists():
        raise SystemExit(f"{path} is there already, and an old model is never made anew.")
    print(make_model().save(path))
