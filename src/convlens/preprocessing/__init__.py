"""How any picture becomes the input of a network: the same steps that made the training images, with a note for each.

Rules travel with the model, since a digit that is dark on light, off centre or too small is the commonest reason why a
network with 99 % on its test images fails on a photo. `settings` holds what is stored, `fitting` makes it from training
images, `preparation` applies it; `ink` holds the steps that look for ink.
"""

from convlens.preprocessing.fitting import fit_preprocessing
from convlens.preprocessing.preparation import Prepared, prepare
from convlens.preprocessing.settings import RULES, Normalisation, Preprocessing

__all__ = ["RULES", "Normalisation", "Prepared", "Preprocessing", "fit_preprocessing", "prepare"]
