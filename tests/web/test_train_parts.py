"""The parts of the Train view that only compute: events to curves, scales, comparisons, kept weights, slices."""

import base64
import json
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from convlens import TrainedModel
from convlens.exports import page_model

HERE = "convlens/views/train"


def use(call: Any, module: str, expression: str, *values: Any) -> Any:
    return call(
        f'async (values) => {{ const m = await import("{HERE}/{module}.js"); return {expression}; }}', list(values)
    )


STARTED = {"data": "mnist", "epochs": 2, "steps_per_epoch": 3, "steps_done": 0, "parameters": 7}
EVENTS = [
    ["queued", {"place": 2}, 1],
    ["reading", {"what": "getting train-images", "done": 5, "total": 1000}, 2],
    ["started", STARTED, 3],
    ["chunk", {"losses": [2.5], "accuracy": 0.125, "images_per_second": 10, "seconds_left": 4}, 4],
    ["weights", {"step": 1, "weights": {"a": 1}}, 5],
    ["chunk", {"losses": [1.5, 0.5], "accuracy": 0.5, "images_per_second": 30, "seconds_left": 2}, 6],
    ["epoch", {"epoch": 0, "accuracy": 0.5}, 7],
    ["chunk", {"losses": [0.25, 0.125, 0.0625], "accuracy": 1, "images_per_second": 20, "seconds_left": 0}, 8],
    ["epoch", {"epoch": 1, "accuracy": 1}, 9],
    ["judged", {"accuracy": 0.75, "correct": 3, "total": 4}, 10],
    ["done", {"run": "r", "accuracy": 0.75, "correct": 3, "total": 4, "seconds": 1}, 11],
]
REDUCE = """((events) => {
    const run = new m.Run("j"), told = [], states = [];
    for (const [name, data, number] of events) {
        told.push(run.apply(name, data, number));
        states.push(run.describeState());
    }
    const { accuracies, weights, error, steps, totalSteps, isOver } = run;
    return { told, states, accuracies, weights, error, losses: [...run.losses.values()], steps, total: totalSteps,
        over: isOver, epochs: run.epochs.length, summary: run.summarise() };
})(values[0])"""


def test_events_become_a_run(call):
    run = use(call, "run_state", REDUCE, EVENTS)
    assert run["losses"] == [2.5, 1.5, 0.5, 0.25, 0.125, 0.0625]
    assert run["accuracies"] == [{"step": 1, "value": 0.125}, {"step": 3, "value": 0.5}, {"step": 6, "value": 1}]
    assert (run["steps"], run["total"], run["epochs"]) == (6, 6, 2)
    assert run["over"]
    assert run["weights"] == {"step": 1, "weights": {"a": 1}}
    assert run["summary"] == {
        "job": "j",
        "state": "done",
        "data": "mnist",
        "network": "",
        "recipe": "",
        "epochs": 2,
        "seed": None,
        "parameters": 7,
        "accuracy": 0.75,
        "correct": 3,
        "total": 4,
        "seconds": 1,
        "folder": "r",
    }
    assert run["states"] == [
        "Waiting: number 2 in the queue",
        "getting train-images: 5 of 1,000",
        *["Training: epoch 1 of 2"] * 3,
        *["Training: epoch 2 of 2"] * 2,
        "Training: epoch 2 of 2",
        "Evaluating the test images",
        "75.00 % of the test images; saving",
        "Done: 75.00 % of the test images",
    ]


def test_a_training_that_ended_early_says_so(call_in_browser):
    words = "stopped early after 1 of 2 epochs"
    ended = [*EVENTS[:7], ["ended", {"reason": "early stopping", "epochs": 1, "words": words}, 8], *EVENTS[9:]]
    assert use(call_in_browser, "run_state", REDUCE, ended)["states"][7] == "Evaluating the test images"
    show = """((events) => {
        const line = new m.StatusLine({ onStop: async () => {} }), said = [];
        return import("convlens/views/train/run_state.js").then(({ Run }) => {
            const run = new Run("j");
            for (const [name, data, number] of events) {
                run.apply(name, data, number);
                line.show(run, "");
                said.push([line.state.textContent, line.facts.textContent, line.bar.value]);
            }
            return said;
        });
    })(values[0])"""
    said = use(call_in_browser, "status_line", show, ended)
    assert said[6] == ["Training: epoch 2 of 2", "30 images/s · 2.0 s left", 0.5]
    assert said[7] == ["Evaluating the test images", words, 1]
    assert said[-1] == ["Done: 75.00 % of the test images", words, 1]


def test_a_stream_that_is_told_twice_changes_nothing(call):
    again = use(call, "run_state", REDUCE, EVENTS[:6] + EVENTS[3:6] + EVENTS[2:])
    once = use(call, "run_state", REDUCE, EVENTS)
    assert again["losses"] == once["losses"]
    assert again["told"][6:9] == [False] * 3


def test_unknown_and_hostile_events_are_left_out(call):
    run = use(
        call,
        "run_state",
        REDUCE,
        [["__proto__", {}, 1], ["constructor", {}, 2], ["surprise", None, 3], ["failed", {"error": "<b>no</b>"}, 4]],
    )
    assert run["told"] == [False, False, False, True]
    assert run["error"] == "<b>no</b>"


def test_a_long_training_grows(call):
    grow = "for (let i = 0; i < 1000; i += 1) s.push([i, i + 0.5, i]);"
    ask = f"((s) => {{ {grow} return [s.length, s.values()[2999], s.values()[1501]]; }})(new m.Series())"
    found = use(call, "run_state", ask)
    assert found == [3000, 999, 500.5]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("m.linearTicks(0, 2.5, 5)", [0, 0.5, 1, 1.5, 2, 2.5]),
        ("m.linearTicks(0, 0.3, 3)", [0, 0.1, 0.2, 0.3]),
        ("m.linearTicks(5, 5, 3)", [5]),
        ("m.niceStep(10, 5)", 2),
        ("m.logTicks(0.1, 2, 9)", [0.1, 0.2, 0.5, 1, 2]),
        ("m.logTicks(0.001, 10, 6)", [0.001, 0.01, 0.1, 1, 10]),
        ("[0, 1.25, 2.5, 9].map(m.lossScale([2.5, 1, 0.2], false).share)", [0, 0.5, 1, 1]),
        ("m.accuracyScale(0.5, false).ticks", [0, 0.25, 0.5, 0.75, 1]),
        ("m.linePath([[0, 1], [2.26, 3], [NaN, 0], [4, 5]])", "M0 1L2.3 3M4 5"),
        (
            "m.columns([1, 3, 2, 8, 5], 3)",
            [
                {"middle": 0.5, "least": 1, "greatest": 3, "mean": 2},
                {"middle": 2.5, "least": 2, "greatest": 8, "mean": 5},
                {"middle": 4, "least": 5, "greatest": 5, "mean": 5},
            ],
        ),
        ("[...m.smooth([4, 2, 2], 2)].map((value) => Math.round(value * 1000))", [4000, 2667, 2286]),
        ("[m.percent(0.9), m.percent(0.9895), m.percent(0.999, 1)]", ["90 %", "98.95 %", "99.9 %"]),
    ],
)
def test_scales(call, expression, expected):
    assert use(call, "chart_scale", expression) == expected


def test_logarithmic_accuracy_spreads_the_top(call):
    """Half of the errors gone is the same height everywhere: from 96 to 98 as from 98 to 99 per cent."""
    low, middle, high, ticks = use(
        call,
        "chart_scale",
        "((s) => [s.share(0.96), s.share(0.98), s.share(0.99), s.ticks])(m.accuracyScale(0.99, true))",
    )
    assert high - middle == pytest.approx(middle - low)
    assert ticks == [0, 0.5, 0.9, 0.95, 0.98, 0.99]


def test_smoothing_against_numpy(call):
    values = np.random.default_rng(0).random(40)
    weights = (1 - 1 / 7) ** np.arange(40)
    expected = [np.average(values[: end + 1][::-1], weights=weights[: end + 1]) for end in range(40)]
    assert use(call, "chart_scale", "[...m.smooth(values[0], 7)]", values.tolist()) == pytest.approx(expected, rel=1e-6)


def test_comparisons_in_words(call):
    def judged(correct: int, data: str = "mnist") -> dict[str, Any]:
        return {"data": data, "correct": correct, "total": 10_000, "accuracy": correct / 10_000}

    compare = "m.compareAccuracy(values[0], values[1])"
    # √(2 · 0.99 · 0.01 / 10,000) · 1.96 = 0.28 percentage points is what chance explains near 99 %.
    assert (
        use(call, "comparison", compare, judged(9900), judged(9890))
        == "0.10 percentage points higher, which may be chance."
    )
    assert (
        use(call, "comparison", compare, judged(9800), judged(9900))
        == "1.00 percentage points lower, a significant difference."
    )
    assert use(call, "comparison", compare, judged(9900), judged(9900)) == "The accuracy is the same."
    assert "different images" in use(call, "comparison", compare, judged(9900), judged(9890, "fashion-mnist"))
    assert "Only finished" in use(call, "comparison", compare, judged(9900), {**judged(1), "accuracy": None})


def test_kept_weights_stay_few_and_even(call):
    fill = "for (let step = 0; step < count; step += 1) f.add(step, step, 10);"
    add = f"((f, count) => {{ {fill} return f.frames.map((frame) => frame.step); }})"
    assert use(call, "weight_frames", f"{add}(new m.WeightFrames(1e9, 5), 5)") == [0, 1, 2, 3, 4]
    assert use(call, "weight_frames", f"{add}(new m.WeightFrames(1e9, 5), 6)") == [0, 2, 4, 5]
    for count in (37, 111, 148, 200):  # of ten bytes each, a hundred in all
        steps = use(call, "weight_frames", f"{add}(new m.WeightFrames(100, 240), values[0])", count)
        gaps = {second - first for first, second in pairwise(steps[:-1])}
        assert (steps[0], steps[-1]) == (0, count - 1)
        assert len(steps) <= 10
        assert len(gaps) == 1
    fill = "[0, 10, 20].forEach((step) => f.add(step, step, 1));"
    at = f"((f) => {{ {fill} return [-1, 0, 9, 10, 99].map((step) => f.at(step).step); }})(new m.WeightFrames())"
    assert use(call, "weight_frames", at) == [0, 0, 0, 10, 20]


@pytest.mark.parametrize(
    "network",
    [
        "conv 6 5x5 pad 2, batchnorm, relu, conv 42 3x3 pad 1, relu, maxpool 4, dense 40, tanh, dense",
        (
            "conv 24 5x5 pad 2, residual(conv 36 3x3 pad 1 groups 2, batchnorm, shortcut conv 36 3x3 pad 1), relu, "
            "maxpool 4, concat(; tanh; residual(conv 36 1x1, gelu)), dense 200, silu, dense"
        ),
    ],
)
def test_slices_compute_what_the_engine_does(call_in_browser, build_model, network):
    model: TrainedModel = build_model(network, (1, 28, 28), 10, 0)
    payload = page_model(model)
    pixels = np.random.default_rng(1).integers(0, 256, 784, np.uint8)
    found = call_in_browser(
        """async ([payload, pixels]) => {
            const { computeInSlices } = await import("convlens/views/train/forward_slices.js");
            const { openModel } = await import("convlens/engine/network.js");
            const zeros = (shape) => ({ shape, data: new Float32Array(shape.reduce((size, next) => size * next, 1)) });
            const none = Object.entries(payload.weights).map(([name, { shape }]) => [name, zeros(shape)]);
            const empty = { ...payload, weights: Object.fromEntries(none) };
            const task = { model: openModel(empty), weights: payload.weights, pixels: Uint8Array.from(pixels) };
            const outputs = await computeInSlices(task, 0.2);
            return outputs.map(({ data }) => [...data]);
        }""",
        [payload, pixels.tolist()],
    )
    expected = model.engine.activations(pixels.reshape(1, 1, 28, 28))
    assert len(max((tensor["data"] for tensor in payload["weights"].values()), key=len)) > 65_536  # more than one chunk
    for ours, theirs in zip(found, expected, strict=True):
        flat = np.asarray(theirs).ravel()
        np.testing.assert_allclose(ours, flat, atol=1e-4 * max(np.abs(flat).max(), 1e-6))


def test_what_comes_while_one_is_computed_takes_the_place_of_what_waits(call_in_browser, build_model):
    payload = page_model(build_model("conv 2 3x3, relu, dense", (1, 8, 8), 2, 0))
    done = call_in_browser(
        """async (payload) => {
            const { Computer } = await import("convlens/views/train/forward_slices.js");
            const { openModel } = await import("convlens/engine/network.js");
            const model = openModel(payload), done = [];
            const onDone = (task) => done.push(task.number), onError = (error) => done.push(error.message);
            const computer = new Computer({ onDone, onError });
            const task = { model, weights: payload.weights, pixels: new Uint8Array(64) };
            for (let number = 0; number < 50; number += 1) computer.offer({ ...task, number });
            while (computer.isWorking) await new Promise((resolve) => setTimeout(resolve, 5));
            return done;
        }""",
        payload,
    )
    assert done[-1] == 49
    assert len(done) <= 3


def test_stages_of_the_tutorial(call, mnist_model):
    stages = call(
        """async (payload) => {
            const { openModel } = await import("convlens/engine/network.js");
            const { stagesOf } = await import("convlens/views/train/stages.js");
            return stagesOf(openModel(payload));
        }""",
        page_model(mnist_model),
    )
    assert [(stage["kind"], stage["name"], stage["shape"], stage["layer"]) for stage in stages] == [
        ("picture", "image", [1, 28, 28], -1),
        ("kernels", "kernels", [8, 3, 3], 0),
        ("maps", "conv 8 3x3 pad 1 → relu", [8, 28, 28], 1),
        ("maps", "maxpool 2", [8, 14, 14], 2),
        ("maps", "conv 16 3x3 pad 1 → relu", [16, 14, 14], 4),
        ("maps", "maxpool 2", [16, 7, 7], 5),
    ]


def test_stages_of_blocks(call, build_model):
    """A branch begins with a stage of its own; of more than eight stages the first seven and the last are shown."""
    network = "conv 4 3x3 pad 1, relu, residual(conv 4 3x3 pad 1, shortcut batchnorm, relu), relu, concat(tanh; relu)"
    stages = call(
        """async (payload) => {
            const { openModel } = await import("convlens/engine/network.js");
            const { stagesOf } = await import("convlens/views/train/stages.js");
            return stagesOf(openModel(payload)).map(({ name, layer }) => [name, layer]);
        }""",
        page_model(build_model(f"{network}, dense", (1, 8, 8), 2, 0)),
    )
    assert stages == [
        ["image", -1],
        ["kernels", 0],
        ["conv 4 3x3 pad 1 → relu", 1],
        ["conv 4 3x3 pad 1", 2],
        ["batchnorm → relu", 4],
        ["add → relu", 6],
        ["tanh", 7],
        ["concat", 9],
    ]


def test_drawn_digits_are_digits(call_in_browser, mnist_model):
    """Nine of ten at least are what they should be to a network that never saw them; Python reads the same pictures."""
    pictures = use(
        call_in_browser, "drawn_digits", "Array.from({length: 10}, (_, digit) => [...m.drawDigit(digit).data])"
    )
    images = [np.array(picture, np.uint8).reshape(28, 28, 4)[:, :, :3] for picture in pictures]
    answers = [prediction.class_name for prediction in mnist_model.predict(images)]
    assert sum(answer == str(digit) for digit, answer in enumerate(answers)) >= 9, answers


def test_stale_answers_are_dropped(call):
    """An answer that comes after a newer question is never shown; one that was typed over is never asked."""
    log = call(
        """async () => {
            const { LayerCheck } = await import("convlens/views/train/layer_check.js");
            const wait = (time) => new Promise((resolve) => setTimeout(resolve, time));
            const log = [];
            const checker = new LayerCheck({
                async ask(question) {
                    log.push(`ask ${question}`);
                    await wait(question === "slow" ? 120 : 5);
                    if (question === "bad") throw new Error("no");
                    return question;
                },
                onAnswer: (table) => log.push(`answer ${table}`),
                onRefusal: (error, question) => log.push(`refusal ${question}`),
                rest: 10,
            });
            checker.check("typed over"); checker.check("slow"); await wait(40);
            checker.check("quick"); await wait(200);
            checker.check("bad"); await wait(60);
            return log;
        }"""
    )
    assert log == ["ask slow", "ask quick", "answer quick", "ask bad", "refusal bad"]


def test_epoch_ticks(call):
    ticks = use(call, "run_charts", "[2, 10, 7].map((epochs) => m.epochTicks(epochs).map(({text}) => text))")
    assert ticks == [["0", "1", "2 epochs"], ["0", "2", "4", "6", "8", "10 epochs"], ["0", "2", "4", "6 epochs"]]


def test_payload_of_events_is_json(mnist_model):
    """What the reducer gets as weights is what the page's engine reads: base64 of little-endian float32."""
    weights = json.loads(json.dumps(page_model(mnist_model)))["weights"]
    data = np.frombuffer(base64.b64decode(weights["0.bias"]["data"]), "<f4")
    np.testing.assert_array_equal(data, mnist_model.weights["0.bias"])


def test_a_third_choice_replaces_the_earlier_of_two(call_in_browser):
    """In the table of runs, with the clicks as a person makes them: the last two count."""
    chosen = call_in_browser(
        f"""async () => {{
            const {{ RunTable }} = await import("{HERE}/run_table.js");
            const {{ Run }} = await import("{HERE}/run_state.js");
            const choices = [];
            const table = new RunTable({{ onChoice: (jobs) => choices.push(jobs) }});
            document.body.append(table.root); // a box outside the document has no change event
            table.show(new Map(["a", "b", "c"].map((job) => [job, new Run(job)])), []);
            const [c, b, a] = table.body.querySelectorAll("input");
            for (const box of [a, b, c, b]) box.click();
            return choices;
        }}"""
    )
    assert chosen == [["a"], ["a", "b"], ["b", "c"], ["c"]]
