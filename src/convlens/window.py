"""The arithmetic of a sliding window along one axis: kernel size, stride, padding and dilation.

These four numbers determine how many window positions there are, and which input rows no position reads. Height and
width are independent, so each function is about one axis. The layer table, the shapes of a network and the operations
by hand all use these functions. In NumPy and PyTorch, one would need an array or a layer to get the same numbers.
"""

from typing import NamedTuple

from convlens.checking import as_whole
from convlens.errors import UsageError


class Window(NamedTuple):
    """How a kernel slides along one axis; unpack it into the functions below.

    >>> output_size(28, *Window(kernel_size=3, padding=1))
    28
    """

    kernel_size: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1


def reach(kernel_size: int, dilation: int = 1) -> int:
    """Return the number of rows from the first to the last that a kernel reads, d·(k − 1) + 1.

    >>> reach(3), reach(3, dilation=2)
    (3, 5)
    """
    return dilation * (kernel_size - 1) + 1


def output_size(
    size: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1, *, ceil_mode: bool = False
) -> int:
    """Return the number of window positions, ⌊(size + 2p − d(k − 1) − 1)/s⌋ + 1; below 1 if the kernel does not fit.

    With `ceil_mode`, for pooling, it is rounded up: a last window that begins inside may extend beyond the end.

    Raises:
        UsageError: a number is not allowed, such as a stride of 0 or a negative padding.

    >>> output_size(28, 2, stride=2), output_size(7, 2, stride=2), output_size(2, 3)
    (14, 3, 0)
    >>> output_size(7, 2, stride=2, ceil_mode=True)
    4
    """
    size, kernel_size, stride, padding, dilation = _check(size, kernel_size, stride, padding, dilation)
    if not ceil_mode:
        return (size + 2 * padding - reach(kernel_size, dilation)) // stride + 1
    count = _round_up(size, kernel_size, stride, padding, dilation)
    return count if (count - 1) * stride < size + padding else count - 1


def _round_up(size: int, kernel_size: int, stride: int, padding: int, dilation: int) -> int:
    """Return the number of positions, rounded up; the last one may begin after the input's end."""
    return -(-(size + 2 * padding - reach(kernel_size, dilation)) // stride) + 1


def same_padding(kernel_size: int, stride: int = 1, dilation: int = 1) -> int:
    """Return the padding that keeps the size, (d(k − 1))/2, as PyTorch's `padding="same"`.

    Raises:
        UsageError: the stride is above 1, or the kernel needs one row more on one side than on the other.

    >>> same_padding(3), same_padding(5), same_padding(3, dilation=2)
    (1, 2, 2)
    """
    _, kernel_size, stride, _, dilation = _check(1, kernel_size, stride, 0, dilation)
    around = reach(kernel_size, dilation) - 1
    if stride > 1:
        raise UsageError(
            f"the padding 'same' keeps the size of the maps, and a stride of {stride} makes them smaller. "
            f"Change the stride to 1, or give the padding as a number, such as {around // 2}."
        )
    if around % 2:
        raise UsageError(
            f"the padding 'same' of a kernel that reaches over {around + 1} would need {around // 2} on one side and "
            f"{around - around // 2} on the other. Take an odd kernel size, or give the padding as a number, such as "
            f"{around // 2}."
        )
    return around // 2


def output_size_formula(
    size: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1, *, ceil_mode: bool = False
) -> str:
    """Return the formula of `output_size` with the numbers filled in.

    >>> output_size_formula(28, 3, padding=1)
    '⌊(28 + 2·1 − 3)/1⌋ + 1 = 28'
    >>> output_size_formula(28, 3, padding=2, dilation=2)
    '⌊(28 + 2·2 − (2·(3 − 1) + 1))/1⌋ + 1 = 28'
    >>> output_size_formula(7, 2, stride=2, ceil_mode=True)
    '⌈(7 + 2·0 − 2)/2⌉ + 1 = 4'
    >>> output_size_formula(4, 1, stride=4, ceil_mode=True)
    '⌈(4 + 2·0 − 1)/4⌉ + 1 = 2, less one that would begin behind the input: 1'
    """
    size, kernel_size, stride, padding, dilation = _check(size, kernel_size, stride, padding, dilation)
    kernel = str(kernel_size) if dilation == 1 else f"({dilation}·({kernel_size} − 1) + 1)"
    count = output_size(size, kernel_size, stride, padding, dilation, ceil_mode=ceil_mode)
    result, (left, right) = str(count).replace("-", "−"), "⌈⌉" if ceil_mode else "⌊⌋"
    if ceil_mode and count < _round_up(size, kernel_size, stride, padding, dilation):
        result = f"{count + 1}, less one that would begin behind the input: {result}"
    return f"{left}({size} + 2·{padding} − {kernel})/{stride}{right} + 1 = {result}"


def dropped(
    size: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1, *, ceil_mode: bool = False
) -> int:
    """Return how many rows at the end are after the last window position, so that no position reads them.

    Only rows of the input count, not the padding. If the kernel does not fit, these are all rows.

    >>> dropped(28, 2, stride=2), dropped(7, 2, stride=2), dropped(7, 2, stride=2, padding=1)
    (0, 1, 0)
    """
    size, kernel_size, stride, padding, dilation = _check(size, kernel_size, stride, padding, dilation)
    positions = output_size(size, kernel_size, stride, padding, dilation, ceil_mode=ceil_mode)
    if positions < 1:
        return size
    read_up_to = (positions - 1) * stride - padding + reach(kernel_size, dilation)
    return max(0, size - max(0, read_up_to))


def skipped(
    size: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1, *, ceil_mode: bool = False
) -> int:
    """Return how many rows are between the rows that the window reads, so that no position reads them.

    This happens if the stride is larger than the kernel, or if stride and dilation share a factor.

    >>> skipped(28, 1, stride=2), skipped(28, 2, stride=2), skipped(9, 3, stride=2, dilation=2)
    (13, 0, 4)
    """
    size, kernel_size, stride, padding, dilation = _check(size, kernel_size, stride, padding, dilation)
    positions = output_size(size, kernel_size, stride, padding, dilation, ceil_mode=ceil_mode)
    if dilation == 1 and stride <= kernel_size:
        return 0
    rows = range(size - dropped(size, kernel_size, stride, padding, dilation, ceil_mode=ceil_mode))
    read = {position * stride - padding + tap * dilation for position in range(positions) for tap in range(kernel_size)}
    return sum(row not in read for row in rows)


def _check(
    size: object, kernel_size: object, stride: object, padding: object, dilation: object
) -> tuple[int, int, int, int, int]:
    """Check that the numbers of a window are allowed, and return them as ints."""
    return (
        as_whole("size", size, 1),
        as_whole("kernel_size", kernel_size, 1),
        as_whole("stride", stride, 1),
        as_whole("padding", padding, 0),
        as_whole("dilation", dilation, 1),
    )
