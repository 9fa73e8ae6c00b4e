"""Draws the picture that opens the README: what a trained model makes of one digit, layer by layer.

python examples/draw_banner.py latest examples/digits/two.png docs/pictures/banner.png
"""

import sys
from pathlib import Path

from convlens import load_model
from convlens.charts import draw_banner
from convlens.files import write_atomically
from convlens.layers import MaxPool2d


def main(model_name: str, image: str, out: str) -> None:
    """Draw the image, the maps behind every max-pooling, and the probabilities."""
    model = load_model(model_name)
    prediction = model.predict(Path(image))
    activations = model.engine.activations(prediction.pixels[None])
    layers = model.network.layers
    ends = [number for number, layer in enumerate(layers) if isinstance(layer, MaxPool2d)]
    stages = []
    for start, end in zip([0, *(number + 1 for number in ends)], ends, strict=False):
        title = ", ".join(str(layer) for layer in layers[start : end + 1])
        stages.append((title, activations[end + 1][0]))
    picture = draw_banner(prediction.pixels, stages, prediction.probabilities, prediction.class_names, Path(image).name)
    write_atomically(out, picture)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:4])
