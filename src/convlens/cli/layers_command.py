"""`convlens layers`."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.markup import escape

from convlens.checking import shown
from convlens.cli.options import Json, Whole
from convlens.cli.tables import ColumnTable
from convlens.cli.terminal import print_json, result_console
from convlens.errors import UsageError
from convlens.layers import BLOCKS, KINDS
from convlens.layers.arguments import ARGUMENTS, OPTIONS

if TYPE_CHECKING:
    from convlens.network import LayerRow, LayerTable


def layers_command(
    network: Annotated[str, Parameter(help="A network as text, or the name of a preset.")] = "tutorial",
    /,
    *,
    input_shape: Annotated[str, Parameter(name="--input")] = "1x28x28",
    classes: Whole = 10,
    compare_dense: Annotated[bool, Parameter(negative="")] = False,
    python: Annotated[bool, Parameter(negative="")] = False,
    draw: Path | None = None,
    json: Json = False,
) -> None:
    """Show the size, parameters, multiply-adds and receptive field of every layer, without training.

    ```
    convlens layers
    convlens layers "conv 8 3x3 pad 1, relu, maxpool 2, conv 16 3x3 pad 1, relu, maxpool 2, dense" --input 1x28x28
    convlens layers "conv 32 5x5 stride 2, relu, globalavgpool, dense" --input 3x64x64 --classes 5 --compare-dense
    convlens layers "conv 8 3x3 pad 1, relu, residual(conv 8 3x3 pad 1, batchnorm, relu), globalavgpool, dense"
    convlens layers lenet --draw lenet.svg
    ```

    Layers: {layers}. If the last `dense` has no number, it has one output for each class.
    Options: {options}. Sizes: `3` or `3x5`. Presets: `tutorial`, `lenet`.

    Blocks contain layers: {blocks}. The table indents them. If a residual block needs a shortcut, it comes last:
    `residual(conv 16 3x3 stride 2 pad 1, shortcut conv 16 1x1 stride 2)`.

    Args:
        input_shape: The shape of the input: channels × height × width, such as 3x32x32.
        classes: The number of classes, for a last dense layer without a number.
        compare_dense: Also show a dense network with two hidden layers of 512 neurons on the same input.
        python: Print the network as Python code instead of the table.
        draw: Draw the network into this .svg or .png file.
    """
    from convlens.network import dense_comparison, layer_table, read_network

    shape = read_input_shape(input_shape)
    described = read_network(network)
    table = layer_table(described, shape, classes)
    comparison = dense_comparison(shape, classes) if compare_dense else None
    if draw is not None:
        from convlens.illustrations import draw_network, save_drawing

        save_drawing(draw, lambda: draw_network(described, shape, classes))
    if json:
        more = {"dense_comparison": comparison.as_dict()} if comparison else {}
        print_json({**table.as_dict(), **more, **({"drawing": str(draw)} if draw else {})})
        return
    console = result_console()
    if python:
        console.print(repr(described), soft_wrap=True, markup=False)
        return
    console.print(_draw(table))
    _warn(table, console)
    if draw is not None:
        console.print(f"Drawing: {draw}", markup=False, soft_wrap=True)
    if comparison:
        console.print("\n[bold]The same input through two hidden layers of 512[/]")
        console.print(_draw(comparison))
        ratio = comparison.parameters / max(table.parameters, 1)
        console.print(
            f"\n{comparison.parameters:,} parameters against {table.parameters:,}: {ratio:.1f} times as many."
        )


def _list_kinds(docstring: str) -> str:
    """Fill the help text with all kinds of layers and blocks."""
    return docstring.format(
        layers=", ".join(f"`{kind.example}`" for kind in KINDS.values()),
        options=", ".join(f"`{ARGUMENTS[name].option} {ARGUMENTS[name].example}`" for name in OPTIONS.values()),
        blocks=", ".join(f"`{kind.example}`" for kind in BLOCKS.values()),
    )


layers_command.__doc__ = _list_kinds(layers_command.__doc__ or "")


def _warn(table: "LayerTable", console: Console) -> None:
    for warning in table.warnings:
        console.print(f"[bold yellow]warning:[/] {escape(warning)}")


def read_input_shape(text: str) -> tuple[int, int, int]:
    """Read `3x32x32` as (3, 32, 32).

    Raises:
        UsageError: the text is not three numbers from 1 to 65,536.

    >>> read_input_shape("3×32x32")
    (3, 32, 32)
    """
    from convlens.layers.arguments import LARGEST_COUNT

    numbers = re.fullmatch(r"\s*(\d{1,9})\s*[x×]\s*(\d{1,9})\s*[x×]\s*(\d{1,9})\s*", text, re.IGNORECASE)
    shape = tuple(int(number) for number in numbers.groups()) if numbers else ()
    if len(shape) != 3 or min(shape) < 1 or max(shape) > LARGEST_COUNT:
        raise UsageError(
            f"--input is {shown(text)}; give channels × height × width, each from 1 to {LARGEST_COUNT:,}, "
            "such as 1x28x28 or 3x32x32."
        )
    return shape


_COLUMNS: dict[str, "Callable[[LayerRow], str]"] = {
    "": lambda row: str(row.index),
    "layer": lambda row: f"[bold]{escape(row.indented_text)}[/]",
    "output": lambda row: "×".join(map(str, row.output_shape)),
    "output size": lambda row: escape(row.size_formula),
    "parameters": lambda row: f"{row.parameters:,}" if row.parameters else "[dim]·[/]",
    "multiply-adds": lambda row: f"{row.multiply_adds:,}" if row.multiply_adds else "[dim]·[/]",
    "sees": lambda row: "×".join(map(str, row.receptive_field)),
    "how many parameters": lambda row: escape(row.parameters_formula),
}
_NUMBERS = ("parameters", "multiply-adds", "sees")
_BELOW = {"how many parameters": "parameters", "output size": "size", "sees": "sees"}
_BELOW |= {name: name for name in ("multiply-adds", "parameters", "output")}
"""The columns that move below their row in a narrow window, in this order, and their names there. The formulas move
first, because their results stay beside the layer.
"""


def _draw(table: "LayerTable") -> ColumnTable:
    drawn = ColumnTable(*_COLUMNS, right=_NUMBERS, below=_BELOW)
    for row in table.rows:
        drawn.add_row(*(write(row) for write in _COLUMNS.values()))
    totals = {"layer": "total", "parameters": f"{table.parameters:,}", "multiply-adds": f"{table.multiply_adds:,}"}
    drawn.add_row(*(f"[bold]{totals[column]}[/]" if column in totals else "" for column in _COLUMNS))
    return drawn
