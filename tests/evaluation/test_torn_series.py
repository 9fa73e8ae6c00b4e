"""Series of files that lie on both sides of a split which their folders give: no way of dividing can help there."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convlens.data import ImportOptions
from convlens.evaluation import choose_images, evaluate
from convlens.evaluation.trust import TrustCheck, check_trust
from convlens.network import Network, initial_weights
from convlens.preprocessing import Preprocessing
from convlens.trained_model import TrainedModel


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """Four films of each class, each with four frames for training and four for testing."""
    random = np.random.default_rng(3)
    for part in ("train", "test"):
        for name, first in (("cat", 0), ("dog", 4)):
            for film in range(first, first + 4):
                for frame in range(4):
                    place = tmp_path / "films" / part / name / f"film{film}_{part}{frame}.png"
                    place.parent.mkdir(parents=True, exist_ok=True)
                    Image.fromarray(random.integers(0, 256, (16, 16), np.uint8)).save(place)
    return tmp_path / "films"


def groups_check(folder: Path, options: ImportOptions) -> TrustCheck:
    network, shape = Network.from_text("dense"), (1, 16, 16)
    facts = {"data": folder.name, "data_source": {"path": str(folder), "options": options.as_dict()}}
    weights = initial_weights(network, shape, 2, seed=0)
    model = TrainedModel(network, weights, Preprocessing(shape), ("cat", "dog"), facts)
    chosen = choose_images(model)
    checks = check_trust(model, chosen, evaluate(model, chosen))
    (found,) = [check for check in checks if check.kind == "groups"]
    return found


@pytest.mark.parametrize("pattern", [None, "{stem[:5]}"])
def test_a_split_that_the_folders_give_may_tear_series(films, pattern):
    found = groups_check(films, ImportOptions(group_by=pattern))
    assert (found.verdict, found.count, len(found.images)) == ("warning", 32, 32)
    assert "32 of the 32 images belong to series whose other files were used for training" in found.sentence
    assert "such as that of test/cat/film0_test0.png. If a series shows the same object" in found.sentence
    assert found.sentence.endswith("Put each series into one part as a whole.")


def test_names_that_are_only_numbered_tell_of_no_series(films):
    for number, file in enumerate(sorted(films.rglob("*.png"))):
        file.rename(file.with_name(f"{number}.png"))
    found = groups_check(films, ImportOptions())
    assert found.verdict == "good"
    assert found.sentence == "The file names show no series that the split could have separated."
