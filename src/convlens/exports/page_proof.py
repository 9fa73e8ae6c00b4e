"""The proof that an exported page computes and prepares pictures as Convlens does: its modules are run in Node."""

import base64
import gzip
import json
import math
import re
import shutil
import tempfile
from pathlib import Path

import numpy as np
import PIL
from numpy.typing import NDArray

from convlens.errors import ProofFailed
from convlens.exports.contents import answers_of
from convlens.exports.pictures import make_pictures
from convlens.exports.programs import run
from convlens.exports.proof import Answers, Proof, prove
from convlens.network import layer_table
from convlens.preprocessing import prepare
from convlens.trained_model import TrainedModel

OLDEST_NODE = 18
OLDEST_PILLOW = 13
"""Older ones scale in another order, so the prepared pixels differ a little from the page's, which are Pillow 13's."""
SIZES = ((1, 1), (3, 3), (2, 60), (28, 28), (29, 27), (17, 23), (57, 56), (100, 75), (64, 96), (150, 40))
MOST_WORK = 20_000_000_000
"""The multiply-adds that Node may compute in a proof: those of 5 to 20 s."""
_WORK_OF_A_NUMBER = 10
"""What a number that a layer gives costs besides, as in activations and pooling, in multiply-adds."""

_RUNNER = Path(__file__).with_name("page_run.mjs")
_PARTS = re.compile(r'<script type="text/plain" id="convlens-parts">(.+?)</script>', re.DOTALL)


def most_images(model: TrainedModel) -> int:
    """Return how many images the page's own engine computes in a proof. It is slower than others: an image of the
    tutorial's network takes 0.3 ms, and one of a network with 100,000,000 multiply-adds 30 to 100 ms.

    >>> from convlens import Network
    >>> from convlens.network import initial_weights
    >>> from convlens.preprocessing import Preprocessing
    >>> network = Network.from_text("conv 10 1x1, dense")
    >>> weights = initial_weights(network, (1, 100, 100), 2, seed=0)
    >>> most_images(TrainedModel(network, weights, Preprocessing((1, 100, 100), "letterbox"), ("cat", "dog")))
    8695
    """
    plan = model.plan
    table = layer_table(plan.network, plan.input_shape, plan.classes)
    numbers = sum(math.prod(row.output_shape) for row in table.rows)
    return max(1, MOST_WORK // (table.multiply_adds + _WORK_OF_A_NUMBER * numbers))


def prove_page(
    node: str, page: str, payload: str, model: TrainedModel, images: NDArray[np.uint8], tolerance: float
) -> Proof:
    """Run a page's own engine on images, and its preparation on pictures of many sizes; compare both with the model's.

    Args:
        node: the path of Node.
        page: the text of the file.
        payload: the JSON of the model in the file.
        model: the model that the page was made of.
        images: uint8, N×C×H×W.
        tolerance: the largest difference of two probabilities that is allowed.

    Raises:
        ProofFailed: an answer or a prepared picture differs, or the page's own check fails.
    """
    pictures = make_pictures(SIZES)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        _unpack(page, place / "node_modules/convlens")
        (place / "model.json").write_text(payload, encoding="utf-8")
        (place / "images").write_bytes(np.ascontiguousarray(images).tobytes())
        (place / "pictures.json").write_text(json.dumps([_as_rgba(one) for one in pictures]))
        shutil.copy(_RUNNER, place / "run.mjs")
        if why := run([node, "run.mjs"], place, images=len(images)).strip():
            raise ProofFailed(f"its own check of its engine fails: {why}")
        probabilities = np.fromfile(place / "probabilities").reshape(len(images), -1)
        pixels = np.fromfile(place / "pixels", np.uint8)
    threshold = model.calibration.threshold
    unknown = ~model.calibration.answers(probabilities)
    found = Answers(tuple(json.loads(payload)["class_names"]), probabilities, unknown, threshold)
    if int(PIL.__version__.split(".")[0]) >= OLDEST_PILLOW:
        _compare_pictures(model, pictures, pixels)
    return prove(answers_of(model, images), found, tolerance)


def _unpack(page: str, folder: Path) -> None:
    """Write the modules of a page into a folder."""
    (packed,) = _PARTS.findall(page)
    for name, text in json.loads(gzip.decompress(base64.b64decode(packed)))["modules"].items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "package.json").write_text('{"type": "module"}')


def _as_rgba(picture: NDArray[np.uint8]) -> dict[str, object]:
    height, width, _ = picture.shape
    pixels = np.dstack([picture, np.full((height, width), 255, np.uint8)])
    return {"height": height, "width": width, "data": base64.b64encode(pixels.tobytes()).decode()}


def _compare_pictures(model: TrainedModel, pictures: list[NDArray[np.uint8]], prepared: NDArray[np.uint8]) -> None:
    size = math.prod(model.plan.input_shape)
    if len(prepared) != size * len(pictures):
        raise ProofFailed(f"it prepares pictures as {len(prepared) / len(pictures):,g} numbers instead of {size:,}")
    for picture, found in zip(pictures, prepared.reshape(len(pictures), size), strict=True):
        wrong = int((found != prepare(model.preprocessing, picture).pixels.ravel()).sum())
        if wrong:
            height, width, _ = picture.shape
            raise ProofFailed(
                f"it prepares a picture of {height}×{width} otherwise: {wrong:,} of {size:,} numbers differ"
            )
