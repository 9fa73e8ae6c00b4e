"""Chapters of Learn one by one, in Chromium: costs, activations, pools and sizes, on numbers worked out by hand."""

from collections.abc import Callable
from typing import Any

Call = Callable[..., Any]


COSTS_OF_LAYERS = """
        const cost = await chapter("cost", "CostChapter");
        const { list } = cost.layers;
        const fields = () => [...cost.root.querySelectorAll("input")].map((one) => Number(one.value));
        const said = () => read(cost.answer, "p");
        const type = (place, text) => {
            const field = cost.root.querySelectorAll("input")[place];
            field.value = text;
            field.dispatchEvent(new Event("input"));
        };
        const lines = [[fields(), said()]];
        choose(list, "second"); lines.push([fields(), said()]);
        choose(list, "custom"); lines.push([fields()[0], list.value]);
        choose(list, "first"); lines.push([fields()[0]]);
        type(0, "3"); lines.push([list.value, read(cost.answer, "td.formula")[0]]);
        const layers = [read(list, "option")];
        cost.onModel({ layers: [{ kind: "conv", groups: 1, index: 2, text: "conv 5 3x1", inputShape: [4, 9, 6],
            outputShape: [5, 4, 6], kernel: [3, 1], stride: [2, 1], padding: [0, 0], dilation: [1, 1] }] });
        layers.push(read(list, "option").slice(3), list.value);
        choose(list, "model-0");
        const taken = [fields(), said(), read(cost.answer, "td.formula")];
        type(6, "3"); taken.push(said()[0]);
        choose(list, "model-0"); cost.onModel(null); taken.push(list.value);
        for (const [place, text] of [[0, "1"], [1, "1"], [2, "1"], [4, "3"], [5, "3"], [6, "1"], [7, "1"], [3, "1"]])
            type(place, text);
        taken.push(said().at(-1));
        return [layers, lines, taken];
        """


def test_costs_of_layers(use_chapter: Call, payload_of_pets: Any) -> None:
    layers, lines, taken = use_chapter(
        COSTS_OF_LAYERS,
        payload_of_pets,
    )
    one = "⌊(28 + 2·1 − 3)/1⌋ + 1 = 28"
    # 8 · 784 · (784 + 1) / (8 · (9 + 1)) = 61,544; the second: 3136 · (1568 + 1) / (16 · 73) = 4,213
    assert lines[0] == [
        [1, 28, 28, 8, 3, 3, 1, 1, 1],
        [one, "8 maps of 28×28.", "The dense layer has 61,544 times as many parameters."],
    ]
    assert lines[1] == [
        [8, 14, 14, 16, 3, 3, 1, 1, 1],
        [one.replace("28", "14"), "16 maps of 14×14.", "The dense layer has 4,213 times as many parameters."],
    ]
    assert lines[2:] == [[8, "custom"], [1], ["custom", "8·(3·3·3 + 1) = 224"]]
    assert layers[0] == ["the tutorial’s first: 8 kernels 3×3", "the tutorial’s second: 16 kernels 3×3", "your numbers"]
    assert layers[1:] == [["layer 2: conv 5 3x1"], "custom"]
    assert taken[0] == [4, 9, 6, 5, 3, 1, 2, 0, 1]
    # 120 · (216 + 1) / (5 · (12 + 1)) = 400.6
    assert taken[1] == [
        "height ⌊(9 + 2·0 − 3)/2⌋ + 1 = 4, width ⌊(6 + 2·0 − 1)/1⌋ + 1 = 6",
        "5 maps of 4×6.",
        "The dense layer has 401 times as many parameters.",
    ]
    assert taken[2] == ["5·(4·3·1 + 1) = 65", "120·(216 + 1) = 26,040", "4·6·5·(4·3·1) = 1,440", "216·120 = 25,920"]
    assert taken[3] == "height ⌊(9 + 2·0 − 3)/3⌋ + 1 = 3, width ⌊(6 + 2·0 − 1)/3⌋ + 1 = 2"
    assert taken[4] == "custom"
    assert taken[5] == "The dense layer has fewer parameters."


ACTIVATIONS_AND_POOLS_OF = """
        const { ChannelsChapter } = await import("convlens/views/learn/chapters/channels.js");
        const channels = new ChannelsChapter();
        const one = await chapter("activation", "ActivationChapter", channels);
        const said = () => [one.sum.root.textContent, one.rule.textContent, one.slope.root.hidden, read(one.root,
            ".tabs button")];
        const states = [said(), one.maps()[0]];
        const activated = one.root.querySelectorAll(".matrix")[2];
        activated.querySelectorAll("button")[3].click();
        const picked = [one.steps.place, activated.querySelector("figcaption").textContent,
            activated.querySelector(".cell").style.backgroundColor !== ""];
        one.steps.go(1);
        one.set("activation")("leaky_relu"); one.set("slope")(0.5); states.push(said());
        channels.set("stride")(1); states.push(one.state.activation); // the same kernels: what was chosen stays
        channels.state.kernels = channels.state.kernels.slice(0, 1);
        one.set("chosen")(1); channels.update(); states.push([one.state.chosen, one.state.activation]);
        one.set("activation")("none"); states.push(said().slice(0, 2));
        const pool = await chapter("pooling", "PoolingChapter", one);
        const [size, kernel, stride, padding] = pool.root.querySelectorAll(".controls input[type=number]");
        const type = (field, text) => { field.value = text; field.dispatchEvent(new Event("input")); };
        const state = () => [pool.drawn.map, read(pool.formula, "p").length, pool.formula.textContent,
            pool.root.querySelectorAll(".winner").length, pool.root.querySelectorAll(".unread").length];
        const pools = [state()];
        const [, average] = pool.root.querySelectorAll("input[type=radio]");
        average.click(); pools.push(state());
        type(size, "5"); pools.push(state().slice(1), pool.state.values[4]);
        pool.root.querySelector("input[type=checkbox]").click(); pools.push(state());
        type(padding, "2"); pools.push(pool.mistakes.root.textContent.length > 0);
        type(padding, "0");
        pool.root.querySelector(".controls > button").click(); pools.push([size.value, pool.state.values.length]);
        return [states, pools, picked];
        """


def test_activations_and_pools_of_maps(use_chapter: Call, payload_of_pets: Any) -> None:
    states, pools, picked = use_chapter(
        ACTIVATIONS_AND_POOLS_OF,
        payload_of_pets,
    )
    assert picked == [3, "activated 3×3", True]
    assert states[0][1].startswith("relu: ")
    assert states[0][2:] == [True, ["map 0", "map 1"]]
    assert states[0][0].endswith(" = −1, relu 0")
    assert states[1] == [[max(value, 0) for value in row] for row in states[1]]
    assert states[2][0].endswith(" = −1, leaky_relu −0.5")
    assert states[2][2] is False
    assert states[3] == "leaky_relu"
    assert states[4] == [0, "relu"]
    assert states[5][0].endswith(" = −1")
    assert states[5][1].startswith("no activation: ")
    # 1 3 2 1 | 4 8 0 1 | 2 2 5 7 | 0 4 6 2
    assert pools[0] == [[[8, 2], [4, 7]], 1, "Rows and columns of the map: ⌊(4 + 2·0 − 2)/2⌋ + 1 = 2", 1, 0]
    assert pools[1][0] == [[4, 1], [2, 5]]
    assert pools[1][3:] == [0, 0]
    assert pools[2][0] == 2  # the last row and the last column are dropped
    assert pools[2][3] == 9
    assert pools[3] == [3, 8, 4, 0, 5]  # (3 · 4 + 5 · column) mod 9
    assert pools[4][2] == "3 rows and 3 columns: the division is rounded up if the last window still begins inside."
    assert pools[4][3:] == [0, 0]
    assert len(pools[4][0]) == 3
    assert pools[5] is True
    assert pools[6] == ["3", 3]


def test_moves_and_a_ruler(use_chapter: Call, payload_of_pets: Any) -> None:
    found = use_chapter(
        """
        const one = await chapter("map_size", "MapSizeChapter");
        const ruler = () => one.root.querySelector(".ruler");
        const state = () => [one.moves.textContent, one.lost.textContent.slice(0, 40), ruler().ariaLabel,
            ruler().getAttribute("viewBox"), [...ruler().querySelectorAll("rect[class*=ruler]")].map((box) =>
                `${box.getAttribute("class").trim()} ${Number(box.getAttribute("x")).toFixed(2)}`).slice(0, 4),
            read(ruler(), "text"), [...ruler().querySelectorAll("rect.ruler-cell")].flatMap((cell, at) =>
                cell.classList.contains("unread") && cell.getAttribute("fill") ? [at] : [])];
        const states = [state()];
        one.set("padding")(1); states.push(state());
        one.set("size")(7); one.set("padding")(0); states.push(state().slice(0, 3));
        one.set("size")(1);
        return [...states, one.mistakes.root.textContent, one.formula.textContent];
        """,
        payload_of_pets,
    )
    division = "The division gives 2.5, rounded down to 2: the number of moves after the first position."
    assert found[0][0] == division  # (8 − 3) / 2
    assert found[0][1] == "Rounding down drops the last row and the"
    assert found[0][2:4] == ["3 positions on 8 cells; 1 dropped at the end", "0 0 8 4.4"]
    assert found[0][5][:8] == [str(cell) for cell in range(8)]
    assert found[1][0].startswith("The division gives 3.5, rounded down to 3")  # (10 − 3) / 2
    assert found[1][3] == "0 0 10 5.4"
    assert found[1][4][:2] == ["ruler-padding 0.06", "ruler-cell 1.06"]
    assert found[1][5][:3] == ["", "0", "1"]
    assert found[2] == [
        "The division has no remainder: there are 2 moves after the first position.",
        "Every row and column is read.",
        "3 positions on 7 cells; 0 dropped at the end",
    ]
    assert found[3].startswith("The kernel reaches over 3")
    assert found[4].endswith("= 0")
    assert found[0][6] == [7]  # the last cell is hatched
