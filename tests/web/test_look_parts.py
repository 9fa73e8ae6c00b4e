"""The parts of Look inside one by one, in Chromium: the answer, the magnifier, layers, tabs, the strip, the pad."""

from collections.abc import Callable
from typing import Any

import pytest

from convlens import TrainedModel
from convlens.exports import page_model

Call = Callable[..., Any]


@pytest.fixture
def use(call_with_parts: Call) -> Call:
    """`use("answer", body, value)` runs statements with a module as `m`, beside `put`, `read` and `press`."""
    return call_with_parts("views/look")


OPEN = 'const model = (await import("convlens/engine/network.js")).openModel(given);'


@pytest.fixture(scope="module")
def payload(build_model: Callable[..., TrainedModel]) -> dict[str, Any]:
    """Shapes: 2 channels of 4 × 5 → 3 maps of 2 × 3 → the same → 18 numbers → 2 classes."""
    return page_model(build_model("conv 3 3x3, relu, dense", (1, 4, 5), 2), name="parts")


def test_the_answer_in_words_and_bars(use: Call) -> None:
    heads, bars, chosen = use(
        "answer",
        """
        const chosen = [];
        const answer = new m.Answer({ classNames: ["cat", "long name", "cow"] }, (place) => chosen.push(place));
        const root = put(answer);
        const one = { probabilities: [0.25, 0.7, 0.05], best: 1, label: null, nothing: false, whyUnknown: "" };
        const head = (given) => {
            answer.show({ ...one, ...given });
            const [name, sure, why, truth] = [".answer-name", ".answer-sure", ".answer-why", ".answer-why + p"].map(
                (part) => root.querySelector(part));
            return [name.textContent, name.classList.contains("long"), sure.textContent,
                why.hidden ? null : why.textContent, truth.hidden ? null : truth.textContent];
        };
        const heads = [{}, { best: 0 }, { label: 1 }, { label: 0 }, { whyUnknown: "too dark" },
            { nothing: true, whyUnknown: "too dark" }].map(head);
        const barsOf = () => [...root.querySelectorAll(".bar")].map((one) => [one.className, one.textContent,
            one.style.getPropertyValue("--share"), one.firstChild.title]);
        const bars = [barsOf()[0]];
        head({});
        bars.push(...barsOf());
        root.querySelectorAll(".bar")[1].click();
        return [heads, bars, chosen];
        """,
    )
    assert heads == [
        ["long name", True, "70.0 % sure", None, None],
        ["cat", False, "25.0 % sure", None, None],
        ["long name", True, "70.0 % sure", None, "The true class is long name."],
        ["long name", True, "70.0 % sure", None, "The true class is cat: the network is wrong."],
        ["unknown", True, "best guess long name, 70.0 % sure", "Unknown: too dark.", None],
        ["–", False, "The drawing area is empty.", None, None],
    ]
    assert bars == [
        ["bar", "cat25.0 %", "0.2500", "cat"],
        ["bar", "cat25.0 %", "0.2500", "cat"],
        ["bar best", "long name70.0 %", "0.7000", "long name"],
        ["bar", "cow5.0 %", "0.0500", "cow"],
    ]
    assert chosen == [1]


def test_of_many_classes_the_ten_likeliest_are_shown(use: Call) -> None:
    few, states = use(
        "answer",
        """
        const make = (count) => {
            const names = Array.from({ length: count }, (_, place) => `c${place}`);
            const answer = new m.Answer({ classNames: names }, () => {});
            const probabilities = names.map((_, place) => place / 100);
            return [put(answer), () => answer.show({ probabilities, best: count - 1, label: null, nothing: false,
                whyUnknown: "" })];
        };
        const [ten, showTen] = make(10);
        showTen();
        const [root, show] = make(12);
        const all = root.querySelector(".answer-bars-part > button");
        all.click(); all.click();
        show();
        const state = () => [read(root, ".bar-name"), all.hidden, all.textContent];
        const states = [state()];
        all.click(); states.push(state());
        all.click(); states.push(state());
        return [[read(ten, ".bar-name"), ten.querySelector(".answer-bars-part > button").hidden], states];
        """,
    )
    assert few == [[f"c{place}" for place in range(10)], True]
    ranked = [f"c{place}" for place in range(11, -1, -1)]
    assert states == [
        [ranked[:10], False, "Show all 12"],
        [ranked, False, "Show the 10 most likely"],
        [ranked[:10], False, "Show all 12"],
    ]


MAGNIFY = f"""{OPEN}
    const session = await import("convlens/views/look/session.js");
    const pixels = Uint8Array.from({{ length: 20 }}, (_, place) => 10 * place);
    const looked = session.lookAtSample(model, {{ pixels, label: 0 }});
    const moved = [];
    const magnifier = new m.Magnifier((target) => moved.push([target.layer, target.place]));
    const root = put(magnifier);
    const [map, picture] = root.querySelectorAll("figure");
    const canvas = map.querySelector("canvas");
    const state = () => [map.hidden, ...[map, picture].flatMap((one) => [one.querySelector("figcaption").textContent,
        one.querySelector(".mark-window").getAttribute("d")])];
"""


def test_the_magnifier_shows_a_number_and_its_field(use: Call, payload: Any) -> None:
    states, labels, sizes = use(
        "magnifier",
        f"""{MAGNIFY}
        const states = [];
        const labels = [];
        for (const target of [{{ layer: 0, place: 17 }}, {{ layer: -1, place: 8 }}, {{ layer: 3, place: 1 }}]) {{
            magnifier.show(looked, target);
            states.push(state());
            labels.push(canvas.ariaLabel, picture.querySelector("canvas").ariaLabel);
        }}
        magnifier.show(looked, {{ layer: 0, place: 0 }});
        const marks = map.querySelector("svg");
        const sizes = [canvas.width, canvas.style.width, marks.style.width, marks.style.height,
            marks.getAttribute("viewBox"), picture.querySelector("canvas").style.width];
        magnifier.hide(); sizes.push(root.hidden);
        magnifier.show(looked, {{ layer: 0, place: 0 }}); sizes.push(root.hidden);
        return [states, labels, sizes];
        """,
        payload,
    )
    assert states == [
        [False, "map 2, row 1, column 2", "M2 1h1v1h-1z", "receptive field: 3 × 3 pixels", "M2 1h3v3h-3z"],
        [False, "channel 0, row 1, column 3", "M3 1h1v1h-1z", "receptive field: 1 × 1 pixels", "M3 1h1v1h-1z"],
        [True, "channel 0, row 1, column 3", "M3 1h1v1h-1z", "receptive field: 5 × 4 pixels", "M0 0h5v4h-5z"],
    ]
    assert labels[:3] == [
        "conv 3 3x3, map 2, row 1, column 2 chosen. Arrow keys choose another value.",
        "The image with the receptive field: 3 × 3 pixels, rows 1 to 3, columns 2 to 4",
        "input, channel 0, row 1, column 3 chosen. Arrow keys choose another value.",
    ]
    assert labels[5] == "The image with the receptive field: 5 × 4 pixels, rows 0 to 3, columns 0 to 4"
    assert sizes == [3, "195px", "195px", "130px", "0 0 3 2", "195px", True, False]  # 196 / 3 = 65.3, 196 / 5 = 39.2


def test_the_magnifier_moves_by_keys_and_clicks(use: Call, payload: Any) -> None:
    moved, taken = use(
        "magnifier",
        f"""{MAGNIFY}
        const taken = [];
        for (const [place, key, more] of [[17, "ArrowLeft"], [17, "ArrowRight"], [17, "ArrowDown"], [17, "ArrowUp"],
            [12, "ArrowLeft"], [12, "ArrowUp"], [12, "ArrowUp", {{ altKey: true }}],
            [12, "ArrowUp", {{ ctrlKey: true }}], [12, "ArrowUp", {{ metaKey: true }}], [12, "x"]]) {{
            magnifier.show(looked, {{ layer: 0, place }});
            taken.push(press(canvas, key, more));
        }}
        const box = canvas.getBoundingClientRect();
        for (const [x, y] of [[66, 64], [194, 129], [195, 0], [0, 130]])
            canvas.dispatchEvent(new MouseEvent("click", {{ clientX: box.left + x, clientY: box.top + y }}));
        return [moved.map(([layer, place]) => (layer === 0 ? place : null)), taken];
        """,
        payload,
    )
    assert moved == [16, 17, 17, 14, 12, 12, 13, 17]  # a map of 2 × 3 begins at 12
    assert taken == [True] * 6 + [False] * 4


LAYERS = """
    const tensor = (...shape) => ({ shape,
        data: Float32Array.from({ length: shape.reduce((all, one) => all * one) }, (_, place) => (place - 3) / 8) });
    const layer = (text, more) => ({ text, branch: "", inputShapes: [[1, 5, 5]], outputShape: [2, 3, 3], parameters: 0,
        multiplyAdds: 0, receptiveField: null, sizeFormula: "", parametersFormula: "", path: "0", ...more });
    const facts = (root) => Object.fromEntries(read(root, "dt").map((name, at) => [name, read(root, "dd")[at]]));
"""


FACTS_OF_LAYERS = f"""{LAYERS}
        const panel = new m.LayerPanel({{ layers: [
            layer("relu"),
            layer("conv 2 3x3", {{ path: "1.body.0", branch: "body", weight: tensor(2, 1, 1, 2), bias: tensor(2),
                parameters: 20, parametersFormula: "2·(9 + 1) = 20", sizeFormula: "5 − 3 + 1 = 3", multiplyAdds: 16200,
                receptiveField: [3, 3] }}),
            layer("batchnorm", {{ parameters: 1234, inputShapes: [[1, 2, 2], [7]] }}),
        ] }});
        const root = put(panel);
        panel.show();
        const select = root.querySelector("select");
        const found = [[select.value, facts(root)]];
        root.querySelectorAll(".kernel")[1].click();
        panel.show();
        found.push(read(root, "h3"));
        for (const value of ["2", "0"]) {{
            select.value = value;
            select.dispatchEvent(new Event("change"));
            found.push([root.querySelectorAll(".kernel").length, facts(root)]);
        }}
        panel.ask(1);
        found.push([select.value, read(root, "h3"), read(root, "p"), root.querySelectorAll(".legend > .scale").length,
            [...root.querySelectorAll(".kernel")].map((one) => [one.textContent, one.ariaLabel, one.ariaPressed])]);
        return [found, read(root, "option")];
        """


def test_facts_of_layers(use: Call) -> None:
    found, choices = use(
        "layer_panel",
        FACTS_OF_LAYERS,
    )
    assert found[0] == [
        "1",
        {
            "input": "1 × 5 × 5",
            "output": "2 × 3 × 3",
            "output size": "5 − 3 + 1 = 3",
            "parameters": "2·(9 + 1) = 20",
            "multiply-adds": "16,200",
            "receptive field": "3 × 3 pixels",
        },
    ]
    assert found[1] == ["Kernel 1, bias −0.250"]
    assert found[2] == [0, {"input": "1 × 2 × 2 and 7", "output": "2 × 3 × 3", "parameters": "1,234"}]
    assert found[3] == [0, {"input": "1 × 5 × 5", "output": "2 × 3 × 3", "parameters": "none"}]
    assert found[4] == [
        "1",
        ["Kernel 0, bias −0.375"],
        [
            "2 kernels of 1 × 1 × 2. Blue is positive, orange negative; all kernels share one scale.",
            "−0.38+0.38",
        ],
        1,
        [["0", "Kernel 0, bias −0.375", "true"], ["1", "Kernel 1, bias −0.250", "false"]],
    ]
    assert choices == ["0: relu", "1.body.0: conv 2 3x3 (body)", "0: batchnorm"]


def test_kernels_of_many_channels(use: Call) -> None:
    found = use(
        "layer_panel",
        f"""{LAYERS}
        const make = (...shape) => {{
            const one = layer("conv", {{ weight: tensor(...shape), bias: tensor(shape[0]) }});
            const panel = new m.LayerPanel({{ layers: [one] }});
            const root = put(panel);
            panel.show();
            const canvas = root.querySelectorAll(".kernel canvas")[1] ?? root.querySelector(".kernel canvas");
            const pixel = [...canvas.getContext("2d").getImageData(0, 0, 1, 1).data.slice(0, 3)];
            return [canvas.width, canvas.height, parseInt(canvas.style.width), pixel,
                read(root, ".layer-body > p.small"), read(root, ".kernel-detail p"),
                root.querySelectorAll("[role=grid]").length, root.querySelectorAll(".kernel").length,
                read(root, ".layer-body > button")];
        }};
        document.documentElement.dataset.theme = "light";
        const found = [make(2, 1, 3, 3), make(2, 8, 1, 1), make(1, 9, 5, 5), make(1, 65, 1, 1), make(33, 1, 1, 1),
            make(32, 1, 1, 1)];
        delete document.documentElement.dataset.theme;
        return found;
        """,
    )
    # The limit of 2 × 1 × 3 × 3 is 14 / 8, and the second kernel begins with (9 − 3) / 8.
    three = found[0]
    assert three[:3] == [3, 3, 48]
    assert three[3] == [82, 164, 211]  # (9 − 3) / 14 of the way, a little past 72b8e0 on the way to 0072b2
    assert three[4:] == [[], [], 1, 2, []]
    assert found[1][:3] == [7, 3, 7 * 24]  # four beside each other and two rows, with gaps of 1
    assert found[1][4:] == [[], [], 8, 2, []]
    assert found[2][:3] == [23, 11, 23 * 4]
    assert found[2][4:] == [["The images show the first 8 of 9 channels."], [], 9, 1, []]
    assert found[3][4:7] == [["The images show the first 8 of 65 channels."], ["The first 64 of 65 channels."], 64]
    assert found[4][7:] == [32, ["Show all 33"]]
    assert found[5][7:] == [32, []]


def test_steps_of_a_preparation(use: Call) -> None:
    texts, labels, pixel = use(
        "preparation_panel",
        """
        const panel = new m.PreparationPanel();
        const root = put(panel);
        const picture = { width: 2, height: 1, data: Uint8ClampedArray.of(1, 2, 3, 255, 40, 50, 60, 255) };
        const step = (more) => ({ name: "grey", note: "", size: "2 × 1", picture, ...more });
        const texts = [];
        const show = (session) => {
            panel.show(session);
            texts.push([...read(root, "p"), read(root, ".alarm").length]);
        };
        show({ prepared: null, source: "sample" });
        show({ prepared: null, source: "nothing" });
        show({ prepared: { steps: [step({ size: "" })], unlike: [] }, source: "drawing" });
        show({ prepared: { steps: [step(), step({ note: "inverted" })], unlike: ["a", "b"] }, source: "picture" });
        const labels = [...root.querySelectorAll("canvas")].map((one) => one.ariaLabel);
        const canvas = root.querySelector("canvas");
        const { data } = canvas.getContext("2d").getImageData(1, 0, 1, 1);
        panel.show({ prepared: { steps: [step({ size: "" })], unlike: [] }, source: "drawing" });
        labels.push(root.querySelector("canvas").ariaLabel);
        return [texts, labels, [canvas.width, canvas.height, ...data]];
        """,
    )
    assert texts == [
        ["A test image needs no preprocessing. Draw something, or open an image, to see the steps.", 0],
        ["Draw something, or open an image, to see the preprocessing steps.", 0],
        ["The image needed no changes.", "grey", 0],
        [
            "These steps made the image similar to the training images.",
            "Even after these steps, the image is unlike the training images: a; b.",
            *["grey 2 × 1", "grey 2 × 1", "inverted", 1],
        ],
    ]
    assert labels == ["The image after the step “grey”, 2 × 1 pixels"] * 2 + ["The image after the step “grey”"]
    assert pixel == [2, 1, 40, 50, 60, 255]


def test_tabs_by_keyboard(use: Call, payload: Any) -> None:
    states, taken, heard = use(
        "details",
        f"""{OPEN}
        let heard = 0;
        const none = () => {{}};
        const handlers = {{ onWalk: none, onReturn: none, onMove: none }};
        const details = new m.Details(model, {{ ...handlers, onTab: () => (heard += 1) }});
        const root = put(details);
        const tabs = [...root.querySelectorAll("[role=tab]")];
        const state = () => [tabs.findIndex((one) => one.ariaSelected === "true"),
            tabs.findIndex((one) => one.tabIndex === 0), tabs.indexOf(document.activeElement),
            [...root.querySelectorAll("[role=tabpanel]")].findIndex((one) => !one.hidden)];
        const states = [state()];
        const taken = [];
        for (const key of ["ArrowLeft", "ArrowRight", "End", "ArrowRight", "ArrowLeft", "Home", "x"]) {{
            taken.push(press(tabs[0], key));
            states.push(state());
        }}
        tabs[1].click(); states.push(state());
        details.askLayer(-1); states.push(state().slice(-1));
        details.askLayer(0); states.push([...state().slice(-1), root.querySelector("#layer-choice").value]);
        details.askLayer(1); states.push([...state().slice(-1), root.querySelector("#layer-choice").value]);
        return [states, taken, heard];
        """,
        payload,
    )
    assert [state[0] for state in states[:9]] == [0, 0, 1, 3, 3, 2, 0, 0, 1]
    assert all(len({*state[:2], state[3]}) == 1 for state in states[:9])
    assert [state[2] for state in states[:8]] == [-1, 0, 1, 3, 3, 2, 0, 0]
    assert states[9:] == [[3], [2, "0"], [2, "1"]]
    assert taken == [True] * 6 + [False]
    assert heard == 10
