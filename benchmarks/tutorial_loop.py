"""Compares the tutorial's own training loop with Convlens's torch engine: same network, batch size and threads.

    python benchmarks/tutorial_loop.py --rounds 5

The tutorial reads MNIST through torchvision: in every epoch, every image is converted to a PIL image, a byte tensor and
a float tensor, and a DataLoader makes batches of 64. These steps are reimplemented here, because torchvision is not
installed with a CPU build of PyTorch. Both start from the same weights. The result is written to benchmarks/records.md.
"""

import argparse
import datetime
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

from convlens.data import LabelledImages, load_dataset
from convlens.engines.engine import LossSettings, OptimizerSettings, Plan, Weights
from convlens.engines.torch_engine import TorchEngine
from convlens.network import initial_weights, layer_table, preset
from convlens.preprocessing import Normalisation
from machine import QUIET, Neighbours, current_commit, describe_machine, package_versions
from records import format_facts, format_table, write_section
from timing import Spread, summarise, time_in_turn

BATCH_SIZE = 64
LEARNING_RATE = 0.001
SEED = 3
TUTORIAL, CONVLENS = "the tutorial's loop", "Convlens, torch engine"


class Pictures(Dataset[tuple[torch.Tensor, int]]):
    """MNIST like torchvision's dataset with `ToTensor`: an image is converted each time when it is requested."""

    def __init__(self, images: LabelledImages) -> None:
        self._images = torch.from_numpy(images.images[:, 0].copy())
        self._labels = torch.from_numpy(images.labels.copy())

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        picture = Image.fromarray(self._images[index].numpy())
        return convert_picture(picture), int(self._labels[index])


def convert_picture(picture: Image.Image) -> torch.Tensor:
    """Convert a grey image to a float tensor, 1 × height × width from 0 to 1, like torchvision's `ToTensor`."""
    values = torch.from_numpy(np.array(picture, np.uint8, copy=True))
    values = values.view(picture.size[1], picture.size[0], len(picture.getbands()))
    return values.permute((2, 0, 1)).contiguous().to(dtype=torch.get_default_dtype()).div(255)


class TutorialNetwork(nn.Module):
    """The tutorial's network, in the tutorial's order: convolution, ReLU, max-pooling, twice; then one linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.pool = nn.MaxPool2d(kernel_size=2, stride=2)
        self.conv1 = nn.Conv2d(1, 8, kernel_size=3, stride=1, padding=1)
        self.conv2 = nn.Conv2d(8, 16, kernel_size=3, stride=1, padding=1)
        self.linear = nn.Linear(16 * 7 * 7, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Compute logits: N × 1 × 28 × 28 → N × 10."""
        maps = self.pool(functional.relu(self.conv1(images)))
        maps = self.pool(functional.relu(self.conv2(maps)))
        return self.linear(maps.reshape(maps.shape[0], -1))


def name_for_tutorial(weights: Weights) -> dict[str, torch.Tensor]:
    """Return Convlens's weights under the names of `TutorialNetwork`."""
    names = {"0": "conv1", "3": "conv2", "7": "linear"}
    parts = {name: name.split(".") for name in weights}
    return {f"{names[layer]}.{kind}": torch.from_numpy(weights[name].copy()) for name, (layer, kind) in parts.items()}


def tutorial_epoch(weights: Weights, images: LabelledImages) -> tuple[nn.Module, Callable[[], None]]:
    """Return the tutorial's network, and a function that trains it for one epoch."""
    torch.manual_seed(SEED)
    loader = DataLoader(Pictures(images), batch_size=BATCH_SIZE, shuffle=True)
    network = TutorialNetwork()
    network.load_state_dict(name_for_tutorial(weights))
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)

    def epoch() -> None:
        for number, (pictures, labels) in enumerate(loader):
            loss = criterion(network(pictures.to("cpu")), labels.to("cpu"))
            if number % 450 == 0:
                str(loss)  # the tutorial prints it here
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return network, epoch


def convlens_epoch(plan: Plan, weights: Weights, images: LabelledImages) -> tuple[TorchEngine, Callable[[], None]]:
    """Return Convlens's engine, with its images loaded, and a function that trains it for one epoch."""
    engine = TorchEngine(plan, device="cpu", threads=torch.get_num_threads())
    engine.set_weights(weights)
    trainer = engine.trainer(images.images, images.labels, OptimizerSettings(), LossSettings(), seed=SEED)
    rates = np.full(-(-len(images) // BATCH_SIZE), LEARNING_RATE)
    generator = np.random.default_rng(SEED)

    def epoch() -> None:
        trainer.run(generator.permutation(len(images)), BATCH_SIZE, rates)

    return engine, epoch


def multiply_adds_per_epoch(plan: Plan, images: int) -> int:
    """Return the multiply-adds of an epoch: forward, gradients of weights and, except in the first layer, of inputs.

    >>> multiply_adds_per_epoch(Plan(preset("tutorial"), (1, 28, 28), 10, Normalisation((0.0,), (1.0,))), 1)
    813792
    """
    layers = layer_table(plan.network, plan.input_shape, plan.classes).rows
    forward = [layer.multiply_adds for layer in layers if layer.multiply_adds]
    return images * (3 * sum(forward) - forward[0])


def measure_peak(rounds: int = 15) -> float:
    """Return the floating-point operations per second of a large float32 matrix product, the best of several."""
    size = 1536
    left, right = torch.rand(size, size), torch.rand(size, size)
    return 2 * size**3 / min(time_in_turn({"product": lambda: left @ right}, rounds)["product"])


def accuracy_of_tutorial(network: nn.Module, images: LabelledImages) -> float:
    """Return the share of correct answers of a trained `TutorialNetwork`."""
    with torch.inference_mode():
        pixels = torch.from_numpy(images.images.copy()).float().div(255)
        return float((network(pixels).argmax(1).numpy() == images.labels).mean())


def accuracy_of_engine(engine: TorchEngine, images: LabelledImages) -> float:
    """Return the share of correct answers of a trained engine."""
    return float((engine.logits(images.images).argmax(1) == images.labels).mean())


def format_results(
    spreads: dict[str, Spread], accuracies: dict[str, float], images: int, work: int, peak: float
) -> str:
    """Return the table of a record: seconds per epoch and derived numbers; the first contender is the reference.

    Args:
        spreads: seconds per epoch.
        accuracies: test accuracy after all rounds.
        images: the number of images per epoch.
        work: the multiply-adds per epoch.
        peak: floating-point operations per second, from `measure_peak`.
    """
    first = next(iter(spreads.values())).median
    rows = []
    for name, spread in spreads.items():
        speed = 2 * work / spread.median
        rows.append(
            [
                name,
                str(spread),
                f"{images / spread.median:,.0f}",
                f"{speed / 1e9:.1f}",
                f"{speed / peak:.1%}",
                f"{spread.median / first:.3f}",
                f"{accuracies[name]:.2%}",
            ]
        )
    header = ["loop", "s/epoch", "images/s", "GFLOP/s", "of the peak", "ratio", "test accuracy"]
    return format_table(header, rows)


def write_record(table: str, rounds: int, peak: float, others: float | None) -> None:
    """Write the table and the facts that the numbers depend on into the records."""
    facts = {
        "command": f"python benchmarks/tutorial_loop.py --rounds {rounds}",
        "date": datetime.date.today().isoformat(),
        "commit": current_commit(),
        **describe_machine(),
        "versions": ", ".join(f"{k} {v}" for k, v in package_versions(["torch", "numpy", "pillow"]).items()),
        "threads": f"{torch.get_num_threads()} for both",
        "seed": f"{SEED}, same initial weights for both; one training each, {rounds} epochs long",
        "inside the clock": (
            "one epoch: shuffling, getting the images, all steps (forward, loss, backward, Adam); "
            "not reading the files, and not handing the array over to the engine, which happens once"
        ),
        "spread": f"median (smallest to largest) of {rounds} epochs each, in turn after one round that is not counted",
        "other programs meanwhile": "unknown" if others is None else f"{others:.2f} cores on average",
        "peak": f"{peak / 1e9:.0f} GFLOP/s, a float32 matrix product in the same process with the same threads",
    }
    title = "## The tutorial's own loop and Convlens's torch engine"
    note = "Network, batch size 64 and Adam at 0.001 are the tutorial's; the ratio is time divided by the first row's."
    write_section("tutorial_loop", f"{title}\n\n{note}\n\n{table}\n\n{format_facts(facts)}")


def main(rounds: int, data_dir: Path | None) -> None:
    """Time both loops, print the table, and write the record."""
    dataset = load_dataset("mnist", data_dir=data_dir)
    assert dataset.test is not None, "MNIST has test images"
    plan = Plan(preset("tutorial"), (1, 28, 28), 10, Normalisation((0.0,), (1.0,)))
    weights = initial_weights(plan.network, plan.input_shape, plan.classes, SEED)
    network, tutorial = tutorial_epoch(weights, dataset.train)
    engine, convlens = convlens_epoch(plan, weights, dataset.train)
    contenders = {TUTORIAL: tutorial, CONVLENS: convlens}
    peak = measure_peak()
    time_in_turn(contenders, 1)
    neighbours = Neighbours()
    seconds = time_in_turn(contenders, rounds, on_time=lambda name, value: print(f"{value:7.2f} s  {name}", flush=True))
    others = neighbours.cores()
    accuracies = {
        TUTORIAL: accuracy_of_tutorial(network, dataset.test),
        CONVLENS: accuracy_of_engine(engine, dataset.test),
    }
    spreads = {name: summarise(values) for name, values in seconds.items()}
    work = multiply_adds_per_epoch(plan, len(dataset.train))
    table = format_results(spreads, accuracies, len(dataset.train), work, peak)
    print(f"\n{table}\n")
    if others is not None and others > QUIET:
        print(
            f"No record: other programs used {others:.2f} cores on average; {QUIET} are allowed. Stop them, run again."
        )
    else:
        write_record(table, rounds, peak, others)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="The tutorial's loop against the torch engine, in turn.")
    parser.add_argument(
        "--rounds", type=int, default=5, help="epochs of each (default 5), after one that is not counted"
    )
    parser.add_argument(
        "--data-dir", type=Path, default=None, help="where MNIST lies (default: Convlens's data folder)"
    )
    given = parser.parse_args()
    main(given.rounds, given.data_dir)
