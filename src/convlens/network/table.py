"""The layer table as values: one row per layer, the totals, and its forms for JSON, text and notebooks.

It contains finished numbers and sentences, so that terminal, notebook and page show the same table without calculating.
As HTML it is a plain table, escaped, without scripts and style sheets, for notebooks.
"""

from dataclasses import asdict, dataclass
from html import escape
from typing import Any

from convlens.words import count_of

_CELL = "style='padding:2px 16px 2px 0; text-align:left; white-space:pre'"
"""Styles are set for each cell, because some notebooks remove style sheets; `pre` keeps the indentation of blocks."""
_HEADINGS = ("", "layer", "output", "size", "parameters", "multiply-adds", "sees")


@dataclass(frozen=True)
class LayerRow:
    """One layer of the table; the formulas have their numbers filled in, and are empty if there is nothing to count.

    `output_shape` is (C, H, W) or (F,); `receptive_field` is (rows, columns) of the image. `inputs` are the indices of
    the layers that it reads; −1 is the network's input. The names of its weights begin with `path`. `depth` is the
    number of blocks around the layer, `branch` is the branch of the innermost block that contains it, and `opens` are
    the branches that begin with it, the outermost first.
    """

    index: int
    text: str
    output_shape: tuple[int, ...]
    size_formula: str
    parameters: int
    parameters_formula: str
    multiply_adds: int
    multiply_adds_formula: str
    receptive_field: tuple[int, int]
    warnings: tuple[str, ...]
    inputs: tuple[int, ...]
    path: str
    depth: int
    branch: str
    opens: tuple[str, ...]

    @property
    def indented_text(self) -> str:
        """The layer's text, indented by two spaces for each block around it, with the branches that it begins.

        >>> from convlens.network import Network, layer_table
        >>> table = layer_table(Network("residual(conv 1 3x3 pad 1, relu, shortcut conv 1 1x1), dense"))
        >>> for row in table.rows[:4]:
        ...     print(row.index, row.indented_text)
        0   body: conv 1 3x3 pad 1
        1   relu
        2   shortcut: conv 1 1x1
        3 add
        """
        return "  " * self.depth + ": ".join([*self.opens, self.text])


@dataclass(frozen=True)
class LayerTable:
    """The layers of a network for one size of images and one number of classes, and their totals."""

    network: str
    input_shape: tuple[int, ...]
    classes: int
    rows: tuple[LayerRow, ...]

    @property
    def parameters(self) -> int:
        """The number of all trainable parameters."""
        return sum(row.parameters for row in self.rows)

    @property
    def multiply_adds(self) -> int:
        """The number of all multiply-adds for one image."""
        return sum(row.multiply_adds for row in self.rows)

    @property
    def warnings(self) -> tuple[str, ...]:
        """The warnings of all layers, each with its layer's index."""
        return tuple(f"layer {row.index}: {warning}" for row in self.rows for warning in row.warnings)

    def as_dict(self) -> dict[str, Any]:
        """Return the table as plain values for JSON: shapes as lists, the rows under `layers`, and the totals."""
        return {
            "network": self.network,
            "input_shape": list(self.input_shape),
            "classes": self.classes,
            "layers": [
                {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(row).items()}
                for row in self.rows
            ],
            "parameters": self.parameters,
            "multiply_adds": self.multiply_adds,
        }

    def as_html(self) -> str:
        """Return the table as a small piece of HTML: totals in the caption, warnings below it.

        >>> print(LayerTable("dense", (1, 2, 2), 3, ()).as_html())
        <table><caption ...>Network for 1×2×2 images and 3 classes: 0 parameters, 0 multiply-adds per image</caption>...
        """
        heading = "".join(f"<th {_CELL}>{name}</th>" for name in _HEADINGS)
        rows = "".join(_row_as_html(row) for row in self.rows)
        warnings = "".join(f"<li>{escape(warning)}</li>" for warning in self.warnings)
        head = f"<caption {_CELL}>{escape(self._caption)}</caption><thead><tr>{heading}</tr></thead>"
        return f"<table>{head}<tbody>{rows}</tbody></table>" + (f"<ul>{warnings}</ul>" if warnings else "")

    def __str__(self) -> str:
        """Return the table as lines of text, for `print`.

        >>> from convlens.network import layer_table
        >>> print(layer_table("conv 8 3x3, relu, dense", (1, 8, 8), 10))
        Network for 1×8×8 images and 10 classes: 2,970 parameters, 5,472 multiply-adds per image
           layer       output  parameters  multiply-adds  sees
        0  conv 8 3x3  8×6×6           80          2,592   3×3
        1  relu        8×6×6            0              0   3×3
        2  flatten     288              0              0   3×3
        3  dense 10    10           2,890          2,880   8×8
        """
        cells = [
            (
                str(row.index),
                row.indented_text,
                _by(row.output_shape),
                f"{row.parameters:,}",
                f"{row.multiply_adds:,}",
                _by(row.receptive_field),
            )
            for row in self.rows
        ]
        rows = [tuple(name for name in _HEADINGS if name != "size"), *cells]
        widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
        lines = [
            "  ".join(
                cell.rjust(width) if place > 2 else cell.ljust(width)
                for place, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            for row in rows
        ]
        return "\n".join([self._caption, *(line.rstrip() for line in lines), *self.warnings])

    @property
    def _caption(self) -> str:
        return (
            f"Network for {_by(self.input_shape)} images and {count_of(self.classes, 'class')}: "
            f"{count_of(self.parameters, 'parameter')}, {count_of(self.multiply_adds, 'multiply-add')} per image"
        )

    def _repr_html_(self) -> str:
        return self.as_html()


def _row_as_html(row: LayerRow) -> str:
    cells = (
        str(row.index),
        row.indented_text,
        _by(row.output_shape),
        row.size_formula,
        row.parameters_formula,
        row.multiply_adds_formula,
        _by(row.receptive_field),
    )
    return "<tr>" + "".join(f"<td {_CELL}>{escape(cell)}</td>" for cell in cells) + "</tr>"


def _by(sizes: tuple[int, ...]) -> str:
    return "×".join(str(size) for size in sizes)
