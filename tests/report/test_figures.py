"""What the figures of a report draw: points, intervals, limits, names and colours, read from matplotlib's own axes."""

import base64
import io
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_hex
from PIL import Image

from convlens.evaluation import CorruptionCurve
from convlens.evaluation.corruptions import CorruptionPoint
from convlens.metrics import ReliabilityBin, RiskCoverage
from convlens.report import figures
from convlens.report.course import Course
from convlens.report.pictures import PictureBook, encode_image, encode_maps, encode_shares, encode_svg
from convlens.report.thinning import thin_out

INK, QUIET, BLUE, ORANGE, BAND = figures._INK, figures._QUIET, figures._BLUE, figures._ORANGE, figures._BAND


@pytest.fixture
def drawn(monkeypatch) -> Any:
    """The axes of the figure that was drawn last, and its name and size."""
    from matplotlib.figure import Figure

    kept = SimpleNamespace(axes=None, options={})
    draw_really = figures._draw

    def draw(name: str, height: float, draw: Any, width: float = figures._WIDTH, left: float = 0.62) -> str:
        kept.axes = Figure().add_subplot()
        kept.options = {"name": name, "height": height, "width": width, "left": left}
        draw(kept.axes)
        return draw_really(name, height, draw, width, left)

    monkeypatch.setattr(figures, "_draw", draw)
    return kept


def lines_of(drawn: Any) -> list[tuple[list[float], list[float], str]]:
    """Each line: places, values, colour."""
    return [
        (np.asarray(line.get_xdata(), float).tolist(), np.asarray(line.get_ydata(), float).tolist(), line.get_color())
        for line in drawn.axes.lines
    ]


def segments_of(drawn: Any) -> list[list[list[float]]]:
    """The ends of each interval."""
    return [segment.tolist() for one in drawn.axes.collections for segment in one.get_segments()]


def limits_of(drawn: Any) -> list[float]:
    return [*drawn.axes.get_xlim(), *drawn.axes.get_ylim()]


def legend_of(drawn: Any) -> list[str]:
    legend = drawn.axes.get_legend()
    return [] if legend is None else [text.get_text() for text in legend.get_texts()]


def test_intervals_of_classes_lie_below_each_other(drawn):
    svg = figures.draw_intervals(["cat", "a very long name of a dog"], [0.5, 0.75], [(0.25, 0.7), (0.6, 0.9)], 0.625)
    assert lines_of(drawn) == [([50, 75], [1, 0], BLUE), ([62.5, 62.5], [0, 1], QUIET)]
    assert segments_of(drawn) == [[[25, 1], [70, 1]], [[60, 0], [90, 0]]]
    assert limits_of(drawn) == [23, 100.5, -0.7, 1.7]
    labels = drawn.axes.get_yticklabels()
    assert [label.get_text() for label in labels] == ["cat", "a very long nam…"]
    assert {label.get_color() for label in labels} == {INK}
    assert drawn.options == {"name": "intervals", "height": 0.75 + 0.46, "width": 4.6, "left": 0.25 + 0.085 * 16}
    assert ">correct, %<" in svg
    assert not any(line.get_visible() for line in drawn.axes.get_ygridlines())


def test_intervals_of_models_have_room_for_longer_names(drawn):
    figures.draw_intervals(["a very long name of a model"], [0.5], [(0.01, 0.9)])
    assert lines_of(drawn) == [([50], [0], BLUE)]
    assert drawn.axes.get_yticklabels()[0].get_text() == "a very long name of a m…"
    assert (drawn.options["height"], drawn.options["left"]) == (0.75 + 0.46, 0.25 + 0.085 * 24)
    figures.draw_intervals(["a", "b", "c"], [0.5] * 3, [(0.01, 0.9)] * 3, 0.5)
    assert (drawn.options["height"], drawn.options["left"]) == pytest.approx((0.75 + 0.69, 0.25 + 0.085))
    assert limits_of(drawn)[:2] == [0, 100.5]  # 1 − 2 would be below 0
    figures.draw_intervals([], [], [], 0.5)
    assert limits_of(drawn)[:2] == [0, 100.5]


def bin_of(confidence: float, correct: int, images: int = 10) -> ReliabilityBin:
    return ReliabilityBin(images, correct, confidence)


def test_reliability_before_and_after_temperature(drawn):
    after, before = [bin_of(0.7, 6), bin_of(0.9, 9)], [bin_of(0.8, 6)]
    figures.draw_reliability(after, before)
    assert lines_of(drawn) == [
        ([0, 100], [0, 100], QUIET),
        ([80], [60], ORANGE),
        ([70, 90], [60, 90], BLUE),
    ]
    assert legend_of(drawn) == ["before temperature", "after"]
    ends = [[[100 * one.confidence, 100 * end] for end in one.interval] for one in after]
    np.testing.assert_allclose(segments_of(drawn), ends)
    lowest = 100 * after[0].interval[0] - 5
    np.testing.assert_allclose(limits_of(drawn), [lowest, 101, lowest, 101])
    assert {to_hex(text.get_color()) for text in drawn.axes.get_legend().get_texts()} == {INK}
    figures.draw_reliability([bin_of(0.999, 1000, 1000)], [])
    assert len(lines_of(drawn)) == 2
    assert legend_of(drawn) == ["uncalibrated"]
    np.testing.assert_allclose(limits_of(drawn), [90, 101, 90, 101])  # 95 % less 5
    figures.draw_reliability([bin_of(0.02, 0)], [])
    assert limits_of(drawn)[0] == 0


def risk_of(*wrong: int) -> RiskCoverage:
    """One more answer at each of the thresholds, so many of which are wrong."""
    answered = np.arange(1, len(wrong) + 1)
    return RiskCoverage(1 - answered / 1000, answered, np.array(wrong))


def test_risk_is_drawn_from_where_it_has_settled(drawn):
    # Of 40 answers the first alone is wrong: 100, 50, 33 … %. At 5 %, from the second answer on, it is 50 %.
    figures.draw_risk(risk_of(*[1] * 40), (0.75, 0.1))
    curve, mark = lines_of(drawn)
    np.testing.assert_allclose(curve[0], np.arange(1, 41) * 2.5)
    np.testing.assert_allclose(curve[1], 100 / np.arange(1, 41))
    assert (curve[2], mark) == (BLUE, ([75], [10], ORANGE))
    assert drawn.axes.lines[0].get_drawstyle() == "steps-post"
    np.testing.assert_allclose(limits_of(drawn), [0, 101, 0, 65])
    (note,) = drawn.axes.texts
    assert (note.get_text(), note.xy, note.xyann) == ("the model's threshold", (75, 10), (-8, 9))
    assert (note.get_ha(), note.get_color()) == ("right", INK)
    figures.draw_risk(risk_of(0, 0), (0.5, 0.0))
    (note,) = drawn.axes.texts
    assert (note.xyann, note.get_ha()) == ((8, 9), "left")
    assert limits_of(drawn) == [0, 101, 0, 0.1]
    figures.draw_risk(risk_of(*range(600)), None)
    assert len(lines_of(drawn)) == 1
    assert len(lines_of(drawn)[0][0]) == 400


def corruption(*points: tuple[float, int]) -> CorruptionCurve:
    return CorruptionCurve(
        "noise", "grey levels", tuple(CorruptionPoint(strength, hit, 10) for strength, hit in points)
    )


def test_a_corruption_of_one_model_has_its_interval_and_several_have_names(drawn):
    curve = corruption((0, 9), (0.5, 4))
    figures.draw_corruption("noise", [("first", curve)])
    assert lines_of(drawn) == [([0, 0.5], [90, 40], BLUE)]
    assert limits_of(drawn)[2:] == [0, 103]
    assert (drawn.axes.get_xlabel(), drawn.axes.get_ylabel()) == ("noise, grey levels", "accuracy, %")
    assert legend_of(drawn) == []
    (band,) = drawn.axes.collections
    ends = {(x, y) for x, y in band.get_paths()[0].vertices.round(9).tolist()}
    for point in curve.points:
        for end in point.interval:
            assert (point.strength, round(100 * end, 9)) in ends
    assert drawn.options == {"name": "corruption-noise", "height": 2.1, "width": 3.3, "left": 0.62}
    figures.draw_corruption("noise", [(name, curve) for name in ("_a", "b" * 40, "c", "d", "e")])
    assert [line[2] for line in lines_of(drawn)] == [BLUE, ORANGE, INK, QUIET, BLUE]
    assert legend_of(drawn) == ["\u200b_a", "\u200b" + "b" * 27 + "…", "\u200bc", "\u200bd", "\u200be"]
    assert not drawn.axes.collections


def test_losses_are_drawn_with_their_mean_up_to_nearly_the_largest(drawn):
    losses = [(step, 1 + step / 100) for step in range(1, 101)]
    figures.draw_losses(Course(losses=tuple(losses)))
    thin, mean = lines_of(drawn)
    assert thin == ([float(step) for step, _ in losses], [loss for _, loss in losses], BAND)
    assert (mean[0], mean[2]) == (thin[0], BLUE)
    np.testing.assert_allclose(mean[1], [1.015, *thin[1][1:-1], 1.995])  # with 100 // 80 = 1 neighbour on each side
    np.testing.assert_allclose(limits_of(drawn), [0, 100, 0, 1.1 * np.quantile(thin[1], 0.995)])
    assert (drawn.axes.get_xlabel(), drawn.axes.get_ylabel(), drawn.options["height"]) == ("step", "loss", 2.3)
    figures.draw_losses(Course(losses=tuple((step, float(step)) for step in range(160))))
    assert lines_of(drawn)[1][1][:3] == [1, 1.5, 2]  # two neighbours
    figures.draw_losses(Course(losses=((1, None), (2, 1e300))))
    assert np.isnan(lines_of(drawn)[0][1][0])
    assert lines_of(drawn)[0][1][1] == 1e30
    figures.draw_losses(Course(losses=((1, 0.0),)))
    assert limits_of(drawn) == [0, 1, 0, 1e-3]
    figures.draw_losses(Course(losses=tuple((step, 1.0) for step in range(1600))))
    assert [len(places) for places, _, _ in lines_of(drawn)] == [1500, 300]


def test_accuracies_are_drawn_where_they_were_measured(drawn):
    epochs: tuple[dict[str, float | None], ...] = (
        {"accuracy": 0.5, "validation_accuracy": None},
        {"accuracy": 0.75, "validation_accuracy": 0.25},
        {},
    )
    figures.draw_accuracies(Course(epochs))
    assert lines_of(drawn) == [([1, 2], [50, 75], BLUE), ([2], [25], ORANGE)]
    assert legend_of(drawn) == ["training images (augmented, during the epoch)", "held-out images"]
    assert (drawn.axes.get_xlabel(), drawn.axes.get_ylabel()) == ("epoch", "accuracy, %")
    figures.draw_accuracies(Course(({}, {})))
    assert (lines_of(drawn), legend_of(drawn)) == ([], [])
    figures.draw_accuracies(Course(({"accuracy": 0.5, "validation_accuracy": None},) * 501))
    assert len(lines_of(drawn)[0][0]) == 500


def test_the_colours_of_the_page_are_in_the_drawing():
    svg = figures.draw_intervals(["cat"], [0.5], [(0.25, 0.75)], 0.5)
    assert svg.startswith('<svg viewBox="0 0 331')
    assert svg.endswith("</svg>")
    assert 'aria-hidden="true"' in svg
    for name in ("ink", "quiet", "line", "blue"):
        assert f"var(--{name})" in svg
    for text in ("<metadata", "<style", "#0", "\n\n"):
        assert text not in svg


@pytest.mark.parametrize(
    "style",
    [
        "font: 8.5px 'DejaVu Sans', serif; text-anchor: middle",
        "font-size: 8.5px; font-family: 'a'; text-anchor: middle",
    ],
)
def test_text_has_the_font_of_the_page(style):
    """An inline font would be stronger than the page's style sheet; matplotlib has two ways to write it."""
    svg = figures._fit_into_page(f'<svg width="9" viewBox="0 0 1 2" version="1"><text style="{style}">a</text></svg>')
    text = '<text style="font-size: 8.5px; text-anchor: middle">a</text>'
    assert svg == f'<svg viewBox="0 0 1 2" aria-hidden="true">{text}</svg>'
    assert "DejaVu" not in figures.draw_intervals(["cat"], [0.5], [(0.25, 0.75)])


# ---------------------------------------------------------------------------------------------------------- pictures


def opened(address: str, kind: str = "png") -> Image.Image:
    start = f"data:image/{kind};base64,"
    assert address.startswith(start)
    return Image.open(io.BytesIO(base64.b64decode(address.removeprefix(start))))


def test_maps_lie_in_rows_with_gaps():
    maps = np.array([[[1.0, -1.0]], [[0.5, np.nan]], [[0.0, 2.0]]], np.float32)
    image = opened(encode_maps(maps, columns=2))
    # 1 = −2, 128 = 0, 255 = 2: ±127 / 2 = 63.5 rounds to 64, and 0.5 to 127 / 4 = 31.75; 0 is transparent
    assert np.asarray(image).tolist() == [[192, 64, 0, 160, 0], [0] * 5, [128, 255, 0, 0, 0]]
    assert image.info["transparency"] == 0
    assert np.asarray(opened(encode_maps(maps, 3, largest=1))).tolist() == [[255, 1, 0, 192, 0, 0, 128, 255]]
    assert np.asarray(opened(encode_maps(np.zeros((1, 1, 1), np.float32), 1))).tolist() == [[128]]
    palette = np.array(image.getpalette()).reshape(-1, 3)
    assert palette[128].tolist() == [255, 255, 255]
    assert palette[1][0] > palette[1][2]  # orange below zero
    assert palette[255][2] > palette[255][0]  # blue above


def test_shares_are_darker_where_they_are_more():
    # 128 + 127·√share; no share at all is transparent
    shares = np.array([[0, 1, 0.25], [1e-6, -1, 4]])
    assert np.asarray(opened(encode_shares(shares))).tolist() == [[0, 255, 192], [128, 0, 255]]


def test_an_image_and_a_drawing_have_addresses():
    colour = np.arange(12, dtype=np.uint8).reshape(4, 1, 3)  # the fourth channel is left out
    assert np.asarray(opened(encode_image(colour))).tolist() == [[[0, 3, 6], [1, 4, 7], [2, 5, 8]]]
    assert np.asarray(opened(encode_image(colour[:1]))).tolist() == [[0, 1, 2]]
    assert encode_svg(b"<svg/>") == "data:image/svg+xml;base64,PHN2Zy8+"


def test_a_book_may_be_filled_to_its_last_byte():
    image = np.zeros((1, 8, 8), np.uint8)
    length = len(encode_image(image))
    book = PictureBook(2 * length)
    assert book.add(image) == book.add(image) == encode_image(image)
    assert book.add(image) is None
    assert PictureBook(length - 1).add(image) is None


@pytest.mark.parametrize(
    ("count", "most", "places"),
    [(0, 3, []), (1, 3, [0]), (3, 3, [0, 1, 2]), (4, 3, [0, 2, 3]), (5, 2, [0, 4]), (7, 4, [0, 2, 4, 6])],
)
def test_places_are_thinned_out_evenly(count, most, places):
    assert thin_out(count, most) == places
