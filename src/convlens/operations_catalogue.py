"""The operations of a convolutional network, each described once: title, meaning, formula, command, example numbers.

The gallery, `convlens by-hand --help`, `docs/operations.md` and the page's Learn view read this module. Run
`python -m convlens.operations_catalogue` after a change: it writes the page's copy and the descriptions in the docs,
and a test compares them. NumPy is not imported here, because every `--help` reads this module.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

A, B = [3, 1, 2], [2, 4, 1]
"""Two vectors."""
MATRIX = [[1, 2, 0, 1, 3], [3, 1, 2, 0, 1], [0, 2, 4, 1, 0], [2, 0, 1, 3, 1], [1, 3, 0, 2, 2]]
SMALL_MATRIX = [row[:3] for row in MATRIX[:3]]
KERNEL = [[1, 0], [2, 1]]
IMAGE = [
    [[1, 0, 2, 3], [0, 1, 1, 3], [2, 1, 0, 1], [3, 2, 0, 0]],
    [[0, 1, 1, 0], [2, 0, 1, 1], [1, 0, 2, 3], [0, 1, 3, 2]],
    [[1, 1, 0, 0], [0, 2, 1, 0], [0, 1, 1, 2], [1, 0, 2, 3]],
]
"""An image of three channels."""
SMALL_IMAGE = [[row[:3] for row in channel[:3]] for channel in IMAGE]
IMAGE_KERNELS = [
    [[[1, 0], [0, 1]], [[0, -1], [1, 0]], [[1, 1], [0, 0]]],
    [[[0, 1], [-1, 0]], [[1, 0], [0, -2]], [[0, 0], [1, -1]]],
]
"""Two kernels for `IMAGE`."""
BIASES = [-2, 1]
"""A bias for each of `IMAGE_KERNELS`."""
POOLED = [[1, 3, 2, 1], [4, 8, 0, 1], [2, 2, 5, 7], [0, 4, 6, 2]]
"""A matrix to pool."""
NETWORK = {"bias": [[-7]], "weights": [[1, 1, 1, 1], [1, 0, 0, -1]], "biases": [[0], [0.5]]}
"""The weights of `conv 1 2x2, relu, dense 2` besides `KERNEL`: the kernel's bias, and those of the dense layer."""
SLOPES = [[1, 0], [0, 10]]
"""The gradient of the loss with respect to each number of the map of `SMALL_MATRIX` and `KERNEL`."""


class Operation(NamedTuple):
    """One operation: its title, one sentence on what it means, its formula, and commands to try it with."""

    title: str
    meaning: str
    formula: str
    commands: tuple[str, ...] = ()


def as_text(values: Any) -> str:
    """Write numbers as they are typed on the command line.

    >>> as_text([[1, 2], [3, 4]]), as_text([5, 6])
    ('1 2; 3 4', '5 6')
    """
    rows = values if isinstance(values[0], list) else [values]
    return "; ".join(" ".join(map(str, row)) for row in rows)


_VECTORS = f'"{as_text(A)}" "{as_text(B)}"'
_MATRIX = f'"{as_text(SMALL_MATRIX)}"'

OPERATIONS = {
    "correlate": Operation(
        "Cross-correlation",
        "Multiply the numbers at the same position in two vectors, and add the products. The sum is large if the "
        "vectors have a similar pattern.",
        "Σ aᵢ·bᵢ",
        (f"correlate {_VECTORS}", 'correlate "1 2 3 4" "1 -1" --mode full --steps'),
    ),
    "convolve": Operation(
        "Convolution",
        "Reverse the second of two vectors, so that its last number comes first. Then multiply and add as in a "
        "cross-correlation.",
        "Σ aᵢ·bₙ₋₁₋ᵢ",
        (f"convolve {_VECTORS} --draw convolution.svg", 'convolve "1 2 3 4" "1 1" --mode same'),
    ),
    "full": Operation(
        "Full convolution",
        "The second vector is reversed and slides along the first, from the first overlap to the last. Each position "
        "gives one sum.",
        "vectors of n and m numbers give n + m − 1 sums",
        (f"full {_VECTORS} --steps", f"full {_VECTORS} --draw full.gif"),
    ),
    "conv2d": Operation(
        "A kernel slides over a matrix",
        "A small matrix, the kernel, slides over a larger one. The sum of the products at each position is one number "
        "of the result, which is called a feature map.",
        "map(y, x) = Σ input(y + i, x + j)·kernel(i, j)",
        (
            f'conv2d {_MATRIX} --kernel "{as_text(KERNEL)}" --steps',
            "conv2d photo.png --kernel sharpen --padding 1 --draw sharp.png",
            "conv2d mnist:7 --kernel sobel-x --at 10,12",
        ),
    ),
    "output-size": Operation(
        "The size of the map",
        "A map has one row for each vertical position of the window on the padded input, and one column for each "
        "horizontal position.",
        "⌊(n + 2p − (d(k − 1) + 1))/s⌋ + 1",
        ("output-size 28 --kernel-size 3 --padding 1", "output-size 7 --kernel-size 2 --stride 2"),
    ),
    "coverage": Operation(
        "Coverage",
        "A cell in the middle is read at many window positions, but a corner at only one, so the edge of an image "
        "counts less. Padding changes that.",
        "times that a cell is read = number of positions that read its row · number of positions that read its column",
        ("coverage 5 --kernel-size 3", "coverage 5 --kernel-size 3 --padding 1"),
    ),
    "tensor": Operation(
        "Images are tensors",
        "An image is a tensor, which has one matrix for each channel, all of the same size. A grey image has one "
        "channel; a colour image has three, for red, green and blue.",
        "numbers of a tensor = channels·height·width",
        ("tensor photo.png", 'tensor "255 0; 0 9 | 0 255; 0 9 | 0 0; 255 9" --draw tensor.svg'),
    ),
    "channels": Operation(
        "Channels and kernels",
        "A kernel has one channel for each channel of the image. Each channel of the kernel slides over its channel of "
        "the image, and the partial sums are added, so a kernel makes one map.",
        "partial sum of channel 0 + partial sum of channel 1 + …",
        ('conv2d "1 0 2; 0 1 1; 2 1 0 | 0 1 1; 2 0 1; 1 0 2" --kernel "1 0; 0 1 | 0 -1; 1 0" --steps',),
    ),
    "activation": Operation(
        "Bias and activation",
        "Each map has one bias, a number that is added to all of its values. Then the activation, a nonlinear "
        "function, is applied to each value.",
        "activation(sum + bias)",
        (f'conv2d {_MATRIX} --kernel "{as_text(KERNEL)}" --bias -8 --activation relu',),
    ),
    "pool": Operation(
        "Pooling",
        "A window without weights slides over each map and keeps the largest of the numbers that it covers, or their "
        "average.",
        "max(covered), or Σ covered / count",
        (f'pool "{as_text(POOLED)}" --steps', "pool mnist:7 --kind average --draw pooled.svg"),
    ),
    "network": Operation(
        "A network",
        "Each layer takes the output of the layer before it, and softmax turns the last layer’s outputs into "
        "probabilities.",
        "softmax: eˣ of each output / sum of eˣ of all outputs",
        ("network latest mnist:7", "network latest seven.png --layer 3 --at 5,6,7"),
    ),
    "gradient": Operation(
        "The gradient of a weight",
        "At each window position, a weight of the kernel is multiplied by one number of the input. Multiply this "
        "number by the gradient of the output at this position, and add all products. The sum is the gradient of the "
        "weight.",
        "weight after a step = weight − learning rate · gradient",
        (f'gradient {_MATRIX} --output-gradient "{as_text(SLOPES)}" --kernel-size 2 --weight 0,0 --table',),
    ),
    "cost": Operation(
        "What a layer costs",
        "A kernel has one weight for each of its cells in each channel, and one bias. It uses them at every window "
        "position, so a layer has few parameters but many multiplications.",
        "parameters = kernels·(channels·height·width + 1)",
    ),
}
"""Name → operation. The name is also that of the operation's command, if it has one."""

_FOLDER = Path(__file__).parent
PAGE_COPY = _FOLDER / "web" / "views" / "learn" / "operations.js"
DOCS = _FOLDER.parents[1] / "docs" / "operations.md"
_DESCRIPTION = re.compile(r"(<!-- operation: ([\w-]+) -->\n).*\n")


def write_page_copy() -> str:
    """Return the text of the page's module with the operations, the named kernels and the example numbers."""
    from convlens.by_hand import KERNELS

    examples = {
        "a": A, "b": B, "matrix": MATRIX, "smallMatrix": SMALL_MATRIX, "kernel": KERNEL, "image": IMAGE,
        "imageKernels": IMAGE_KERNELS, "biases": BIASES, "pooled": POOLED, "network": NETWORK, "slopes": SLOPES,
    }  # fmt: skip
    operations = {
        name: {"title": one.title, "meaning": one.meaning, "formula": one.formula} for name, one in OPERATIONS.items()
    }
    return (
        "// Written by `python -m convlens.operations_catalogue`; a test compares the two.\n\n"
        + _as_constant("OPERATIONS", "Record<string, { title: string, meaning: string, formula: string }>", operations)
        + _as_constant("KERNELS", "Record<string, number[][]>", KERNELS)
        + _as_constant("EXAMPLES", "", examples)
    )


def _as_constant(name: str, kind: str, values: Mapping[Any, Any]) -> str:
    told = f"/** @type {{{kind}}} */\n" if kind else ""
    lines = "".join(f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)},\n" for key, value in values.items())
    return f"// prettier-ignore\n{told}export const {name} = {{\n{lines}}};\n"


def describe_in_docs(text: str) -> str:
    """Return a text with the description of each operation in the line after `<!-- operation: NAME -->`.

    >>> print(describe_in_docs("<!-- operation: convolve -->\\nsomething old\\n"), end="")
    <!-- operation: convolve -->
    Reverse the second of two vectors, ... *Σ aᵢ·bₙ₋₁₋ᵢ*
    """

    def describe(found: re.Match[str]) -> str:
        operation = OPERATIONS[found[2]]
        return f"{found[1]}{operation.meaning} *{operation.formula}*\n"

    return _DESCRIPTION.sub(describe, text)


def write_copies(page_copy: Path = PAGE_COPY, docs: Path = DOCS) -> None:
    """Write the page's copy, and the descriptions into the docs, if they are there."""
    page_copy.write_text(write_page_copy(), encoding="utf-8")
    if docs.is_file():
        docs.write_text(describe_in_docs(docs.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    write_copies()
