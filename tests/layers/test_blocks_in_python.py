"""Blocks and convolutions as Python: what they print, what they may join, and what their constructors say."""

import pytest

from convlens import Concat, Conv2d, Dense, Network, ReLU, Residual
from convlens.errors import NetworkError
from convlens.layers import BLOCKS, Flatten


@pytest.mark.parametrize(
    ("block", "python", "text"),
    [
        (Residual([ReLU()]), "Residual([ReLU()])", "residual(relu)"),
        (
            Residual([ReLU()], [Conv2d(2, kernel_size=1)]),
            "Residual([ReLU()], shortcut=[Conv2d(2, kernel_size=1)])",
            "residual(relu, shortcut conv 2 1x1)",
        ),
        (Concat([ReLU()], [Flatten(), ReLU()]), "Concat([ReLU()], [Flatten(), ReLU()])", "concat(relu; flatten, relu)"),
    ],
)
def test_blocks_print_as_python_and_as_text(block: Residual | Concat, python: str, text: str) -> None:
    assert (repr(block), str(block)) == (python, text)


def test_an_addition_needs_equal_channels_and_a_concatenation_does_not() -> None:
    assert {word: block.channels_may_differ for word, block in BLOCKS.items()} == {"residual": False, "concat": True}
    branches = [Conv2d(2, kernel_size=1)], [Conv2d(3, kernel_size=1)]
    joined = Network([Concat(*branches), Dense()]).resolve((1, 2, 2), 2)
    assert [node.output_shape for node in joined[:3]] == [(2, 2, 2), (3, 2, 2), (5, 2, 2)]
    with pytest.raises(NetworkError, match="they are added, so their shapes must be equal"):
        Network([Residual(*branches), Dense()]).resolve((1, 2, 2), 2)


@pytest.mark.parametrize("given", [{"channels": 12}, {"out_channels": 12}])
def test_the_example_of_a_missing_kernel_size_has_the_channels_that_were_given(given: dict[str, int]) -> None:
    with pytest.raises(NetworkError) as caught:
        Conv2d(**given)
    assert str(caught.value) == "Conv2d needs its kernel size. Write for example Conv2d(12, kernel_size=3)."
