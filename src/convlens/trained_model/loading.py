"""Loads a trained model from a file, a run folder, the Hugging Face Hub, or a state dict of PyTorch."""

from collections.abc import Sequence
from pathlib import Path

from convlens.errors import ModelFileError, UsageError
from convlens.network import NetworkLike
from convlens.preprocessing import Normalisation
from convlens.trained_model.hub import read_address
from convlens.trained_model.location import find_model_file
from convlens.trained_model.model import TrainedModel
from convlens.trained_model.outside import names_of, preprocessing_of, take_state_dict


def load_model(
    model: Path | str,
    *,
    network: NetworkLike | None = None,
    input_shape: tuple[int, int, int] | None = None,
    class_names: Sequence[str] | None = None,
    normalisation: Normalisation | None = None,
) -> TrainedModel:
    """Load a trained model from its file, a run folder, `"latest"`, or the Hugging Face Hub (`"hf://user/name"`).

    `"hf://user/name@revision"` is a branch, tag or commit. The model file is downloaded into the cache of
    huggingface_hub, and checked like any other.

    A safetensors file with the state dict of a PyTorch module can be loaded, too, if `network` and `input_shape` say
    what it was made from:

        load_model("digits.safetensors", network="conv 8 3x3 pad 1, relu, maxpool 2, dense", input_shape=(1, 28, 28))

    Args:
        model: a model file, a run folder, "latest", or "hf://user/name".
        network: for a state dict: its layers; its names of the tensors may differ if their shapes tell them apart.
        input_shape: for a state dict: the shape (C, H, W) of the images.
        class_names: for a state dict: one for each output; by default the numbers from 0.
        normalisation: for a state dict: (pixels / 255 − mean) / std; by default pixels / 255.

    Raises:
        ModelFileError: there is no model, or it is not usable; the message says why.
        HubError: the Hugging Face Hub cannot be reached, or refuses.
        MissingDependency: huggingface_hub is not installed.
        UsageError: `network` was given without `input_shape`, or either is wrong.
    """
    path = find_model_file(model)
    name = str(read_address(model) or path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror}. Give a model that Convlens wrote.") from error
    if network is None:
        return TrainedModel.from_bytes(content, name)
    if input_shape is None:
        raise UsageError("network was given without input_shape. Give input_shape=(channels, height, width), too.")
    preprocessing = preprocessing_of(input_shape, normalisation)
    read, weights, classes = take_state_dict(content, name, network, preprocessing.image_shape)
    return TrainedModel(read, weights, preprocessing, names_of(class_names, classes), {"data": "trained elsewhere"})
