"""`convlens by-hand output-size` and `coverage`: results that depend on sizes only."""

from typing import Annotated

from cyclopts import Parameter

from convlens.cli.by_hand.options import KernelSizeOption, Slide, SlideOptions, StillOption
from convlens.cli.options import Json, Whole
from convlens.errors import UsageError

KernelSize = Annotated[Whole, Parameter(help="The number of rows or columns of the kernel.")]
Stride = Annotated[Whole, Parameter(help="How far the window moves each time.")]
Padding = Annotated[Whole, Parameter(help="Rows or columns to add on each side.")]
Dilation = Annotated[Whole, Parameter(help="How far apart the cells of the kernel are.")]


def output_size_command(
    size: Annotated[Whole, Parameter(help="The number of rows or columns of the input.")], *, kernel_size: KernelSize,
    stride: Stride = 1, padding: Padding = 0, dilation: Dilation = 1, json: Json = False,
) -> None:  # fmt: skip
    """`convlens by-hand output-size`.

    Prints the formula with its numbers, and how many rows or columns are not read at any window position.
    """
    from convlens.cli.terminal import print_json, result_console
    from convlens.window import dropped, output_size, output_size_formula, skipped
    from convlens.words import agreeing

    window = (size, kernel_size, stride, padding, dilation)
    count, formula = output_size(*window), output_size_formula(*window)
    lost, between = dropped(*window), skipped(*window)
    if count < 1:
        raise UsageError(f"the kernel does not fit: {formula}. Give a smaller kernel or dilation, or more padding.")
    if json:
        print_json({"output_size": count, "formula": formula, "dropped": lost, "skipped": between})
        return
    console = result_console()
    console.print(formula, soft_wrap=True)
    if lost:
        them = "it" if lost == 1 else "them"
        console.print(f"The floor drops {lost} of {size} at the end: no window position reads {them}.")
    if between:
        lie, read = agreeing(between, "lies"), agreeing(between, "is")
        console.print(f"{between}{' more' * bool(lost)} {lie} between window positions and {read} not read.")


def coverage_command(
    size: Annotated[str, Parameter(help="The size of the input: 5, or 5x8.")], *,
    kernel_size: KernelSizeOption, slide: SlideOptions = None,
    draw: StillOption = None, json: Json = False,
) -> None:  # fmt: skip
    """`convlens by-hand coverage`."""
    from convlens.by_hand import count_coverage
    from convlens.cli.by_hand.operands import read_pair
    from convlens.cli.by_hand.showing import mention_drawing, print_values
    from convlens.cli.terminal import print_json, result_console
    from convlens.illustrations import check_format, draw_coverage, save_drawing

    if draw is not None:
        check_format(draw)
    sizes = read_pair("--size", size, 1), read_pair("--kernel-size", kernel_size, 1)
    settings = (slide or Slide()).pairs()
    counts = count_coverage(*sizes, **settings)
    if draw is not None:
        save_drawing(draw, lambda: draw_coverage(*sizes, **settings))
    if json:
        print_json({"coverage": counts.astype(int).tolist(), **({"drawing": str(draw)} if draw else {})})
        return
    print_values(result_console(), counts)
    if draw is not None:
        mention_drawing(draw)
