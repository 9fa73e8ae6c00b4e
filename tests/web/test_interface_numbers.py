"""What all views compute of numbers: their text, their colours, and the places of maps on a canvas."""

from collections.abc import Callable
from typing import Any

import pytest

INF, NAN = float("inf"), float("nan")
LAYOUT = {"count": 5, "height": 3, "width": 4, "columns": 2, "scale": 2, "gap": 2}


def use(call: Callable[..., Any], module: str, function: str, *cases: Any) -> list[Any]:
    """The results of a function of a module of the interface, one for each list of arguments."""
    code = "async ([m, f, all]) => { const got = await import(`convlens/interface/${m}.js`); return all.map(EACH); }"
    return call(code.replace("EACH", "(one) => got[f](...one)"), [module, function, list(cases)])


@pytest.mark.parametrize(
    ("function", "cases"),
    [
        (
            "formatNumber",
            {
                (-0.25,): "−0.25",
                (-0.001,): "0.00",
                (0.25, 1): "0.3",
                (NAN,): "not a number",
                (INF,): "∞",
                (-INF,): "−∞",
                (999999.5, 1): "999999.5",
                (1e6,): "1.00 × 10⁶",
                (-1234567,): "−1.23 × 10⁶",
                (4.5e12,): "4.50 × 10¹²",
                (0.00004, 4): "4.00 × 10⁻⁵",
                (-0.00004, 4): "−4.00 × 10⁻⁵",
                (0.0000625, 4): "0.0001",
                (0.00004, 3): "0.000",
                (0, 4): "0.0000",
            },
        ),
        (
            "formatSigned",
            {
                (0.25,): "+0.25",
                (-1,): "−1.00",
                (0,): "0.00",
                (0.001,): "0.00",
                (0.5, 1): "+0.5",
                (NAN,): "not a number",
            },
        ),
        (
            "formatPercent",
            {
                (0.9912, 2): "99.12 %",
                (0.5,): "50.0 %",
                (1,): "100.0 %",
                (0.9999,): "99.99 %",
                (0.99999999,): "99.999999 %",
                (0.9999999999,): "almost 100 %",
            },
        ),
        (
            "formatCount",
            {(999,): "999", (1000,): "1,000", (59210,): "59,210", (1234567.6,): "1,234,568", (-1234,): "−1,234"},
        ),
        ("plural", {(1, "map"): "1 map", (0, "map"): "0 maps", (1000, "class", "classes"): "1,000 classes"}),
    ],
)
def test_numbers_as_text(call: Any, function: str, cases: dict[tuple[Any, ...], str]) -> None:
    assert use(call, "format", function, *map(list, cases)) == list(cases.values())


def test_shapes_and_messages_as_text(call: Any) -> None:
    assert use(call, "format", "formatShape", [[8, 28, 1028]], [[10]]) == ["8 × 28 × 1,028", "10"]
    assert use(call, "format", "messageOf", ["a text"], [None]) == ["a text", "null"]
    assert call("async () => (await import('convlens/interface/format.js')).messageOf(new TypeError('no'))") == "no"


COLOURS = {
    ("light", 0): (255, 255, 255),
    ("light", 1 / 3): (0x72, 0xB8, 0xE0),
    ("light", 0.5): (57, 149, 201),  # the middle of 72b8e0 and 0072b2
    ("light", 1): (0, 0x2C, 0x54),
    ("light", 9): (0, 0x2C, 0x54),
    ("light", -1 / 3): (0xF3, 0xAE, 0x78),
    ("light", -1): (0x62, 0x26, 0),
    ("light", NAN): (255, 255, 255),
    ("dark", 0): (0x0D, 0x10, 0x14),
    ("dark", 1): (0xBE, 0xE4, 0xFC),
    ("dark", -1): (0xFF, 0xDC, 0xBA),
}


def test_colours_by_hand(call: Any) -> None:
    found = use(call, "colours", "divergingColour", *([share, theme] for theme, share in COLOURS))
    assert found == ["rgb({} {} {})".format(*colour) for colour in COLOURS.values()]
    light, dark = use(call, "colours", "divergingTable", ["light"], ["dark"])
    assert [len(light), light[0], light[255], light[510]] == [511, 0xFF002662, 0xFFFFFFFF, 0xFF542C00]
    assert light[255 + 85] == 0xFFE0B872  # a third of the way: 72b8e0, read from its end
    assert dark[255] == 0xFF14100D
    (grey,) = use(call, "colours", "greyTable", [])
    assert grey == [0xFF000000 + level * 0x10101 for level in range(256)]


def luminance(colour: list[int]) -> float:
    """As WCAG defines it."""
    parts = [part / 255 for part in colour]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_ink_is_the_one_with_more_contrast(call: Any) -> None:
    shares = [[place / 40, theme] for theme in ("light", "dark") for place in range(-40, 41)]
    inks = use(call, "colours", "inkOn", *shares)
    for colour, ink in zip(use(call, "colours", "divergingColour", *shares), inks, strict=True):
        bright = luminance([int(part) for part in colour[4:-1].split()])
        black, white = (bright + 0.05) / 0.05, 1.05 / (bright + 0.05)
        assert max(black, white) > 4.5
        assert ink == ("#000000" if black > white else "#ffffff")
    assert set(inks) == {"#000000", "#ffffff"}


def test_maps_are_arranged_by_hand(call: Any) -> None:
    bare = {"count": 2, "height": 3, "width": 4}
    five, two, few = use(call, "maps", "arrange", [LAYOUT], [bare], [{**bare, "columns": 8, "gap": 1}])
    assert five == {**LAYOUT, "pixelWidth": 10, "pixelHeight": 13}  # 4 + 2 + 4, and 3 + 2 + 3 + 2 + 3
    assert two == {**bare, "columns": 1, "gap": 2, "scale": 2, "pixelWidth": 4, "pixelHeight": 8}
    assert (few["columns"], few["pixelWidth"], few["pixelHeight"]) == (2, 9, 3)
    assert use(call, "maps", "originOf", *([LAYOUT, map_] for map_ in range(5))) == [
        [0, 0],
        [0, 6],
        [5, 0],
        [5, 6],
        [10, 0],
    ]


def test_a_point_is_in_a_map_or_in_a_gap(call: Any) -> None:
    """A map has 8 × 6 CSS pixels, a gap 4."""
    places = {
        (0, 0): (0, 0, 0),
        (7.9, 5.9): (0, 2, 3),
        (8, 0): None,
        (0, 6): None,
        (8, 6): None,
        (12, 0): (1, 0, 0),
        (19.9, 5.9): (1, 2, 3),
        (20, 0): None,
        (24, 0): None,
        (14, 13): (3, 1, 1),
        (0, 20): (4, 0, 0),
        (12, 20): None,  # there is no sixth map
        (0, 30): None,
    }
    found = use(call, "maps", "placeUnder", *([LAYOUT, *point] for point in places))
    assert [one and (one["map"], one["row"], one["column"]) for one in found] == list(places.values())
    tight = {**LAYOUT, "gap": 0}
    assert use(call, "maps", "placeUnder", [tight, -1, 7], [tight, 3, -1], [tight, 16, 0]) == [None] * 3
    assert use(call, "maps", "largestSize", [[-3, 2]], [[1, 4]], [[]]) == [3, 4, 0]
