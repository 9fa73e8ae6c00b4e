"""`convlens by-hand conv2d` and `pool`: a window sliding over a matrix or an image."""

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from convlens.cli.by_hand.options import ColourOption, Operand, PaddingOption, Slide, SlideOptions, WantedOptions
from convlens.cli.options import DataDir
from convlens.errors import UsageError
from convlens.layers import ACTIVATIONS

if TYPE_CHECKING:
    import numpy as np

    from convlens.cli.by_hand.operands import Given

Input = Annotated[
    Operand,
    Parameter(name="--a", help="Numbers ('1 2; 3 4'), a CSV file, an image file, or mnist:7 (test image 7 of MNIST)."),
]
Kernels = Annotated[
    list[Operand],
    Parameter(
        negative="",
        help="Numbers, a CSV file, or a name: sharpen, edge, blur, sobel-x, …. Repeat `--kernel` for several "
        "kernels; each of them makes one map.",
    ),
]
Biases = Annotated[
    list[Operand] | None,
    Parameter(
        negative="",
        help="The number to add to every sum, one for each kernel: `--bias 1 --bias -2`, or `--bias '1 -2'`.",
    ),
]
_KINDS = {"max": "max_pool2d", "average": "avg_pool2d", "avg": "avg_pool2d"}


def conv2d_command(
    a: Input,
    *,
    kernel: Kernels,
    bias: Biases = None,
    activation: Annotated[
        str | None, Parameter(help=f"The function to apply to every sum: {', '.join(ACTIVATIONS)}, or none.")
    ] = None,
    slide: SlideOptions = None,
    padding_mode: Annotated[str, Parameter(help="The values in the padding: zeros, reflect or replicate.")] = "zeros",
    flip: Annotated[
        bool, Parameter(negative="", help="Rotate the kernel by 180° first, for a true convolution.")
    ] = False,
    colour: ColourOption = False,
    data_dir: DataDir = None,
    wanted: WantedOptions = None,
) -> None:
    """`convlens by-hand conv2d`.

    Layers do not rotate their kernels, so this is a cross-correlation; `--flip` makes it a convolution. A kernel needs
    one channel for each channel of the image, separated by `|`. A single matrix is used for every channel. The output
    shows how the size of the map is computed, and which rows and columns are not read because of the stride.
    """
    from convlens.by_hand import conv2d, trace_conv2d
    from convlens.cli.by_hand.operands import as_image, read_biases, read_kernels, read_operand
    from convlens.cli.by_hand.showing import show
    from convlens.cli.by_hand.sizes import Sizes
    from convlens.illustrations import draw_window_position

    given = read_operand("--a", a, colour, data_dir)
    image = as_image(given.values)
    kernel_given = read_kernels(kernel, len(image), colour)
    kernels = kernel_given.values[..., ::-1, ::-1] if flip else kernel_given.values
    pairs = (slide or Slide()).pairs()
    settings = {"bias": read_biases(bias), **pairs, "padding_mode": padding_mode, "activation": activation}
    trace = trace_conv2d(image, kernels, **settings)
    result = conv2d(image, kernels, **settings)
    sizes = Sizes(image.shape[1:], kernels.shape[-2:], pairs["stride"], pairs["padding"], pairs["dilation"])
    of_kernel = (kernel_given.name, _size(kernels), "rotated by 180°" * flip, *kernel_given.notes)
    told = ", ".join(part for part in of_kernel if part)
    heading = f"{_named(given, image)}; {'kernel' if kernels.ndim == 3 else 'kernels'} {told}; result {_size(result)}"
    show(
        trace,
        result,
        wanted,
        "\n".join([heading, *sizes.lines()]),
        lambda number, filled: draw_window_position(trace, number, filled, results=result),
        {"sizes": sizes.as_dict()},
    )


def pool_command(
    a: Input,
    *,
    kind: Annotated[str, Parameter(help="The kind of pooling: max or average.")] = "max",
    kernel_size: Annotated[str, Parameter(help="The size of the window: 2, or 2x3.")] = "2",
    stride: Annotated[
        str | None, Parameter(help="How far the window moves each time. [default: the window's size]")
    ] = None,
    padding: PaddingOption = "0",
    ceil: Annotated[
        bool, Parameter(negative="", help="Let the last window reach beyond the end of the input.")
    ] = False,
    colour: ColourOption = False,
    data_dir: DataDir = None,
    wanted: WantedOptions = None,
) -> None:
    """`convlens by-hand pool`.

    For max pooling, the output shows the position of each maximum. It also shows how the size of the result is
    computed, and which rows and columns are not read.
    """
    import numpy as np

    from convlens import by_hand
    from convlens.cli.by_hand.operands import read_operand, read_pair
    from convlens.cli.by_hand.showing import show
    from convlens.cli.by_hand.sizes import Sizes
    from convlens.illustrations import draw_pooling

    if kind not in _KINDS:
        raise UsageError(f"--kind is {kind!r}; give max or average.")
    given = read_operand("--a", a, colour, data_dir)
    values = given.values[0] if given.values.ndim == 3 and len(given.values) == 1 else np.atleast_2d(given.values)
    name = _KINDS[kind]
    settings = {
        "kernel_size": read_pair("--kernel-size", kernel_size, 1),
        "stride": None if stride is None else read_pair("--stride", stride, 1),
        "padding": read_pair("--padding", padding, 0),
        "ceil_mode": ceil,
    }
    trace = getattr(by_hand, f"trace_{name}")(values, **settings)
    result = getattr(by_hand, name)(values, **settings)
    window = settings["kernel_size"]
    sizes = Sizes(values.shape[-2:], window, settings["stride"] or window, settings["padding"], ceil_mode=ceil)
    heading = f"{_named(given, values)}; window {window[0]}×{window[1]}; result {_size(result)}"
    show(
        trace,
        result,
        wanted,
        "\n".join([heading, *sizes.lines()]),
        lambda number, filled: draw_pooling(trace, number, filled, results=result),
        {"sizes": sizes.as_dict()},
    )


def _named(given: "Given", values: "np.ndarray") -> str:
    return f"{given.heading}, {_size(values)}" if given.heading else f"input {_size(values)}"


def _size(values: "np.ndarray") -> str:
    shape = values.shape[1:] if values.ndim == 3 and values.shape[0] == 1 else values.shape
    return "×".join(str(size) for size in shape)
