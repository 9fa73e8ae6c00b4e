"""Look inside, as people use it, in a real Chromium on a trained model: by mouse, by finger, by keyboard."""

import base64
import itertools
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from convlens import LabelledImages, TrainedModel, by_hand
from convlens.exports import page_model
from convlens.exports.page_samples import choose_samples
from convlens.network import layer_table

SEVEN = [(0.26, 0.25), (0.72, 0.25), (0.6, 0.5), (0.48, 0.8)]
LOOK = "#view-look"
BLOCK = "context.fillRect(60, 30, 200, 180);"
Opened = Callable[..., Any]


@pytest.fixture(scope="session")
def mnist_payload(mnist_model: TrainedModel, mnist_images: LabelledImages) -> dict[str, Any]:
    return page_model(mnist_model, choose_samples(mnist_model, mnist_images), name="digits")


@pytest.fixture
def page(look: Opened, mnist_payload: dict[str, Any]) -> Iterator[Any]:
    with look(mnist_payload, viewport={"width": 1600, "height": 1000}) as opened:
        yield opened


def draw(page: Any, points: list[tuple[float, float]] = SEVEN) -> None:
    """One stroke of the mouse through points in shares of the paper."""
    box = page.locator(".pad-paper").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=8)
    page.mouse.up()
    settle(page)


def settle(page: Any) -> None:
    """Until what follows the picture at rest has followed."""
    page.wait_for_timeout(250)


def answer(page: Any) -> str:
    return page.locator(".answer-name").inner_text()


def number(text: str) -> float:
    """A number as the page writes it."""
    return float(text.replace("\u2212", "-").replace("+", "").replace(",", ""))


def numbers(page: Any, label: str) -> list[float]:
    return [
        number(text)
        for text in page.get_by_role("grid", name=label, exact=True).get_by_role("gridcell").all_inner_texts()
    ]


def point_at(page: Any, layer: int, column: int, row: int, scale: int, *, click: bool = False) -> None:
    """Go with the mouse to a pixel of the first map of a layer."""
    canvas = page.locator(f'.column[data-layer="{layer}"] canvas')
    canvas.scroll_into_view_if_needed()
    position = {"x": (column + 0.5) * scale, "y": (row + 0.5) * scale}
    canvas.click(position=position) if click else canvas.hover(position=position)
    page.wait_for_timeout(80)


def marked(page: Any, layer: int) -> list[tuple[int, ...]]:
    """What is lit up in a layer: (left, top, width, height) of every frame, in pixels of the canvas."""
    path = page.locator(f'.column[data-layer="{layer}"] .mark-window').get_attribute("d") or ""
    return [tuple(map(int, match)) for match in re.findall(r"M(-?\d+) (-?\d+)h(\d+)v(\d+)", path)]


def test_a_drawn_seven_is_read_as_seven(page: Any) -> None:
    draw(page)
    assert answer(page) == "7"
    sure = number(page.locator(".answer-sure").inner_text().removesuffix(" % sure"))
    bars = page.locator(".answer-bars .bar-number").all_inner_texts()
    assert len(bars) == 10
    assert sum(number(bar.rstrip(" %")) for bar in bars) == pytest.approx(100, abs=0.5)
    assert number(bars[7].rstrip(" %")) == sure
    page.wait_for_timeout(500)
    assert page.locator("#announcement").text_content() == f"7, {sure:.1f} % sure."


def test_what_the_page_computes_of_a_drawing_is_what_the_model_says(page: Any, mnist_model: TrainedModel) -> None:
    draw(page, [(0.3, 0.2), (0.3, 0.5), (0.65, 0.5), (0.65, 0.2), (0.65, 0.85)])
    page.locator("#detail-tab-steps").click()
    pixels = page.evaluate(
        """() => {
            const canvas = [...document.querySelectorAll('.steps canvas')].at(-1);
            const { data } = canvas.getContext('2d').getImageData(0, 0, 28, 28);
            return Array.from({ length: 784 }, (_, i) => data[4 * i]);
        }"""
    )
    image = np.array(pixels, np.uint8).reshape(1, 1, 28, 28)
    expected = mnist_model.logits(image)[0]
    page.locator(".answer-bars .bar").first.click()
    shown = [number(text) for text in page.locator("#detail-sum tbody td:nth-child(2)").all_inner_texts()]
    assert shown == pytest.approx(expected.tolist(), abs=1e-3)


def test_undo_and_clear_take_back_what_was_drawn(page: Any) -> None:
    draw(page)
    draw(page, [(0.2, 0.6), (0.8, 0.6)])
    crossed = page.locator(".answer-sure").inner_text()
    page.get_by_role("button", name="Undo").click()
    settle(page)
    assert answer(page) == "7"
    assert page.locator(".answer-sure").inner_text() != crossed
    page.get_by_role("button", name="Clear").click()
    settle(page)
    assert page.locator(".answer-sure").inner_text() == "The drawing area is empty."
    assert page.get_by_role("button", name="Undo").is_disabled()


def test_a_finger_draws_and_the_page_stays_where_it_is(look: Opened, mnist_payload: dict[str, Any]) -> None:
    with look(mnist_payload, viewport={"width": 400, "height": 800}, has_touch=True, is_mobile=True) as page:
        box = page.locator(".pad-paper").bounding_box()
        places = [{"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]} for x, y in SEVEN]
        session = page.context.new_cdp_session(page)
        session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [places[0]]})
        for start, end in itertools.pairwise(places):
            for share in np.linspace(0, 1, 9)[1:]:
                point = {axis: start[axis] + share * (end[axis] - start[axis]) for axis in "xy"}
                session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        settle(page)
        assert answer(page) == "7"
        assert page.evaluate("scrollY") == 0
        assert page.evaluate("document.documentElement.scrollWidth") == 400


def test_a_dropped_photo_is_prepared_and_read(page: Any) -> None:
    drop(page, make_photo(page), "seven <b>.png")
    page.wait_for_function("document.querySelector('.answer-name').textContent === '7'")
    assert page.locator(".pad-caption bdi").inner_text() == "seven <b>.png"
    page.locator("#detail-tab-steps").click()
    steps = page.locator(".steps li").all_inner_texts()
    assert any("inverted" in step for step in steps)
    assert steps[-1].startswith("tensor")


@pytest.mark.parametrize(
    ("threshold", "spoil", "reason"),
    [(0.9999999, "", " is below the threshold of "), (None, BLOCK, "unlike the training images: ")],
)
def test_what_predict_calls_unknown_the_page_does_too(
    look: Opened, mnist_model: TrainedModel, threshold: float | None, spoil: str, reason: str
) -> None:
    calibration = replace(mnist_model.calibration, threshold=threshold)
    model = replace(mnist_model, calibration=calibration)
    with look(page_model(model, name="careful")) as page:
        photo = make_photo(page, spoil)
        expected = model.predict(base64.b64decode(photo))
        assert reason in expected.why_unknown
        drop(page, photo, "photo.png")
        page.wait_for_function("document.querySelector('.answer-name').textContent === 'unknown'")
        assert page.locator(".answer-why").inner_text() == f"Unknown: {expected.why_unknown}."
        assert page.locator(".answer-sure").inner_text().startswith(f"best guess {expected.class_name}, ")


def test_a_pasted_photo_is_read_and_a_broken_file_refused_in_one_line(page: Any) -> None:
    encoded = make_photo(page)
    page.evaluate(
        """async (encoded) => {
            const blob = await (await fetch(`data:image/png;base64,${encoded}`)).blob();
            const clipboard = new DataTransfer();
            clipboard.items.add(new File([blob], "image.png", { type: "image/png" }));
            document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: clipboard, bubbles: true }));
        }""",
        encoded,
    )
    page.wait_for_function("document.querySelector('.answer-name').textContent === '7'")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Open image…").click()
    chooser.value.set_files({"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no picture"})
    refusal = page.locator(".source [role=alert]")
    refusal.wait_for()
    assert "notes.txt is not an image" in refusal.inner_text()
    assert answer(page) == "7"
    draw(page)
    assert refusal.is_hidden()


def make_photo(page: Any, more: str = "") -> str:
    """A 7 in dark ink on light, uneven paper, as PNG in base64; `more` is JavaScript that draws on the `context`."""
    return page.evaluate(
        """(more) => {
            const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 240 });
            const context = canvas.getContext("2d");
            const paper = context.createLinearGradient(0, 0, 320, 240);
            paper.addColorStop(0, "#f2efe6");
            paper.addColorStop(1, "#d9d5c8");
            context.fillStyle = paper;
            context.fillRect(0, 0, 320, 240);
            Object.assign(context, { strokeStyle: "#1b2a55", lineWidth: 13, lineCap: "round", lineJoin: "round" });
            context.beginPath();
            [[110, 50], [205, 52], [175, 120], [150, 195]].forEach((point) => context.lineTo(...point));
            context.stroke();
            new Function("context", more)(context);
            return canvas.toDataURL("image/png").split(",")[1];
        }""",
        more,
    )


def drop(page: Any, encoded: str, name: str) -> None:
    page.evaluate(
        """async ([encoded, name]) => {
            const blob = await (await fetch(`data:image/png;base64,${encoded}`)).blob();
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([blob], name, { type: "image/png" }));
            for (const type of ["dragover", "drop"]) {
                document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
            }
        }""",
        [encoded, name],
    )


def test_the_strip_shows_wrong_and_uncertain_images_by_class(
    page: Any, mnist_payload: dict[str, Any], mnist_model: TrainedModel, mnist_images: LabelledImages
) -> None:
    samples = choose_samples(mnist_model, mnist_images)
    wrong = mnist_model.logits(samples.images).argmax(axis=1) != samples.labels
    page.get_by_label("Show test images").select_option("wrong")
    assert page.locator(".strip-head [role=status]").inner_text() == f"{wrong.sum()} images"
    label = int(samples.labels[wrong][0])
    page.get_by_label("Show class").select_option(str(label))
    of_class = int((wrong & (samples.labels == label)).sum())
    tiles = page.locator(".tile")
    assert tiles.count() == of_class
    tiles.first.click()
    settle(page)
    assert "the network is wrong" in page.locator(".answer").inner_text()
    assert answer(page) != str(label)
    place = int(np.flatnonzero(wrong & (samples.labels == label))[0])
    expected = mnist_model.logits(samples.images[place : place + 1]).argmax()
    assert page.locator(".answer-bars .best .bar-name").inner_text() == str(expected)


def test_ten_thousand_test_images_hold_few_elements(
    look: Opened, mnist_model: TrainedModel, mnist_images: LabelledImages
) -> None:
    with look(page_model(mnist_model, mnist_images, name="all")) as page:
        assert page.locator(".strip-head [role=status]").inner_text() == "10,000 images"
        assert page.locator(".tile").count() < 100
        box = page.locator(".strip-box")
        box.focus()
        page.keyboard.press("End")
        settle(page)
        last = page.locator(".tile[aria-selected=true]")
        assert last.get_attribute("aria-posinset") == "10000"
        assert box.get_attribute("aria-activedescendant") == last.get_attribute("id")
        assert page.locator(".tile").count() < 100
        truth = int(mnist_images.labels[-1])
        assert page.locator(".answer p bdi").last.inner_text() == str(truth)


def test_pointing_at_a_number_lights_up_its_receptive_field(page: Any, mnist_model: TrainedModel) -> None:
    # Row 3, column 2 of the second pooling: rows 6 and 7, columns 4 and 5 before it; 4 × 4 before the convolution.
    point_at(page, 5, 2, 3, scale=5)
    assert page.locator(".readout").inner_text().startswith("maxpool 2, map 0, row 3, column 2: ")
    assert marked(page, 5) == [(2, 3, 1, 1)]
    assert marked(page, 4) == [(4, 6, 2, 2)]
    assert marked(page, 3) == [(4, 6, 2, 2)]
    fields = marked(page, 2)
    assert len(fields) == 8
    assert fields[0] == (3, 5, 4, 4)
    assert marked(page, -1) == [(5, 9, 10, 10)]
    rows = layer_table(mnist_model.network, (1, 28, 28), 10).rows
    assert tuple(rows[5].receptive_field) == (10, 10)
    point_at(page, 7, 0, 7, scale=22)
    assert marked(page, -1) == [(0, 0, 28, 28)]


def test_from_an_output_back_to_the_picture_every_sum_is_that_of_by_hand(page: Any, mnist_model: TrainedModel) -> None:
    draw(page)
    page.locator(".answer-bars .best").click()
    details = page.locator("#detail-sum")
    logit = number(details.locator("tr.chosen .lead").inner_text())
    details.locator("tr.chosen .lead").click()
    assert details.locator("h3").inner_text() == "dense 10, class 7"
    parts = [number(text) for text in details.locator(".sum-body .equation .number").all_inner_texts()]
    assert sum(parts[:-1]) == pytest.approx(logit, abs=2e-3)
    details.locator(".contributions .lead").first.click()
    assert details.locator("h3").inner_text().startswith("flatten, number ")
    details.locator(".sum-body .lead").click()
    assert details.locator("h3").inner_text().startswith("maxpool 2, map ")
    candidates = numbers(page, "candidates")
    assert number(details.locator(".sum-value").inner_text()) == max(candidates)
    details.locator(".cell.chosen").click()
    details.locator(".sum-body .lead").click()
    check_convolution(page, mnist_model, layer=3)
    details.locator(".cell.leads").first.click()
    details.locator(".cell.chosen").click()
    details.locator(".sum-body .lead").click()
    check_convolution(page, mnist_model, layer=0)
    details.locator(".cell.leads").last.click()
    assert details.locator("h3").inner_text().startswith("input, channel 0, row ")
    crumbs = details.locator(".crumbs li")
    assert crumbs.count() == 10
    crumbs.nth(1).locator("button").click()
    assert details.locator("h3").inner_text() == "dense 10, class 7"
    assert crumbs.count() == 2


def check_convolution(page: Any, model: TrainedModel, layer: int) -> None:
    details = page.locator("#detail-sum")
    shown = number(details.locator(".sum-value").inner_text())
    found = re.search(r"map (\d+), row", details.locator("h3").inner_text())
    assert found
    kernel, bias = model.weights[f"{layer}.weight"][int(found[1])], model.weights[f"{layer}.bias"][int(found[1])]
    channels = range(len(kernel))
    patch = np.array([numbers(page, f"patch, channel {channel}") for channel in channels]).reshape(kernel.shape)
    written = [value for channel in channels for value in numbers(page, f"kernel, channel {channel}")]
    assert written == pytest.approx(kernel.ravel().tolist(), abs=6e-4)
    total = by_hand.cross_correlate(patch.ravel(), kernel.astype(np.float64).ravel()) + float(bias)
    assert shown == pytest.approx(total, abs=6e-3)
    # Literally what stands there: partial sums and bias, added up.
    parts = [number(text) for text in details.locator(".sum-body > .equation .number").all_inner_texts()]
    assert sum(parts[:-1]) == pytest.approx(parts[-1], abs=1e-2)
    assert parts[-1] == shown


def test_the_whole_way_by_keyboard_alone(page: Any) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.locator(".pad-paper").focus()
    page.keyboard.press("ArrowLeft")
    for key in [
        "Shift+ArrowLeft",
        "Space",
        *["Shift+ArrowRight"] * 3,
        *["ArrowDown", "ArrowDown", "ArrowDown", "ArrowLeft"] * 4,
        "Escape",
    ]:
        page.keyboard.press(key)
    settle(page)
    assert answer(page) == "7"
    for _ in range(200):
        if (
            page.evaluate("document.activeElement.closest?.('.column')?.dataset.layer") == "0"
            and page.evaluate("document.activeElement.tagName") == "CANVAS"
        ):
            break
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement !== document.body")
    page.keyboard.press("PageDown")
    page.keyboard.press("ArrowDown")
    page.wait_for_timeout(300)
    readout = page.locator(".readout").inner_text()
    assert readout.startswith("conv 8 3x3 pad 1, map ")
    assert page.locator("#announcement").text_content() == readout
    page.keyboard.press("Enter")
    page.wait_for_timeout(150)
    assert page.locator("#detail-sum h3").inner_text() in readout
    assert page.evaluate("document.activeElement.className") == "sum-title"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "gridcell"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert page.locator("#detail-sum h3").inner_text().startswith("input, channel 0")


def test_every_stop_of_the_tab_key_can_be_seen(page: Any) -> None:
    seen = []
    for _ in range(60):
        page.keyboard.press("Tab")
        outline = page.evaluate(
            """() => {
                const node = document.activeElement;
                if (node === document.body) return null;
                const style = getComputedStyle(node);
                return [node.tagName + "." + node.className, style.outlineStyle, parseFloat(style.outlineWidth)];
            }"""
        )
        if outline is None:
            break
        assert outline[1] != "none", outline
        assert outline[2] >= 2, outline
        seen.append(outline[0])
    assert len(seen) > 25


def test_the_heat_map_speaks_for_and_against_the_class_that_is_asked_about(page: Any) -> None:
    draw(page)
    page.get_by_role("tab", name="Attribution").click()
    panel = page.locator("#detail-heat")
    assert re.search(
        r"Blue pixels increase the logit of .*7.* \(\+[\d.]+ in total\); orange pixels decrease it \(\u2212[\d.]+\)",
        panel.inner_text(),
    )
    page.get_by_label("Class", exact=True).select_option("1")
    label = panel.locator("canvas[role=img]").last.get_attribute("aria-label")
    assert label.startswith("Attribution for 1: +")


def test_kernels_are_shown_as_pictures_and_as_numbers(page: Any, mnist_model: TrainedModel) -> None:
    page.get_by_role("tab", name="Kernels and layers").click()
    page.get_by_role("button", name="Kernel 3, ").click()
    assert numbers(page, "kernel 3, channel 0") == pytest.approx(
        mnist_model.weights["0.weight"][3].ravel().tolist(), abs=6e-4
    )
    page.locator(".column[data-layer='3'] .column-name").click()
    assert page.locator("#layer-choice").input_value() == "3"
    facts = page.locator(".layer-facts").inner_text()
    assert "16·(8·3·3 + 1) = 1,168" in facts
    assert "8 × 8 pixels" in facts


def test_a_late_kernel_stays_chosen_when_only_the_first_are_shown(page: Any) -> None:
    page.evaluate(
        """async () => {
            const { LayerPanel } = await import("convlens/views/look/layer_panel.js");
            const tensor = (...shape) => ({ shape, data: Float32Array.from({ length: 40 }, (_, place) => place / 8) });
            const layer = { kind: "conv", weight: tensor(40, 1, 1, 1), bias: tensor(40) };
            const shapes = { inputShapes: [[1, 1, 1]], outputShape: [40, 1, 1] };
            const panel = new LayerPanel({ layers: [{ ...layer, ...shapes, text: "conv 40 1x1", path: "0" }] });
            panel.show();
            document.body.append(panel.root);
        }"""
    )
    page.get_by_role("button", name="Show all 40").click()
    page.get_by_role("button", name="Kernel 35, ").click()
    page.get_by_role("button", name="Show 32").click()
    assert page.get_by_role("button", name="Show all 40").is_visible()
    assert numbers(page, "kernel 35, channel 0") == [4.375]


def test_wrong_check_values_show_red_instead_of_pictures(look: Opened, mnist_payload: dict[str, Any]) -> None:
    payload = json.loads(json.dumps(mnist_payload))
    payload["weights"]["0.bias"]["data"] = "AACAPw" + payload["weights"]["0.bias"]["data"][6:]
    with look(payload) as page:
        notice = page.get_by_role("alert")
        assert "does not agree with the model" in notice.inner_text()
        assert page.locator(f"{LOOK} canvas:visible").count() == 0
        assert page.locator(".answer").is_hidden()


@pytest.mark.parametrize(
    ("motion", "durations", "behaviour"),
    [("reduce", ["0s"], "auto"), ("no-preference", ["0.12s, 0.12s, 0.12s"], "smooth")],
)
def test_movement_is_left_out_where_it_is_not_wanted(
    look: Opened, mnist_payload: dict[str, Any], motion: str, durations: list[str], behaviour: str
) -> None:
    with look(mnist_payload, reduced_motion=motion, viewport={"width": 900, "height": 500}) as page:
        assert durations == page.evaluate(
            """() => [...new Set([...document.querySelectorAll('button:not([class])')]
                .map((node) => getComputedStyle(node).transitionDuration))]"""
        )
        page.evaluate(
            """() => {
                globalThis.scrolled = [];
                const scroll = scrollBy.bind(globalThis);
                globalThis.scrollBy = (options) => (scrolled.push(options.behavior), scroll(options));
            }"""
        )
        point_at(page, 0, 14, 14, scale=2, click=True)
        page.wait_for_function("() => document.querySelector('.details').getBoundingClientRect().top < innerHeight")
        assert page.evaluate("scrolled") == [behaviour]
