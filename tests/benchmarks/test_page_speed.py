"""The benchmark of the page: what it reads out of what it saw, and its tables, by numbers worked out by hand."""

import numpy as np
import pytest

from page_speed import MOVES, Stroke, format_engine, format_strokes, format_trainings, read_training, three

STATES = [
    [50, "Getting ready"],
    [100, "Training: epoch 1 of 1"],
    [1100, "Judging the test images"],
    [1200, "98.00 % of the test images; saving"],
    [1500, "Done: 98.00 % of the test images"],
]
SEEN = {"clicked": 0, "states": STATES, "frames": [80, *range(100, 1101, 20)], "pictures": [300, 500, 900, 1100, 1300]}


def test_a_training_is_read_from_what_the_page_showed():
    watched = read_training(SEEN)
    assert (watched.first_picture, watched.trained, watched.judged, watched.done) == (0.3, 1.1, 1.2, 1.5)
    assert watched.pictures_a_second == pytest.approx(3 / 0.8)  # four pictures in 0.8 s, the last one came too late
    assert (watched.frames_a_second, watched.longest_frame) == (50, 20)


def test_a_training_that_was_shown_before_the_click_does_not_count():
    again = [[time - 5000, text] for time, text in STATES]
    assert read_training({**SEEN, "states": again + STATES}) == read_training(SEEN)


def test_the_way_of_the_pen_stays_on_the_paper():
    across, down = three()
    assert len(across) == len(down) == MOVES + 1
    assert 0.1 < min(across.min(), down.min()) < max(across.max(), down.max()) < 0.9
    assert np.hypot(np.diff(across), np.diff(down)).max() < 0.2


def test_tables():
    strokes = [Stroke(50.0, (8.0, 10.0, 12.0)), Stroke(30.0, (9.0, 11.0, 13.0)), Stroke(40.0, (7.0, 9.0, 11.0))]
    row = format_strokes({"small": strokes}).splitlines()[2]
    assert [cell.strip() for cell in row.split("|")[1:-1]] == [
        "small",
        "10.0 (9.0 to 11.0)",
        "11.6 (10.6 to 12.6)",
        "40.0 (30.0 to 50.0)",
    ]
    assert "0.50 (0.25 to 0.75)" in format_engine({"small": [{"pass": 0.25}, {"pass": 0.5}, {"pass": 0.75}]})
    assert "| click to accuracy, s              | 1.20 (1.20 to 1.20) |" in format_trainings([read_training(SEEN)])
