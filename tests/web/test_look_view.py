"""Look inside as a whole on a small model, without the page around it: paths of sums, attribution, lines, columns."""

from collections.abc import Callable
from typing import Any

import pytest

from convlens import TrainedModel
from convlens.exports import page_model

Call = Callable[..., Any]
SETUP = """
    const { openModel } = await import("convlens/engine/network.js");
    const { lookAtSample } = await import("convlens/views/look/session.js");
    const model = openModel(given);
    const pixels = Uint8Array.from({ length: model.inputShape.reduce((all, one) => all * one) }, (_, at) => 5 * at);
"""


@pytest.fixture
def use(call_with_parts: Call) -> Call:
    """`use("view", body, payload)` runs statements with a module as `m`, a model, and pixels for it."""
    return call_with_parts("views/look", SETUP)


@pytest.fixture(scope="module")
def payload(build_model: Callable[..., TrainedModel]) -> dict[str, Any]:
    """Shapes: 1 channel of 4 × 5 → 3 maps of 2 × 3 → the same → 18 numbers → 2 classes."""
    return page_model(build_model("conv 3 3x3, relu, dense", (1, 4, 5), 2), name="parts")


@pytest.fixture(scope="module")
def blocks(build_model: Callable[..., TrainedModel]) -> dict[str, Any]:
    network = "conv 2 3x3 pad 1, residual(conv 2 3x3 pad 1, relu), concat(relu; ), globalavgpool, dense"
    return page_model(build_model(network, (1, 4, 4), 2), name="blocks")


def test_the_path_of_sums(use: Call, payload: Any) -> None:
    states, calls = use(
        "sum_panel",
        """
        const calls = [];
        const call = (name) => (...values) => calls.push([name, ...values]);
        const panel = new m.SumPanel({ onWalk: call("walk"), onReturn: call("return"), onMove: call("move") });
        const root = put(panel);
        const session = lookAtSample(model, { pixels, label: 0 });
        const states = [];
        const show = (...trail) => {
            panel.show(session, trail.map(([layer, place]) => ({ layer, place })));
            const current = root.querySelector("[aria-current=step]");
            states.push([root.querySelector("nav").hidden, read(root, ".crumbs li"), current.textContent,
                root.querySelector(".sum-title").textContent, read(root, ".onwards p").length,
                root.querySelector(".magnifier").hidden]);
        };
        show([0, 4]);
        const value = [root.querySelector(".sum-value").textContent, read(root, ".onwards p")[0].split("→")[0]];
        root.querySelector(".onwards button").click();
        show([4, 1], [3, 1], [0, 4]);
        root.querySelectorAll(".crumbs button")[1].click();
        show([3, 1]);
        root.querySelector(".onwards button").click();
        show([4, 0]);
        show([-1, 7]);
        panel.focus();
        states.push([document.activeElement.className, value, session.activations[1].data[4]]);
        return [states, calls];
        """,
        payload,
    )
    assert states[0] == [
        True,
        *[["conv 3 3x3, map 0, row 1, column 1"], "conv 3 3x3, map 0, row 1, column 1"],
        *["conv 3 3x3, map 0, row 1, column 1", 1, False],
    ]
    crumbs = ["softmax, class class 1", "dense 2, class class 1", "conv 3 3x3, map 0, row 1, column 1"]
    assert states[1] == [False, crumbs, crumbs[2], crumbs[2], 1, False]
    assert states[2][2:5] == ["dense 2, class class 1", "dense 2, class class 1", 1]
    assert states[3][3:] == ["softmax, class class 0", 0, True]
    assert states[4][3:5] == ["input, channel 0, row 1, column 2", 0]
    focus, (value, words), number = states[5]
    assert (focus, words) == ("sum-title", "then relu ")
    assert float(value.replace("−", "-")) == pytest.approx(number, abs=5e-4)
    assert calls == [
        ["walk", {"layer": 1, "place": 4}],
        ["return", 1],
        ["walk", {"layer": 4, "place": 1}],
    ]


def test_where_a_number_is_used_next(use: Call, blocks: Any) -> None:
    """Layers: 0 conv, 1 conv and 2 relu in the body, 3 add, 4 relu, 5 concat, 6 pool, 7 flatten?, last dense."""
    steps, names = use(
        "sum_panel",
        """
        const walks = [];
        const panel = new m.SumPanel({ onWalk: (target) => walks.push(target), onReturn: () => {}, onMove: () => {} });
        const root = put(panel);
        const session = lookAtSample(model, { pixels, label: 0 });
        const next = (layer, place) => {
            panel.show(session, [{ layer, place }]);
            walks.length = 0;
            root.querySelectorAll(".onwards button").forEach((one) => one.click());
            return [read(root, ".onwards .operator"), walks.map((one) => [one.layer, one.place])];
        };
        return [[next(0, 5), next(2, 5), next(3, 20), next(4, 20)], model.layers.map(({ text }) => text)];
        """,
        blocks,
    )
    add, concat = names.index("add"), names.index("concat")
    assert (add, concat) == (3, 5)
    assert steps[0] == [["then add →"], [[3, 5]]]  # a convolution reads it in many places
    assert steps[1] == [["then add →"], [[3, 5]]]
    assert steps[2] == [["then relu (branch 0) →", "then concat →"], [[4, 20], [5, 52]]]  # behind the maps of branch 0
    assert steps[3] == [["then concat →"], [[5, 20]]]


def test_attribution_in_numbers(use: Call, payload: Any) -> None:
    texts, label, found = use(
        "heat_panel",
        """
        const { attribution } = await import("convlens/engine/attribution.js");
        const panel = new m.HeatPanel(model);
        const root = put(panel);
        const select = root.querySelector("select");
        select.dispatchEvent(new Event("change")); // nothing is shown yet
        const session = lookAtSample(model, { pixels, label: 0 });
        const totals = (number) => {
            const parts = [...attribution(model, session.activations, number).data];
            const of = (sign) => parts.filter((one) => one * sign > 0).reduce((sum, one) => sum + one, 0);
            return [of(1), of(-1), Math.max(...parts.map(Math.abs))];
        };
        panel.show(session);
        const state = () => [read(root, "p")[0], root.querySelector("figure:last-of-type canvas").ariaLabel,
            read(root, ".legend span")];
        const texts = [state()];
        const other = 1 - session.best;
        select.value = String(other);
        select.dispatchEvent(new Event("change"));
        texts.push(state());
        const canvas = root.querySelectorAll("canvas")[1];
        return [texts, [read(select, "option"), canvas.width, canvas.style.width],
            [session.best, totals(session.best), totals(other)]];
        """,
        payload,
    )
    best, *totals = found
    for number, (pro, contra, limit), (words, label_of, legend) in zip((best, 1 - best), totals, texts, strict=True):
        for_it, against = (f"{'+' if part > 0 else '−'}{abs(part):.2f}" for part in (pro, contra))
        second = f" ({for_it} in total); orange pixels decrease it ({against})."
        assert words == f"Blue pixels increase the logit of class {number}{second}"
        assert label_of == f"Attribution for class {number}: {for_it} for and {against} against in total"
        assert legend[0] == f"−{limit:.2f}"
        assert legend[2] == f"+{limit:.2f}"
    assert label == [["most likely class", "class 0", "class 1"], 5, "280px"]


def test_lines_around_layers(use: Call, build_model: Callable[..., TrainedModel]) -> None:
    nested = "conv 2 1x1, residual(relu, residual(tanh, relu)), concat(relu; ), residual(conv 4 1x1), dense"
    lanes, space, none = use(
        "bypasses",
        """
        const list = put(document.createElement("ol"));
        const columns = [-1, ...model.layers.keys()].map(() => list.appendChild(document.createElement("li")));
        const bypasses = new m.Bypasses(model, list, columns);
        const plain = new m.Bypasses({ layers: [{ index: 0, inputs: [-1] }, { index: 1, inputs: [0, 0] }] }, list,
            columns);
        return [bypasses.bypasses.map(({ from, to, lane }) => [from, to, lane]),
            [bypasses.lanes, list.style.getPropertyValue("--lanes")], [plain.bypasses, plain.lanes]];
        """,
        page_model(build_model(nested, (1, 4, 4), 2)),
    )
    # 0 conv, 1 relu, 2 tanh, 3 relu, 4 add, 5 add, 6 relu, 7 concat, 8 conv, 9 add
    assert lanes == [[5, 7, 0], [7, 9, 0], [1, 4, 0], [0, 5, 1]]
    assert space == [2, "0px"]
    assert none == [[], 0]


def test_a_line_by_hand(use: Call, payload: Any) -> None:
    """Three boxes of 100 × 40 side by side, 10 apart; the line from the first to the third is in the only lane."""
    paths = use(
        "bypasses",
        """
        const list = put(document.createElement("ol"));
        list.style.cssText = "position: absolute; left: 0; top: 0; margin: 0; padding: 0";
        const columns = [0, 1, 2].map((at) => {
            const box = list.appendChild(document.createElement("li"));
            box.style.cssText = `position: absolute; left: ${110 * at}px; top: 30px; width: 100px; height: 40px`;
            return box;
        });
        const layers = [{ index: 0, inputs: [-1] }, { index: 1, inputs: [0, -1] }];
        const bypasses = new m.Bypasses({ layers }, list, columns);
        const paths = [];
        for (const asRows of [false, true]) {
            bypasses.draw(asRows);
            paths.push(...[...bypasses.root.children].map((one) => one.getAttribute("d")));
        }
        const branch = list.appendChild(document.createElement("li"));
        branch.className = "branch";
        branch.style.cssText = "position: absolute; left: 200px; top: 10px; width: 200px; height: 90px";
        branch.append(columns[2]);
        columns[2].style.left = "50px";
        bypasses.draw(false);
        paths.push(bypasses.root.firstChild.getAttribute("d"));
        return paths;
        """,
        payload,
    )
    assert paths == [
        "M63 28V7H227V28m-4 -4l4 4l4 -4",  # 4.5 lanes of 14 along the first box, half a lane along the third
        "M-2 51H7V37H218m-4 -4l4 4l-4 4",
        "M63 28V7H207V8m-4 -4l4 4l4 -4",
    ]


VIEW = """
    const { checkModel } = await import("convlens/engine/check.js");
    model.payload.samples = [0, 1].map((label) => ({ pixels: pixels.map((one) => one * (1 - label)), label,
        logits: Float32Array.of(1 - label, label) }));
    const root = put(document.createElement("section"));
    const line = put(Object.assign(document.createElement("p"), { id: "announcement" }));
    const context = { check: checkModel(model), drawing: null };
    const view = m.mount(root, context);
"""


SHOW_A_MODEL = f"""{VIEW}
        view.onModel(model);
        const readout = () => root.querySelector(".readout").textContent.split(":")[0];
        const first = [context.drawing.shape, [...context.drawing.pixels].slice(0, 3), read(root, ".answer p.soft"),
            readout(), root.querySelectorAll(".column").length];
        await rest(600);
        const later = [line.textContent.endsWith("% sure."), read(root, "#detail-sum h3").length];
        root.querySelectorAll(".tile")[1].click();
        await rest(200);
        later.push(read(root, ".answer p.soft")[0].slice(0, 25), context.drawing.pixels[3]);
        const walked = () => {{ walks.push(read(root, "#detail-sum .crumbs li")); }};
        const walks = [];
        root.querySelector("#detail-sum .onwards button").click(); walked();
        press(root.querySelector("#detail-sum .magnifier canvas"), "ArrowLeft"); walked();
        press(root.querySelector("#detail-sum .magnifier canvas"), "ArrowRight"); walked();
        root.querySelector(".answer-bars .bar").click();
        later.push(read(root, "#detail-sum h3")[0], readout());
        const clear = [...root.querySelectorAll("button")].find((one) => one.textContent === "Clear");
        later.push(clear.disabled);
        performance.clearMeasures();
        for (let turn = 0; turn < 501; turn += 1) performance.measure("convlens: pointer to pixels", {{ start: 0,
            end: 1 }});
        root.querySelectorAll(".tile")[0].click();
        await rest(60);
        const measured = performance.getEntriesByName("convlens: pointer to pixels").length;
        context.check = {{ agrees: false, worst: 0.123, where: "layer 0" }};
        view.onModel(model);
        const broken = [root.querySelector("[role=alert] .mono").textContent, root.querySelectorAll("canvas").length];
        context.check = {{ agrees: false, worst: NaN, where: "layer 0" }};
        view.onModel(model);
        broken.push(root.querySelector("[role=alert] .mono").textContent);
        context.check = null;
        view.onModel(model);
        broken.push(root.children.length);
        return [first, [...later, walks], measured, broken];
        """


def test_the_view_shows_a_model(use: Call, payload: Any) -> None:
    first, later, measured, broken = use(
        "view",
        SHOW_A_MODEL,
        payload,
    )
    assert first[0] == [1, 4, 5]
    assert first[1] == [0, 5, 10]
    assert first[2][0].startswith("The true class is class 0")
    assert first[3].startswith("conv 3 3x3, map ")
    assert first[4] == 5
    assert later[:2] == [True, 1]
    assert later[2:4] == ["The true class is class 1", 0]
    assert later[4] == "softmax, class class 0"
    assert later[5] == ""  # the softmax is no layer of the network
    assert later[6] is True
    first_number = "conv 3 3x3, map 0, row 0, column 0"
    places = [first_number, "relu, map 0, row 0, column 0"], [first_number, "relu, map 0, row 0, column 1"]
    assert later[7][0] == places[0]
    assert later[7][2] == places[1]
    assert len(later[7][1]) == 2  # a neighbour takes the place of the last one
    assert measured == 1
    assert broken == ["layer 0. The difference is 0.12 times the layer’s largest value.", 0, "layer 0.", 0]


def test_the_code_is_run_before_the_first_stroke(use: Call, payload: Any) -> None:
    """Twenty-four drawings at most, only while nothing else is shown, and in three shapes."""
    found = use(
        "warm_up",
        """
        const { Strokes } = await import("convlens/views/look/strokes.js");
        const before = Strokes.prototype.extend;
        const drawn = [];
        Strokes.prototype.extend = function (points) {
            drawn.push(points.flat().filter((share) => share >= 0 && share <= 1).length);
            before.call(this, points);
        };
        try {
            const brush = { size: 112, width: 0.1, dark: false };
            let wanted = 3;
            m.warmUp(model, brush, () => (wanted -= 1) >= 0);
            for (let turn = 0; turn < 100 && wanted >= 0; turn += 1) await rest(20);
            const some = [...drawn];
            drawn.length = 0;
            let asked = 0;
            m.warmUp(model, brush, () => (asked += 1));
            for (let turn = 0; turn < 200 && asked < 24; turn += 1) await rest(20);
            await rest(60);
            return [some, drawn.length, asked];
        } finally { Strokes.prototype.extend = before; }
        """,
        payload,
    )
    assert found == [[4, 2, 8], 24, 24]


def test_the_code_is_run_no_more_once_something_else_is_shown(use: Call, payload: Any) -> None:
    found = use(
        "view",
        f"""{VIEW}
        const {{ Strokes }} = await import("convlens/views/look/strokes.js");
        const before = Strokes.prototype.begin;
        let drawn = 0;
        Strokes.prototype.begin = function (point) {{ drawn += 1; before.call(this, point); }};
        try {{
            view.onModel(model);
            const key = new KeyboardEvent("keydown", {{ key: "ArrowRight" }});
            root.querySelector(".strip-box").dispatchEvent(key); // the other test image
            await rest(250);
            return [drawn, root.querySelector(".network").tabIndex];
        }} finally {{ Strokes.prototype.begin = before; }}
        """,
        payload,
    )
    assert found == [0, -1]
