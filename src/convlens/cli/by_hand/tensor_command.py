"""`convlens by-hand tensor`: an image, or numbers, as a tensor."""

from convlens.cli.by_hand.options import StillOption
from convlens.cli.by_hand.window_commands import Input
from convlens.cli.options import DataDir, Json


def tensor_command(a: Input, *, data_dir: DataDir = None, draw: StillOption = None, json: Json = False) -> None:
    """`convlens by-hand tensor`.

    An image file keeps its channels: one if it is grey, else red, green and blue. `--draw` shows the image, its
    channels, and its size: channels, height and width.
    """
    from convlens.cli.by_hand.operands import as_image, read_operand
    from convlens.cli.by_hand.showing import mention_drawing, print_values
    from convlens.cli.terminal import print_json, result_console
    from convlens.illustrations import check_format, draw_tensor, save_drawing, short_number
    from convlens.illustrations.tensors import CHANNEL_NAMES
    from convlens.words import times

    if draw is not None:
        check_format(draw)
    given = read_operand("--a", a, None, data_dir)
    tensor = as_image(given.values)
    channels, height, width = tensor.shape
    names = list(CHANNEL_NAMES) if channels == 3 else [str(number) for number in range(channels)]
    if draw is not None:
        save_drawing(draw, lambda: draw_tensor(tensor))
    attributes = {"shape": list(tensor.shape), "channels": channels, "height": height, "width": width}
    smallest, largest = float(tensor.min()), float(tensor.max())
    if json:
        told = {**attributes, "numbers": tensor.size, "smallest": smallest, "largest": largest}
        drawing = {"drawing": str(draw)} if draw else {}
        print_json({"name": given.name, **told, "channel_names": names, "tensor": tensor.tolist(), **drawing})
        return
    console = result_console()
    lines = {
        "shape": f"{times(tensor.shape)} (channels × height × width)",
        "channels": f"{channels}{' (R, G, B)' * (channels == 3)}",
        "height": f"{height:,}",
        "width": f"{width:,}",
        "numbers": f"{tensor.size:,}, from {short_number(smallest)} to {short_number(largest)}",
    }
    if given.heading:
        console.print(given.heading, style="dim", markup=False, soft_wrap=True)
    for name, value in lines.items():
        console.print(f"[bold]{name:<9}[/] {value}")
    print_values(console, tensor, [f"channel {name}" for name in names])
    if draw is not None:
        mention_drawing(draw)
