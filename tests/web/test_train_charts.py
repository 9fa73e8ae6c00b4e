"""The charts of Train live, and what feeds them: streams, chips that are dragged, the form, what is typed."""

from collections.abc import Callable
from typing import Any

import pytest

Call = Callable[..., Any]
SETUP = """
    const { Run } = await import("convlens/views/train/run_state.js");
    const runOf = (job, events) => {
        const run = new Run(job);
        events.forEach(([name, data], at) => run.apply(name, data, at));
        return run;
    };
    const started = ["started", { data: "mnist", epochs: 2, steps_per_epoch: 2, images: 500 }];
    const chunk = (losses, accuracy) => ["chunk", { losses, accuracy, images_per_second: 1, seconds_left: 1 }];
    const epoch = (at, accuracy, validation_accuracy) => ["epoch", { epoch: at, accuracy, validation_accuracy }];
"""


@pytest.fixture
def use(call_with_parts: Call) -> Call:
    """`use("chart", body)` runs statements with a module as `m`, beside `put`, `read`, `rest`, `runOf` and events."""
    return call_with_parts("views/train", SETUP)


CHART = """
    const picks = [];
    const chart = new m.Chart({ title: "Loss", onPick: (share) => picks.push(share) });
    const root = put(chart);
    chart.size = { width: 260, height: 120, em: 10 }; // the plot: 36 to 254 across, 7 to 103 down
    const svg = root.querySelector("svg");
    svg.getBoundingClientRect = () => ({ left: 100, top: 0, width: 520, height: 240 });
    const attributes = (name, ...names) => [...root.querySelectorAll(name)].map((one) =>
        names.map((part) => one.getAttribute(part)));
    const content = { scale: { ticks: [0, 1], share: (value) => value }, label: (tick) => `${tick}!`, words: "now 1",
        describe: "Loss, 1", reading: null, layers: [], xTicks: [{ share: 0, text: "0", isEdge: true },
        { share: 0.5, text: "1", isEdge: false }, { share: 1, text: "2", isEdge: true }] };
"""


def test_a_chart_by_hand(use: Call) -> None:
    axes, layers, texts = use(
        "chart",
        f"""{CHART}
        chart.draw(content);
        const axes = [attributes(".train-grid, .train-epoch", "class", "x1", "x2", "y1", "y2"),
            attributes("text", "x", "y", "text-anchor"), read(root, "text")];
        const texts = [root.querySelector("h3").textContent, root.querySelector(".train-chart-words").textContent,
            svg.ariaLabel, svg.getAttribute("viewBox"), root.querySelectorAll(".train-reading").length];
        const line = {{ name: "now", points: [[0, 0], [0.5, 1], [1, 0.5]] }};
        const band = [[0, 0, 0.5], [1, 0.5, 1]];
        chart.draw({{ ...content, reading: 0.5, layers: [{{ ...line, kind: "line" }},
            {{ kind: "band", name: "now", points: band }}, {{ kind: "band", name: "none", points: band.slice(1) }},
            {{ kind: "dots", name: "now", points: [[0.5, 0.25]] }},
            {{ kind: "whisker", name: "now", points: [[0.5, 0, 0.5, 1]] }}] }});
        const layers = [attributes("path", "class", "d"), attributes("circle", "class", "cx", "cy"),
            attributes(".train-reading", "x1", "x2", "y1", "y2")];
        return [axes, layers, texts];
        """,
    )
    assert axes[0] == [
        ["train-grid", "36", "254", "103", "103"],
        ["train-grid", "36", "254", "7", "7"],
        ["train-grid", "36", "36", "7", "103"],
        ["train-epoch", "145", "145", "7", "103"],
        ["train-grid", "254", "254", "7", "103"],
    ]
    assert axes[1] == [
        ["31", "106.5", "end"],
        ["31", "10.5", "end"],
        ["36", "116", "start"],
        ["145", "116", "middle"],
        ["254", "116", "end"],
    ]
    assert axes[2] == ["0!", "1!", "0", "1", "2"]
    assert texts == ["Loss", "now 1", "Loss, 1", "0 0 260 120", 0]
    assert layers[0] == [
        ["train-line now", "M36 103L145 7L254 55"],
        ["train-band now", "M36 55L254 7L254 55L36 103Z"],
        ["train-whisker now", "M145 103V7M140 55l5 -5 5 5 -5 5z"],
    ]
    assert layers[1] == [["train-dot now", "145", "79"]]
    assert layers[2] == [["145", "145", "7", "103"]]


def test_pointing_at_a_chart(use: Call) -> None:
    picks, sizes = use(
        "chart",
        f"""{CHART}
        let held = null;
        svg.setPointerCapture = (pointer) => (held = pointer);
        svg.hasPointerCapture = (pointer) => pointer === held;
        const point = (type, x, more = {{}}) =>
            svg.dispatchEvent(new PointerEvent(type, {{ pointerId: 1, clientX: x, ...more }}));
        point("pointermove", 300);
        point("pointerdown", 300, {{ button: 2 }});
        point("pointerdown", 390); // half of 520 behind 100, and a little more: 145 of 260
        point("pointermove", 608); point("pointermove", 9999); point("pointermove", 0);
        point("pointermove", 390, {{ pointerId: 2 }});
        const sizes = [];
        chart.draw(content);
        chart.measure(); sizes.push([chart.size.width, svg.getAttribute("viewBox").split(" ").slice(2)]);
        svg.getBoundingClientRect = () => ({{ left: 0, top: 0, width: 0, height: 0 }});
        chart.measure(); sizes.push(chart.size.width);
        svg.getBoundingClientRect = () => ({{ left: 0, top: 0, width: 100, height: 50 }});
        chart.measure(); sizes.push(chart.size.width, chart.size.height);
        return [picks, sizes];
        """,
    )
    assert picks == [0.5, 1, 1, 0]
    assert sizes == [[520, ["520", "240"]], 520, 240, 50]


def test_a_disposed_chart_is_measured_no_more(use: Call) -> None:
    counts = use(
        "run_charts",
        """
        const charts = new m.RunCharts({ onPick: () => {} });
        const root = put(charts);
        root.style.width = "600px";
        let measured = 0;
        for (const chart of [charts.loss, charts.accuracy]) chart.measure = () => (measured += 1);
        await rest(50);
        const counts = [measured];
        charts.dispose();
        for (const one of root.querySelectorAll("svg")) one.style.height = "400px";
        await rest(50);
        return [...counts, measured - counts[0]];
        """,
    )
    assert counts == [2, 0]


LOSSES = """
    const picks = [];
    const charts = new m.RunCharts({ onPick: (step) => picks.push(step) });
    put(charts);
    const drawn = [];
    charts.loss.draw = (content) => drawn.push(content);
    charts.accuracy.draw = (content) => drawn.push(content);
    const show = (run, earlier, options) => {
        drawn.length = 0;
        charts.draw(run, earlier, { logarithmic: false, step: null, ...options });
        return drawn.map(({ scale, layers, label, ...more }) => ({ ...more, layers, ticks: scale.ticks.map(label) }));
    };
"""


WHAT_THE_CHARTS_SHOW = f"""{LOSSES}
        const nothing = show(null, null, {{}}).map(({{ words, describe, reading, layers, xTicks }}) =>
            [words, describe, reading, layers.length, xTicks.length]);
        const events = [started, chunk([2, 1], 0.25), epoch(0, 0.25, 0.5), chunk([0], 0.75)];
        const run = runOf("a", events);
        const [loss, accuracy] = show(run, null, {{}});
        const steps = [];
        for (const step of [0, 1, 2, 99]) steps.push(show(run, null, {{ step }}).flatMap((one) => [one.words,
            one.reading]));
        const outcome = {{ accuracy: 0.9, correct: 9, total: 10, interval: [0.8, 0.95] }};
        const over = runOf("b", [...events, epoch(1, 0.875), ["judged", outcome]]);
        const [, last] = show(over, null, {{}});
        steps.push([last.words, last.describe, last.layers.map(({{ kind, points }}) => [kind, points])]);
        const resumed = runOf("c", [["started", {{ ...started[1], steps_done: 2 }}], chunk([4], 0.5)]);
        steps.push(show(resumed, null, {{}})[0].describe);
        const both = show(run, over, {{}});
        steps.push(both[0].layers.map(({{ kind, name }}) => [kind, name]), both[1].layers.map(({{ name }}) => name));
        steps.push(show(null, over, {{}})[1].describe, show(runOf("e", [started]), over, {{}})[1].describe);
        steps.push(show(null, over, {{}})[0].layers.length, show(runOf("d", []), null, {{}})[0].describe);
        charts.loss.onPick(0.5); steps.push(picks);
        return [nothing, loss, accuracy, steps];
        """


def test_what_the_charts_show_of_a_run(use: Call) -> None:
    """Four steps in all; the loss is smoothed over two: 2, then (1 + 1) / 1.5, then (0 + 0.5 · 2) / 1.75."""
    nothing, loss, accuracy, steps = use(
        "run_charts",
        WHAT_THE_CHARTS_SHOW,
    )
    assert nothing == [["", "Loss: nothing yet", None, 0, 3], ["", "Accuracy: nothing yet", None, 0, 3]]
    assert (loss["words"], loss["describe"], loss["reading"]) == ("0.571", "Loss, 0.571 after step 3", None)
    band, line = loss["layers"]
    assert (band["kind"], line["kind"], line["name"]) == ("band", "line", "now")
    assert band["points"] == [[0.25, 2, 2], [0.5, 1, 1], [0.75, 0, 0]]
    assert [share for share, _ in line["points"]] == [0.25, 0.5, 0.75, 0.75]
    assert [value for _, value in line["points"]] == pytest.approx([2, 4 / 3, 4 / 7, 4 / 7])
    assert loss["ticks"] == ["0", "0.5", "1", "1.5", "2"]
    assert (accuracy["words"], accuracy["describe"]) == (
        "75.0 % of the epoch so far",
        "Accuracy: 75.0 % of the epoch so far",
    )
    points = [layer["points"] for layer in accuracy["layers"]]
    assert (points[0][0], points[0][2], len(points[0]), points[1]) == ([0.5, 0.25], [0.75, 0.75], 3, [[0.5, 0.5]])
    assert [layer["kind"] for layer in accuracy["layers"]] == ["line", "dots"]
    assert accuracy["ticks"] == ["0 %", "25 %", "50 %", "75 %", "100 %"]
    assert steps[0] == ["2.000", 0, "25.0 % of the epoch so far", 0]
    assert steps[1] == ["2.000", 0.25, "25.0 % of the epoch so far", 0.25]
    assert steps[2] == ["1.333", 0.5, "25.0 % of the epoch so far", 0.5]
    assert steps[3] == ["0.571", 99 / 4, "75.0 % of the epoch so far", 99 / 4]
    words, describe, layers = steps[4]
    assert words == "90.00 % of the test images"
    assert describe == f"Accuracy: {words}"
    assert layers[1:] == [["dots", [[0.5, 0.5]]], ["whisker", [[1, 0.8, 0.9, 0.95]]]]
    assert steps[5] == "Loss, 4.000 after step 3"
    assert steps[6] == [["line", "earlier"], ["band", "now"], ["line", "now"]]
    assert steps[7] == ["earlier", "earlier", "earlier", "now", "now"]
    assert steps[8:10] == ["Accuracy: nothing yet"] * 2
    assert steps[10:] == [1, "Loss: nothing yet", [1]]  # of the two steps where nothing is known


def test_the_line_of_the_accuracy_restarts_at_each_epoch(use: Call) -> None:
    few, many, beyond = use(
        "run_charts",
        """
        const run = { started: { steps_per_epoch: 2 }, accuracies: [1, 2, 3, 4, 5].map((step) => ({ step,
            value: step / 10 })) };
        const points = (...given) => m.accuracyPoints(...given).map(([share, value]) => [Number.isNaN(share) ?
            null : share,
            Number.isNaN(value) ? null : value]);
        const long = { started: { steps_per_epoch: 700 }, accuracies: Array.from({ length: 1400 }, (_, at) =>
            ({ step: at + 1, value: at })) };
        return [points(run, 4), points(long, 2).map(([, value]) => value), points(run, 1).length];
        """,
    )
    gap = [None, None]
    assert few == [[0.125, 0.1], [0.25, 0.2], gap, [0.375, 0.3], [0.5, 0.4], gap, [0.625, 0.5]]
    # Every fourth, the first of each epoch, and the very last.
    assert many == [*range(0, 700, 4), None, *range(700, 1400, 4), 1399]
    assert beyond == 4  # what is behind the end of the chart is left out, the two gaps are kept


CHIPS = """
    const texts = [];
    const chips = new m.LayerChips({ onText: (text) => { texts.push(text); chips.show(text); } });
    const root = put(chips);
    const buttons = () => [...root.querySelectorAll(".train-chip")];
    const drag = (from, to) => {
        const [source, target] = [buttons()[from], buttons()[to]];
        const event = (type) => new DragEvent(type, { bubbles: true, cancelable: true,
            dataTransfer: new DataTransfer() });
        source.dispatchEvent(event("dragstart"));
        const over = event("dragover");
        target.dispatchEvent(over);
        const state = [over.defaultPrevented, target.classList.contains("target")];
        target.dispatchEvent(event("drop"));
        source.dispatchEvent(event("dragend"));
        return state;
    };
"""


def test_chips_are_dragged(use: Call) -> None:
    texts, states = use(
        "layer_chips",
        f"""{CHIPS}
        chips.show("relu, residual(tanh, conv 4 3x3), dense");
        const states = [drag(0, 4)];
        drag(3, 0); // a layer out of its block, before it
        drag(0, 0); // itself
        chips.show("relu, residual(tanh), dense");
        drag(1, 2); // a block into itself
        chips.show("relu, concat(; tanh), dense");
        drag(0, 2); // into the empty branch
        const event = new DragEvent("dragover", {{ bubbles: true, cancelable: true }});
        buttons()[0].dispatchEvent(event); // nothing is dragged
        states.push(event.defaultPrevented);
        buttons()[0].dispatchEvent(new DragEvent("drop", {{ bubbles: true, cancelable: true }}));
        buttons()[1].dispatchEvent(new DragEvent("dragstart", {{ bubbles: true }}));
        buttons()[0].dispatchEvent(new DragEvent("dragover", {{ bubbles: true, cancelable: true }}));
        states.push(buttons()[0].classList.contains("target"));
        buttons()[0].dispatchEvent(new DragEvent("dragleave"));
        states.push(buttons()[0].classList.contains("target"));
        return [texts, states];
        """,
    )
    assert texts[0] == "residual(tanh, conv 4 3x3), dense, relu"
    assert texts[1:] == ["dense, residual(tanh, conv 4 3x3), relu", "concat(relu; tanh), dense"]
    assert states == [[True, True], False, True, False]


def test_chips_and_what_is_chosen(use: Call) -> None:
    chips, states, spoken = use(
        "layer_chips",
        f"""{CHIPS}
        const line = put(Object.assign(document.createElement("p"), {{ id: "announcement" }}));
        chips.show("relu, rleu, residual(tanh, shortcut), dense", 7);
        const found = buttons().map((one) => [one.textContent, one.className, one.ariaLabel, one.tabIndex,
            one.ariaPressed,
            one.ariaInvalid, one.getAttribute("draggable")]);
        const fields = root.querySelector(".train-chip-fields");
        const state = () => [chips.chosen, chips.stop, read(fields, "h4, p"),
            [...fields.querySelectorAll("button")].map((one) =>
            `${{one.textContent}}${{one.disabled ? " no" : ""}}`)];
        const states = [];
        for (const at of [0, 0, 1, 2, 4, 5]) {{ buttons()[at].click(); states.push(state()); }}
        const add = root.querySelector("select");
        const choose = (word) => {{ add.value = word; add.dispatchEvent(new Event("change")); }};
        choose("tanh"); states.push([texts.at(-1), chips.chosen, add.value]);
        buttons()[6].click(); choose("relu"); states.push([texts.at(-1), chips.chosen]);
        choose(""); states.push(texts.length);
        buttons()[3].click(); choose("sigmoid"); states.push([texts.at(-1)]);
        await rest(450); const spoken = [line.textContent];
        [...fields.querySelectorAll("button")].find((one) => one.textContent === "Remove").click();
        states.push([texts.at(-1), chips.chosen]);
        await rest(450); spoken.push(line.textContent);
        return [found, states, spoken];
        """,
    )
    assert chips == [
        ["relu", "train-chip relu", None, 0, "false", None, "true"],
        ["rleu", "train-chip unknown", None, -1, "false", "true", "true"],
        ["residual", "train-chip residual", None, -1, "false", None, "true"],
        ["tanh", "train-chip tanh", None, -1, "false", None, "true"],
        ["no layer", "train-chip empty", "shortcut: no layer", -1, "false", None, None],
        ["dense", "train-chip dense", None, -1, "false", None, "true"],
    ]
    assert states[0][:2] == [0, 0]
    assert states[0][3] == ["← no", "→", "Remove"]
    assert states[1] == [-1, 0, [], []]
    assert states[2][2:] == [["Edit this layer in the text above."], ["←", "→", "Remove"]]
    assert states[3][3] == ["←", "→", "Remove"]  # it has a shortcut
    assert states[4][2:] == [["No layer yet: the output is the unchanged input."], ["← no", "→ no", "Remove"]]
    assert states[5][3] == ["←", "→ no", "Remove"]
    assert states[6] == ["relu, rleu, residual(tanh, shortcut), dense, tanh", 6, ""]
    text = "relu, rleu, residual(tanh, shortcut), dense, tanh, relu"
    assert states[7:9] == [[text, 7], 2]
    assert states[9] == [text.replace("tanh, short", "tanh, sigmoid, short")]
    assert states[10] == [text, -1]
    assert spoken[0] == "Added sigmoid as layer 2 of body in residual"
    assert spoken[1] == "Removed sigmoid"
