"""From whatever a person has to an answer: files, arrays or names of images to probabilities.

pictures     what a name means: a file, a folder, a pattern, mnist:7
readings     whether an array is one image or a batch
given        all else that can be given: lists, tensors, open files
predicting   the one path from pictures and batches to probabilities
prediction   the answer to one image
predictions  the answers to many
scoring      labels as people write them to class numbers
"""

from convlens.prediction.given import Given, read_given
from convlens.prediction.pictures import NamedPictures, Picture
from convlens.prediction.predicting import (
    OnError,
    Predictor,
    finite_logits,
    predict_given,
    predict_images,
    predict_probabilities,
)
from convlens.prediction.prediction import Prediction
from convlens.prediction.predictions import Predictions

__all__ = [
    "Given",
    "NamedPictures",
    "OnError",
    "Picture",
    "Prediction",
    "Predictions",
    "Predictor",
    "finite_logits",
    "predict_given",
    "predict_images",
    "predict_probabilities",
    "read_given",
]
