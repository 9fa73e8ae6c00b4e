"""The same mistake, told with Python's name of the setting in Python and with the option on the command line."""

import pytest

from convlens import ImportOptions, TrainingSettings, by_hand
from convlens.cli.main import run
from convlens.engines import choose_engine
from convlens.errors import LossNotFinite, OutputError, UsageError, in_words


@pytest.mark.parametrize(
    ("option", "call"),
    [
        (["train", "--learning-rate", "0"], lambda: TrainingSettings(learning_rate=0.0)),
        (["train", "--batch-size", "0"], lambda: TrainingSettings(batch_size=0)),
        (["train", "--error-rate", "2"], lambda: TrainingSettings(error_rate=2.0)),
        (["train", "--epochs", "0"], lambda: TrainingSettings(epochs=0)),
        (["train", "--split-seed", "-1"], lambda: ImportOptions(split_seed=-1)),
        (["by-hand", "conv2d", "1", "--kernel", "1", "--padding-mode", "x"],
         lambda: by_hand.cross_correlate2d([[1]], [[1]], padding_mode="x")),  # pyright: ignore[reportArgumentType]
    ],
)  # fmt: skip
def test_a_setting_has_its_own_name_in_each(option, call, capsys):
    with pytest.raises(UsageError) as caught:
        call()
    name = str(caught.value.argument)
    assert str(caught.value).startswith(f"{name} ")
    assert run(option) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"error: --{name.replace('_', '-')} ")
    assert said.split(" is ")[1] == str(caught.value).split(" is ")[1] + "\n"


def test_names_further_on_in_a_message_are_told_in_the_same_way():
    with pytest.raises(UsageError) as caught:
        choose_engine(None, "native", "cuda")  # pyright: ignore[reportArgumentType]
    assert str(caught.value).endswith('Give engine="torch", or no device.')
    assert caught.value.named(lambda name: f"--{name}").endswith("Give --engine torch, or no device.")
    rate = LossNotFinite("Try learning_rate=0.01", mentions=["learning_rate"])
    assert rate.named(lambda name: f"--{name.replace('_', '-')}") == "Try --learning-rate 0.01"
    out = OutputError("runs/x is there. Give another name with out=.", mentions=["out"])
    assert out.named(lambda name: f"--{name}") == "runs/x is there. Give another name with --out."
    assert in_words(UsageError("log_every is 0; give more.", argument="log_every")) == "log every is 0; give more."
