"""Prints the results of `convlens by-hand network`: all layers, one layer's numbers, or the sums behind them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from rich.markup import escape

from convlens.by_hand import JoinPosition, LayerResult, PoolPosition, trace_layer
from convlens.cli.by_hand.options import Wanted
from convlens.cli.by_hand.showing import print_values, show
from convlens.cli.tables import ColumnTable
from convlens.cli.terminal import print_json, result_console
from convlens.errors import UsageError
from convlens.illustrations import Sheet, draw_pooling, draw_window_position, short_number
from convlens.metrics import softmax
from convlens.network import layer_table

if TYPE_CHECKING:
    from convlens.trained_model import TrainedModel


def print_network(
    trained: "TrainedModel",
    pixels: np.ndarray,
    values: np.ndarray,
    results: Sequence[LayerResult],
    notes: Sequence[str],
    as_json: bool,
) -> None:
    """Print every layer with the range of its numbers, and the logits beside the engine's."""
    logits, engine = results[-1].output, trained.open_engine().logits(pixels[None])[0]
    difference, shares = float(np.abs(logits - engine).max()), softmax(logits[None])[0]
    rows = layer_table(trained.network, trained.plan.input_shape, trained.plan.classes).rows
    if as_json:
        layers = [
            {"layer": row.index, "text": row.text, "inputs": row.inputs, "output": one.output.tolist()}
            for row, one in zip(rows, results, strict=True)
        ]
        classes = dict(zip(trained.class_names, shares.tolist(), strict=True))
        answer = {"layers": layers, "probabilities": classes, "largest_difference_to_engine": difference}
        print_json({**answer, "notes": list(notes)})
        return
    console = result_console()
    table = ColumnTable("", "layer", "output", "from", "to", right=("from", "to"))
    table.add_row("", "input", "×".join(map(str, values.shape)), *_range(values))
    for row, one in zip(rows, results, strict=True):
        table.add_row(str(row.index), row.indented_text, "×".join(map(str, one.output.shape)), *_range(one.output))
    console.print(table)
    answers = ColumnTable("class", "by hand", "engine", "probability", right=("by hand", "engine", "probability"))
    for index in np.argsort(-logits)[:10]:
        numbers = [f"{one[index]:.4f}".replace("-", "−") for one in (logits, engine)]
        answers.add_row(escape(trained.class_names[index]), *numbers, f"{100 * shares[index]:.2f} %")
    console.print(answers)
    console.print(f"Largest difference between the logits by hand and the engine's: {short_number(difference)}")
    if notes:
        console.print("; ".join(notes), style="dim", markup=False)


def print_layer(values: np.ndarray, results: Sequence[LayerResult], layer: int, as_json: bool) -> None:
    """Print all numbers of one layer; -1 is the network's input."""
    output = values if layer == -1 else results[layer].output
    if as_json:
        text = "input" if layer == -1 else results[layer].text
        print_json({"layers": [{"layer": layer, "text": text, "output": output.tolist()}]})
        return
    print_values(result_console(), output)


def show_positions(
    trained: "TrainedModel", values: np.ndarray, results: Sequence[LayerResult], layer: int, wanted: Wanted
) -> None:
    """Print the sums behind a layer's numbers."""
    if layer == -1:
        raise UsageError("--layer is -1, the network's input, which is not a sum; give a layer from 0 on.")
    trace, result = trace_layer(trained.network, trained.weights, values, layer), results[layer].output
    if wanted.draw is not None and (len(trace.shape) == 1 or isinstance(trace[0], JoinPosition)):
        raise UsageError(
            f"layer {layer}, {results[layer].text}, has no window to draw; leave --draw out, or give a conv or pool "
            "layer."
        )

    def draw(number: int, filled: int | None) -> Sheet:
        one = draw_pooling if isinstance(trace[number], PoolPosition) else draw_window_position
        return one(trace, number, filled, results=result)  # pyright: ignore[reportArgumentType]

    show(trace, result, wanted, f"layer {layer}, {results[layer].text}", draw)


def _range(values: np.ndarray) -> tuple[str, str]:
    return short_number(float(values.min())), short_number(float(values.max()))
