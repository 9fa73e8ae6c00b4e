"""Pictures whose ink is in very many pieces, or hardly there when it is enlarged: prepared like any other."""

import numpy as np
import pytest

from convlens.preprocessing import fit_preprocessing, prepare
from convlens.preprocessing.glyph import _span

STROKES = np.zeros((20, 1, 28, 28), np.uint8)
STROKES[:, :, 6:22, 12:15] = 255


def test_of_a_hundred_equal_groups_all_are_kept():
    counts = np.zeros(300, np.int64)
    counts[10:210:2] = 1  # a hundred lines with one pixel of ink each: none holds 2 % of it
    assert _span(counts) == slice(10, 209)
    counts[100] = 50  # one that does: the others are dust
    assert _span(counts) == slice(100, 101)


@pytest.mark.parametrize("rules", ["digit", "glyph"])
def test_stripes_and_a_hair_across_a_large_picture(rules):
    preprocessing = fit_preprocessing(STROKES, rules)
    stripes = np.full((600, 600), 255, np.uint8)
    for line in range(5, 595, 8):
        stripes[line : line + 4, 5:595] = 0
    hair = np.full((999, 999), 255, np.uint8)
    hair[np.arange(999), np.arange(999)] = 0
    for picture in (stripes, hair):
        prepared = prepare(preprocessing, picture)
        assert prepared.pixels.shape == (1, 28, 28)
        assert prepared.pixels.max() > 0 or prepared.unlike == ("there is nothing on it",)
    assert prepare(preprocessing, stripes).pixels.max() > 0
