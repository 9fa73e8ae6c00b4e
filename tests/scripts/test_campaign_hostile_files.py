"""Parts of the campaigns, short: hostile images, archives and streams. Each runs in a process of its own."""

import random
import sys

import pytest

from campaign_parts.hostile_images import make_image, valid_images

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="time and memory come from /proc")


def test_images_follow_from_the_seed():
    made = [make_image(random.Random(f"1 {number}"), {"a.png": b"abcdefgh" * 9}) for number in range(60)]
    assert made == [make_image(random.Random(f"1 {number}"), {"a.png": b"abcdefgh" * 9}) for number in range(60)]
    assert {kind for kind, _, _ in made} >= {"Pillow's, changed", "another structure", "changed bytes"}
    assert len({name for _, name, _ in made}) > 20
    assert sum(content == valid_images().get(name) for _, name, content in made) < 6


def test_hostile_images_keep_all_promises(campaign):
    line, broken = campaign("images", 6)
    assert broken == []
    assert line.startswith("6 images (")
    assert ") through 8 entrances: 0 over 2 s, 0 over 600 MB, 0 errors outside the tree; at most 0." in line


def test_costly_images_and_errors_outside_the_tree_are_found(campaign):
    sabotage = (
        "import campaign_parts.images as images, numpy as np\n"
        "images.MOST_SECONDS, images.MOST_MEMORY = 0.01, 50\n"
        "def read(*arguments):\n"
        "    sum(range(3_000_000))\n"
        "    np.ones(100_000_000, np.uint8)\n"
        "    raise KeyError('x')\n"
        "real = images._entrances\n"
        "images._entrances = lambda *given: {'by hand': read}\n"
        "images._warm_up = lambda *given: None\n"
    )
    line, broken = campaign("images", 2, sabotage)
    assert "through 1 entrances: 2 over 0.01 s, 2 over 50 MB, 2 errors outside the tree" in line
    assert len(broken) == 6
    assert [promise for promise in broken if promise.endswith(": KeyError: 'x'")] == broken[2::3]
    assert all(promise.startswith("by hand: seed 5, number ") for promise in broken)
