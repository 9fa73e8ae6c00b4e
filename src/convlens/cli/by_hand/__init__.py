"""`convlens by-hand`: the tutorial's operations on numbers, tables, images, and images of datasets."""

import inspect
from collections.abc import Callable

from cyclopts import App

from convlens.cli.by_hand.gallery_command import gallery_command
from convlens.cli.by_hand.network_commands import gradient_command, network_command
from convlens.cli.by_hand.size_commands import coverage_command, output_size_command
from convlens.cli.by_hand.tensor_command import tensor_command
from convlens.cli.by_hand.vector_commands import convolve_command, correlate_command, full_command
from convlens.cli.by_hand.window_commands import conv2d_command, pool_command
from convlens.operations_catalogue import OPERATIONS


def write_commands(commands: tuple[str, ...]) -> str:
    """Return the commands as lines to type, one per line."""
    return "\n".join(f"convlens by-hand {one}" for one in commands)


by_hand_app = App(name="by-hand", help_format="markdown")
_TRIES = (*OPERATIONS["correlate"].commands[:1], *OPERATIONS["conv2d"].commands)
by_hand_app.help = f"""Run the operations of a CNN on your own numbers, and see the sum behind each result.

```
{write_commands(_TRIES)}
```

Separate numbers by spaces or commas, rows by `;`, and channels by `|`. Instead of numbers you can give a CSV file, an
image file, an image of a dataset (`mnist:7`, `mnist:train:7`), or `-` to read numbers from stdin.
"""


def help_of(name: str, command: Callable[..., None]) -> str:
    """Return a command's help: the operation's meaning and formula, commands to try, and the rest of its docstring.

    >>> print(help_of("convolve", lambda: None).splitlines()[0])
    Reverse the second of two vectors, so that its last number comes first. Then ...
    """
    operation = OPERATIONS[name]
    _, _, more = (inspect.getdoc(command) or "").partition("\n\n")
    tries = write_commands(operation.commands)
    return f"{operation.meaning}\n\n{operation.formula}\n\n```\n{tries}\n```\n\n{more}".rstrip()


for _name, _command in {
    "correlate": correlate_command,
    "convolve": convolve_command,
    "full": full_command,
    "conv2d": conv2d_command,
    "pool": pool_command,
    "tensor": tensor_command,
    "output-size": output_size_command,
    "coverage": coverage_command,
    "network": network_command,
    "gradient": gradient_command,
}.items():
    by_hand_app.command(_command, name=_name, help=help_of(_name, _command))
by_hand_app.command(gallery_command, name="gallery")
