"""`convlens by-hand network` and `gradient`: the forward pass of a trained network, and the gradient of a weight."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from convlens.cli.by_hand.options import (
    ColourOption,
    KernelSizeOption,
    Operand,
    Slide,
    SlideOptions,
    Wanted,
    WantedOptions,
)
from convlens.cli.options import DataDir, Whole
from convlens.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from convlens.trained_model import TrainedModel


def network_command(
    model: Annotated[str, Parameter(help="A model file, a run folder, latest, or hf://user/name.")],
    image: Annotated[str, Parameter(help="An image file, or a test image of a dataset, such as mnist:7.")],
    /,
    *,
    layer: Annotated[Whole | None, Parameter(help="Print the output of this layer; -1 is the network's input.")] = None,
    data_dir: DataDir = None,
    wanted: WantedOptions = None,
) -> None:
    """`convlens by-hand network`.

    Computes the forward pass of a trained model, layer by layer, without the engine, and compares the result with the
    engine's. If `--layer` names a conv, pool or dense layer, or one that joins branches, then `--steps`, `--table` and
    `--at` show the sums behind its numbers.
    """
    from convlens.by_hand import run_network
    from convlens.cli.by_hand.network_view import print_layer, print_network, show_positions
    from convlens.trained_model import load_model

    wanted = wanted or Wanted()
    of_one_layer = wanted.positions or wanted.draw is not None
    if layer is None and of_one_layer:
        raise UsageError("--steps, --table, --at and --draw show the sums of one layer; say which with --layer.")
    trained = load_model(model)
    pixels, notes = _network_input(trained, image, data_dir)
    values = trained.preprocessing.normalisation.apply(pixels[None])[0]
    results = run_network(trained.network, trained.weights, values)
    if layer is not None and not -1 <= layer < len(results):
        raise UsageError(f"--layer is {layer}; this network has layers 0 to {len(results) - 1}, and -1 is the input.")
    if layer is None:
        print_network(trained, pixels, values, results, notes, wanted.json)
    elif of_one_layer:
        show_positions(trained, values, results, layer, wanted)
    else:
        print_layer(values, results, layer, wanted.json)


def gradient_command(
    a: Annotated[
        Operand,
        Parameter(name="--a", help="The image: numbers, a CSV or image file, or mnist:7 (test image 7 of MNIST)."),
    ],
    *,
    output_gradient: Annotated[
        Operand, Parameter(help="The gradient of the loss with respect to each number of the map.")
    ],
    weight: Annotated[
        str, Parameter(help="The position of the weight in the kernel: row,column or channel,row,column.")
    ] = "0,0",
    kernel_size: KernelSizeOption = "3",
    slide: SlideOptions = None,
    colour: ColourOption = False,
    data_dir: DataDir = None,
    wanted: WantedOptions = None,
) -> None:
    """`convlens by-hand gradient`."""
    import numpy as np

    from convlens.by_hand import kernel_weight_gradient, trace_kernel_weight_gradient
    from convlens.cli.by_hand.operands import as_image, read_operand, read_pair
    from convlens.cli.by_hand.showing import show

    wanted = wanted or Wanted()
    if wanted.draw is not None:
        raise UsageError("a gradient cannot be drawn. Use --table instead of --draw.")
    image = as_image(read_operand("--a", a, colour, data_dir).values)
    slopes = as_image(read_operand("--output-gradient", output_gradient).values)
    place = [int(number) for number in re.findall(r"\d+", weight)]
    if len(place) not in (2, 3, 4) or re.search(r"[^\d, x]", weight):
        raise UsageError(f"--weight is {weight!r}; give row and column such as 0,0, or channel, row and column.")
    if len(place) < 4 and len(slopes) > 1:
        raise UsageError(
            f"--output-gradient has {len(slopes)} maps; give the kernel, too: --weight kernel,channel,row,column."
        )
    chosen = (*[0] * (4 - len(place)), *place)
    settings = {"kernel_size": read_pair("--kernel-size", kernel_size, 1), **(slide or Slide()).pairs()}
    trace = trace_kernel_weight_gradient(image, slopes, chosen, **settings)
    result = np.asarray(kernel_weight_gradient(image, slopes, chosen, **settings))
    show(trace, result, wanted, "gradient of the weight")


def _network_input(
    trained: "TrainedModel", image: str, data_dir: Path | None
) -> "tuple[NDArray[np.uint8], tuple[str, ...]]":
    """Return the network's input as uint8 pixels, and notes on how the image was changed."""
    import numpy as np

    from convlens.cli.by_hand.operands import DATASET_IMAGE, read_operand
    from convlens.preprocessing import prepare

    source: Path | np.ndarray = Path(image)
    if DATASET_IMAGE.fullmatch(image):
        pixels = read_operand("IMAGE", image, data_dir=data_dir).values.astype(np.uint8)
        if pixels.shape == trained.preprocessing.image_shape:
            return pixels, ()
        source = pixels[0] if len(pixels) == 1 else pixels.transpose(1, 2, 0)
    prepared = prepare(trained.preprocessing, source)
    return prepared.pixels, tuple(prepared.notes)
