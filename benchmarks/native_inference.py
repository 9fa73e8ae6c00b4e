"""Compares inference: the native engine, ONNX Runtime and eager PyTorch, for many images at once and one at a time.

    python benchmarks/native_inference.py                                    writes the record
    python benchmarks/native_inference.py --images 2000 --rounds 1           a short try

Many images: the test images of MNIST on two threads. The peers start from float32 numbers that are already normalised,
and use their best batch size; native starts from the bytes. One image: on one thread, called from Python. Before the
timing, the logits of all contenders are compared. Needs onnx and onnxruntime.
"""

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from comparison import best_of, spread_text, times_as_fast
from convlens.data import LabelledImages, load_dataset
from convlens.engines.engine import LossSettings, OptimizerSettings, Plan, Weights
from convlens.engines.native import NativeEngine, instruction_sets
from convlens.network import initial_weights, preset
from convlens.preprocessing import Normalisation
from machine import Neighbours, usable_cores
from onnx_peer import INPUT, OUTPUT, bound_call, open_session, require_onnx, run_session, tutorial_graph
from recording import conclude, reason_against, shared_facts
from records import format_table
from timing import Spread, summarise, time_in_turn
from torch_eager import LAYOUTS, as_floats, tutorial_network, with_weights

PLAN = Plan(preset("tutorial"), (1, 28, 28), 10, Normalisation((0.0,), (1.0,)))
BATCH_SIZES = (16, 32, 64, 128, 256, 512, 1000, 2000, 5000, 10_000)
AGREEMENT = 1e-4
"""The largest allowed difference from native's logits."""
SEED = 3
LEAST_IMAGES, LEAST_ROUNDS, LEAST_CALLS = 10_000, 10, 500
REST_SECONDS = 0.02
"""Seconds between two contenders, so that threads that wait actively for more work are asleep when the next begins."""
NATIVE, ONNX_RUNTIME = "Convlens, native", "ONNX Runtime"
DIFFERENT_IMAGES = 100
"""One-image calls use so many images in turn, so that branch prediction cannot adapt to a single image."""


def train_weights(images: LabelledImages) -> Weights:
    """Train for one epoch, so that the logits have a realistic size."""
    engine = NativeEngine(PLAN, usable_cores())
    engine.set_weights(initial_weights(PLAN.network, PLAN.input_shape, PLAN.classes, SEED))
    trainer = engine.trainer(images.images, images.labels, OptimizerSettings(), LossSettings(), seed=SEED)
    order = np.random.default_rng(SEED).permutation(len(images))
    trainer.run(order, 128, np.full(-(-len(images) // 128), 0.005))
    return engine.weights()


def largest_difference(logits: Mapping[str, NDArray[np.float32]]) -> float:
    """Return the largest difference between the first contender's logits and the others'.

    Raises:
        SystemExit: it exceeds `AGREEMENT`, so the contenders do not compute the same.
    """
    first, *_ = logits
    differences = {name: float(np.abs(array - logits[first]).max()) for name, array in logits.items()}
    for name, difference in differences.items():
        if not difference <= AGREEMENT:  # written in this way, so that NaN fails, too
            raise SystemExit(
                f"the logits of {name} and of {first} differ by {difference:.2g}; {AGREEMENT:.0e} is allowed. "
                "Nothing was timed."
            )
    return max(differences.values())


def check_agreement(weights: Weights, model: bytes, images: NDArray[np.uint8], threads: int) -> float:
    """Return the largest difference between native's logits (all images at once, and single ones) and the peers'."""
    floats = as_floats(images)
    native = NativeEngine(PLAN, threads)
    native.set_weights(weights)
    some = range(min(DIFFERENT_IMAGES, len(images)))
    singles = np.concatenate([native.logits(images[k : k + 1]) for k in some])
    logits = native.logits(images)
    network = with_weights(tutorial_network, weights, "NCHW").eval()
    return max(
        largest_difference(
            {
                NATIVE: logits,
                ONNX_RUNTIME: run_session(open_session(model, threads), floats.numpy()),
                "torch eager": torch.cat([network(part) for part in floats.split(1000)]).numpy(),
            }
        ),
        largest_difference({NATIVE: logits[: len(some)], f"{NATIVE}, one image at a time": singles}),
    )


def in_batches(call: Callable[..., object], parts: Sequence[object]) -> Callable[[], None]:
    """Return a function that calls `call` with each part in turn."""

    def run() -> None:
        for part in parts:
            call(part)

    return run


def batch_name(kind: str, batch_size: int) -> str:
    """Return the name of a contender.

    >>> batch_name("ONNX Runtime", 64)
    'ONNX Runtime, batch 64'
    """
    return f"{kind}, batch {batch_size}"


def throughput_contenders(
    weights: Weights, model: bytes, images: NDArray[np.uint8], threads: int
) -> dict[str, dict[str, Callable[[], None]]]:
    """Return the contenders by kind: the peers with every batch size, and native with all images at once."""
    floats = as_floats(images).numpy()
    session = open_session(model, threads)
    sizes = [size for size in BATCH_SIZES if size <= len(images)]
    cuts = {size: range(0, len(images), size) for size in sizes}
    kinds = {
        ONNX_RUNTIME: {
            batch_name(ONNX_RUNTIME, size): in_batches(
                lambda part: run_session(session, part), [floats[k : k + size] for k in cuts[size]]
            )
            for size in sizes
        }
    }
    for layout in LAYOUTS:
        kind, tensor = f"torch eager, {layout}", as_floats(images, layout)
        network = with_weights(tutorial_network, weights, layout).eval()
        kinds[kind] = {batch_name(kind, size): in_batches(network, tensor.split(size)) for size in sizes}
    native = NativeEngine(PLAN, threads)
    native.set_weights(weights)
    kinds[NATIVE] = {f"{NATIVE}, all at once": in_batches(native.logits, [images])}
    return kinds


def one_image_contenders(
    weights: Weights, model: bytes, images: NDArray[np.uint8]
) -> dict[str, list[Callable[[], object]]]:
    """Return calls for one image each, on one thread, with the same overhead of one Python function for all."""
    native = NativeEngine(PLAN, 1)
    native.set_weights(weights)
    session = open_session(model, 1)
    singles = [images[k : k + 1] for k in range(min(DIFFERENT_IMAGES, len(images)))]
    floats = [as_floats(image).numpy() for image in singles]
    contenders: dict[str, list[Callable[[], object]]] = {
        NATIVE: [lambda image=image: native.logits(image) for image in singles],
        "ONNX Runtime, session.run": [lambda feed={INPUT: image}: session.run([OUTPUT], feed) for image in floats],
        "ONNX Runtime, bound memory": [bound_call(session, image)[0] for image in floats],
    }
    for layout in LAYOUTS:
        network = with_weights(tutorial_network, weights, layout).eval()
        tensors = [as_floats(image, layout) for image in singles]
        contenders[f"torch eager, {layout}"] = [lambda t=tensor, n=network: n(t) for tensor in tensors]
    return contenders


def median_seconds(
    calls: Sequence[Callable[[], object]], count: int, clock: Callable[[], float] = time.perf_counter
) -> float:
    """Return the median time of `count` calls, using the given ones in turn."""
    seconds = []
    for number in range(count):
        call = calls[number % len(calls)]
        start = clock()
        call()
        seconds.append(clock() - start)
    return summarise(seconds).median


def time_one_image(
    contenders: Mapping[str, Sequence[Callable[[], object]]], rounds: int, calls: int
) -> dict[str, Spread]:
    """Return the spread of each contender's medians over the rounds, after one round that is not counted.

    PyTorch's number of threads applies to the whole process; it is set to one meanwhile.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    medians: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds + 1):
        for name, each in contenders.items():
            time.sleep(REST_SECONDS)
            median = median_seconds(each, calls)
            if number:
                medians[name].append(median)
    torch.set_num_threads(threads)
    return {name: summarise(values) for name, values in medians.items()}


def format_throughput(kinds: Mapping[str, Sequence[str]], spreads: Mapping[str, Spread], images: int) -> str:
    """Return a table with a row per kind, at its best batch size; the first kind is the reference for the ratios."""
    bests = {kind: best_of(spreads, names) for kind, names in kinds.items()}
    reference = spreads[next(iter(bests.values()))]
    rows = [
        [
            best,
            spread_text(spreads[best], scale=1e3, digits=1),
            f"{images / spreads[best].median:,.0f}",
            times_as_fast(spreads[best], reference),
        ]
        for best in bests.values()
    ]
    return format_table(["contender", f"ms for {images:,} images", "images/s", "times as fast"], rows)


def format_one_image(spreads: Mapping[str, Spread]) -> str:
    """Return a table with a row per contender; the faster call of ONNX Runtime is the reference for the ratios."""
    reference = best_of(spreads, [name for name in spreads if name.startswith(ONNX_RUNTIME)])
    rows = [
        [name, spread_text(spread, scale=1e6, digits=1), times_as_fast(spread, spreads[reference])]
        for name, spread in spreads.items()
    ]
    return format_table(["contender", "µs/image", "times as fast"], rows)


def measure(
    weights: Weights, images: NDArray[np.uint8], threads: int, rounds: int, calls: int
) -> tuple[str, dict[str, str]]:
    """Return both tables as one text, and facts for the record."""
    model = tutorial_graph(weights)
    difference = check_agreement(weights, model, images, threads)
    kinds = throughput_contenders(weights, model, images, threads)
    everybody = {name: run for contenders in kinds.values() for name, run in contenders.items()}

    def rest(*_: object) -> None:
        time.sleep(REST_SECONDS)

    time_in_turn(everybody, 1, on_time=rest)
    seconds = time_in_turn(everybody, rounds, on_time=rest)
    spreads = {name: summarise(values) for name, values in seconds.items()}
    singles = time_one_image(one_image_contenders(weights, model, images), rounds, calls)
    tried = {
        f"{kind} by batch size": ", ".join(
            f"{name.rpartition(' ')[2]}: {spreads[name].median * 1e3:.1f} ms" for name in contenders
        )
        for kind, contenders in kinds.items()
        if kind != NATIVE
    }
    text = "\n\n".join(
        [
            f"{len(images):,} images, {threads} thread{'s' * (threads > 1)} for all contenders:",
            format_throughput({kind: list(contenders) for kind, contenders in kinds.items()}, spreads, len(images)),
            "One image, one thread, called from Python:",
            format_one_image(singles),
        ]
    )
    return text, {"largest difference between logits": f"{difference:.1e}, checked before the timing", **tried}


def main(given: argparse.Namespace) -> None:
    """Check the logits, measure, print the tables, and write the record."""
    require_onnx()
    dataset = load_dataset("mnist", data_dir=given.data_dir)
    assert dataset.test is not None, "MNIST has test images"
    images = dataset.test.images[: given.images]
    torch.set_num_threads(given.threads)
    weights = train_weights(dataset.train.subset(range(min(len(dataset.train), 6 * len(images)))))
    neighbours = Neighbours()
    with torch.inference_mode():  # entered once, not in every call
        text, found = measure(weights, images, given.threads, given.rounds, given.calls)
    others = neighbours.cores()
    command = f"python benchmarks/native_inference.py --rounds {given.rounds} --calls {given.calls}"
    facts = shared_facts(command, ["onnxruntime", "onnx", "torch", "numpy"], others)
    facts |= {
        "network": "the tutorial's, after one epoch of training; native with " + instruction_sets()[0],
        "start": "native from the bytes of the images; the peers, in their favour, from float32 numbers that were "
        "normalised before the clock started",
        "times as fast": "than ONNX Runtime with its best batch size, or the better way to call it",
        "spread": f"median (smallest to largest) of {given.rounds} rounds in turn, after one not counted; for one "
        f"image each round is the median of {given.calls} calls over {DIFFERENT_IMAGES} images",
        **found,
    }
    full_size = len(images) >= LEAST_IMAGES and given.rounds >= LEAST_ROUNDS and given.calls >= LEAST_CALLS
    title = "Inference: the native engine, ONNX Runtime and eager PyTorch"
    conclude("native_inference", title, text, facts, reason_against(given.record, full_size, others))


def read_options() -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(description="Inference: native, ONNX Runtime and eager PyTorch, in turn.")
    parser.add_argument("--rounds", type=int, default=LEAST_ROUNDS, help="rounds that count (default 10)")
    parser.add_argument("--calls", type=int, default=1000, help="one-image calls in a round (default 1000)")
    parser.add_argument("--images", type=int, default=LEAST_IMAGES, help="test images of MNIST (default 10,000)")
    parser.add_argument("--threads", type=int, default=min(2, usable_cores()), help="for many images (default 2)")
    parser.add_argument("--no-record", dest="record", action="store_false", help="print only")
    parser.add_argument("--data-dir", type=Path, default=None, help="where MNIST lies")
    return parser.parse_args()


if __name__ == "__main__":
    main(read_options())
