"""Every number of a study, worked out again from logits and labels by scikit-learn, SciPy, NumPy and torch."""

import csv
import dataclasses
import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import scipy.special
import scipy.stats
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    log_loss,
    precision_recall_fscore_support,
    zero_one_loss,
)
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.preprocessing import label_binarize

from convlens.calibration import Calibration
from convlens.data import Dataset, LabelledImages
from convlens.errors import DataError, UsageError
from convlens.evaluation import ImagesToJudge
from convlens.evaluation.corruptions import CORRUPTIONS
from convlens.report import Study, study_model
from convlens.trained_model import load_model

CLASSES = [str(number) for number in range(10)]


def close(value: Any) -> Any:
    return pytest.approx(value, rel=0, abs=1e-9)


class Judged:
    """Logits, labels and what scikit-learn and SciPy need of them."""

    def __init__(self, study: Study) -> None:
        self.found = json.loads(json.dumps(study.as_dict(), allow_nan=False))
        self.images, self.labels = study.chosen.images.images, study.chosen.images.labels
        self.logits = study.model.logits(self.images).astype(np.float64)
        self.said = self.logits.argmax(1)
        self.before = scipy.special.softmax(self.logits, axis=1)
        self.after = scipy.special.softmax(self.logits / study.model.calibration.temperature, axis=1)


@pytest.fixture(scope="module")
def judged(digits_study: Study) -> Judged:
    return Judged(digits_study)


def wilson(hits: float, total: float) -> list[float]:
    if total == 0:
        return [0, 1]
    found = scipy.stats.binomtest(int(hits), int(total)).proportion_ci(method="wilson")
    return [found.low, found.high]


def test_the_digits_are_a_fair_sample_for_what_follows(judged):
    # Otherwise some of the tests below would compare nothing with nothing.
    assert 0.6 < judged.found["accuracy"] < 0.95
    assert judged.found["temperature"] != 1
    assert 0 < judged.found["at_threshold"]["coverage"] < 1


def test_accuracy_and_its_interval(judged):
    found, total = judged.found, len(judged.labels)
    correct = accuracy_score(judged.labels, judged.said, normalize=False)
    assert (found["data"], found["total"], found["correct"]) == ("digits test", 297, correct)
    assert found["accuracy"] == close(accuracy_score(judged.labels, judged.said))
    assert found["interval_95"] == close(wilson(correct, total))


def test_every_class_with_its_intervals(judged):
    assert list(judged.found["classes"]) == CLASSES
    zero: Any = np.nan
    each: Any = precision_recall_fscore_support(judged.labels, judged.said, labels=range(10), zero_division=zero)
    matrix = confusion_matrix(judged.labels, judged.said, labels=range(10))
    for number, (name, row) in enumerate(judged.found["classes"].items()):
        found = [row["precision"], row["recall"], row["f1"], row["support"]]
        assert found == close([one[number] for one in each]), name
        hits, said, true = matrix[number, number], matrix[:, number].sum(), matrix[number].sum()
        assert row["precision_interval_95"] == close(wilson(hits, said))
        assert row["recall_interval_95"] == close(wilson(hits, true))
        # F1 = 2J / (1 + J), where J is the share of hits among hits, misses and false alarms.
        jaccard = wilson(hits, said + true - hits)
        assert row["f1_interval_95"] == close([2 * end / (1 + end) for end in jaccard])


def test_the_confusion_matrix(judged):
    assert judged.found["confusion"] == confusion_matrix(judged.labels, judged.said, labels=range(10)).tolist()


def bins_of_equal_width(probabilities: np.ndarray) -> list[np.ndarray]:
    best = probabilities.max(axis=1)
    places = np.digitize(best, np.linspace(0, 1, 16)[1:-1], right=True)
    return [np.flatnonzero(places == place) for place in range(15)]


def bins_of_equally_many(probabilities: np.ndarray, labels: np.ndarray) -> list[np.ndarray]:
    """Fifteen chunks of the images in the order of their confidence, and of equal ones the wrong ones first."""
    best, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    order = sorted(range(len(labels)), key=lambda place: (best[place], right[place]))
    ends = [-(-number * len(order) // 15) for number in range(16)]
    return [np.array(order[start:end]) for start, end in pairwise(ends)]


def calibration_error(probabilities: np.ndarray, labels: np.ndarray, bins: list[np.ndarray]) -> float:
    best, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    gaps = [len(some) * abs(best[some].mean() - right[some].mean()) for some in bins if len(some)]
    return sum(gaps) / len(labels)


def test_all_four_calibration_errors(judged):
    for when, probabilities in (("", judged.after), ("_before_temperature", judged.before)):
        width, mass = bins_of_equal_width(probabilities), bins_of_equally_many(probabilities, judged.labels)
        name = "expected_calibration_error"
        assert judged.found[f"{name}{when}"] == close(calibration_error(probabilities, judged.labels, width))
        assert judged.found[f"{name}_equal_mass{when}"] == close(calibration_error(probabilities, judged.labels, mass))


def test_the_temperature_is_that_of_the_model_file(judged, digits_run):
    assert judged.found["temperature"] == load_model(digits_run).calibration.temperature


def test_the_likelihoods(judged):
    assert judged.found["loss"] == close(log_loss(judged.labels, judged.before, labels=range(10)))
    assert judged.found["negative_log_likelihood"] == close(log_loss(judged.labels, judged.after, labels=range(10)))


def test_the_brier_scores(judged):
    truth = label_binarize(judged.labels, classes=range(10))
    for name, probabilities in (("", judged.after), ("_before_temperature", judged.before)):
        assert judged.found[f"brier_score{name}"] == close(((probabilities - truth) ** 2).sum(axis=1).mean())


def test_the_bins_of_the_reliability_diagram(judged):
    for name, probabilities in (("", judged.after), ("_before_temperature", judged.before)):
        expected = []
        for some in bins_of_equally_many(probabilities, judged.labels):
            right = accuracy_score(judged.labels[some], judged.said[some], normalize=False)
            confidence = probabilities[some].max(axis=1).mean()
            expected.append((len(some), right, confidence, right / len(some), *wilson(right, len(some))))
        found = [
            (bin["images"], bin["correct"], bin["confidence"], bin["accuracy"], *bin["interval_95"])
            for bin in judged.found[f"reliability{name}"]
        ]
        assert np.array(found) == close(np.array(expected))


def test_risk_against_coverage(judged):
    best = judged.after.max(axis=1)
    points = judged.found["risk_against_coverage"]
    assert len(points) == 200
    assert points[0]["threshold"] == close(best.max())
    assert points[-1]["coverage"] == 1
    assert all(before["threshold"] > after["threshold"] for before, after in pairwise(points))
    for point in points:
        answered = best >= point["threshold"] - 1e-12
        assert point["coverage"] == close(answered.mean())
        assert point["risk"] == close(zero_one_loss(judged.labels[answered], judged.said[answered]))


def test_the_area_under_risk_against_coverage(judged):
    best = judged.after.max(axis=1)
    risks = [zero_one_loss(judged.labels[best >= one], judged.said[best >= one]) for one in best]
    assert judged.found["area_under_risk_coverage"] == close(np.mean(risks))


def test_what_the_threshold_buys(judged, digits_study):
    threshold = digits_study.model.calibration.threshold
    answered = judged.after.max(axis=1) >= threshold
    right = accuracy_score(judged.labels[answered], judged.said[answered], normalize=False)
    assert judged.found["at_threshold"] == {
        "threshold": threshold,
        "error_rate": 0.01,
        "answered": int(answered.sum()),
        "wrong": int(answered.sum() - right),
        "coverage": close(answered.mean()),
        "error": close(zero_one_loss(judged.labels[answered], judged.said[answered])),
    }


def test_the_hardest_errors_and_their_order(judged):
    wrong = [place for place in range(297) if judged.said[place] != judged.labels[place]]
    wrong.sort(key=lambda place: -judged.after[place].max())
    found = judged.found["hardest_errors"]
    assert [one["index"] for one in found] == wrong
    for one, place in zip(found, wrong, strict=True):
        assert one["image"] == f"digits test {place}"
        assert (one["true"], one["said"]) == (CLASSES[judged.labels[place]], CLASSES[judged.said[place]])
        assert one["probability"] == close(judged.after[place].max())
        assert one["probability_of_true"] == close(judged.after[place, judged.labels[place]])


def test_the_label_errors_and_their_order(judged):
    given = judged.after[np.arange(297), judged.labels]
    others = np.where(label_binarize(judged.labels, classes=range(10)) == 1, -1, judged.after)
    margins = others.max(axis=1) - given
    order = [place for place in np.argsort(-margins, kind="stable").tolist() if margins[place] > 0]
    found = judged.found["label_errors"]
    assert [one["index"] for one in found] == order
    assert len(order) > 20
    for one, place in zip(found, order, strict=True):
        assert one["image"] == f"digits test {place}"
        assert (one["given"], one["suggested"]) == (CLASSES[judged.labels[place]], CLASSES[others[place].argmax()])
        assert one["given_probability"] == close(given[place])
        assert one["suggested_probability"] == close(others[place].max())
        assert one["margin"] == one["doubt"] == close(margins[place])


def test_accuracy_on_corrupted_images(judged, digits_study):
    found = judged.found["corruptions"]
    assert [(one["kind"], one["unit"]) for one in found] == [(one.kind, one.unit) for one in CORRUPTIONS]
    engine = digits_study.model.engine
    accuracies = set()
    for curve, corruption in zip(judged.found["corruptions"], CORRUPTIONS, strict=True):
        assert [point["strength"] for point in curve["points"]] == list(corruption.strengths)
        for point in curve["points"]:
            corrupted = (
                judged.images
                if point["strength"] == corruption.plain
                else corruption.apply(engine, judged.images, point["strength"])
            )
            said = digits_study.model.logits(corrupted).argmax(1)
            correct = accuracy_score(judged.labels, said, normalize=False)
            assert (point["correct"], point["total"]) == (correct, 297), (corruption.kind, point)
            assert point["accuracy"] == close(accuracy_score(judged.labels, said))
            assert point["interval_95"] == close(wilson(correct, 297))
            accuracies.add(point["correct"])
    assert len(accuracies) > 15


def test_of_many_images_two_thousand_are_corrupted(make_model, random_images):
    model = make_model("globalavgpool, dense", (1, 8, 8))
    images, labels = random_images(2100, (1, 8, 8), 2)
    study = study_model(model, LabelledImages(images, labels, ("cat", "dog"), "noise"))
    chosen = np.sort(np.random.default_rng(6).choice(2100, 2000, replace=False))
    right = accuracy_score(labels[chosen], model.logits(images[chosen]).argmax(1), normalize=False)
    assert {point.total for curve in study.corruptions for point in curve.points} == {2000}
    for curve, corruption in zip(study.corruptions, CORRUPTIONS, strict=True):
        (plain,) = [point for point in curve.points if point.strength == corruption.plain]
        assert plain.correct == right


def test_planted_dead_and_doubled_kernels_are_named(digits_study, digits_8x8):
    model = digits_study.model
    weights = {name: array.copy() for name, array in model.weights.items()}
    weights["0.weight"][3] = 1.7 * weights["0.weight"][1]
    weights["0.weight"][6] = -weights["0.weight"][2]  # the other way is not the same way
    weights["0.bias"][5] = -100
    study = study_model(dataclasses.replace(model, weights=weights), digits_8x8)
    (layer,) = study.as_dict()["kernels"]
    assert (layer["layer"], layer["text"], layer["kernels"]) == (0, "conv 8 3x3 pad 1", 8)

    import torch

    with torch.inference_mode():
        images = torch.from_numpy(study.chosen.images.images).float() / 255
        normalisation = model.preprocessing.normalisation
        images = (images - torch.tensor(normalisation.mean).view(1, -1, 1, 1)) / torch.tensor(normalisation.std).view(
            1, -1, 1, 1
        )
        maps = torch.conv2d(
            images, torch.from_numpy(weights["0.weight"]), torch.from_numpy(weights["0.bias"]), padding=1
        )
        largest = maps.relu().amax(dim=(0, 2, 3)).numpy()
    assert layer["dead"] == np.flatnonzero(largest <= 0).tolist() == [5]
    cosines = np.tril(cosine_similarity(weights["0.weight"].reshape(8, -1).astype(np.float64)), -1)
    assert layer["near_duplicates"] == [
        {"kernel": int(later), "like": int(earlier), "cosine": close(cosines[later, earlier])}
        for later, earlier in np.argwhere(cosines >= 0.98)
    ]
    assert [(one["kernel"], one["like"]) for one in layer["near_duplicates"]] == [(3, 1)]


def test_the_kernels_of_a_plain_network_are_counted(judged, digits_study):
    (layer,) = judged.found["kernels"]
    assert layer["kernels"] == len(digits_study.model.weights["0.weight"])


def numbers_of_torch(study: Study) -> Iterator[tuple[tuple[int, ...], int, int]]:
    """Output shape, learned numbers and multiply-adds of every module that the network becomes in torch."""
    import torch
    from torch import nn

    flowing = torch.zeros(1, *study.model.plan.input_shape)
    with torch.inference_mode():
        for module in study.model.to_torch().children():
            given, flowing = flowing, module(flowing)
            adds = 0
            if isinstance(module, nn.Conv2d):
                adds = flowing.numel() * module.weight[0].numel()
            elif isinstance(module, nn.Linear):
                adds = given.numel() * flowing.numel()
            yield tuple(flowing.shape[1:]), sum(one.numel() for one in module.parameters()), adds


def test_the_layer_table_is_what_torch_makes_of_the_network(judged, digits_study):
    table, expected = judged.found["layers"], list(numbers_of_torch(digits_study))
    assert [tuple(row["output_shape"]) for row in table["layers"]] == [shape for shape, _, _ in expected]
    assert [row["parameters"] for row in table["layers"]] == [learned for _, learned, _ in expected]
    assert [row["multiply_adds"] for row in table["layers"]] == [adds for _, _, adds in expected]
    assert table["parameters"] == sum(one.numel() for one in digits_study.model.to_torch().parameters())
    assert table["multiply_adds"] == sum(adds for _, _, adds in expected)
    assert (table["input_shape"], table["classes"]) == ([1, 8, 8], 10)


def test_the_course_of_the_training_is_that_of_the_run_folder(judged, digits_run):
    with (digits_run / "metrics.csv").open(newline="") as file:
        epochs = [{name: float(text) for name, text in row.items()} for row in csv.DictReader(file)]
    with (digits_run / "losses.csv").open(newline="") as file:
        losses = [[int(row["step"]), float(row["loss"])] for row in csv.DictReader(file)]
    training = judged.found["training"]
    assert training["epochs"] == epochs
    assert training["losses"] == losses
    assert (len(epochs), len(losses)) == (4, 40)
    facts = load_model(digits_run).facts
    assert {name: training[name] for name in facts if name != "epochs"} == json.loads(
        json.dumps({name: value for name, value in facts.items() if name != "epochs"})
    )


def test_the_speed_is_that_of_the_facts(judged, digits_study):
    facts, speed = digits_study.model.facts, judged.found["training"]["speed"]
    assert speed["seconds"] == facts["seconds"]
    assert speed["images_per_second"] == close(4 * 1200 / facts["seconds"])
    each = [adds for _, _, adds in numbers_of_torch(digits_study) if adds]
    # Two operations for each multiply-add; backwards twice as many, but none for the input of the network.
    assert speed["operations_per_image"] == 2 * (3 * sum(each) - each[0])
    if speed["peak"] is None:  # only the native engine has one
        assert speed["share_of_peak"] is None
    else:
        operations = speed["images_per_second"] * speed["operations_per_image"]
        assert speed["share_of_peak"] == close(operations / speed["peak"])


def test_what_can_be_trusted_is_counted(judged, digits_8x8):
    copies, amount = judged.found["trust"]
    assert (copies["kind"], copies["verdict"], copies["count"], copies["images"]) == ("copies", "good", 0, [])
    few = int((np.bincount(judged.labels) < 30).sum())
    assert (amount["kind"], amount["verdict"], amount["count"]) == ("amount", "warning", few)
    assert few > 0
    learned = {image.tobytes() for image in digits_8x8.train.images}
    assert not learned & {image.tobytes() for image in judged.images}


def test_planted_copies_of_training_images_are_all_found(digits_run, digits_8x8):
    test = digits_8x8.test
    assert test is not None
    images = test.images.copy()
    places = [4, 17, 100, 296]
    images[places] = digits_8x8.train.images[[8, 9, 700, 1499]]
    mixed = Dataset("digits", digits_8x8.train, dataclasses.replace(test, images=images), "letterbox")
    (copies, *_) = study_model(digits_run, mixed).as_dict()["trust"]
    assert (copies["verdict"], copies["count"]) == ("bad", 4)
    assert copies["images"] == [f"digits test {place}" for place in places]


def without_the_peak(study: Study) -> dict[str, Any]:
    """All numbers, but for the machine's speed, which is measured anew each time."""
    found = study.as_dict()
    for name in ("peak", "share_of_peak"):
        del found["training"]["speed"][name]
    return found


def test_the_same_model_on_the_same_images_gives_the_same_study(digits_study, digits_run, digits_8x8):
    again = study_model(digits_run, digits_8x8)
    assert json.dumps(without_the_peak(again)) == json.dumps(without_the_peak(digits_study))


def test_a_study_has_no_number_that_json_does_not_know(make_reader, show):
    names = ("cat", "dog", "emu")
    study = study_model(make_reader(names, calibration=Calibration(threshold=1.0)), show(names, [0, 0], [0, 0]))
    found = json.loads(json.dumps(study.as_dict(), allow_nan=False))
    assert found["classes"]["dog"]["precision"] is None
    assert found["at_threshold"]["error"] is None


def test_images_that_were_chosen_already_are_taken_as_they_are(digits_study, digits_run):
    chosen = ImagesToJudge(digits_study.chosen.images.subset(range(20)), ("twenty of them",))
    study = study_model(load_model(digits_run), chosen)
    assert study.chosen is chosen
    assert study.as_dict()["notes"] == ["twenty of them"]
    assert study.as_dict()["total"] == 20


def test_a_run_is_called_by_its_folder_and_another_file_by_its_name(digits_run, digits_8x8, digits_study):
    assert digits_study.name == "digits-run"
    digits_study.model.save("moved.safetensors")
    alone = study_model("moved.safetensors", digits_8x8)
    assert alone.name == "moved"
    assert alone.as_dict()["training"]["epochs"] == []


def test_nothing_known_of_the_data_asks_for_their_name(make_model):
    with pytest.raises(UsageError, match=r"which is not a known dataset\. Name the data to evaluate it on"):
        study_model(make_model())


def test_images_of_another_shape_are_refused(make_model, random_images):
    images, labels = random_images(4, (1, 9, 9), 2)
    with pytest.raises(DataError, match="noise has images of 1×9×9; this model takes 1×8×8"):
        study_model(make_model(), LabelledImages(images, labels, ("cat", "dog"), "noise"))
