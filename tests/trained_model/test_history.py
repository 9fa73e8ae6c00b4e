"""`model.history`: a list for each number, as Keras has it; stored with the model."""

import json

import pytest

from convlens.network import Network, initial_weights
from convlens.preprocessing import Preprocessing
from convlens.trained_model import HISTORY_NAMES, TrainedModel, TrainingHistory
from convlens.trained_model.history import spread

STORED = {
    "loss": [0.5, 0.25],
    "accuracy": [0.8, 0.9],
    "validation_accuracy": [0.75, 1.0],
    "validation_loss": [0.6, None],
    "learning_rate": [0.01, 0.001],
    "seconds": [1.5, 0.0625],
}


def make_model(facts: dict) -> TrainedModel:
    network = Network.from_text("dense")
    return TrainedModel(
        network, initial_weights(network, (1, 2, 2), 2, seed=0), Preprocessing((1, 2, 2)), ("cat", "dog"), facts
    )


def test_a_loaded_model_has_its_history():
    loaded = TrainedModel.from_bytes(make_model({"history": STORED}).to_bytes())
    assert loaded.history == STORED
    assert list(loaded.history) == list(HISTORY_NAMES)
    assert loaded.history.epochs == 2


@pytest.mark.parametrize("facts", [{}, {"history": None}, {"history": [1, 2]}, {"history": {"loss": ["a"]}}])
def test_a_model_without_one_has_empty_lists(facts):
    history = make_model(facts).history
    assert history == {name: [] for name in HISTORY_NAMES}
    assert history.epochs == 0


def test_lists_are_of_equal_length_whatever_was_stored():
    history = TrainingHistory.of({"loss": [0.5, 0.25, 0.125], "accuracy": [0.5]})
    assert history["accuracy"] == [0.5, None, None]
    assert {len(column) for column in history.values()} == {3}


def test_pandas_takes_it_as_it_is():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(TrainingHistory.of(STORED))
    assert frame.shape == (2, 6)
    assert frame["loss"].tolist() == [0.5, 0.25]


def test_it_is_json_and_a_table():
    history = TrainingHistory.of(STORED)
    assert json.loads(json.dumps(history)) == STORED
    table = history._repr_html_()
    assert table.count("<tr>") == 3
    for text in (">75.00 %<", ">0.25<", ">–<", ">1.5 s<", ">0.062 s<", ">validation accuracy<", ">0<", ">1<"):
        assert text in table
    assert "validation" not in TrainingHistory.of({"loss": [0.5]})._repr_html_()


def test_a_long_table_has_twenty_rows_with_the_first_and_the_last():
    history = TrainingHistory.of({"loss": [float(epoch) for epoch in range(1000)]})
    assert history._repr_html_().count("<tr>") == 21
    assert ">999<" in history._repr_html_()
    assert spread(1000)[:2] == [0, 52]
    assert (spread(0), spread(1), spread(2), spread(20)) == ([], [0], [0, 1], list(range(20)))
    assert (spread(21)[:3], spread(21)[-2:]) == ([0, 1, 2], [18, 20])  # the place 18 is 18 · 20 // 19
    assert spread(5, 2) == [0, 4]
