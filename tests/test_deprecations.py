"""What was renamed is still found under its old name, for one release, and says what it is called now."""

import importlib

import numpy as np
import pytest

from convlens import deprecations
from convlens.calibration import Calibration
from convlens.engines import AugmentationSettings
from convlens.evaluation import Evaluation, SuspectedLabel, evaluate
from convlens.metrics import ReliabilityBin
from convlens.network import Network, initial_weights
from convlens.preprocessing import Preprocessing
from convlens.report import Study, TrainingLabels
from convlens.trained_model import TrainedModel

CLASSES = {
    kind.__name__: kind
    for kind in (AugmentationSettings, Evaluation, ReliabilityBin, Study, SuspectedLabel, TrainingLabels)
}
MODULES = [name for name in deprecations.ATTRIBUTES if name.startswith("convlens.")]


def test_every_table_is_of_a_module_or_a_class():
    assert {*MODULES, *CLASSES} == set(deprecations.ATTRIBUTES)


@pytest.mark.parametrize(("module", "old"), [(name, old) for name in MODULES for old in deprecations.ATTRIBUTES[name]])
def test_a_module_finds_what_was_renamed(module, old):
    found, new = importlib.import_module(module), deprecations.ATTRIBUTES[module][old]
    with pytest.warns(
        DeprecationWarning, match=rf"^{module}\.{old} is now {new}; the old name goes in Convlens 0\.8\.$"
    ) as said:
        assert getattr(found, old) is getattr(found, new)
    assert said[0].filename == __file__
    assert new in found.__all__
    assert old not in found.__all__
    with pytest.raises(AttributeError, match="has no attribute 'doubtfull'"):
        _ = found.doubtfull


@pytest.mark.parametrize("kind", CLASSES)
def test_an_object_has_its_old_attributes(kind, monkeypatch):
    for old, new in deprecations.ATTRIBUTES[kind].items():
        holder = object.__new__(CLASSES[kind])
        monkeypatch.setattr(CLASSES[kind], new, "the value", raising=False)
        with pytest.warns(DeprecationWarning, match=rf"^{kind}\.{old} is now {new}; ") as said:
            assert getattr(holder, old) == "the value"
        assert said[0].filename == __file__


def test_an_evaluation_has_what_it_is_sure_of():
    judged = Evaluation("pets", ("cat", "dog"), np.array([0]), np.zeros((1, 2), np.float32), Calibration())
    with pytest.warns(DeprecationWarning, match="confidences"):
        assert judged.certainties.best.tolist() == [0.5]  # pyright: ignore[reportAttributeAccessIssue]
    (bin,) = judged.as_dict()["reliability"]
    assert bin["confidence"] == bin["certainty"] == 0.5


def test_pictures_may_still_be_mended():
    network = Network.from_text("dense")
    weights = initial_weights(network, (1, 8, 8), 2, seed=0)
    model = TrainedModel(network, weights, Preprocessing((1, 8, 8)), ("cat", "dog"))
    picture = np.zeros((8, 8), np.uint8)
    with pytest.warns(DeprecationWarning, match=r"^mend= is now repair=; ") as said:
        old = model.predict(picture, mend=False)  # pyright: ignore[reportCallIssue]
    assert said[0].filename == __file__
    assert (old.probabilities == model.predict(picture, repair=False).probabilities).all()
    assert list(evaluate.__annotations__)[-2] == "repair"
    with pytest.raises(TypeError, match="repare"):
        model.predict(picture, repare=False)  # pyright: ignore[reportCallIssue]


def test_the_aspect_of_an_augmentation_was_its_stretch():
    with pytest.warns(DeprecationWarning, match=r"^stretch= is now aspect=; ") as said:
        old = AugmentationSettings(shift=0.1, stretch=0.2)  # pyright: ignore[reportCallIssue]
    assert said[0].filename == __file__
    assert old == AugmentationSettings(shift=0.1, aspect=0.2)
    assert old == AugmentationSettings.from_text("shift 0.1, stretch 0.2")
    assert old.describe() == "shift 0.1, aspect 0.2"


def test_only_options_are_renamed():
    given = ["predict", "latest", "--no-mend", "mend.png", "--doubtful", "a=b", "--doubtful=c=d", "--json"]
    changed, said = deprecations.renamed_options(given)
    assert changed == [
        *("predict", "latest", "--no-repair", "mend.png", "--label-errors", "a=b", "--label-errors=c=d", "--json")
    ]
    assert [sentence.partition(";")[0] for sentence in said] == [
        "--no-mend is now --no-repair",
        "--doubtful is now --label-errors",
        "--doubtful is now --label-errors",
    ]


def test_json_keeps_its_old_keys():
    found = deprecations.with_old_keys({"corruptions": [1], "label_errors": [2], "positions": [3], "accuracy": 0.5})
    assert found == {
        "corruptions": [1],
        "label_errors": [2],
        "positions": [3],
        "accuracy": 0.5,
        "bent_images": [1],
        "doubtful_labels": [2],
        "placements": [3],
    }


def test_an_old_form_is_told_to_the_line_that_calls_the_layer():
    def layer():
        deprecations.warn_of_form("Conv2d(8, 3)", "Conv2d(8, kernel_size=3)")

    message = r"^Conv2d\(8, 3\) is now written Conv2d\(8, kernel_size=3\); the old form goes in Convlens 0\.8\.$"
    with pytest.warns(DeprecationWarning, match=message) as said:
        layer()
    assert said[0].filename == __file__


def test_arguments_keep_their_order_and_values_and_a_function_its_name():
    @deprecations.with_old_arguments
    def change(*images, **settings):
        return images, list(settings.items())

    assert change.__name__ == "change"
    with pytest.warns(DeprecationWarning, match="=; the old name goes in") as said:
        assert change(1, 2, mend=0, size=3, doubtful=4) == ((1, 2), [("repair", 0), ("size", 3), ("label_errors", 4)])
    assert [str(one.message).partition(";")[0] for one in said] == [
        "mend= is now repair=",
        "doubtful= is now label_errors=",
    ]


def test_settings_of_an_older_version_have_the_new_names():
    assert deprecations.with_new_keys({"mend": 1, "doubtful": 2, "shift": 3}) == {
        "repair": 1,
        "label_errors": 2,
        "shift": 3,
    }


def test_what_no_module_had_is_an_error_as_pythons():
    with pytest.raises(AttributeError, match=r"^module 'convlens\.metrics' has no attribute 'Certainty'$"):
        deprecations.old_module_names("convlens.metrics")("Certainty")
