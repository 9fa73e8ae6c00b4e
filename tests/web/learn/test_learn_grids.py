"""The grids, pictures and curves of Learn, one by one, in Chromium, on numbers worked out by hand."""

from collections.abc import Callable
from typing import Any

import pytest

Call = Callable[..., Any]


@pytest.fixture
def use(call_with_parts: Call) -> Call:
    """`use("steps", body)` runs statements with a module as `m`, beside `put`, `read`, `press`, `type` and `rest`."""
    return call_with_parts("views/learn")


LOOK = """{ around: [1, 1], filling: (row) => (row < 0 ? 9 : null), chosen: [1, 0], limit: 4,
    hidden: (row, column) => row === 1 && column === 1, window: { rows: [0], columns: [0, 2] },
    unread: { rows: new Set(), columns: new Set([2]) },
    classes: (row, column) => (row === 0 && column === 1 ? "own" : "") }"""


def test_a_grid_of_text_and_its_padding(use: Call) -> None:
    cells, label, colours = use(
        "grids",
        f"""
        document.documentElement.dataset.theme = "light";
        const grid = new m.NumberGrid({{ name: "covered" }});
        put(grid);
        grid.show([[1, -4, 0], [2, 3, 4]], {LOOK});
        const cells = [...grid.root.children].map((one) => `${{one.textContent}}|${{one.className}}`);
        const colours = [...grid.root.children].slice(6, 9).map(({{ style }}) => [style.backgroundColor, style.color]);
        const names = [grid.root.getAttribute("role"), grid.root.ariaLabel,
            grid.root.style.getPropertyValue("--columns")];
        grid.show([[0.5]]);
        colours.push([grid.root.firstChild.style.backgroundColor, grid.root.children.length, grid.root.ariaLabel]);
        grid.show([[1000, 7]], {{ limit: 0 }});
        colours.push([...grid.root.children].map((one) => one.style.getPropertyValue("--length")));
        colours.push(grid.root.firstChild.style.backgroundColor);
        delete document.documentElement.dataset.theme;
        return [cells, names, colours];
        """,
    )
    padding = "|cell padding"
    assert cells[:5] == [f"9{padding}"] * 3 + [f"9{padding} unread", f"9{padding}"]
    assert cells[5:10] == [padding, "1|cell covered", "−4|cell own", "0|cell covered unread", padding]
    assert cells[10:15] == [padding, "2|cell chosen", "|cell unknown", "4|cell unread", padding]
    assert label == ["img", "covered: 1 −4 0; 2 – 4", "5"]
    # 0.6 · 1/4 = 0.15 of the way is 0.45 of the first third; −1 is 0.6: 0.8 of the second third.
    assert colours[0] == ["rgb(192, 223, 241)", "rgb(0, 0, 0)"]
    assert colours[1] == ["rgb(219, 110, 24)", "rgb(0, 0, 0)"]
    assert colours[2:] == [
        ["rgb(255, 255, 255)", "rgb(0, 0, 0)"],
        ["", 1, "covered: 0.5"],
        ["4", "3"],
        "rgb(255, 255, 255)",
    ]


A_GRID_OF_FIELDS = """
        const { MistakeLine } = await import("convlens/views/learn/controls.js");
        const mistakes = put(new MistakeLine()) && new MistakeLine();
        put(mistakes);
        const changes = [];
        const grid = new m.NumberGrid({ name: "input", mistakes, onChange: (...change) => changes.push(change) });
        put(grid);
        grid.show([[12, 3], [4, 5]]);
        const cells = [...grid.root.children];
        const at = () => [cells.indexOf(document.activeElement), cells.map((one) => one.tabIndex).join()];
        const moves = [[cells.map((one) => one.tabIndex).join(), cells[3].ariaLabel]];
        cells[0].focus();
        const go = (key, more) => { const taken = press(document.activeElement, key, more); moves.push([taken,
            ...at()]); };
        go("ArrowRight"); go("ArrowLeft"); go("ArrowDown"); go("ArrowDown"); go("ArrowUp");
        cells[0].setSelectionRange(1, 1); go("ArrowRight"); go("ArrowLeft");
    cells[1].focus(); cells[1].setSelectionRange(0, 0); go("ArrowLeft");
        cells[0].setSelectionRange(2, 2); go("ArrowLeft"); go("ArrowRight");
        cells[0].focus(); cells[0].setSelectionRange(0, 1); go("ArrowRight");
        cells[0].select(); go("ArrowRight", { shiftKey: true }); go("ArrowRight", { ctrlKey: true }); go("x");
        const typed = [];
        const see = () => typed.push([cells[0].value, cells[0].ariaInvalid, mistakes.root.textContent,
            changes.at(-1) ?? null]);
        type(cells[0], "1/2"); see();
        grid.show([[0.5, 3], [4, 5]]); see();
        type(cells[0], "a"); see();
        press(cells[0], "Escape"); see();
        type(cells[0], "b"); cells[0].blur(); see();
        const vector = new m.NumberGrid({ name: "A", mistakes, vector: true, onChange: () => {} });
        put(vector);
        vector.show([[1, 2]]);
        type(vector.root.children[1], "?");
        typed.push([vector.root.children[1].ariaLabel, mistakes.root.textContent]);
        cells[3].focus();
        grid.show([[1, 2]]);
        const focus = [[...grid.root.children].indexOf(document.activeElement), grid.root.getAttribute("role")];
        return [moves, typed, focus];
        """


def test_a_grid_of_fields_by_keyboard(use: Call) -> None:
    moves, typed, focus = use(
        "grids",
        A_GRID_OF_FIELDS,
    )
    assert moves[0] == ["0,-1,-1,-1", "input, row 1, column 1"]
    assert moves[1:] == [
        [True, 1, "-1,0,-1,-1"],
        [True, 0, "0,-1,-1,-1"],
        [True, 2, "-1,-1,0,-1"],
        [False, 2, "-1,-1,0,-1"],
        [True, 0, "0,-1,-1,-1"],
        [False, 0, "0,-1,-1,-1"],  # the caret moves inside the number
        [False, 0, "0,-1,-1,-1"],
        [True, 0, "0,-1,-1,-1"],  # and leaves it at its beginning
        [False, 0, "0,-1,-1,-1"],
        [True, 1, "-1,0,-1,-1"],
        *[[False, 0, "0,-1,-1,-1"]] * 4,
    ]
    assert typed == [
        ["1/2", None, "", [0, 0, 0.5]],
        ["1/2", None, "", [0, 0, 0.5]],
        ["a", "true", "Row 0, column 0 of input is “a”; give a number, such as 2, −0.5 or 1/3.", [0, 0, 0.5]],
        ["0.5", None, "", [0, 0, 0.5]],
        ["0.5", None, "", [0, 0, 0.5]],
        ["A, place 1", "Place 1 of A is “?”; give a number, such as 2, −0.5 or 1/3."],
    ]
    assert focus == [1, "group"]


def test_a_grid_of_buttons(use: Call) -> None:
    found = use(
        "grids",
        """
        const picked = [];
        const grid = new m.NumberGrid({ name: "map", onPick: (...place) => picked.push(place) });
        put(grid);
        grid.show([[1, 2], [3, 4]], { hidden: (row) => row === 1 });
        const cells = [...grid.root.children];
        cells[2].click();
        cells[0].focus();
        press(cells[0], "ArrowRight"); press(document.activeElement, "ArrowDown");
        const at = cells.indexOf(document.activeElement);
        return [cells.map((one) => [one.tagName, one.textContent, one.ariaLabel]), picked, at, press(cells[0],
            "Escape")];
        """,
    )
    assert found == [
        [
            ["BUTTON", "1", "map, row 0, column 0: 1"],
            ["BUTTON", "2", "map, row 0, column 1: 2"],
            ["BUTTON", "", "map, row 1, column 0: not reached yet"],
            ["BUTTON", "", "map, row 1, column 1: not reached yet"],
        ],
        [[1, 0]],
        3,
        False,
    ]


def test_a_picture_and_what_is_drawn_over_it(use: Call) -> None:
    pixels, boxes, words, plain = use(
        "pictures",
        f"""
        document.documentElement.dataset.theme = "light";
        const picture = new m.Picture({{ name: "map" }});
        put(picture);
        picture.show([[1, -4, 0], [2, 3, 4]], {LOOK});
        const pixelsOf = () => {{
            const {{ width, height }} = picture.canvas;
            const {{ data }} = picture.canvas.getContext("2d").getImageData(0, 0, width, height);
            return Array.from({{ length: width * height }}, (_, at) => [...data.slice(4 * at, 4 * at + 4)]);
        }};
        const pixels = pixelsOf();
        const boxes = [...picture.overlay.children].map((one) =>
            [one.tagName, one.getAttribute("class"), ...["x", "y", "width", "height"].map((name) =>
                one.getAttribute(name))]);
        const words = [picture.canvas.ariaLabel, picture.overlay.getAttribute("viewBox"),
            picture.root.style.getPropertyValue("--columns"), picture.root.style.getPropertyValue("--rows")];
        picture.show([[0, 128, 300, -5]], {{ grey: true }});
        const grey = pixelsOf();
        picture.show([[7]], {{ window: {{ rows: [0], columns: [0] }} }});
        delete document.documentElement.dataset.theme;
        return [pixels, boxes, words, [grey, picture.overlay.children.length, pixelsOf()]];
        """,
    )
    nothing = [0] * 4
    plus = [0, 0x2C, 0x54, 255]
    assert pixels[:5] == [plus] * 5  # 9 is more than the limit
    assert pixels[5] == pixels[9] == pixels[12] == nothing
    assert pixels[7] == [0x62, 0x26, 0, 255]
    assert pixels[8] == [255] * 4
    assert pixels[13] == plus
    assert boxes == [
        ["rect", "inside", "1", "1", "3", "2"],
        ["pattern", None, None, None, "0.7", "0.7"],
        ["rect", "unread", "3", "1", "1", "2"],
        ["rect", "window-edge", "1", "1", "3", "1"],
        ["rect", "window", "1", "1", "3", "1"],
        ["rect", "tap", "1", "1", "1", "1"],
        ["rect", "tap", "3", "1", "1", "1"],
        ["rect", "window-edge", "1", "2", "1", "1"],
        ["rect", "window", "1", "2", "1", "1"],
    ]
    assert words == ["map: an image of 2×3 numbers", "0 0 5 4", "5", "4"]
    grey = [[level, level, level, 255] for level in (0, 128, 255, 0)]
    assert plain == [grey, 2, [[255] * 4]]


def test_a_matrix_is_shown_as_numbers_or_as_a_picture(use: Call) -> None:
    shown = use(
        "matrices",
        """
        const zeros = (height, width) => Array.from({ length: height }, () => new Array(width).fill(0.5));
        const view = new m.MatrixView({ name: "map", sized: true });
        const root = put(view);
        const shown = [];
        for (const [size, look] of [[[15, 3]], [[3, 16]], [[13, 3], { around: [1, 0] }], [[14, 3], { around: [1, 0] }],
            [[5, 5], { most: 4 }], [[4, 4], { most: 4, aside: "words" }]]) {
            view.show(zeros(...size), look);
            shown.push([root.querySelector("canvas") === null, root.querySelector("figcaption").textContent]);
        }
        const bare = new m.MatrixView({ name: "map", caption: "" });
        bare.show([[-3, 2]]);
        const coloured = new m.MatrixView({ name: "map", caption: "here", coloured: true });
        document.documentElement.dataset.theme = "light";
        coloured.show([[-3, 3]]);
        const colours = [...put(coloured).querySelectorAll(".cell")].map((one) => one.style.backgroundColor);
        delete document.documentElement.dataset.theme;
        return [shown, put(bare).querySelector("figcaption"), bare.root.querySelector(".cell").style.backgroundColor,
            read(coloured.root, "figcaption"), colours, [m.limitOf([[1, -5], [[3]]]), m.limitOf([])], root.className];
        """,
    )
    assert shown[0] == [
        [True, "map 15×3"],
        [False, "map 3×16"],
        [True, "map 13×3"],
        [False, "map 14×3"],
        [False, "map 5×5"],
        [True, "map words"],
    ]
    assert shown[1:] == [None, "", ["here "], ["rgb(219, 110, 24)", "rgb(23, 128, 187)"], [5, 0], "matrix"]


def test_a_curve_and_the_values_on_it(use: Call) -> None:
    """Of ReLU on −2 and 1: the sides are ±2.2; 0 is 160 across and, with a quarter of the height below, 158 down."""
    words, circles, texts, axes = use(
        "curve",
        """
        const curve = put(m.drawCurve({ name: "relu", slope: 0, values: [-2, 1, 1], chosen: 1 }));
        const of = (part, ...names) => [...curve.querySelectorAll(part)].map((one) => names.map((name) =>
            one.getAttribute(name)));
        const other = put(m.drawCurve({ name: "none", slope: 0, values: [-2, 1], chosen: -2 }));
        const texts = [curve, other].map((one) => [...one.querySelectorAll("text")].map((part) =>
            [part.textContent, part.getAttribute("text-anchor"), Number(part.getAttribute("x")),
                Number(part.getAttribute("y"))]));
        return [curve.ariaLabel, of("circle", "class", "cx", "cy"), texts, of("path", "class", "d").map(([name,
            path]) =>
            [name, path.slice(0, 22), path.split("L").length])];
        """,
    )
    assert words == "relu: 1 becomes 1"
    # 160 − 2/2.2 · 130 = 41.8; 160 + 1/2.2 · 130 = 219.1; the height of 160 has 0.25 · 2.2 below zero: 190 − 0.2 · 160.
    assert [[name, round(float(x), 1), round(float(y), 1)] for name, x, y in circles] == [
        ["curve-value", 41.8, 158],
        ["curve-value", 219.1, 99.8],
        ["curve-chosen", 219.1, 99.8],
    ]
    relu, none = texts
    assert [(text, anchor, round(x, 1), round(y, 1)) for text, anchor, x, y in relu] == [
        ("1", "middle", 219.1, 176),
        ("1", "end", 152, 103.8),
    ]
    assert [(text, anchor, round(x, 1), round(y, 1)) for text, anchor, x, y in none] == [
        ("−2", "middle", 41.8, 101),  # zero is in the middle, at 110
        ("−2", "start", 168, 186.7),
    ]
    assert axes[0] == ["curve-axis", "M15 158H305M160 15V205", 1]
    assert axes[2] == ["curve-line", "M30.00 158.00L31.63 15", 161]
