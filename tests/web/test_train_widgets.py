"""The parts of Train live one by one, in Chromium: result, replay, table of runs, pictures, layers."""

from collections.abc import Callable
from typing import Any

import pytest

from convlens import TrainedModel
from convlens.exports import page_model

Call = Callable[..., Any]
SETUP = """
    const { Run } = await import("convlens/views/train/run_state.js");
    const runOf = (job, events, listed = null) => {
        const run = new Run(job);
        run.listed = listed;
        events.forEach(([name, data], at) => run.apply(name, data, at));
        return run;
    };
    const started = ["started", { data: "mnist", network: "dense", recipe: "fast", seed: 3, epochs: 2,
        steps_per_epoch: 4,
        images: 500, parameters: 1234, engine: "native" }];
    const epoch = (at, accuracy, validation_accuracy) => ["epoch", { epoch: at, accuracy, validation_accuracy }];
    const judged = { accuracy: 0.9, correct: 90, total: 100, interval: [0.8, 0.95] };
    const done = ["done", { ...judged, run: "runs/a", seconds: 0.5 }];
"""


@pytest.fixture
def use(call_with_parts: Call) -> Call:
    """`use("result", body, value)` runs statements with a module as `m`, beside `put`, `read`, `runOf` and events."""
    return call_with_parts("views/train", SETUP)


WHAT_THE_RESULT_SAYS = """
        const result = new m.Result({ onOpen: async () => {}, onReport: async () => {}, canReport: false });
        const root = put(result);
        const states = [];
        const see = (run, earlier = null) => {
            result.show(run, earlier);
            const buttons = [...root.querySelectorAll("button")];
            states.push([root.hidden, read(root, "p:not(.alarm)"), root.querySelectorAll("svg path").length,
                buttons.map((one) => one.disabled)]);
        };
        see(null);
        see(runOf("a", [started]));
        see(runOf("b", [started, epoch(0, 0.5), ["judged", judged]]));
        see(runOf("c", [started, epoch(0, 0.5), epoch(1, 0.5), done]), runOf("d", [started]));
        const facts = Object.fromEntries(read(root, "dt").map((name, at) => [name, read(root, "dd")[at]]));
        const path = root.querySelector("path").getAttribute("d");
        const box = root.querySelector("svg").getAttribute("viewBox");
        const less = ["done", { accuracy: 0.5, correct: 50, total: 100, interval: [0.4, 0.6] }];
        see(runOf("e", [started, done]), runOf("f", [started, less]));
        const both = [...root.querySelectorAll("path")].map((one) => [one.getAttribute("class"),
            one.getAttribute("d").split("H")[0]]);
        for (const end of [["done", { run: "r" }], ["stopped", { run: "r" }], ["stopped", {}]])
            see(runOf(JSON.stringify(end), [end]));
        return [states, [facts, path, box, both, root.querySelectorAll("button")[1].hidden,
            read(root, "dl.train-facts dt")]];
        """


def test_what_the_result_says(use: Call) -> None:
    states, facts = use(
        "result",
        WHAT_THE_RESULT_SAYS,
    )
    headline, interval = "90.00 % of 100 test images correct", "95 % interval 80.00 % to 95.00 %"
    assert states[0] == [True, [], 0, [False, False]]
    assert states[1] == [True, [], 0, [False, False]]
    assert states[2] == [False, [headline, interval], 1, [True, True]]  # its files are still written
    assert states[3] == [False, [headline, interval], 1, [False, False]]
    compared = "Compared with the previous run: 40.00 percentage points higher, a significant difference."
    assert states[4] == [False, [headline, interval, compared], 2, [False, False]]
    assert [state[1] for state in states[5:]] == [
        ["Done. There were no test images for an evaluation."],
        ["Stopped and saved. To continue, run `convlens train --resume` with its run folder."],
        ["Stopped before training began."],
    ]
    assert [state[3] for state in states[5:]] == [[False, False], [False, False], [True, True]]
    assert facts[0] == {
        "trained in": "0.5 s",
        "images/s": "2,000",
        "parameters": "1,234",
        "engine": "native",
        "run folder": "runs/a",
    }
    # The interval of 0.15 has 0.045 on either side: 75 and 325 of 400; 0.9 is at 241.67.
    numbers = [
        round(float(one), 2) for one in facts[1].replace("M", " ").replace("H", " ").replace("v8", " ").split()[:3]
    ]
    assert numbers == [75, 11, 325]
    assert "M236.66666666666" in facts[1]
    assert facts[2] == "0 0 400 22"
    # Both: from 0.4 to 0.95, with a margin of 0.165.
    starts = [(name, round(float(path[1:].split()[0])), path.split()[1]) for name, path in facts[3]]
    assert starts == [("train-whisker now", 257, "11"), ("train-whisker earlier", 75, "29")]
    assert facts[4:] == [True, []]


def test_the_buttons_of_a_result_wait_and_say_what_failed(use: Call) -> None:
    log = use(
        "result",
        """
        const log = [];
        let finish = null;
        const result = new m.Result({ canReport: true, onReport: async () => { throw new Error("no report"); },
            onOpen: (folder) => (log.push(folder), new Promise((done) => (finish = done))) });
        const root = put(result);
        result.show(runOf("a", [started, done]), null);
        const [open, report] = root.querySelectorAll("button");
        open.click(); log.push([open.disabled, report.disabled, report.hidden]);
        finish(); await rest(); log.push(open.disabled);
        report.click(); await rest(); log.push([report.disabled, root.querySelector(".alarm").textContent]);
        open.click(); log.push(root.querySelector(".alarm").textContent);
        return log;
        """,
    )
    assert log == ["runs/a", [True, False, False], False, [False, "no report"], "runs/a", ""]


A_REPLAY_BY_HAND = """
        const steps = [];
        const replay = new m.Replay({ onStep: (step) => steps.push(step) });
        const root = put(replay);
        const [button, slider, words] = [root.querySelector("button"), root.querySelector("input"),
            root.querySelector("output")];
        const states = [];
        const see = () => states.push([words.textContent, slider.value, slider.max,
            slider.getAttribute("aria-valuetext"),
            button.textContent, button.disabled]);
        see();
        replay.show(0, 0, false); see();
        replay.show(1000, 2000, true); see();
        slider.value = "300"; slider.dispatchEvent(new Event("input")); see();
        replay.show(1100, 2000, true); see();
        replay.goTo(1100); see();
        replay.goTo(5000); replay.goTo(-3); see();
        replay.reset(); replay.show(1200, 2000, true); see();
        const frames = [];
        const before = [globalThis.requestAnimationFrame, globalThis.cancelAnimationFrame];
        globalThis.requestAnimationFrame = (run) => frames.push(run);
        globalThis.cancelAnimationFrame = () => {};
        try {
            button.click(); see();
            const tick = (time) => { frames.at(-1)(time); see(); };
            tick(5000); tick(6500); tick(10990); tick(11000);
            const asked = frames.length;
            replay.choose(600); button.click(); frames.at(-1)(0); frames.at(-1)(1500); see();
            button.click(); see();
            states.push(frames.length - asked);
        } finally { [globalThis.requestAnimationFrame, globalThis.cancelAnimationFrame] = before; }
        return [states, steps];
        """


def test_a_replay_by_hand(use: Call) -> None:
    states, steps = use(
        "replay",
        A_REPLAY_BY_HAND,
    )
    assert states.pop(0)[5] is True  # nothing can be replayed before it is shown
    assert states[0] == ["", "0", "1", "no step yet", "Replay", True]
    assert states[1] == ["after step 1,000", "1000", "2000", "after step 1,000", "Replay", False]
    assert [state[:2] for state in states[2:7]] == [
        ["after step 300", "300"],
        ["after step 300", "300"],
        ["after step 1,100", "1100"],
        ["after step 0", "0"],
        ["after step 1,200", "1200"],
    ]
    # A whole replay of 1,200 steps takes six seconds, 200 a second.
    assert [[state[0], state[4]] for state in states[7:12]] == [
        ["after step 1,200", "Pause"],
        ["after step 0", "Pause"],
        ["after step 300", "Pause"],
        ["after step 1,198", "Pause"],
        ["after step 1,200", "Replay"],
    ]
    assert [[state[0], state[4]] for state in states[12:14]] == [
        ["after step 900", "Pause"],
        ["after step 900", "Replay"],
    ]
    assert states[14] == 3
    assert steps == [300, None, None, 0, 0, 300, 1198, None, 600, 600, 900]


THE_TABLE_OF_RUNS = """
        const table = new m.RunTable({ onChoice: () => {} });
        const root = put(table);
        const a = runOf("a", [started, done]);
        const b = runOf("b", [started, ["done", { accuracy: 0.8, correct: 80, total: 100, seconds: 65, run: "r" }]]);
        const c = runOf("c", [], { job: "c", state: "queued", data: "pets", epochs: 1 });
        const d = runOf("d", [], { job: "d" });
        const e = runOf("e", [["reading", {}]]);
        const hidden = [root.hidden];
        const title = document.getElementById(root.getAttribute("aria-labelledby"))?.textContent;
        table.show(new Map(), []); hidden.push(root.hidden);
        const runs = new Map([a, b, c, d, e].map((run) => [run.job, run]));
        table.show(runs, ["a", "b"]); hidden.push(root.hidden);
        const rowsOf = () => [...root.querySelectorAll("tbody tr")].map((row) => [row.className,
            row.querySelector("input").checked, row.querySelector("input").ariaLabel,
            ...[...row.children].slice(1).map((one) => one.textContent)]);
        const rows = rowsOf();
        const comparison = [read(table.comparison, "p")];
        const cell = root.querySelector("tbody td:last-child");
        table.show(runs, ["a", "b"]);
        const kept = [cell.isConnected, hidden];
        b.apply("done", { accuracy: 0.9, correct: 90, total: 100, seconds: 0.54, run: "r" });
        table.show(runs, ["b", "a"]); comparison.push(read(table.comparison, "p"), rowsOf().map((row) => row[0]));
        table.show(runs, ["a", "c"]); comparison.push(read(table.comparison, "p"));
        kept.push(cell.isConnected, title);
        return [rows, comparison, kept];
        """


def test_the_table_of_runs(use: Call) -> None:
    rows, comparison, kept = use(
        "run_table",
        THE_TABLE_OF_RUNS,
    )
    assert rows == [
        ["", False, "Compare run 5", "5", "preparing", "", "", "", "", ""],
        ["", False, "Compare run 4", "4", "", "", "", "", "", ""],
        ["", False, "Compare run 3", "3", "queued", "", "", "1 epoch", "", "pets"],
        [
            "now",
            True,
            "Compare run 2",
            "2",
            "80.00 %",
            "1 min 5 s",
            "1,234",
            "fast, 2 epochs, seed 3",
            "dense",
            "mnist",
        ],
        [
            "earlier",
            True,
            "Compare run 1",
            "1",
            "90.00 %",
            "0.5 s",
            "1,234",
            "fast, 2 epochs, seed 3",
            "dense",
            "mnist",
        ],
    ]
    assert comparison == [
        [
            "Run 2 compared with run 1: 10.00 percentage points lower, a significant difference.",
            "Time: 1 min 5 s instead of 0.5 s.",
        ],
        ["Run 2 compared with run 1: The accuracy is the same."],
        ["", "", "", "earlier", "now"],
        [],
    ]
    assert kept == [True, [True, True, False], False, "This session's runs"]


THE_STATUS_LINE = """
        const line = put(Object.assign(document.createElement("p"), { id: "announcement" }));
        let refuse = true;
        const status = new m.StatusLine({ onStop: async () => { if (refuse) throw new Error("cannot stop"); } });
        const root = put(status);
        const stop = root.querySelector("button");
        const seen = [];
        const see = (run, connection = "") => {
            status.show(run, connection);
            const value = status.bar.hasAttribute("value") ? status.bar.value : null;
            seen.push([status.state.textContent, status.facts.textContent, status.connection.textContent,
                status.bar.hidden ? "hidden" : value, stop.hidden, stop.disabled,
                    root.querySelector(".alarm").textContent]);
        };
        const chunk = (losses, seconds_left = 61) =>
            ["chunk", { losses, accuracy: 0.5, images_per_second: 36012, seconds_left }];
        see(null);
        see(runOf("a", [["queued", { place: 2 }]]));
        see(runOf("b", [["reading", { what: "reading images", done: 1, total: null }]]));
        const run = runOf("c", [started, chunk([1, 1])]);
        see(run, "lost");
        stop.click(); await rest(); see(run);
        refuse = false;
        stop.click(); await rest(); see(run);
        see(runOf("d", [started, chunk([1, 1, 1, 1]), epoch(0, 0.5)], { stopping: true }));
        await rest(450);
        const speech = [line.textContent];
        see(runOf("e", [started, ["judged", judged]]));
        see(runOf("f", [started, ["failed", { error: "too hot" }]]));
        see(runOf("g", [started, ["ended", { words: "stopped early" }], done]));
        await rest(450);
        speech.push(line.textContent);
        see(runOf("h", [["stopped", {}]]));
        return [seen, speech, [0, 9.94, 9.96, 10, 59.4, 59.6, 3599, 3600, 7500].map(m.describeSeconds)];
        """


def test_the_status_line(use: Call) -> None:
    seen, speech, seconds = use(
        "status_line",
        THE_STATUS_LINE,
    )
    assert seen[0][:4] == [
        "Nothing has been trained yet",
        "MNIST with the tutorial's network takes about a second.",
        "",
        "hidden",
    ]
    assert seen[0][4] is True
    assert seen[1] == ["Waiting: number 2 in the queue", "", "", 0, False, False, ""]
    assert seen[2][3:] == [None, False, False, ""]
    speed = "36,012 images/s · 1 min 1 s left"
    assert seen[3] == ["Training: epoch 1 of 2", speed, "lost", 0.25, False, False, ""]
    assert seen[4] == ["Training: epoch 1 of 2", speed, "", 0.25, False, False, "cannot stop"]
    assert seen[5] == ["Stopping after this step", speed, "", 0.25, False, True, "cannot stop"]
    assert seen[6] == ["Stopping after this step", speed, "", 0.5, False, False, ""]
    assert seen[7][4] is True  # saving cannot be stopped
    assert seen[8] == ["Failed", "", "", "hidden", True, False, "too hot"]
    assert seen[9] == ["Done: 90.00 % of the test images", "stopped early", "", 1, True, False, ""]
    assert seen[10] == ["Stopped before training began", "", "", 0, True, False, ""]
    assert speech == [
        "Training: epoch 2 of 2, training accuracy 50.0 per cent",
        "Done: 90.00 % of the test images; stopped early",
    ]
    assert seconds == ["0.0 s", "9.9 s", "10.0 s", "10 s", "59 s", "1 min 0 s", "59 min 59 s", "1 h 0 min", "2 h 5 min"]


PICTURES_TO_WATCH = """
        const model = (await import("convlens/engine/network.js")).openModel(given);
        const pixels = (value) => new Uint8Array(784).fill(value);
        const drawing = { pixels: pixels(1), shape: [1, 28, 28] };
        const samples = { input_shape: [1, 28, 28], class_names: model.classNames,
            samples: [[2, 5], [0, 6], [2, 7]].map(([label, value]) => ({ label, pixels: pixels(value) })) };
        const keys = (...sources) => m.choicesFor(model, ...sources).map(({ key, name, pixels }) => [key, name,
            pixels[0]]);
        const drawn = keys(null, null);
        const choices = [drawn.length, drawn[7].slice(0, 2), keys(drawing, samples), keys(null, samples),
            keys({ ...drawing, shape: [1, 8, 8] }, { ...samples, input_shape: [1, 8, 8] }).length,
            keys(drawing, { ...samples, class_names: ["other"] }).length,
            keys(null, { ...samples, samples: Array.from({ length: 12 }, (_, label) =>
                ({ label: 11 - label, pixels: pixels(label) })) }).map(([key]) => key)];
        let changes = 0;
        const chooser = new m.PictureChooser({ onChoice: () => (changes += 1) });
        const root = put(chooser);
        const state = () => [chooser.chosen, [...root.children].findIndex((one) => one.ariaPressed === "true"),
            root.querySelectorAll("[aria-pressed=true]").length, chooser.pixels?.[0] ?? null];
        const chosen = [state()];
        const offer = (drawing, samples) => { chooser.offer(model, { drawing, samples }); chosen.push(state()); };
        offer(null, null);
        offer(null, samples);
        offer(drawing, samples);
        root.children[2].click(); chosen.push(state());
        offer(drawing, samples);
        offer(null, samples); offer(drawing, samples);
        const canvas = root.querySelector("canvas");
        chosen.push(changes, [canvas.width, parseFloat(canvas.style.width), root.children[0].title,
            root.children[0].ariaLabel]);
        return [choices, chosen];
        """


def test_pictures_to_watch(use: Call, build_model: Callable[..., TrainedModel]) -> None:
    choices, chosen = use(
        "watched_picture",
        PICTURES_TO_WATCH,
        page_model(build_model("dense", (1, 28, 28), 3)),
    )
    assert choices[:2] == [10, ["7", "a drawn 7"]]
    samples = [["0", "a test image: class 0", 6], ["2", "a test image: class 2", 5]]
    assert choices[2:4] == [[["drawing", "your drawing", 1], *samples], samples]
    assert choices[4:6] == [10, 11]
    assert choices[6] == [str(label) for label in range(10)]
    assert chosen[:8] == [
        ["7", -1, 0, None],
        ["7", 7, 1, 0],
        ["0", 0, 1, 6],
        ["drawing", 0, 1, 1],
        ["2", 2, 1, 5],
        ["2", 2, 1, 5],
        ["2", 1, 1, 5],
        ["drawing", 0, 1, 1],
    ]
    assert chosen[8:] == [1, [28, 34, "your drawing", "your drawing"]]


def test_a_table_of_layers(use: Call) -> None:
    texts, attributes, words = use(
        "layer_table",
        """
        const layer = (text, more) => ({ text, output_shape: [8, 5, 5], size_formula: "", parameters: 0, warnings: [],
            parameters_formula: "", multiply_adds: 0, multiply_adds_formula: "", receptive_field: [3, 3], ...more });
        const table = { input_shape: [1, 28, 28], classes: 1, parameters: 1, multiply_adds: 2000, layers: [
            layer("conv 8 3x3", { parameters: 80, parameters_formula: "8·(9 + 1) = 80", multiply_adds: 1800,
                size_formula: "5", multiply_adds_formula: "8·9·25", warnings: ["odd"] }),
            layer("relu", { branch: "body", depth: 1, parameters: 20 }), layer("tanh", { branch: "body", depth: 1 }),
            layer("conv 1", { branch: "shortcut", depth: 1 }), layer("add")] };
        const root = put(document.createElement("div"));
        m.showLayerTable(root, table);
        const texts = [...root.querySelectorAll("tbody tr")].map((row) => [row.className,
            ...[...row.children].map((one) => one.textContent)]);
        const attributes = [[...root.querySelectorAll("tbody tr")].map(({ style }) =>
            `${style.getPropertyValue("--share")} ${style.getPropertyValue("--depth")}`), read(root,
                ".train-warnings li"),
            root.querySelector(".train-formulas td").colSpan];
        m.showLayerTable(root, { ...table, layers: [layer("relu")] });
        attributes.push(root.querySelectorAll("ul").length,
            root.querySelector("tbody tr").style.getPropertyValue("--share"));
        return [texts, attributes, [m.describeTable(table), m.describeTable({ ...table, classes: 2,
            isAssumed: true })]];
        """,
    )
    assert texts == [
        ["followed", "conv 8 3x3", "8 × 5 × 5", "80", "1,800", "3 × 3"],
        ["train-formulas", "size: 5parameters: 8·(9 + 1) = 80multiply-adds: 8·9·25"],
        ["", "bodyrelu", "8 × 5 × 5", "20", "·", "3 × 3"],
        ["", "tanh", "8 × 5 × 5", "·", "·", "3 × 3"],
        ["", "shortcutconv 1", "8 × 5 × 5", "·", "·", "3 × 3"],
        ["", "add", "8 × 5 × 5", "·", "·", "3 × 3"],
    ]
    assert attributes == [
        ["1.0000 0", " ", "0.2500 1", "0.0000 1", "0.0000 1", "0.0000 0"],
        ["odd"],
        5,
        0,
        "0.0000",
    ]
    words_of = "1 parameter, 2,000 multiply-adds per image of 1 × 28 × 28; "
    assert words == [f"{words_of}1 class", f"{words_of}2 classes (assumed until the images have been read)"]


def test_fields_of_a_layer(use: Call) -> None:
    fields, texts = use(
        "layer_fields",
        """
        const texts = [];
        const layer = { word: "conv", numbers: ["8", "3x3"], options: { pad: "1" } };
        const root = put(m.layerFields(layer, (text) => texts.push(text)));
        const fields = [...root.querySelectorAll("label")].map((one) => [one.textContent, one.firstElementChild.value,
            one.firstElementChild.placeholder]);
        const write = (name, value) => {
            const input = [...root.querySelectorAll("label")].find((one) => one.textContent === name).firstElementChild;
            input.value = value;
            input.dispatchEvent(new Event("input"));
        };
        write("channels", " 12 "); write("pad", ""); write("stride", "2"); write("kernel size", "");
        const other = put(m.layerFields({ word: "dropout", numbers: ["0.5"], options: {} }, (text) =>
            texts.push(text)));
        other.querySelector("input").value = "0,25";
        other.querySelector("input").dispatchEvent(new Event("input"));
        return [fields.slice(0, 3), [texts, layer, read(root, "h4").length]];
        """,
    )
    assert [field[:2] for field in fields] == [["channels", "8"], ["kernel size", "3x3"], ["stride", ""]]
    assert texts[0] == [
        "conv 12 3x3 pad 1",
        "conv 12 3x3",
        "conv 12 3x3 stride 2",
        "conv 12 stride 2",
        "dropout 0.25",
    ]
    assert texts[1:] == [{"word": "conv", "numbers": ["8", "3x3"], "options": {"pad": "1"}}, 1]
