"""Describes a calibration in words: one sentence for the temperature, one for the threshold."""

import math

from convlens.calibration.settings import UNCALIBRATED, Calibration
from convlens.words import count_of, exact_percent


def describe_calibration(calibration: Calibration) -> dict[str, str]:
    """Return sentences by name; a value that was neither fitted nor set has none.

    >>> describe_calibration(Calibration())
    {}
    >>> for name, words in describe_calibration(Calibration(1.25, 0.75, 0.01, 0.985, 0.0061, 2000)).items():
    ...     print(f"{name}: {words}")
    temperature: 1.25: the network was overconfident
    threshold: 75.00 %: anything below is unknown; answers 98.50 % of 2,000 validation images, 0.61 % of those wrong
    (chosen for at most 1 %)
    """
    words = {}
    if calibration.images or calibration.temperature != 1:
        words["temperature"] = f"{calibration.temperature:.3g}: the network was {_verdict(calibration)}"
    if calibration.threshold is not None:
        least = exact_percent(calibration.threshold)
        words["threshold"] = f"{least}: anything below is unknown{_on_validation_images(calibration)}"
    return words


def describe_answers(coverage: float, error: float | None, images: str, calibration: Calibration = UNCALIBRATED) -> str:
    """Describe coverage and error rate at a threshold, and the error rate that the threshold was chosen for.

    `images` says which images they were measured on.

    >>> describe_answers(0.985, 0.0061, "of the images")
    'answers 98.50 % of the images, 0.61 % of those wrong'
    """
    choice = describe_choice(calibration)
    chosen = f" ({choice})" if choice else ""
    if error is None:
        return f"answers none {images}{chosen}"
    return f"answers {exact_percent(coverage)} {images}, {exact_percent(error)} of those wrong{chosen}"


def describe_choice(calibration: Calibration) -> str:
    """Describe the error rate that the threshold was chosen for; empty if it was set by hand.

    >>> describe_choice(Calibration(1.25, 0.75, 0.01, 0.985, 0.0061, 2000))
    'chosen for at most 1 %'
    """
    if calibration.error_rate is None:
        return ""
    rate = f"at most {calibration.error_rate * 100:g} %"
    if calibration.rate_shown:
        return f"chosen for {rate}"
    if calibration.error is None:
        images = count_of(calibration.images, "validation image")
        return f"chosen for {rate}, but the most confident answer of {images} was wrong"
    if calibration.error:
        return f"chosen for {rate}, but even with a confidence of 1 more answers are wrong"
    told = "none of them was wrong" if calibration.coverage == 1 else "it is above the confidence of every wrong answer"
    return f"{count_of(calibration.images, 'validation image', 'is')} too few to show {rate}: {told}"


def _verdict(calibration: Calibration) -> str:
    if abs(math.log(calibration.temperature)) < 0.02:
        return "well calibrated"
    return "overconfident" if calibration.temperature > 1 else "underconfident"


def _on_validation_images(calibration: Calibration) -> str:
    if calibration.coverage is None:
        return ""
    images = f"of {count_of(calibration.images, 'validation image')}"
    return f"; {describe_answers(calibration.coverage, calibration.error, images, calibration)}"
