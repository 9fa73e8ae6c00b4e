"""The public names, pinned: a name that comes or goes is a decision, not an accident."""

import re
from pathlib import Path

import pytest

import convlens
from convlens import errors

PUBLIC = {
    "by_hand",
    "train",
    "resume_training",
    "write_report",
    "export",
    "export_html",
    "push_to_hub",
    "evaluate",
    "load_model",
    "load_dataset",
    "TrainedModel",
    "Prediction",
    "Predictions",
    "Evaluation",
    "TrainingSettings",
    "AugmentationSettings",
    "ImportOptions",
    "Dataset",
    "LabelledImages",
    "Network",
    "AvgPool2d",
    "BatchNorm2d",
    "Concat",
    "Conv2d",
    "Dense",
    "Dropout",
    "Flatten",
    "GELU",
    "GlobalAvgPool2d",
    "LeakyReLU",
    "MaxPool2d",
    "ReLU",
    "Residual",
    "SiLU",
    "Sigmoid",
    "Tanh",
    "ConvlensError",
    "DamagedData",
    "DamagedModel",
    "DataError",
    "DatasetUnavailable",
    "FutureModel",
    "HubError",
    "ImageError",
    "LossNotFinite",
    "MissingDependency",
    "ModelFileError",
    "NetworkError",
    "OutputError",
    "ProofFailed",
    "UsageError",
}


def test_the_public_names_are_these():
    assert set(convlens.__all__) == PUBLIC
    assert all(getattr(convlens, name) is not None for name in PUBLIC)
    assert set(dir(convlens)) >= PUBLIC


def test_other_names_are_refused():
    with pytest.raises(AttributeError, match="module 'convlens' has no attribute 'trian'"):
        _ = convlens.trian


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("Linear", "Dense"),
        ("Conv2D", "Conv2d"),
        ("Convolution2D", "Conv2d"),
        ("MaxPool2D", "MaxPool2d"),
        ("Swish", "SiLU"),
    ],
)
def test_a_layer_under_another_librarys_name_is_told_its_name_here(theirs: str, ours: str) -> None:
    with pytest.raises(
        AttributeError, match=f"^module 'convlens' has no attribute '{theirs}'; write convlens.{ours}\\.$"
    ):
        getattr(convlens, theirs)


@pytest.mark.parametrize("near", ["ELU", "SELU", "ReLU6", "PReLU", "Mish", "Hardswish"])
def test_a_layer_that_is_only_similar_is_not_called_the_same(near: str) -> None:
    with pytest.raises(AttributeError, match=f"^module 'convlens' has no attribute '{near}'") as caught:
        getattr(convlens, near)
    assert "write convlens" not in str(caught.value)


def test_every_error_is_public_and_drawn_in_the_tree():
    found = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}
    assert found <= PUBLIC
    drawn = re.findall(r"(\w+)(?: \((\w+)\))? +(\d)   ", errors.__doc__ or "")
    assert {name for name, _, _ in drawn} == found - {"ConvlensError"}
    for name, builtin, code in drawn:
        kind = getattr(errors, name)
        assert kind.exit_code == int(code), name
        if builtin:
            assert builtin in {base.__name__ for base in kind.__mro__}, name


def test_the_version_is_the_changelogs():
    changelog = Path(__file__).parents[1] / "CHANGELOG.md"
    newest = re.search(r"^## (\d+\.\d+\.\d+)", changelog.read_text(encoding="utf-8"), re.MULTILINE)
    assert newest is not None
    assert newest[1] == convlens.__version__
