"""The names of other libraries, and that what is said instead of them exists."""

import copy
import importlib
import inspect
import pickle
import re
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import convlens
from convlens import habits
from convlens.network import initial_weights, layer_table
from convlens.preprocessing import Preprocessing

FUNCTIONS: dict[str, Any] = {
    "train": convlens.train,
    "evaluate": convlens.evaluate,
    "TrainedModel.predict": convlens.TrainedModel.predict,
}


@pytest.fixture(scope="module")
def objects() -> dict[str, Any]:
    """One of each kind that tells what to write instead."""
    network = convlens.Network("conv 2 3x3, relu, dense")
    weights = initial_weights(network, (1, 8, 8), 2, seed=0)
    model = convlens.TrainedModel(network, weights, Preprocessing((1, 8, 8)), ("cat", "dog"))
    images = np.zeros((3, 8, 8), np.uint8)
    found = [convlens, model, model.predict(images), model.predict(images[0]), network]
    found.append(convlens.evaluate(model, images, ["cat", "dog", "cat"]))
    return {getattr(one, "__name__", type(one).__name__): one for one in found}


def follow(start: Any, path: str) -> Any:
    """What `start.path` is, as in "network.layer_table"."""
    for name in path.split("."):
        start = getattr(start, name)
    return start


def test_names_of_other_libraries_are_told_with_what_to_write(objects):
    assert set(objects) == set(habits.ATTRIBUTES)
    for kind, table in habits.ATTRIBUTES.items():
        for name, advice in table.items():
            assert not hasattr(objects[kind], name), f"{kind} has {name} by now: take it from the table"
            with pytest.raises(AttributeError) as caught:
                getattr(objects[kind], name)
            assert str(caught.value).endswith(f"has no attribute {name!r}; {advice}.")


def test_what_is_said_exists(objects):
    """`convlens.x`, `model.x` and a leading `.x` in an advice, and the arguments that it writes with `=`."""
    advices = [(kind, advice) for kind, table in habits.ATTRIBUTES.items() for advice in table.values()]
    advices += [(name, advice) for name, table in habits.ARGUMENTS.items() for advice in table.values()]
    importlib.import_module("convlens.sklearn")
    functions = (*FUNCTIONS.values(), convlens.TrainedModel.open_engine, convlens.Conv2d, layer_table)
    known = {name for function in functions for name in inspect.signature(function).parameters}
    assert len(advices) > 200
    for holder, advice in advices:
        for path in re.findall(r"\bconvlens\.(\w+(?:\.[a-z]\w*)*)", advice):
            assert follow(convlens, path) is not None
        for path in re.findall(r"\bmodel\.(\w+)", advice):
            assert hasattr(objects["TrainedModel"], path), advice
        for name in re.findall(r"(?:^|[\s,(])\.(\w+)", advice):
            assert hasattr(objects[holder], name), advice
        for name in re.findall(r"\b(?<!\.)(\w+)=(?!\w*\()", advice):
            assert name in known, advice


@pytest.mark.parametrize("function", FUNCTIONS)
def test_arguments_of_other_libraries_are_told_with_what_to_write(function):
    for name, advice in habits.ARGUMENTS[function].items():
        assert name not in inspect.signature(FUNCTIONS[function]).parameters
        with pytest.raises(TypeError) as caught:
            FUNCTIONS[function](None, **{name: 1})
        assert str(caught.value) == f"{function}() got an unexpected keyword argument {name!r}; {advice}."


def test_other_names_are_refused_as_by_python(objects):
    model = objects["TrainedModel"]
    with pytest.raises(AttributeError, match=r"^'TrainedModel' object has no attribute 'xyz'$"):
        _ = model.xyz
    with pytest.raises(TypeError, match=r"^train\(\) got an unexpected keyword argument 'xyz'\.$"):
        convlens.train(None, xyz=1)  # pyright: ignore[reportCallIssue]
    with pytest.raises(TypeError, match=r"missing 1 required positional argument: 'images'"):
        model.predict()


def test_a_function_without_a_table_suggests_its_own_arguments(objects):
    @habits.explains_arguments
    def resize(image, width=1, *, sharp=False):
        return image, width, sharp

    assert resize.__name__ == "resize"
    assert resize(3, 2, sharp=True) == (3, 2, True)
    with pytest.raises(
        TypeError, match=r"resize\(\) got an unexpected keyword argument 'sharpp'\. Did you mean 'sharp'\?$"
    ):
        resize(3, sharpp=True)  # pyright: ignore[reportCallIssue]
    with pytest.raises(TypeError, match=r"resize\(\) takes from 1 to 2 positional arguments but 3 were given$"):
        resize(3, 2, True)  # pyright: ignore[reportCallIssue]
    with pytest.raises(TypeError, match=r"^TrainedModel.predict\(\) got an unexpected keyword argument 'selv'\.$"):
        objects["TrainedModel"].predict(None, selv=3)


def test_advice_that_is_not_in_the_table(objects):
    assert habits.missing("Network", "xyz", "write abc") == "'Network' object has no attribute 'xyz'; write abc."
    assert habits.missing("Network", "add", "write abc").endswith(
        "; a network is immutable; write Network([*network.layers, ...])."
    )


def test_nothing_pretends_to_be_there(objects):
    """Libraries ask objects what they can do; a model is no estimator, and none of these is an array."""
    model = objects["TrainedModel"]
    for name in ("fit", "__array_interface__", "__len__", "__sklearn_tags__", "_ipython_display_", "__setstate__"):
        assert not hasattr(model, name)
    assert copy.deepcopy(model).class_names == pickle.loads(pickle.dumps(model)).class_names == ("cat", "dog")


def test_a_property_that_fails_says_why():
    @habits.explains_names
    class Network:
        @property
        def fails(self):
            raise AttributeError("the reason")

    with pytest.raises(AttributeError, match=r"^the reason$"):
        _ = Network().fails


@pytest.mark.parametrize(
    ("name", "here"),
    [
        ("Linear", "Dense"),
        ("Conv2D", "Conv2d"),
        ("MaxPooling2D", "MaxPool2d"),
        ("AveragePooling2D", "AvgPool2d"),
        ("BatchNormalization", "BatchNorm2d"),
        ("GlobalAveragePooling2D", "GlobalAvgPool2d"),
        ("Concatenate", "Concat"),
        ("AdaptiveAvgPool2d", "GlobalAvgPool2d"),
        ("ResBlock", "Residual"),
    ],
)
def test_layers_of_other_libraries_have_a_name_here(name, here):
    with pytest.raises(AttributeError, match=f"^module 'convlens' has no attribute '{name}'; write convlens.{here}.$"):
        getattr(convlens, name)


def test_predictions_equal_lists_and_predictions_and_are_no_array(objects):
    predictions = objects["Predictions"]
    assert predictions == predictions[:]
    assert predictions == list(predictions)
    labels = np.array(["cat", "cat", "cat"])
    column = SimpleNamespace(__array__=lambda: labels)  # not NumPy's own, which would ask the other side itself
    for compare in (
        lambda: predictions == labels,
        lambda: labels == predictions,
        lambda: predictions == column,
        lambda: np.asarray(predictions),
    ):
        with pytest.raises(convlens.UsageError, match=r"^predictions are not an array\. Use \.labels"):
            compare()
