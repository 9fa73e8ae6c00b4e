"""Uses a model trained by Convlens in a plain PyTorch program, without importing Convlens.

    python examples/load_in_pytorch.py runs/latest/model.safetensors

The weights in a model file have the names and shapes of the state dict of this `nn.Sequential`; the class names are in
the file's metadata. Needs torch and safetensors. For another network than the tutorial's, write its layers here. If it
has blocks, nest modules according to their names (docs/model-format.md), or let Convlens save a module that does not
need Convlens: `torch.save(convlens.load_model(path).to_torch(), "module.pt")`.
"""

import json
import sys

import safetensors
import torch
from safetensors.torch import load_file
from torch import nn


def build_tutorial_network(classes: int) -> nn.Sequential:
    """Return the tutorial's network for grey images of 28×28 pixels, N×1×28×28 → N×classes."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(16 * 7 * 7, classes),
    )


def main(path: str) -> None:
    """Load the weights and classify a black picture with a white vertical bar, which looks like a 1."""
    with safetensors.safe_open(path, "pt") as file:
        facts = json.loads(file.metadata()["convlens"])
    network = build_tutorial_network(len(facts["class_names"]))
    network.load_state_dict(load_file(path))
    network.eval()
    picture = torch.zeros(1, 1, 28, 28)
    picture[:, :, 4:24, 13:15] = 1.0  # pixels are divided by 255, so white is 1
    with torch.no_grad():
        probabilities = network(picture).softmax(1)[0]
    best = int(probabilities.argmax())
    print(f"{facts['network']}: class {facts['class_names'][best]}, probability {probabilities[best]:.3f}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
