"""Formats numbers and sums: four significant digits, a true minus sign, and `≈` if a number was rounded."""

import math
from collections.abc import Sequence

import numpy as np

from convlens.by_hand import GradientPosition, JoinPosition, PoolPosition, WindowPosition
from convlens.layers import name_of_layer
from convlens.words import count_of

_LARGEST_WHOLE = 1e10


def short_number(value: float) -> str:
    """Format a number with four significant digits; very large and very small ones with a power of ten.

    >>> short_number(4.0), short_number(-0.5), short_number(1 / 3), short_number(-0.00012345), short_number(1e20)
    ('4', '−0.5', '0.3333', '−1.234e−4', '1e20')
    """
    if not math.isfinite(value):
        return "–"
    if value == int(value) and abs(value) < _LARGEST_WHOLE:
        text = str(int(value))
    elif 0.001 <= abs(value) < 1e6:
        text = f"{value:.{max(0, 3 - math.floor(math.log10(abs(value))))}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    else:
        mantissa, _, power = f"{value:.3e}".partition("e")
        text = f"{mantissa.rstrip('0').rstrip('.')}e{int(power)}"
    return text.replace("-", "−")


def bracketed(value: float) -> str:
    """Format a number inside a sum; negative numbers are in brackets.

    >>> bracketed(-2.0), bracketed(2.0)
    ('(−2)', '2')
    """
    return f"({short_number(value)})" if value < 0 else short_number(value)


def equals(*values: float) -> str:
    """Return `=` if all numbers are written exactly, `≈` if one is rounded.

    >>> equals(1.0, 2.5), equals(0.1 + 0.2), equals(1 / 3)
    ('=', '=', '≈')
    """
    rounded = (abs(float(short_number(value).replace("−", "-")) - value) > 1e-12 * abs(value) for value in values)
    return "≈" if any(rounded) else "="


def write_sum(pairs: Sequence[tuple[float, float]], most: int = 9) -> str:
    """Write the products of a sum; if there are more than `most`, products of zero are left out first.

    >>> write_sum([(1.0, 2.0), (3.0, -1.0)])
    '1·2 + 3·(−1)'
    >>> write_sum([(0.0, 5.0), (0.0, 6.0), (7.0, 8.0)], most=2)
    '7·8 + 2 products of 0'
    """
    if len(pairs) <= most:
        return " + ".join(f"{bracketed(a)}·{bracketed(b)}" for a, b in pairs)
    telling = [(a, b) for a, b in pairs if a * b != 0]
    shown = telling[: max(most - 1, 1)]
    terms = [f"{bracketed(a)}·{bracketed(b)}" for a, b in shown]
    zeros, more = len(pairs) - len(telling), len(telling) - len(shown)
    terms += [f"{more} more product{'s' * (more > 1)}"] if more else []
    terms += [f"{zeros} product{'s' * (zeros > 1)} of 0"] if zeros else []
    return " + ".join(terms)


def write_position(window: WindowPosition | PoolPosition | GradientPosition | JoinPosition, most: int = 9) -> str:
    """Write out the calculation of a result, with bias, activation, largest value or divisor.

    >>> from convlens.by_hand import trace_conv2d
    >>> write_position(trace_conv2d([[[1, 2]]], [[[3, 4]]], bias=-20, activation="relu")[0])
    '1·3 + 2·4 + bias (−20) = −9, relu 0'
    """
    if isinstance(window, GradientPosition):
        met, slope, product = window.met, window.output_gradient, window.product
        told = f"{bracketed(met)}·{bracketed(slope)} {equals(met, slope, product)} {short_number(product)}"
        return f"{told}, in all {short_number(window.sum_so_far)}"
    if isinstance(window, PoolPosition):
        return _write_pool(window, most)
    if isinstance(window, JoinPosition):
        return _write_join(window)
    if len(window.channel_sums) > 1:
        sums = window.channel_sums
        text = " + ".join(bracketed(one) for one in sums[:most])
        text += f" + {count_of(len(sums) - most, 'more channel')}" if len(sums) > most else ""
        written = [*sums]
    else:
        pairs = list(zip(window.covered.ravel().tolist(), window.kernel.ravel().tolist(), strict=True))
        text, written = write_sum(pairs, most), [number for pair in pairs for number in pair]
    if window.bias:
        text += f" + bias {bracketed(window.bias)}"
    sign = equals(*written, window.bias, window.total)
    text += f" {sign} {short_number(window.total)}"
    return text + (f", {window.activation} {short_number(window.result)}" if window.activation else "")


def _write_join(window: JoinPosition) -> str:
    if len(window.terms) == 1:
        (term,) = window.terms
        first, *others = term.position
        place = f"{'map' if others else 'place'} {first}"
        return f"{short_number(term.value)}, from {place} of {name_of_layer(term.layer)}"
    terms = (f"{bracketed(term.value)} ({name_of_layer(term.layer)})" for term in window.terms)
    sign = equals(*(term.value for term in window.terms), window.result)
    return f"{' + '.join(terms)} {sign} {short_number(window.result)}"


def _write_pool(window: PoolPosition, most: int) -> str:
    result = short_number(window.result)
    if window.winner is not None:
        covered = window.covered[~np.isnan(window.covered)].tolist()
        listed = ", ".join(short_number(value) for value in covered[:most]) + (", …" if len(covered) > most else "")
        place = ", ".join(str(at) for at in window.winner[-2:])
        return f"the largest of {listed} is {result}, in row and column {place} of the input, counted from 0"
    # The zeros of the padding count, but not the cells of a window that extend beyond the padded input.
    numbers = window.covered[~np.isnan(window.covered)].tolist()
    zeros = window.divisor - len(numbers)
    shown = [bracketed(number) for number in numbers[:most]]
    shown += [f"{len(numbers) - most} more"] if len(numbers) > most else []
    shown += ["0"] * zeros if len(numbers) + zeros <= most else [f"{zeros} zeros"] if zeros else []
    sign = equals(*numbers, window.result)
    return f"({' + '.join(shown)}) / {window.divisor} {sign} {result}"
