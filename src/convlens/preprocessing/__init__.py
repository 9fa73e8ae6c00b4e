"""How any picture becomes the input of a network: the same steps that made the training images, with a note for each.

Rules travel with the model, since a digit that is dark on light, off centre or too small is the commonest reason why a
network with 99 % on its test images fails on a photo. With them travels how the training images look, so that a new
picture can be compared, normalised where that is safe, and called unlike where it is.

`fitting` makes both from training images, by the measures of `measuring`; `settings` and `appearance` hold what is
stored. `preparation` applies it: `digit_rules`, `glyph_rules` and `frame_rules` are the rules; `cleaning`,
`disturbances`, `glyph` and `strokes` are their steps; `trail` is what is written down on the way, `likeness` the last
look.
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
