"""Where an image of Look inside comes from, part by part, in Chromium: strokes, the pad, the strip; and columns."""

from collections.abc import Callable
from typing import Any

import pytest

from convlens import TrainedModel
from convlens.exports import page_model

Call = Callable[..., Any]
OPEN = 'const model = (await import("convlens/engine/network.js")).openModel(given);'


@pytest.fixture
def use(call_with_parts: Call) -> Call:
    """`use("strip", body, value)` runs statements with a module as `m`, beside `put`, `read`, `press` and `rest`."""
    return call_with_parts("views/look")


@pytest.fixture(scope="module")
def payload(build_model: Callable[..., TrainedModel]) -> dict[str, Any]:
    """Shapes: 1 channel of 4 × 5 → 3 maps of 2 × 3 → the same → 18 numbers → 2 classes."""
    return page_model(build_model("conv 3 3x3, relu, dense", (1, 4, 5), 2), name="parts")


STROKES = """
    const canvas = document.createElement("canvas");
    const lit = (strokes) => {
        const { width, data } = strokes.picture();
        const found = [];
        for (let at = 0; at < data.length / 4; at += 1)
            if (data[4 * at] > 127) found.push([at % width, Math.floor(at / width)]);
        return found;
    };
    const ends = (values) => [Math.min(...values), Math.max(...values)];
    const box = (places) => [0, 1].flatMap((axis) => ends(places.map((one) => one[axis])));
"""


def test_strokes_are_drawn_and_undone(use: Call) -> None:
    """The brush is a tenth of the side, so a line along the middle of 20 pixels is two pixels high."""
    boxes, empty, dark = use(
        "strokes",
        f"""{STROKES}
        const strokes = new m.Strokes(canvas, [100, 20], 0.1);
        const empty = [strokes.empty, lit(strokes).length];
        strokes.extend([[0.5, 0.5]]); // there is no stroke to continue
        empty.push(strokes.empty, lit(strokes).length);
        strokes.begin([0.25, 0.5]);
        const boxes = [box(lit(strokes))];
        strokes.extend([]);
        strokes.extend([[0.5, 0.5], [0.75, 0.5]]);
        boxes.push(box(lit(strokes)));
        const fine = canvas.getContext("2d").getImageData(50, 50, 1, 1).data[0];
        strokes.begin([0.5, 0.75]);
        boxes.push(box(lit(strokes)));
        strokes.undo();
        boxes.push(box(lit(strokes)));
        empty.push(strokes.empty, fine, canvas.width);
        strokes.clear();
        empty.push(strokes.empty, lit(strokes).length);
        const other = new m.Strokes(canvas, [100, 20], 0.1, true);
        const white = lit(other).length;
        other.begin([0.5, 0.5]);
        return [boxes, empty, [white, 400 - lit(other).length]];
        """,
    )
    line, dot = [4, 15, 9, 10], [4, 5, 9, 10]
    assert boxes == [dot, line, [4, 15, 9, 15], line]
    assert empty == [True, 0, True, 0, False, 255, 100, True, 0]
    assert dark == [400, 4]


PAD = """
    let changes = 0;
    const pad = new m.Pad({ sizes: [280, 28], width: 0.1, dark: false }, () => (changes += 1));
    const root = put(pad);
    root.append(pad.undo, pad.clear);
    const paper = root.querySelector(".pad-paper");
    const cursor = root.querySelector(".pad-cursor");
    const ink = () => pad.strokes.picture().data.filter((byte, at) => at % 4 === 0 && byte > 127).length;
    const percent = (text) => Math.round(parseFloat(text) * 100) / 100;
    const pen = () => [percent(cursor.style.left), percent(cursor.style.top)];
"""


def test_the_pad_by_keyboard(use: Call) -> None:
    pens, ink, states = use(
        "pad",
        f"""{PAD}
        const pens = [];
        const far = {{ shiftKey: true }}, held = {{ ctrlKey: true }};
        const taken = [];
        for (const [key, more] of [["ArrowRight"], ["ArrowLeft", far], ["ArrowDown"], ["ArrowUp", far],
            ["ArrowUp", far]]) {{
            taken.push(press(paper, key, more));
            pens.push(pen());
        }}
        for (const more of [{{ ctrlKey: true }}, {{ metaKey: true }}, {{ altKey: true }}])
            taken.push(press(paper, "ArrowDown", more));
        taken.push(press(paper, "x"), press(paper, "z"));
        const states = [[...taken, changes, pad.undo.disabled, pad.clear.disabled]];
        const seen = [];
        for (const [key, more] of [[" "], ["ArrowDown", far], ["Escape"], ["ArrowRight", far], [" "], [" "],
            ["ArrowRight"], ["z", held], ["Backspace"], [" "], ["Z", {{ metaKey: true }}], [" "], ["Delete"]]) {{
            press(paper, key, more);
            seen.push([ink(), changes, cursor.classList.contains("down")]);
        }}
        states.push([root.querySelector(".pad-hint").hidden, pad.undo.disabled]);
        return [pens, seen, states];
        """,
    )
    # From the middle of the second quarter: 1/28 is 3.57 %, 1/7 is 14.29 %.
    assert pens == [[53.57, 25], [39.29, 25], [39.29, 28.57], [39.29, 14.29], [39.29, 0]]
    assert states[0] == [*[True] * 5, *[False] * 5, 0, True, True]
    amounts, changes, down = zip(*ink, strict=True)
    dot, line = amounts[0], amounts[1]
    assert 0 < dot < line
    two, again = amounts[4], amounts[7]
    assert amounts == (dot, line, line, line, two, two, two, again, 0, amounts[9], 0, 0, 0)
    assert two > line
    assert abs(again - line) <= 2  # drawn in one go, its edges are a little sharper
    assert amounts[9] > 0
    assert changes == (1, 2, 2, 2, 3, 3, 3, 4, 5, 6, 7, 7, 8)
    assert down == (True, True, False, False, True, False, False, False, False, True, True, False, False)
    assert states[1] == [False, True]


def test_the_pad_by_pointer(use: Call) -> None:
    ink, states = use(
        "pad",
        f"""{PAD}
        paper.style.cssText = "width: 280px; height: 280px; display: block";
        paper.setPointerCapture = () => {{}};
        const box = paper.getBoundingClientRect();
        const point = (type, x, y, more = {{}}) => paper.dispatchEvent(new PointerEvent(type, {{ pointerId: 1,
            clientX: box.left + x * 280, clientY: box.top + y * 280, ...more }}));
        const seen = [];
        const see = () => seen.push([ink(), changes]);
        point("pointermove", 0.5, 0.5); see();
        point("pointerdown", 0.5, 0.5, {{ button: 2 }}); see();
        point("pointerdown", 0.25, 0.5); see();
        point("pointerdown", 0.75, 0.25, {{ pointerId: 2 }}); see();
        point("pointermove", 0.75, 0.5, {{ pointerId: 2 }}); see();
        point("pointermove", 0.75, 0.5); see();
        point("pointerup", 0.75, 0.5, {{ pointerId: 2 }});
        point("pointermove", 0.75, 0.75); see();
        point("pointerup", 0.75, 0.75);
        point("pointermove", 0.25, 0.75); see();
        const states = [root.querySelector(".pad-hint").hidden, pad.undo.disabled, pad.clear.disabled];
        pad.undo.click(); see();
        point("pointerdown", 0.5, 0.5); point("pointercancel", 0.5, 0.5); point("pointermove", 0.9, 0.5); see();
        pad.clear.click(); see();
        point("pointerdown", 0.5, 0.5); point("pointerup", 0.5, 0.5);
        const before = changes;
        pad.wipe();
        states.push(ink(), changes - before, root.querySelector(".pad-hint").hidden, pad.undo.disabled);
        return [seen, states];
        """,
    )
    amounts, changes = zip(*ink, strict=True)
    dot, line, angle = amounts[2], amounts[5], amounts[6]
    assert 0 < dot < line < angle
    assert amounts == (0, 0, dot, dot, dot, line, angle, angle, 0, amounts[9], 0)
    assert 0 < amounts[9] < line
    assert changes == (0, 0, 1, 1, 1, 2, 3, 3, 4, 5, 6)
    assert states == [True, False, False, 0, 0, False, True]


def test_the_cursor_is_seen_only_while_the_keyboard_draws(use: Call) -> None:
    states = use(
        "pad",
        f"""{PAD}
        const state = () => [cursor.hidden, cursor.classList.contains("down")];
        const states = [state()];
        press(paper, "x"); states.push(state());
        press(paper, " "); states.push(state());
        paper.focus(); paper.blur(); states.push(state());
        return states;
        """,
    )
    assert states == [[True, False], [True, False], [False, True], [True, False]]


STRIP = f"""{OPEN}
    const judged = Array.from({{ length: 30 }}, (_, place) => ({{ place, label: place % 2,
        best: place < 3 ? 1 : place % 2, probability: 0.75, wrong: place === 0 || place === 2,
        uncertain: place > 26 }}));
    const chosen = [];
    const strip = new m.Strip(model, judged, () => new Uint8Array(20), (one) => chosen.push(one.place));
    const root = put(strip);
    const box = root.querySelector(".strip-box");
    box.style.cssText = "width: 215px; height: 110px; overflow-y: auto; position: relative"; // 4 beside each other
    for (const one of document.querySelectorAll(".strip-inner")) one.style.position = "relative";
    const tiles = () => [...root.querySelectorAll(".tile")];
    for (let tries = 0; tries < 200 && tiles().length < 6; tries += 1) await rest(20); // a busy browser measures late
    const select = (name, value) => {{
        const field = root.querySelector(name);
        field.value = value;
        field.dispatchEvent(new Event("change"));
    }};
    const status = () => [read(root, "[role=status]")[0], root.querySelector(".strip-box + p").hidden, box.hidden];
"""


def test_the_strip_by_keyboard(use: Call, payload: Any) -> None:
    chosen, taken, active = use(
        "strip",
        f"""{STRIP}
        const taken = [];
        for (const [key, more] of [["ArrowRight"], ["ArrowDown"], ["ArrowLeft"], ["ArrowUp"], ["ArrowUp"], ["PageDown"],
            ["PageUp"], ["End"], ["ArrowDown"], ["Home"], ["Enter"], [" "], ["x"], ["ArrowRight", {{ ctrlKey: true }}],
            ["ArrowRight", {{ metaKey: true }}], ["Enter", {{ ctrlKey: true }}]]) taken.push(press(box, key, more));
        const active = [box.getAttribute("aria-activedescendant")];
        strip.clear();
        active.push(box.getAttribute("aria-activedescendant"), root.querySelectorAll("[aria-selected=true]").length);
        press(box, "ArrowDown"); strip.clear(); press(box, "End"); strip.clear(); press(box, "x");
        active.push(box.getAttribute("aria-activedescendant"));
        return [chosen, taken, active];
        """,
        payload,
    )
    # Two rows of four are a page.
    assert chosen == [1, 5, 4, 0, 0, 8, 0, 29, 29, 0, 0, 0, 0, 0, 29]
    assert taken == [*[True] * 12, False, False, False, True]
    assert active == ["sample-0", None, 0, None]


def test_the_strip_filters_and_describes(use: Call, payload: Any) -> None:
    first, states, options = use(
        "strip",
        f"""{STRIP}
        const describe = (one) => [one.className, one.ariaLabel, one.ariaSelected, one.style.transform,
            one.ariaPosInSet, one.ariaSetSize, one.title === one.ariaLabel];
        const first = tiles().slice(0, 6).map(describe);
        tiles()[5].click();
        const states = [[status(), tiles().length, chosen]];
        select("#sample-filter", "wrong"); states.push([status(), tiles().map((one) => one.ariaLabel)]);
        select("#sample-class", "1"); states.push([status(), tiles().length]);
        select("#sample-filter", "uncertain"); states.push([status(), tiles().map((one) => one.className)]);
        select("#sample-filter", "all");
        states.push([status(), tiles().findIndex((one) => one.ariaSelected === "true")]);
        const options = read(root, "option");
        const none = new m.Strip(model, [], () => null, () => {{}});
        const turned = put(new m.Strip(model, [...judged].reverse(), () => new Uint8Array(20), () => {{}}));
        return [first, states, [options, root.hidden, none.root.hidden, read(turned, "#sample-class option")]];
        """,
        payload,
    )
    assert first == [
        ["tile wrong", "class 0, predicted as class 1", "true", "translate(0px, 0px)", "1", "30", True],
        ["tile", "class 1, 75.0 % sure", "false", "translate(52px, 0px)", "2", "30", True],
        ["tile wrong", "class 0, predicted as class 1", "false", "translate(104px, 0px)", "3", "30", True],
        ["tile", "class 1, 75.0 % sure", "false", "translate(156px, 0px)", "4", "30", True],
        ["tile", "class 0, 75.0 % sure", "false", "translate(0px, 52px)", "5", "30", True],
        ["tile", "class 1, 75.0 % sure", "false", "translate(52px, 52px)", "6", "30", True],
    ]
    assert states == [
        [["30 images", True, False], 16, [5]],  # three rows that are seen in part, and one more
        [["2 images", True, False], ["class 0, predicted as class 1"] * 2],
        [["0 images", False, True], 0],
        [["2 images", True, False], ["tile uncertain"] * 2],
        [["15 images", True, False], -1],
    ]
    assert options == [
        ["all (30)", "wrong (2)", "uncertain (3)", "all classes", "class 0", "class 1"],
        False,
        True,
        ["all classes", "class 0", "class 1"],
    ]


def test_the_strip_scrolls_to_what_is_chosen(use: Call, payload: Any) -> None:
    tops = use(
        "strip",
        f"""{STRIP}
        const tops = [];
        const go = async (key) => {{
            press(box, key);
            await rest(20);
            tops.push([box.scrollTop, Math.min(...tiles().map((one) => Number(one.ariaPosInSet)))]);
        }};
        await go("End"); await go("ArrowUp"); await go("ArrowUp"); await go("PageUp"); await go("Home");
        const inner = root.querySelector(".strip-inner").style.height;
        return [tops, inner];
        """,
        payload,
    )
    # Eight rows of 52 pixels, of which 110 are seen; one row before them has elements, too.
    assert tops[1] == "416px"
    assert tops[0] == [[306, 17], [306, 17], [260, 17], [156, 9], [0, 1]]


def test_a_column_by_keyboard(use: Call, payload: Any) -> None:
    moves, chosen, vector = use(
        "column",
        f"""{OPEN}
        const points = [], chosen = [];
        const handlers = {{ onPoint: (...one) => points.push(one), onChoose: (...one) => chosen.push(one),
            onLayer: (layer) => chosen.push(["layer", layer]) }};
        const make = (layer) => {{
            const column = new m.Column(model, layer, null, handlers);
            return [column, put(column)];
        }};
        const [column, root] = make(0);
        const canvas = root.querySelector("canvas");
        const moves = [];
        const [held, plain] = [["ArrowUp", {{ altKey: true }}], (key) => [key, {{}}]];
        const [keys, last] = [["ArrowRight", "ArrowDown", "ArrowDown", "PageDown", "PageDown", "PageDown", "ArrowLeft",
            "ArrowLeft", "ArrowUp", "PageUp"], ["Enter", " ", "x"]];
        for (const [key, more] of [...keys.map(plain), held, ...last.map(plain)])
            moves.push([press(canvas, key, more), column.at]);
        root.querySelector(".column-name").click();
        const spoken = [points.length, points.every(([layer, , aloud]) => layer === 0 && aloud === true)];
        const [vector, vectorRoot] = make(2);
        const steps = ["ArrowDown", "ArrowRight", "PageDown", "PageDown", "PageUp", "ArrowUp"].map((key) => {{
            press(vectorRoot.querySelector("canvas"), key);
            return vector.at;
        }});
        return [moves, [chosen, ...spoken], [steps, vector.layout.columns]];
        """,
        payload,
    )
    assert moves == [
        *[[True, 1], [True, 4], [True, 4], [True, 10], [True, 16], [True, 16]],
        *[[True, 15], [True, 15], [True, 12], [True, 6], [False, 6], [True, 6], [True, 6], [False, 6]],
    ]
    assert chosen == [[[0, 6], [0, 6], ["layer", 0]], 10, True]
    assert vector == [[1, 2, 12, 17, 7, 6], 1]


WHAT_A_COLUMN_SHOWS = f"""{OPEN}
        const handlers = {{ onPoint: () => {{}}, onChoose: () => {{}}, onLayer: () => {{}} }};
        const make = (layer) => {{
            const column = new m.Column(model, layer, null, handlers);
            return [column, put(column)];
        }};
        const scale = (root) => root.querySelector(".column-scale").textContent;
        const [input, inputRoot] = make(-1);
        input.show(new Float32Array(20), Uint8Array.from({{ length: 20 }}, (_, at) => 12 * at));
        const drawn = inputRoot.querySelector("canvas");
        const size = drawn.width / 5;
        const grey = [0, 3].map((at) => [...drawn.getContext("2d").getImageData(at * size, 0, 1, 1).data]);
        const [maps, mapsRoot] = make(0);
        const texts = [[scale(inputRoot), inputRoot.querySelector("h3").textContent]];
        for (const values of [[1.5, -2], [0.5, 0.25], [12, 3]]) {{
            maps.show(Float32Array.from({{ length: 18 }}, (_, at) => values[at] ?? 0), null);
            texts.push(scale(mapsRoot));
        }}
        maps.isVisible = false;
        maps.show(new Float32Array(18).fill(-1), null);
        const stale = [maps.isStale, scale(mapsRoot)];
        maps.paint();
        stale.push(maps.isStale, scale(mapsRoot));
        const path = (root) =>
            [".mark-window", ".mark-window-edge"].map((one) => root.querySelector(one).getAttribute("d"));
        const box = {{ top: 0, left: 1, bottom: 1, right: 3 }};
        maps.mark({{ ...box, firstChannel: 1, endChannel: 9 }});
        const marks = [path(mapsRoot)];
        maps.mark(null); marks.push(path(mapsRoot)[0]);
        const [logits, logitsRoot] = make(3);
        logits.show(Float32Array.of(1.26, -0.5), null);
        texts.push(read(logitsRoot, ".column-labels li"), scale(logitsRoot));
        const all = {{ top: 0, left: 0, bottom: 1, right: 1, firstChannel: 0, endChannel: 2 }};
        logits.mark(all); marks.push(path(logitsRoot)[0]);
        logits.mark({{ ...all, firstChannel: 1 }}); marks.push(path(logitsRoot)[0]);
        const hidden = [mapsRoot, logitsRoot].flatMap((root) => [root.querySelector(".column-labels").hidden,
            root.querySelector(":scope > button").hidden]);
        texts.push(mapsRoot.querySelector(".column-shape").textContent, mapsRoot.querySelector("canvas").ariaLabel);
        return [texts, marks, hidden, stale, grey];
        """


def test_what_a_column_shows(use: Call, payload: Any) -> None:
    texts, marks, hidden, stale, grey = use(
        "column",
        WHAT_A_COLUMN_SHOWS,
        payload,
    )
    thin = "\u2009"
    assert texts == [
        ["0 to 255", "input"],
        *["±2.00", "0 to 0.50", "0 to 12.0"],
        ["class 01.3", "class 1−0.5"],
        "±1.26",
        f"3{thin}×{thin}2{thin}×{thin}3",
        (
            "conv 3 3x3: 3 maps of 2 × 3. Arrow keys move between values, Page Up and Page Down between maps. Enter "
            "shows how a value is computed."
        ),
    ]
    # The maps have 8 pixels a number and stand below each other, with a gap of one number.
    assert marks == [["M1 3h2v1h-2zM1 6h2v1h-2z"] * 2, "", "M0 0h1v2h-1z", "M0 1h1v1h-1z"]
    assert hidden == [True, True, False, True]
    assert stale == [True, "0 to 12.0", False, "±1.00"]
    assert grey == [[0, 0, 0, 255], [36, 36, 36, 255]]
