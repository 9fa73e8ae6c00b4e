"""Chapters of Learn one by one, in Chromium, where they take numbers of an open model or say less than usual."""

from collections.abc import Callable
from typing import Any

Call = Callable[..., Any]


def test_channels_of_the_open_model(use_chapter: Call, payload_of_pets: Any) -> None:
    options, states, thumbs = use_chapter(
        """
        const channels = await chapter("channels", "ChannelsChapter");
        const heard = [];
        channels.onMaps((changed) => heard.push(changed));
        const { list } = channels.source, sample = channels.sample;
        const options = [shown(list)];
        channels.onModel(model); options.push(shown(list));
        model.payload.samples = samples;
        channels.onModel({ ...model, layers: [] }); options.push(shown(list));
        channels.onModel(model); options.push(shown(list), shown(sample.list));
        const state = () => [channels.fields.hidden, sample.root.hidden, read(channels.root, "output").length,
            read(channels.root, ".tabs button"), [...channels.root.querySelectorAll(".channel-rows .row-name")].map(
                (one) => one.textContent), channels.root.querySelectorAll("input.cell").length > 0,
            channels.root.querySelector(".photo").ariaLabel, channels.layer().activation];
        const states = [state()];
        choose(list, "model"); states.push(state());
        choose(sample.list, "1"); states.push([channels.state.sample, channels.drawn.pixels[0][4][4]]);
        const canvas = channels.root.querySelectorAll(".tabs canvas")[0];
        const thumbs = [canvas.width, canvas.height, canvas.style.width,
            [...canvas.getContext("2d").getImageData(0, 0, 1, 1).data][3], canvas.className];
        channels.onModel({ ...model, layers: [] });
        states.push([list.value, channels.fields.hidden, heard.every((one) => one === true || one === false)]);
        return [options, states, thumbs];
        """,
        payload_of_pets,
    )
    assert options[:3] == [["your numbers"]] * 3
    assert options[3] == ["your numbers", "the open model’s first layer, conv 3 3x3 pad 1"]
    assert options[4] == ["0: class 0", "1: class 1"]
    kernels = [f"kernel {number}" for number in range(3)]
    assert states[0] == [
        *[False, True, 3, kernels[:2], ["red", "green", "blue"], True],
        *["the image, 4×4 pixels of 3 numbers", "relu"],
    ]
    assert states[1] == [
        *[True, False, 1, kernels, ["grey"], False],
        *["the image, 5×5 pixels of 1 number", "tanh"],
    ]
    assert states[2] == [1, 120]  # 5 · 24
    assert states[3] == ["custom", False, True]
    assert thumbs == [3, 3, "18px", 255, "thumb"]


def test_kernels_grow_and_shrink(use_chapter: Call, payload_of_pets: Any) -> None:
    found = use_chapter(
        """
        const channels = await chapter("channels", "ChannelsChapter");
        const [count, size, stride, padding] = channels.fields.querySelectorAll("input");
        const type = (field, text) => { field.value = text; field.dispatchEvent(new Event("input")); };
        channels.choose(1, 0);
        const biases = [channels.layer().biases];
        type(count, "3"); biases.push(channels.layer().biases);
        const kernels = [channels.state.kernels[2][1]];
        type(size, "3"); kernels.push(channels.state.kernels[0][0], channels.state.kernels[2][2]);
        type(padding, "2"); const mistakes = [channels.mistakes.root.textContent];
        type(padding, "0"); type(count, "1");
        return [biases, kernels, mistakes, [channels.state.chosen, channels.state.kernels.length,
            channels.steps.count, channels.steps.place]];
        """,
        payload_of_pets,
    )
    assert found[0] == [[-2, 1], [-2, 1, 0]]
    # (kernel + channel + row + 2 · column) mod 3 − 1 where there was no number.
    assert found[1] == [
        [[-1, 1], [0, -1]],
        [[1, 0, 0], [0, 1, 1], [1, 0, -1]],
        [[0, -1, 1], [1, 0, -1], [-1, 1, 0]],
    ]
    assert found[2] == [""]
    assert found[3] == [0, 1, 4, 0]


def test_a_chapter_in_words(use_chapter: Call, payload_of_pets: Any) -> None:
    lines, lost = use_chapter(
        """
        const m = await import("convlens/views/learn/chapter.js");
        const unread = await import("convlens/views/learn/unread.js");
        const text = m.paragraph("told", "one **two** `three` four").outerHTML;
        const line = m.lineUp(document.createElement("b"), "×", m.namedRow("A", document.createElement("i"))).outerHTML;
        const window = (kernel, stride, dilation = 1) => ({ kernel: [kernel, kernel], stride: [stride, stride],
            padding: [0, 0], dilation: [dilation, dilation] });
        const say = (size, sliding) => unread.sayLost(size, sliding)?.textContent ?? null;
        const { rows, columns } = unread.unreadOf([5, 6], window(2, 2));
        return [[text, line, m.paragraph("").outerHTML], [say([4, 4], window(2, 2)), say([5, 4], window(2, 2)),
            say([5, 5], window(2, 3)), say([6, 6], window(2, 3)), say([7, 5], window(2, 5)),
            unread.describeSize([4, 4], window(2, 2)).map((one) => one.textContent),
            unread.describeSize([5, 4], window(2, 2)).length, [...rows], [...columns]]];
        """,
        payload_of_pets,
    )
    assert lines == [
        '<p class="told">one <strong>two</strong> <code>three</code> four</p>',
        (
            '<div class="line-up"><b></b><span class="sign" aria-hidden="true">×</span>'
            '<div class="vector-row"><span class="row-name">A</span><i></i></div></div>'
        ),
        "<p></p>",
    ]
    drops = "no window position reads the hatched cells."
    skips = "between the positions: no window position reads them."
    assert lost[:5] == [
        None,
        f"Rounding down drops the last row: {drops}",
        f"The stride skips 1 row and 1 column {skips}",
        f"Rounding down drops the last row and the last column: {drops} The stride skips 1 row and 1 column {skips}",
        f"Rounding down drops the last 3 columns: {drops} The stride skips 3 rows {skips}",
    ]
    assert lost[5] == ["Rows and columns of the map: ⌊(4 + 2·0 − 2)/2⌋ + 1 = 2"]
    assert lost[6:] == [3, [4], []]


def test_losses_of_many_steps(use_chapter: Call, payload_of_pets: Any) -> None:
    told, factor = use_chapter(
        """
        const one = await chapter("step_back", "StepBackChapter");
        const step = [...one.root.querySelectorAll("button")].find((button) => button.textContent === "Take a step");
        const told = () => one.root.querySelector("[aria-live].formula").textContent;
        for (let turn = 0; turn < 7; turn += 1) step.click();
        const seven = told();
        step.click();
        const eight = told();
        const { rate } = one.state;
        one.set("rate")(0.5);
        const larger = one.change.textContent;
        const { textContent } = one.factor;
        one.set("target")(one.drawn.map);
        return [[seven, eight], [textContent, larger.includes(", larger by ") && rate, one.change.textContent,
            one.told.tagName, one.told.className]];
        """,
        payload_of_pets,
    )
    assert told[0].startswith("Loss after step 7: ")
    assert told[0].count(" → ") == 7
    assert "… → " not in told[0]
    assert told[1].startswith("Loss after step 8: ")
    assert told[1].count(" → ") == 8
    assert "Step by step: … → " in told[1]
    assert factor[0] == "− 0.5 ×"
    assert factor.pop(1) == 0.01  # with the larger rate, the loss would grow
    assert factor[1].endswith("The loss after a step: 0, unchanged.")
    assert factor[2:] == ["P", "formula"]
