"""The sums of Look inside as they are drawn, on numbers worked out by hand; and the grids of their numbers."""

from collections.abc import Callable
from typing import Any

import pytest

Call = Callable[..., Any]
SETUP = """
    const m = await import("convlens/views/look/sums/MODULE.js");
    document.body.replaceChildren();
    const followed = [];
    const show = (parts) => {
        const root = document.createElement("div");
        root.append(...[parts].flat(Infinity).filter(Boolean));
        document.body.append(root);
        return root;
    };
    const read = (root, name) => [...root.querySelectorAll(name)].map((one) => one.textContent);
    const layer = (text, more = {}) => ({ text, branch: "", inputs: [-1], inputShape: [1, 4, 4], outputShape: [2, 2, 2],
        ...more });
    const model = { inputShape: [1, 3, 3], classNames: ["cat", "dog", "cow"], layers: [],
        normalisation: { mean: [0.5], std: [0.25] } };
    const look = { model, limitOf: () => 4, onSource: (source) => followed.push(source) };
"""


@pytest.fixture
def use(call_in_browser: Call) -> Call:
    """`use("dense", body)` runs statements with a module as `m`, beside `look`, `show` and `read`."""
    return lambda module, body, given=None: call_in_browser(
        f"async (given) => {{ {SETUP.replace('MODULE', module)} {body} }}", given
    )


GRID = """
    const values = [1, -2, 0, 4, null, 0.5];
    const sources = values.map((_, place) => (place === 1 || place === 4 ? null : { layer: 0, place }));
    const padding = values.map((_, place) => place === 5);
    const options = { label: "numbers", limit: 4, sources, padding, chosen: 3, onSource: (one) => followed.push(one) };
    const root = show(m.numberGrid(values, 3, options)).firstChild;
    const cells = [...root.querySelectorAll(".cell")];
"""


def test_a_grid_of_numbers(use: Call) -> None:
    cells, rows, attributes = use(
        "number_grid",
        f"""{GRID}
        const cellOf = (one) => [one.textContent, one.className, one.title, one.ariaLabel, one.tabIndex];
        const rows = [...root.children].map((row) => [row.className, row.getAttribute("role"), row.children.length]);
        return [cells.map(cellOf), rows, [root.className, root.ariaLabel, root.style.getPropertyValue("--columns")]];
        """,
    )
    assert cells == [
        ["1.000", "cell above leads", "", None, 0],
        ["−2.000", "cell below", "", None, -1],
        ["0.000", "cell zero leads", "", None, -1],
        ["4.000", "cell above chosen leads", "", None, -1],
        ["–", "cell zero", "", None, -1],
        ["0.500", "cell padding leads", "padding", "padding, 0.500", -1],
    ]
    assert rows == [["cells-row", "row", 3]] * 2
    assert attributes == ["cells", "numbers", "3"]


def test_arrow_keys_go_from_source_to_source(use: Call) -> None:
    stops, taken = use(
        "number_grid",
        f"""{GRID}
        cells[0].focus();
        const stops = [];
        const press = (key, more = {{}}) => {{
            const event = new KeyboardEvent("keydown", {{ key, bubbles: true, cancelable: true, ...more }});
            document.activeElement.dispatchEvent(event);
            stops.push([cells.indexOf(document.activeElement), cells.filter((one) => one.tabIndex === 0).length,
                event.defaultPrevented]);
        }};
        for (const key of ["ArrowRight", "ArrowRight", "ArrowDown", "ArrowLeft", "ArrowLeft", "ArrowUp", "ArrowUp"])
            press(key);
        press("ArrowDown", {{ ctrlKey: true }}); press("ArrowDown", {{ altKey: true }}); press("x");
        press("Enter"); press("ArrowRight"); press(" ");
        cells[1].click(); cells[3].click(); root.click();
        return [stops, [...followed.map(({{ place }}) => place), cells[1].hasAttribute("tabindex")]];
        """,
    )
    assert stops == [
        [2, 1, True],  # past the number without a source
        [2, 1, True],
        [5, 1, True],
        [3, 1, True],
        [3, 1, True],
        [0, 1, True],
        [0, 1, True],
        *[[0, 1, False]] * 3,
        [0, 1, True],
        [2, 1, True],
        [2, 1, True],
    ]
    assert taken == [0, 2, 3, False]  # a number without a source can't get the focus


def test_colours_of_a_grid(use: Call) -> None:
    colour, grey, flat, small = use(
        "number_grid",
        """
        document.documentElement.dataset.theme = "light";
        const paint = (values, columns, options) =>
            [...m.numberGrid(values, columns, { label: "a", ...options }).querySelectorAll(".cell")].map((one) =>
                [one.style.background, one.style.color]);
        const found = [paint([4, -4, 0, 99, null], 5, { limit: 4 }), paint([1, 3, 2, -5, 9], 5, { grey: [1, 3] }),
            [paint([7], 1, {}), paint([2], 1, { grey: [2, 2] }), paint([3], 1, { padding: [true], limit: 1 })]];
        const wide = m.numberGrid([1, 2, 3, 4, 5, 6], 6, { label: "a" });
        const usual = m.numberGrid([1, 2, 3, 4, 5, 6], 5, { label: "a" });
        delete document.documentElement.dataset.theme;
        return [...found, [wide, usual].map((one) => [one.className, one.textContent.slice(0, 5), one.tabIndex])];
        """,
    )
    white, black = "rgb(255, 255, 255)", "rgb(0, 0, 0)"
    assert colour == [
        ["rgb(0, 44, 84)", white],
        ["rgb(98, 38, 0)", white],
        [white, black],
        ["rgb(0, 44, 84)", white],
        ["", ""],
    ]
    middle = "rgb(128, 128, 128)"
    assert grey == [[black, white], [white, black], [middle, black], [black, white], [white, black]]
    assert flat == [[[white, black]], [[black, white]], [["", ""]]]
    assert small == [["cells small-cells", "1.002", -1], ["cells", "1.000", -1]]


def test_pools(use: Call) -> None:
    largest, mean = use(
        "pooling",
        """
        model.layers = [layer("conv"), layer("maxpool 2", { inputs: [0] })];
        const window = { columns: 2 };
        const candidate = (value, place, padding = false) => ({ value, padding, row: Math.floor(place / 2),
            column: place % 2, source: padding ? null : { layer: 0, place } });
        const candidates = [candidate(1, 0), candidate(3, 1), candidate(-1, 2), candidate(0, 3, true)];
        const sum = { layer: 1, window, channel: 0, candidates, winner: 1, sum: 3, divisor: 4, total: 3 };
        const one = show(m.drawMaximum(sum, look));
        one.querySelector(".chosen").click();
        const two = show(m.drawMean({ ...sum, total: 0.75 }, look));
        return [[read(one, "p"), read(one, ".cell"), read(one, ".named"), read(one, ".chosen"), followed],
            [read(two, "p"), read(two, ".cell").length, read(two, ".chosen"), read(two, ".padding")]];
        """,
    )
    assert largest == [
        ["The output is the largest of the 3 numbers in the window."],
        ["1.000", "3.000", "−1.000", "0.000"],
        ["3.000row 0, column 1"],
        ["3.000"],
        [{"layer": 0, "place": 1}],
    ]
    words = "The output is the mean of the 4 numbers in the window."
    assert mean == [[words, "+3.000sum/4numbers=0.750"], 4, [], ["0.000"]]


def test_the_input_and_one_number_rules(use: Call) -> None:
    inputs, rule, normalised = use(
        "rules",
        """
        const inputs = [[0, 1, 0.5], [0, 2, 0.25], [0.5, 1, 0]].map(([mean, deviation, total]) =>
            show(m.drawInput({ mean, deviation, pixel: 127.5, total })).textContent.split("divided by 255").at(-1));
        model.layers = [layer("conv 2 3x3")];
        const input = { value: -2, source: { layer: 0, place: 5 } };
        const root = show(m.drawRule({ input, total: 0 }, look, "words", "relu"));
        root.querySelector("button").click();
        const other = show(m.drawNormalisation({ input, mean: 1, variance: 4, epsilon: 0.00001, deviation: 2,
            normalised: -1.5, scale: 3, shift: 0.5, total: -4 }, look));
        return [inputs, [root.textContent, root.querySelector("button").title, followed], read(other, "p")];
        """,
    )
    assert inputs[0] == ".128pixel/255=0.500"
    whole = (
        "; then the mean of the training images is subtracted, and the result is divided by their standard deviation."
    )
    assert inputs[1] == whole + "(128pixel/255−0.0000mean)/2.0000deviation=0.250"
    assert inputs[2] == whole + "(128pixel/255−0.5000mean)/1.0000deviation=0.000"
    assert rule == [
        "words−2.000x→0.000relu",
        "conv 2 3x3, map 1, row 0, column 1",
        [{"layer": 0, "place": 5}],
    ]
    assert normalised[1:] == [
        "(−2.000x−1.000mean)/2.000√(variance + ε)=−1.500normalised",
        "−1.500normalised×3.000scale+0.500shift=−4.000",
        "variance 4.0000, ε = 0.000010",
    ]


def test_where_branches_meet(use: Call) -> None:
    added, joined = use(
        "branches",
        """
        model.layers = [layer("relu"), layer("conv", { branch: "body" }), layer("add")];
        const term = (value, layer) => ({ value, source: { layer, place: 1 } });
        const added = show(m.drawAddition({ terms: [term(1, 0), term(-3, 1), term(2, -1)], total: 0 }, look));
        const joining = { which: 1, input: term(5, 0), place: 9, shape: [3, 2, 2], total: 5 };
        const joined = [joining, { ...joining, shape: [12] }, { ...joining, input: term(5, -1) }].map((one) =>
            read(show(m.drawJoining(one, look)), "p"));
        return [read(added, "p"), joined];
        """,
    )
    words = "The values of all branches at this position are added up."
    assert added == [words, "1.000relu+−3.000conv (body)+2.000input=0.000"]
    says = "This layer computes nothing: it concatenates the {} of the branches."
    assert joined == [
        [says.format("maps"), "5.000branch 1: relu→5.000map 2"],
        [says.format("numbers"), "5.000branch 1: relu→5.000number 9"],
        [says.format("maps"), "5.000branch 1: input→5.000map 2"],
    ]


def test_a_dense_layer(use: Call) -> None:
    table, equations, bars, names = use(
        "dense",
        """
        model.layers = [layer("conv"), layer("flatten", { inputs: [0], inputShape: [2, 2, 2], outputShape: [8] }),
            layer("dense 3", { inputs: [1], inputShape: [8], outputShape: [3] })];
        const term = (value, weight, layer, place) =>
            ({ value, weight, product: value * weight, source: { layer, place } });
        const contributions = [term(2, -4, 1, 7), term(1, 2, 1, 2)];
        const sum = { contributions, rest: { count: 1234, sum: 0.25 }, bias: 1, total: -4.75 };
        const root = show(m.drawDense(sum, look));
        const whole = show(m.drawDense({ ...sum, rest: { count: 0, sum: 0 }, total: -5 }, look));
        const bars = [...root.querySelectorAll(".signed-bar")].map((one) =>
            [one.className, one.style.getPropertyValue("--share")]);
        const draw = (one) => show(m.drawDense({ ...sum, contributions: [one] }, look));
        const from = (layer, place) => read(draw(term(1, 1, layer, place)), "tbody th")[0];
        const empty = draw(term(0, 0, 1, 0));
        const share = empty.querySelector(".signed-bar").style.getPropertyValue("--share");
        const equations = [root, whole].map((one) => read(one, ".equation")[0]);
        return [[...read(root, "caption"), ...read(root, "tbody tr")], equations, [...bars, share],
            [from(2, 1), from(-1, 4), from(0, 3)]];
        """,
    )
    assert table == [
        "The 2 largest of 1,236 contributions",
        "map 1, row 1, column 12.000×−4.000=−8.000",
        "map 0, row 1, column 01.000×+2.000=+2.000",
    ]
    assert equations == [
        "−6.000these 2+0.2501,234 others+1.000bias=−4.750",
        "−6.000these 2+1.000bias=−5.000",
    ]
    assert bars == [["signed-bar below", "1.000"], ["signed-bar", "0.250"], "0.000"]
    assert names == ["number 1", "channel 0, row 1, column 1", "number 3"]


def test_a_convolution(use: Call) -> None:
    few, many, grey = use(
        "convolution",
        """
        const make = (count, inputs = [0]) => {
            model.layers = [layer("relu"), layer("conv", { inputs, inputShape: [count, 2, 2],
                weight: { shape: [1, count, 1, 2], data: [1, -2] } })];
            const channels = Array.from({ length: count }, (_, channel) => ({ channel,
                sum: channel % 2 ? -channel : channel, patch: [1, 2], kernel: [3, 4], products: [3, 8],
                padding: [false, true],
                sources: [{ layer: inputs[0], place: channel }, null] }));
            const total = channels.reduce((all, { sum }) => all + sum, 0) + 0.5;
            return show(m.drawConvolution({ layer: 1, channels, bias: 0.5, total, window: { columns: 2 } }, look));
        };
        const of = (root) => [read(root, ".channel-name"), read(root, ".equation")[0]];
        const one = make(1), two = make(2, [-1]), eight = make(8), nine = make(9), more = make(17);
        const grids = [...two.querySelectorAll("[role=grid]")].slice(0, 3).map((one) =>
            [one.ariaLabel, one.querySelectorAll(".leads").length, one.querySelectorAll(".padding").length]);
        two.querySelector(".leads").click();
        const button = nine.querySelector("button");
        const states = [read(nine, ".channel-name"), button.textContent, button.parentNode.textContent];
        button.click(); states.push(read(nine, ".channel-name").length, button.textContent);
        button.click(); states.push(read(nine, ".channel-name").length, button.textContent);
        return [[of(one), of(two), grids, followed, eight.querySelectorAll("button").length],
            [states, of(more)[1]], [m.greyOf(model, -1, 0), m.greyOf(model, 0, 0)]];
        """,
    )
    assert few[0] == [["from relu"], "0.000products+0.500bias=0.500"]
    assert few[1] == [
        ["channel 0 of the image", "channel 1 of the image"],
        "0.000channel 0−1.000channel 1+0.500bias=−0.500",
    ]
    assert few[2] == [["patch, channel 0", 1, 1], ["kernel, channel 0", 0, 0], ["products, channel 0", 0, 1]]
    assert few[3:] == [[{"layer": -1, "place": 0}], 0]
    states, equation = many
    assert states[0] == [f"channel {channel} of relu" for channel in range(8, 0, -1)]
    assert states[1:] == [
        "Show all 9 channels",
        "The 8 channels with the largest sums are shown. Show all 9 channels",
        *[9, "Show the 8 largest", 8, "Show all 9 channels"],
    ]
    assert equation == "+8.00017 channels+0.500bias=8.500"  # 0 − 1 + 2 − 3 … + 16
    assert grey == [[-2, 2], None]


def test_softmax(use: Call) -> None:
    """The logits ln 2, 0, 0 at the temperature 1: powers 1, a half and a half; at another, words say so."""
    words, rows, lines, long = use(
        "softmax",
        """
        const soft = (logits, temperature = 1) => {
            const scaled = logits.map((one) => one / temperature);
            const largest = Math.max(...scaled);
            const exponents = scaled.map((one) => Math.exp(one - largest));
            const sum = exponents.reduce((all, one) => all + one, 0);
            const sources = logits.map((_, place) => ({ layer: 2, place }));
            return { logits, temperature, scaled, largest, exponents, sum, sources,
                probabilities: exponents.map((one) => one / sum) };
        };
        const root = show(m.drawSoftmax(soft([0.6931, 0, 0]), 1, look));
        root.querySelector("tbody button").click();
        const warm = show(m.drawSoftmax(soft([3, 0, 0], 2), 0, look));
        const classes = Array.from({ length: 15 }, (_, place) => `c${place}`);
        const big = { ...look, model: { ...model, classNames: classes } };
        const many = show(m.drawSoftmax(soft(classes.map((_, place) => place)), 1, big));
        const all = many.querySelector(":scope > button");
        const states = [read(many, "tbody th"), read(many, "tr.chosen th"), all.textContent];
        all.click();
        states.push(read(many, "tbody th").length, many.querySelectorAll(":scope > button").length);
        return [[root, warm].map((one) => one.querySelector("p").textContent.split(". ")[0]), read(root, "tbody tr"),
            [read(root, ".equation")[0], read(root, ".chosen th"), followed, root.querySelector("tbody button").title,
                root.querySelectorAll(":scope > button").length], states];
        """,
    )
    assert words == [
        "Every logit is divided by the temperature, 1.000, which changes nothing here",
        "Every logit is divided by the temperature, 2.000, which was fitted so that confidence matches accuracy",
    ]
    assert rows == [
        "cat0.6930.6930.0001.000050.00 %",
        "dog0.0000.000−0.6930.500025.00 %",
        "cow0.0000.000−0.6930.500025.00 %",
    ]
    assert lines[0] == "0.5000e^(−0.693)/2.0000sum=0.250025.00 %"
    assert lines[1:] == [["dog"], [{"layer": 2, "place": 0}], "the logit of cat", 0]
    assert long == [
        [*[f"c{place}" for place in range(14, 2, -1)], "c1"],
        ["c1"],
        "Show all 15 classes",
        15,
        0,
    ]
