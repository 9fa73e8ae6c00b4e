"""The parts that chapters of Learn are built of, one by one, in Chromium: steps, fields, choices, digits."""

from collections.abc import Callable
from typing import Any

import pytest

Call = Callable[..., Any]


@pytest.fixture
def use(call_with_parts: Call) -> Call:
    """`use("steps", body)` runs statements with a module as `m`, beside `put`, `read`, `press`, `type` and `rest`."""
    return call_with_parts("views/learn")


STEPPER = """
    const heard = [];
    const stepper = new m.Stepper({ name: "the window", start: 1, onStep: (playing) => heard.push(playing) });
    const root = put(stepper);
    stepper.resize(2, 3);
    const slider = root.querySelector("input");
    const [first, previous, play, next, last] = root.querySelectorAll("button");
    const state = () => [stepper.place, root.querySelector(".place").textContent, slider.value, slider.max,
        ...[first, next].map((one) => one.ariaDisabled)];
"""


def test_steps_by_button_and_slider(use: Call) -> None:
    states, names, positions, heard = use(
        "steps",
        f"""{STEPPER}
        const states = [state()];
        const go = (act) => {{ act(); states.push(state().slice(0, 1).concat(state().slice(4))); }};
        for (const one of [previous, previous, next, last, next, first]) go(() => one.click());
        go(() => {{ slider.value = "4"; slider.dispatchEvent(new Event("input")); }});
        const positions = [stepper.position];
        go(() => stepper.pick(1, 0));
        positions.push(stepper.position, stepper.isAhead(0, 2), stepper.isAhead(1, 0), stepper.isAhead(1, 1));
        go(() => stepper.resize(1, 2));
        go(() => stepper.resize(4, 4));
        const names = [root.ariaLabel, slider.ariaLabel, ...[first, previous, next, last].map((one) => one.title)];
        const other = new m.Stepper({{ name: "a net", unit: "number", of: "it", onStep: () => {{}} }});
        other.resize(1, 1);
        const words = new m.Stepper({{ name: "a net", onStep: () => {{}}, describe: () => "here" }});
        words.resize(1, 1);
        names.push(other.root.ariaLabel, read(put(other), ".place")[0], read(put(words), ".place")[0]);
        return [states, names, positions, heard.length];
        """,
    )
    assert states[0] == [1, "position 2 of 6: row 0, column 1 of the map", "1", "5", "false", "false"]
    ends = {0: ["true", "false"], 5: ["false", "true"]}
    assert states[1:9] == [[place, *ends.get(place, ["false"] * 2)] for place in (0, 0, 1, 5, 5, 0, 4, 3)]
    assert states[9:] == [[1, "false", "true"], [1, "false", "false"]]
    assert names == [
        *["Positions of the window", "Position of the window"],
        *["First position", "Previous position", "Next position", "Last position"],
        *["Numbers of a net", "number 1 of 1: row 0, column 0 of it", "position 1 of 1: here"],
    ]
    assert positions == [[1, 1], [1, 0], False, False, True]
    assert heard == 8


def test_playing_goes_to_the_end_and_then_starts_again(use: Call) -> None:
    """The pauses: at most 700 ms, at most 20 s for all steps, at least 30 ms."""
    log, pauses = use(
        "steps",
        f"""{STEPPER}
        const timers = [], cleared = [];
        const before = [globalThis.setInterval, globalThis.clearInterval];
        globalThis.setInterval = (run, pause) => timers.push([run, pause]);
        globalThis.clearInterval = (timer) => cleared.push(timer);
        try {{
            const log = [];
            const see = () => log.push([stepper.place, play.textContent, heard.at(-1)]);
            const tick = () => (timers.at(-1)[0](), see());
            stepper.resize(2, 2);
            play.click(); see();
            tick();
            play.click(); see(); // a pause at the end
            play.click(); see(); // from the start again
            tick(); next.click(); see();
            play.click(); see();
            tick();
            play.click(); tick(); stepper.resize(2, 2); see();
            stepper.resize(1, 4); see();
            stepper.resize(1, 3); see();
            const pauses = [];
            for (const count of [10, 40, 5000]) {{
                stepper.resize(1, count); stepper.go(0);
                play.click(); pauses.push(timers.at(-1)[1]); play.click();
            }}
            stepper.pause();
            const calls = heard.length;
            stepper.dispose();
            return [log, [...pauses, play.hidden, timers.length - cleared.length, heard.length - calls]];
        }} finally {{ [globalThis.setInterval, globalThis.clearInterval] = before; }}
        """,
    )
    assert log == [
        [2, "Pause", True],
        [3, "Pause", True],
        [3, "Play", False],
        [0, "Pause", True],
        [1, "Pause", True],
        [2, "Play", False],
        [3, "Pause", True],
        [3, "Play", False],  # at the end it stops by itself
        [1, "Pause", True],
        [1, "Pause", True],
        [1, "Pause", True],
        [1, "Play", False],
    ]
    assert pauses == [700, 500, 30, False, 0, 0]


def test_fields_keep_the_last_number_that_made_sense(use: Call) -> None:
    log, attributes = use(
        "controls",
        """
        const mistakes = new m.MistakeLine();
        put(mistakes);
        const got = [];
        const onChange = (value) => got.push(value);
        const whole = m.wholeField({ label: "Kernel size", value: 3, least: 1, most: 8, mistakes, onChange });
        const refuse = (value) => (value > 0 ? null : "the rate is not above 0");
        const rate = m.numberField({ label: "Rate", name: "step", value: 0.5, mistakes, onChange, refuse });
        const any = m.numberField({ label: "Any", value: 0.5, mistakes, onChange });
        for (const one of [whole, rate, any]) put(one);
        const log = [];
        const see = (field) => log.push([mistakes.root.textContent, field.input.value, field.input.ariaInvalid,
            field.value]);
        type(whole.input, "9"); see(whole);
        type(rate.input, "-1"); see(rate); // two mistakes: the first one is told
        whole.input.dispatchEvent(new Event("blur")); see(whole);
        type(rate.input, "many"); see(rate);
        rate.input.dispatchEvent(new Event("blur")); see(rate);
        type(rate.input, "1/4"); rate.input.dispatchEvent(new Event("blur")); see(rate);
        type(any.input, "-2"); type(whole.input, "8"); see(whole);
        const attributes = [whole, rate].map(({ root, input }) => [root.textContent,
            root.querySelector("label").htmlFor ===
            input.id, input.type, input.min, input.max, input.getAttribute("aria-describedby") === mistakes.root.id]);
        const odd = m.wholeField({ label: "Odd", value: 3, least: 1, most: 8, mistakes, onChange });
        Object.defineProperty(odd.input, "validity", { value: { badInput: true } });
        type(odd.input, ""); see(odd);
        return [[...log, got], attributes];
        """,
    )
    assert log[0] == ["The kernel size is 9; give a whole number from 1 to 8.", "9", "true", 3]
    assert log[1] == ["The kernel size is 9; give a whole number from 1 to 8.", "-1", "true", 0.5]
    assert log[2] == ["The rate is not above 0", "3", None, 3]
    assert log[3] == ["The step is “many”; give a number, such as 2, −0.5 or 1/3.", "many", "true", 0.5]
    assert log[4] == ["", "0.5", None, 0.5]
    assert log[5] == ["", "0.25", None, 0.25]
    assert log[6] == ["", "8", None, 8]
    assert log[7][0] == "The odd is not a number; give a whole number from 1 to 8."
    assert log[8] == [0.25, -2, 8]
    assert attributes == [
        ["Kernel size", True, "number", "1", "8", True],
        ["Rate", True, "text", "", "", True],
    ]


CHOICES_LISTS_BOXES_AND = """
        const got = [];
        const onChange = (value) => got.push(value);
        const radio = m.choice({ legend: "Ends", options: { full: "all", same: "as long" }, value: "same", onChange });
        const root = put(radio);
        const inputs = [...root.querySelectorAll("input")];
        const checked = () => inputs.map((one) => one.checked);
        const radios = [root.textContent, checked()];
        inputs[0].click(); radios.push(checked(), [...got]);
        radio.set("same"); radios.push(checked(), got.length);
        const [one, two] = [["a", "b"], ["c"]].map(m.optionsOf);
        const list = m.selection({ label: "Numbers", options: one, value: "b", group: "Own", modelGroup: "Model",
            onChange });
        put(list);
        const groups = () => [[...list.list.querySelectorAll("optgroup")].map((group) => [group.label,
            group.textContent]),
            list.list.value, read(list.list, "option")];
        const lists = [groups()];
        list.offer(two, "c"); lists.push(groups());
        list.offer({}, "a"); lists.push(groups());
        const plain = m.selection({ label: "Plain", options: one, value: "a", onChange });
        plain.offer(two, "c");
        lists.push([plain.list.querySelectorAll("optgroup").length, plain.list.value]);
        list.list.dispatchEvent(new Event("change"));
        const box = m.checkbox({ label: "round up", onChange });
        put(box).click();
        lists.push([got.slice(-2), box.textContent]);
        const chosen = [];
        const row = m.tabRow({ name: "Which kernel", onChoose: (place) => chosen.push(place) });
        put(row);
        const pressed = () => [...row.root.querySelectorAll("button")].map((tab) => tab.ariaPressed);
        row.offer(["k 0", "k 1", "k 2"], 1);
        const tabs = [pressed()];
        row.root.querySelectorAll("button")[2].click(); tabs.push(pressed());
        row.choose(0); tabs.push(pressed(), chosen, row.root.ariaLabel, row.root.querySelectorAll("li").length);
        const line = new m.SumLine();
        line.say("1 + 1"); line.quiet(true);
        const lines = [line.root.textContent, line.root.getAttribute("aria-live")];
        line.quiet(false); lines.push(line.root.getAttribute("aria-live"));
        return [radios, lists, tabs, lines];
        """


def test_choices_lists_boxes_and_tabs(use: Call) -> None:
    radios, lists, tabs, lines = use(
        "controls",
        CHOICES_LISTS_BOXES_AND,
    )
    assert radios == ["Endsallas long", [False, True], [True, False], ["full"], [False, True], 1]
    assert lists == [
        [[], "b", ["a", "b"]],
        [[["Own", "ab"], ["Model", "c"]], "c", ["a", "b", "c"]],
        [[], "a", ["a", "b"]],
        [0, "c"],
        [["a", True], "round up"],
    ]
    assert tabs == [
        ["false", "true", "false"],
        ["false", "false", "true"],
        ["true", "false", "false"],
        [2],
        "Which kernel",
        3,
    ]
    assert lines == ["1 + 1", "off", "polite"]


def test_kernels_and_samples_of_the_open_model(use: Call) -> None:
    layers, samples = use(
        "model_parts",
        """
        const tensor = (shape) => ({ shape, data: Float32Array.from({ length: 8 }, (_, at) => at) });
        const conv = { index: 0, kind: "conv", groups: 1, text: "conv 2", weight: tensor([2, 1, 2, 2]),
            bias: tensor([2]),
            kernel: [2, 2], stride: [1, 1], padding: [0, 0], dilation: [1, 1] };
        const next = { index: 1, kind: "leaky_relu", slope: 0.5, inputs: [0] };
        const of = (...layers) => m.firstLayerOf({ layers });
        const first = of(conv, next);
        const layers = [first, of(conv, { ...next, kind: "maxpool" }).activation, of(conv, { ...next,
            inputs: [-1] }).activation,
            of(conv).activation, of({ ...conv, groups: 2 }), of({ ...next, index: 0 }, { ...conv, index: 1 }),
            m.firstLayerOf(null), m.convolutionsOf({ layers: [conv, next, { ...conv, groups: 2 }] }).length];
        const model = { inputShape: [1, 1, 2], classNames: ["cat"], normalisation: { mean: [0.5], std: [0.5] },
            payload: {
            samples: [{ pixels: Uint8Array.of(255, 0), label: 0 }, { pixels: Uint8Array.of(0, 0), label: 3 }] } };
        const samples = m.samplesOf(model).map(({ name, pixels, input }) => [name, pixels, input]);
        return [layers, [samples, m.samplesOf(null), m.samplesOf({ payload: {} })]];
        """,
    )
    assert layers[0]["kernels"] == [[[[0, 1], [2, 3]]], [[[4, 5], [6, 7]]]]
    assert (layers[0]["name"], layers[0]["activation"], layers[0]["slope"]) == ("conv 2", "leaky_relu", 0.5)
    assert layers[1:] == ["none", "none", "none", None, None, None, 1]
    assert samples == [
        [["0: cat", [[[255, 0]]], [[[1, -1]]]], ["1: unknown class", [[[0, 0]]], [[[-1, -1]]]]],
        [],
        [],
    ]


def test_one_pixel_by_keyboard(use: Call) -> None:
    found = use(
        "cell_editor",
        """
        const { MistakeLine } = await import("convlens/views/learn/controls.js");
        const written = [];
        const editor = new m.CellEditor({ mistakes: new MistakeLine(), onChange: (...one) => written.push(one),
            valueAt: (row, column) => (column > 20 ? undefined : 10 * row + column) });
        const root = put(editor);
        const [row, column, grey] = root.querySelectorAll("input");
        const state = () => [row.value, column.value, grey.value, row.max, column.max, grey.max];
        const states = [state()];
        type(row, "2"); states.push(state());
        type(column, "25"); states.push(state());
        type(grey, "99"); states.push(state());
        editor.resize([2, 9]); states.push(state());
        return [states, written, read(root, "label")];
        """,
    )
    assert found == [
        [
            ["14", "14", "0", "27", "27", "255"],
            ["2", "14", "34", "27", "27", "255"],
            ["2", "25", "34", "27", "27", "255"],
            ["2", "25", "99", "27", "27", "255"],
            ["1", "8", "18", "1", "8", "255"],
        ],
        [[2, 25, 99]],
        ["Row", "Column", "Grey, 0 to 255"],
    ]


def test_lines_and_digits_by_hand(call: Call) -> None:
    """Ink is full to 0.65 pixels from the line and gone at 1.65."""
    row, column, single, digits = call(
        """async () => {
            const m = await import("convlens/views/learn/digits.js");
            const line = m.drawLine(m.emptyPicture(), [10, 5], [12, 5]);
            const single = m.drawLine(m.emptyPicture(), [3, 4], [3, 4]);
            const both = m.drawLine(line, [12, 5], [12, 5]);
            return [line[5].slice(8, 15), line.map((one) => one[11]).slice(2, 9), [single[4][3], single[4][4],
                single[3][2],
                both[5][12]], m.DIGITS.map((digit) => m.drawDigit(digit).flat().filter((value) => value > 127).length)];
        }"""
    )
    assert row == [0, 166, 255, 255, 255, 166, 0]  # 255 · (1.65 − 1) = 165.75
    assert column == [0, 0, 166, 255, 166, 0, 0]
    assert single == [255, 166, 60, 255]  # 255 · (1.65 − √2)
    assert all(60 < count < 140 for count in digits)
