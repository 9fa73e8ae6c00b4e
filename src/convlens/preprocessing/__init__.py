"""Preprocessing: turns any picture into the network's input by the steps that made the training images.

The rules are stored with the model, because a digit that is dark on light, off centre or too small is the most common
reason why a network with 99 % on its test images fails on a photo. The training images' appearance is stored, too,
so that a new picture can be compared with them, normalised if that is safe, and reported if it is unlike them.

`fitting` derives both from the training images with the measures in `measuring`; `settings` and `appearance` hold the
stored values. `preparation` applies them: `digit_rules`, `glyph_rules` and `frame_rules` are the rules; `cleaning`,
`disturbances`, `glyph` and `strokes` are their steps; `trail` records the steps; `likeness` makes the final comparison.
"""

from convlens.preprocessing.appearance import Appearance, Centre, Spread
from convlens.preprocessing.fitting import choose_rules, fit_preprocessing
from convlens.preprocessing.preparation import Prepared, prepare
from convlens.preprocessing.settings import RULES, Normalisation, Preprocessing
from convlens.preprocessing.trail import Step

__all__ = [
    "RULES",
    "Appearance",
    "Centre",
    "Normalisation",
    "Prepared",
    "Preprocessing",
    "Spread",
    "Step",
    "choose_rules",
    "fit_preprocessing",
    "prepare",
]
