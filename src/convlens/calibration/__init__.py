"""Calibration: a temperature for the logits, and a threshold on the probability below which an answer is `unknown`."""

from convlens.calibration.fitting import fit_calibration
from convlens.calibration.settings import UNCALIBRATED, Calibration
from convlens.calibration.words import describe_answers, describe_calibration, describe_choice

__all__ = [
    "UNCALIBRATED",
    "Calibration",
    "describe_answers",
    "describe_calibration",
    "describe_choice",
    "fit_calibration",
]
