"""Settings: checked on construction, written and read back, and the tutorial's numbers kept as they are."""

import pytest

from convlens.engines import AugmentationSettings, LossSettings, OptimizerSettings
from convlens.errors import NetworkError, UsageError
from convlens.layers import Conv2d, Dense, Flatten, MaxPool2d, ReLU
from convlens.network import Network
from convlens.training import RECIPES, TrainingSettings, choose_settings


def test_the_tutorial_recipe_is_the_tutorial():
    tutorial = RECIPES["tutorial"]
    assert (tutorial.seed, tutorial.batch_size, tutorial.epochs, tutorial.log_every) == (3, 64, 10, 450)
    assert (tutorial.optimizer, tutorial.learning_rate, tutorial.schedule) == (
        OptimizerSettings("adam"),
        0.001,
        "constant",
    )
    assert tutorial.optimizer.weight_decay == 0
    assert Network.from_text(tutorial.network).layers == (
        Conv2d(8, kernel_size=3, padding=1),
        ReLU(),
        MaxPool2d(2),
        Conv2d(16, kernel_size=3, padding=1),
        ReLU(),
        MaxPool2d(2),
        Flatten(),
        Dense(),
    )


def test_the_fast_recipe_has_the_same_network_and_one_cycle():
    fast, tutorial = RECIPES["fast"], RECIPES["tutorial"]
    assert fast.network == tutorial.network
    assert (fast.schedule, fast.optimizer.name, fast.batch_size, fast.epochs) == ("one-cycle", "adam", 128, 2)
    # The other settings of Adam are PyTorch's, and the tutorial's all are.
    assert (fast.optimizer, tutorial.optimizer) == (OptimizerSettings(beta2=0.97), OptimizerSettings())
    assert (fast.loss, tutorial.loss) == (LossSettings(label_smoothing=0.03), LossSettings())


def test_settings_come_back_from_their_dict():
    settings = TrainingSettings(optimizer=OptimizerSettings("sgd", momentum=0.8), validation=0.1, threads=2)
    assert TrainingSettings.from_dict(settings.as_dict()) == settings
    assert "threads" not in TrainingSettings().as_dict()


def test_a_run_of_an_older_version_has_a_stretch():
    settings = TrainingSettings.from_dict({"augmentation": {"shift": 0.25, "stretch": 0.125}})
    assert settings.augmentation == AugmentationSettings(shift=0.25, aspect=0.125)


def test_changes_that_are_none_leave_the_recipe():
    assert choose_settings("tutorial", epochs=None, seed=0) == TrainingSettings.from_dict(
        {**RECIPES["tutorial"].as_dict(), "seed": 0}
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epochs": 0}, r"epochs is 0; give a whole number from 1 to 100,000\."),
        ({"batch_size": 0}, r"batch_size is 0; give a whole number from 1 to 1,000,000\."),
        ({"learning_rate": 0.0}, r"learning_rate is 0\.0; give a number above 0, such as 0\.001\."),
        ({"learning_rate": float("nan")}, "learning_rate is nan; give a number above 0"),
        ({"learning_rate": float("inf")}, "learning_rate is inf; give a number above 0"),
        ({"seed": -1}, r"seed is -1; give a whole number from 0 to 4,294,967,295\."),
        ({"validation": 0.9}, r"validation is 0\.9; give a share from 0 to 0\.5"),
        ({"schedule": "cosine"}, r"schedule 'cosine' is not known; give constant or one-cycle\."),
        ({"log_every": 0}, "log_every is 0; give a whole number from 1 to"),
        ({"early_stopping": -1}, r"early_stopping is -1; give a whole number from 0 to 100,000\."),
        ({"early_stopping": 2.5}, r"early_stopping is 2\.5; give a whole number from 0 to 100,000\."),
        ({"max_seconds": 0}, r"max_seconds is 0; give a number above 0, such as 60 for a minute\."),
        ({"max_seconds": float("inf")}, r"max_seconds is inf; give a number above 0"),
        ({"max_seconds": True}, r"max_seconds is True; give a number above 0"),
    ],
)
def test_every_setting_is_checked(changes, message):
    with pytest.raises(UsageError, match=message):
        TrainingSettings(**changes)


@pytest.mark.parametrize(("given", "patience"), [(True, 5), (False, 0), (0, 0), (1, 1), (7, 7)])
def test_true_is_the_usual_patience_and_not_one(given, patience):
    settings = TrainingSettings(early_stopping=given)
    assert (settings.early_stopping, type(settings.early_stopping)) == (patience, int)
    assert TrainingSettings.from_dict(settings.as_dict()) == settings
    assert TrainingSettings.from_dict({"early_stopping": given}) == settings
    assert choose_settings("fast", early_stopping=given) == settings


def test_early_stopping_and_a_time_limit_are_for_whoever_asks():
    for recipe in (*RECIPES, "best"):
        settings = choose_settings(recipe)
        assert (settings.early_stopping, settings.max_seconds) == (0, None)


def test_only_the_tutorial_logs_its_losses():
    assert {recipe: choose_settings(recipe).log_every for recipe in (*RECIPES, "best")} == {
        "tutorial": 450,
        "fast": None,
        "best": None,
    }


def test_a_mistake_in_the_network_points_at_the_word():
    with pytest.raises(NetworkError, match=r"rleu(.|\n)*\^\^\^\^"):
        TrainingSettings(network="conv 8 3x3, rleu, dense")


def test_an_unknown_recipe_lists_the_known_ones():
    with pytest.raises(UsageError, match=r"recipe 'quick' is not known; give fast, tutorial or best\."):
        choose_settings("quick")


def test_a_dict_with_a_wrong_type_or_key_says_which():
    with pytest.raises(UsageError, match=r"Expected `int`, got `str` - at `\$\.epochs`"):
        TrainingSettings.from_dict({"epochs": "three"})
    with pytest.raises(UsageError, match=r"unknown setting 'momentun'\. The settings are name, beta1"):
        TrainingSettings.from_dict({"optimizer": {"momentun": 0.9}})
    with pytest.raises(UsageError, match=r"epochs is 0; give a whole number from 1 to 100,000\."):
        TrainingSettings.from_dict({"epochs": 0})
    with pytest.raises(UsageError, match=r"^the settings cannot be used: 'utf-8' codec can't encode"):
        TrainingSettings.from_dict({"schedule": "\ud800"})


def test_an_endless_value_of_a_stored_setting_is_cut_after_300_letters():
    with pytest.raises(UsageError) as caught:
        TrainingSettings.from_dict({"optimizer": {"name": "q" * 600}})
    start = "Invalid enum value '"
    assert str(caught.value) == f"the settings cannot be used: {start}{'q' * (299 - len(start))}…."
