"""`convlens by-hand`: the tutorial's operations on numbers, tables, images, and images of datasets."""

from cyclopts import App

from convlens.cli.by_hand.gallery_command import gallery_command
from convlens.cli.by_hand.network_commands import gradient_command, network_command
from convlens.cli.by_hand.size_commands import coverage_command, output_size_command
from convlens.cli.by_hand.vector_commands import convolve_command, correlate_command, full_command
from convlens.cli.by_hand.window_commands import conv2d_command, pool_command

by_hand_app = App(name="by-hand", help_format="markdown")
by_hand_app.help = """The tutorial's operations on your own numbers, every placement shown.

```
convlens by-hand correlate "1 2 3" "4 5 6"                        the dot product, term by term
convlens by-hand conv2d "1 2 0; 3 1 2; 0 2 4" --kernel "1 0; 2 1" --steps
convlens by-hand conv2d mnist:7 --kernel sobel-x --draw seven.gif
```

Numbers: blanks or commas between them, `;` between rows, `|` between channels. Instead of numbers: a CSV file, an image
file, an image of a dataset (`mnist:7`, `mnist:train:7`), or `-` for numbers on stdin.
"""
by_hand_app.command(correlate_command, name="correlate")
by_hand_app.command(convolve_command, name="convolve")
by_hand_app.command(full_command, name="full")
by_hand_app.command(conv2d_command, name="conv2d")
by_hand_app.command(pool_command, name="pool")
by_hand_app.command(output_size_command, name="output-size")
by_hand_app.command(coverage_command, name="coverage")
by_hand_app.command(network_command, name="network")
by_hand_app.command(gradient_command, name="gradient")
by_hand_app.command(gallery_command, name="gallery")
