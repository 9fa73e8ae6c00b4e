"""The program in an exported Python file: predicts pictures of any size, and images of the network's shape.

It is copied into the file, with `python_runtime` and the preparation of pictures.
"""

import json
from collections.abc import Sequence

import numpy as np

from convlens.exports.preparation.runtime import PicturePreparation, explain, say
from convlens.exports.python_runtime import Classifier
from convlens.pixels import ImageSource
from convlens.words import printable


class PictureClassifier(Classifier):
    """A classifier that also takes pictures of any size; `prepare_picture` prepares one as the training images were."""

    def __init__(self, facts: str) -> None:
        super().__init__(json.loads(facts))
        self.prepare_picture = PicturePreparation(facts).prepare

    def predict_picture(self, source: ImageSource) -> str:
        """Return the class name of a picture, or "unknown", also if it is unlike the training images."""
        prepared = self.prepare_picture(source)
        (answer,) = self.predict(prepared.pixels[None])
        return "unknown" if prepared.unlike else answer


def main(model: PictureClassifier, arguments: Sequence[str]) -> int:
    """Predict picture files, and the images in .npy files; without any, check this file. Returns the exit code."""
    if not arguments:
        difference = model.check()
        good = difference <= 1e-3  # false for NaN
        say(f"{'OK' if good else 'WRONG'}: logits of the check images differ by at most {difference:.2g}")
        return 0 if good else 1
    failed = False
    for name in arguments:
        try:
            if name.endswith(".npy"):
                for answer in model.predict(np.load(name, allow_pickle=False)):
                    say(answer)
            else:
                say(f"{printable(name)}: {model.predict_picture(name)}")
        except (OSError, ValueError, ImportError) as error:
            say(explain(name, error), error=True)
            failed = True
    return 1 if failed else 0
