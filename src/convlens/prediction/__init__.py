"""Convert files, arrays or names of images to predictions.

pictures     find the images that a name means: a file, a folder, a pattern, mnist:7
readings     decide whether an array is one image or a batch
given        read every other input: lists, tensors, open files
predicting   compute the probabilities of images and batches
prediction   the prediction for one image
predictions  the predictions for many images
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
