"""Eager PyTorch as a peer: networks and a training loop as an expert would write them, without Convlens.

They use everything that makes eager PyTorch faster: images already as floats in memory, ReLU in place, one fused Adam
kernel, gradients set to None, no number fetched within a step, and a choice of memory layout and batch size.
Comparisons use the best of these.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from convlens.engines.engine import Weights

Layout = Literal["NCHW", "channels-last"]
LAYOUTS: tuple[Layout, ...] = ("NCHW", "channels-last")
_MEMORY_FORMATS = {"NCHW": torch.contiguous_format, "channels-last": torch.channels_last}


def tutorial_network() -> nn.Sequential:
    """Return the tutorial's network for 1×28×28 images."""
    return nn.Sequential(
        *[nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2)],
        *[nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2)],
        *[nn.Flatten(), nn.Linear(16 * 7 * 7, 10)],
    )


def wide_network() -> nn.Sequential:
    """Return a network with 32, 64 and 128 channels for 3×32×32 images, sizes that oneDNN is made for."""
    return nn.Sequential(
        *[nn.Conv2d(3, 32, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2)],
        *[nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2)],
        *[nn.Conv2d(64, 128, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2)],
        *[nn.Flatten(), nn.Linear(128 * 4 * 4, 10)],
    )


def deep_network() -> nn.Sequential:
    """Return a network with six convolutions of 16 channels for 1×28×28 images."""
    layers: list[nn.Module] = []
    for place in range(6):
        layers += [nn.Conv2d(16 if place else 1, 16, 3, padding=1), nn.ReLU(inplace=True)]
        layers += [nn.MaxPool2d(2)] if place in (1, 3) else []
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(16 * 7 * 7, 10))


class ResidualBlock(nn.Module):
    """Two 3×3 convolutions with batch normalisation, added to the input, or to a 1×1 convolution of it."""

    def __init__(self, before: int, channels: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *[
                nn.Conv2d(before, channels, 3, stride=stride, padding=1),
                nn.BatchNorm2d(channels),
                nn.ReLU(inplace=True),
            ],
            *[nn.Conv2d(channels, channels, 3, padding=1), nn.BatchNorm2d(channels)],
        )
        projection = [nn.Conv2d(before, channels, 1, stride=stride), nn.BatchNorm2d(channels)]
        self.shortcut = nn.Sequential(*(projection if stride > 1 else []))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return the sum of body and shortcut."""
        return self.body(images) + self.shortcut(images)


def residual_network() -> nn.Sequential:
    """Return a network with three residual blocks of 16, 32 and 64 channels for 3×32×32 images."""
    return nn.Sequential(
        *[nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(inplace=True)],
        *[ResidualBlock(16, 16, 1), nn.ReLU(inplace=True)],
        *[ResidualBlock(16, 32, 2), nn.ReLU(inplace=True)],
        *[ResidualBlock(32, 64, 2), nn.ReLU(inplace=True)],
        *[nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10)],
    )


def with_weights(make: Callable[[], nn.Sequential], weights: Weights, layout: Layout) -> nn.Sequential:
    """Return a network with these weights, in a memory layout; Convlens's weight names are those of `nn.Sequential`."""
    network = make()
    network.load_state_dict({name: torch.from_numpy(np.array(array)) for name, array in weights.items()})
    return network.to(memory_format=_MEMORY_FORMATS[layout])  # pyright: ignore[reportCallIssue]


def as_floats(images: NDArray[np.uint8], layout: Layout = "NCHW") -> torch.Tensor:
    """Convert images to floats from 0 to 1, with the shape N×C×H×W in every memory layout."""
    return torch.from_numpy(np.array(images)).float().div_(255).contiguous(memory_format=_MEMORY_FORMATS[layout])


def training_epoch(
    network: nn.Sequential, images: torch.Tensor, labels: torch.Tensor, batch_size: int, learning_rate: float
) -> Callable[[], None]:
    """Return a function that trains the network for one epoch with Adam and cross-entropy, including shuffling."""
    optimizer = torch.optim.Adam(network.parameters(), lr=learning_rate, fused=True)

    def epoch() -> None:
        network.train()
        for batch in torch.randperm(len(images)).split(batch_size):
            # Indexing keeps the layout channels-last; `index_select` does not.
            loss = functional.cross_entropy(network(images[batch]), labels[batch])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()

    return epoch


def accuracy_of(network: nn.Sequential, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> float:
    """Return the share of correct answers, computed for 1,000 images at a time."""
    network.eval()
    with torch.inference_mode():
        parts = torch.from_numpy(np.array(images)).split(1000)
        answers = torch.cat([network(part.float().div_(255)).argmax(1) for part in parts])
    return float((answers.numpy() == labels).mean())
