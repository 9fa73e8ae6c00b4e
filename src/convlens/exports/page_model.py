"""A trained model as JSON values for the page: everything it computes with, and values to verify its results.

Arrays are base64, because a page on disk cannot read other files. Python resolves the network, so that the page needs
neither a parser nor default values. The model comes with *check vectors*: a few pictures with the engine's results at
some places of every layer, which the page recomputes before it shows anything. Samples are example pictures;
`page_samples` describes how they are packed.
"""

import base64
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convlens.data import LabelledImages
from convlens.engines import Weights
from convlens.errors import UsageError
from convlens.exports.contents import check_images as choose_check_images
from convlens.exports.page_samples import encode_array, encode_samples
from convlens.layers import ResolvedLayer
from convlens.network import LayerRow, layer_table
from convlens.trained_model import TrainedModel, notice_of_stop

FORMAT = 2
MOST_PARAMETERS = 20_000_000
"""80 MB of weights are 107 MB of text, about as much as a browser can open."""
MOST_VALUES = 50_000_000
"""The most values in all layers for one picture, which the page keeps in memory together."""

CHECK_PLACES = 24
_FACTS = (
    *("data", "recipe", "epochs", "seed", "engine", "threads", "seconds", "trained_at"),
    *("training_images", "validation", "test", "convlens"),
)
_UNUSED = "num_batches_tracked"


def page_model(
    model: TrainedModel,
    samples: LabelledImages | None = None,
    check_images: NDArray[np.uint8] | None = None,
    name: str = "",
) -> dict[str, Any]:
    """Return a trained model as JSON values for the page.

    Args:
        model: the model to show.
        samples: labelled example pictures of the network's shape; `choose_samples` makes a good choice.
        check_images: pictures (uint8, N×C×H×W) for the check vectors; by default the first samples. Pictures of noise
            are added, because digits do not reach the corners.
        name: the name of the model on the page.

    Returns:
        `format`, `name`, `network`, `input_shape`, `class_names`, `layers`, `weights`, `normalisation`, `calibration`,
        `preprocessing`, `facts`, `check`, `samples`; the arrays are base64 of little-endian float32, or of bytes.

    Raises:
        UsageError: the model is too large for a page, its results are not finite, or the pictures have another shape
            or other classes.

    >>> from convlens import Network, TrainedModel
    >>> from convlens.network import initial_weights
    >>> from convlens.preprocessing import Preprocessing
    >>> network = Network.from_text("conv 2 3x3, relu, dense")
    >>> model = TrainedModel(
    ...     network, initial_weights(network, (1, 8, 8), 2, seed=0), Preprocessing((1, 8, 8)), ("cat", "dog"))
    >>> payload = page_model(model, name="pets")
    >>> [layer["text"] for layer in payload["layers"]]
    ['conv 2 3x3', 'relu', 'flatten', 'dense 2']
    >>> payload["weights"]["0.bias"]
    {'shape': [2], 'data': '...'}
    """
    plan = model.plan
    resolved = plan.network.resolve(plan.input_shape, plan.classes)
    _refuse_too_large(model, resolved)
    rows = layer_table(plan.network, plan.input_shape, plan.classes).rows
    if samples is not None:
        _check_samples(model, samples)
    normalisation = plan.normalisation
    real = samples.images if check_images is None and samples is not None else check_images
    return {
        "format": FORMAT,
        "name": name,
        "network": str(model.network),
        "input_shape": list(plan.input_shape),
        "class_names": list(model.class_names),
        "layers": [_layer(step, row) for step, row in zip(resolved, rows, strict=True)],
        "weights": page_weights(model.weights),
        "normalisation": {"mean": list(normalisation.mean), "std": list(normalisation.std)},
        "calibration": {"temperature": model.calibration.temperature, "threshold": model.calibration.threshold},
        "preprocessing": model.preprocessing.as_dict(),
        "facts": _facts(model),
        "check": _check_vectors(model, rows, choose_check_images(model, real)),
        "samples": None if samples is None else encode_samples(samples, model.logits(samples.images)),
    }


def page_weights(weights: Weights) -> dict[str, dict[str, Any]]:
    """Return the weights in the page's format, under their own names, without batch counters.

    >>> page_weights({"0.bias": np.array([1.0, 0.0], np.float32)})
    {'0.bias': {'shape': [2], 'data': 'AACAPwAAAAA='}}
    """
    return {
        name: {"shape": list(array.shape), "data": encode_array(array)}
        for name, array in weights.items()
        if not name.endswith(_UNUSED)
    }


def fingerprint(weights: Weights) -> int:
    """Return the CRC-32 of the weights in order; the page computes the same from the decoded weights.

    >>> fingerprint({"0.bias": np.array([1.0, 0.0], np.float32)})
    1491330278
    """
    checksum = 0
    for name, array in weights.items():
        if not name.endswith(_UNUSED):
            checksum = zlib.crc32(np.ascontiguousarray(array, "<f4").tobytes(), checksum)
    return checksum


def _refuse_too_large(model: TrainedModel, resolved: list[ResolvedLayer]) -> None:
    if model.parameters > MOST_PARAMETERS:
        raise UsageError(
            f"this model has {model.parameters:,} parameters; a page can show up to {MOST_PARAMETERS:,}. "
            "Train a smaller network: fewer channels, or a pooling layer before the first dense."
        )
    values = sum(int(np.prod(step.output_shape)) for step in resolved)
    if values > MOST_VALUES:
        raise UsageError(
            f"the layers of this model give {values:,} numbers for one picture; a page can show up to {MOST_VALUES:,}. "
            "Train on smaller pictures, or use fewer channels."
        )


def _check_samples(model: TrainedModel, samples: LabelledImages) -> None:
    if samples.image_shape != model.plan.input_shape:
        given, wanted = ("×".join(map(str, shape)) for shape in (samples.image_shape, model.plan.input_shape))
        raise UsageError(f"the samples are pictures of {given}; this model takes {wanted}. Give pictures of its shape.")
    if samples.class_names != model.class_names:
        given, wanted = (
            f"{len(names)} ({', '.join(names[:5])}{', ...' * (len(names) > 5)})"
            for names in ([*samples.class_names], [*model.class_names])
        )
        raise UsageError(
            f"the samples have other classes than the model: {given}, not {wanted}. Give samples of its classes."
        )


def _facts(model: TrainedModel) -> dict[str, Any]:
    """What the page shows of the training; `stopped` is a sentence, and only there if it was."""
    known = {key: model.facts[key] for key in _FACTS if key in model.facts}
    notice = notice_of_stop(model.facts)
    return known if notice is None else {**known, "stopped": notice}


def _layer(step: ResolvedLayer, row: LayerRow) -> dict[str, Any]:
    return {
        "index": step.index,
        "path": step.path,
        "kind": step.layer.word,
        "text": row.text,
        "inputs": list(step.inputs),
        "depth": step.depth,
        "branch": step.branch,
        "input_shape": list(step.input_shape),
        "output_shape": list(step.output_shape),
        **step.layer.page_arguments(),
        "size_formula": row.size_formula,
        "parameters": row.parameters,
        "parameters_formula": row.parameters_formula,
        "multiply_adds": row.multiply_adds,
        "receptive_field": list(row.receptive_field),
    }


def _check_vectors(model: TrainedModel, rows: Sequence[LayerRow], pictures: NDArray[np.uint8]) -> dict[str, Any]:
    """Return the engine's results for the pictures at some places of every layer: at the largest value, and at others
    drawn with a fixed seed.

    Raises:
        UsageError: a result is not finite.
    """
    layers = []
    random = np.random.default_rng(1)
    engine = model.engine
    with np.errstate(all="ignore"):
        outputs = engine.activations(pictures)
    names = ("input", *(f"layer '{row.text}'" for row in rows))
    for array, name in zip(outputs, names, strict=True):
        if not np.isfinite(array).all():
            raise UsageError(
                f"the {name} of this model has numbers that are not finite, which a page cannot show. Train it again, "
                "for example with a lower learning rate."
            )
        flat = array.reshape(len(pictures), -1)
        sizes = np.abs(flat)
        drawn = random.choice(flat.shape[1], min(CHECK_PLACES, flat.shape[1]), replace=False)
        places = np.unique(np.append(drawn, sizes.max(axis=0).argmax()))
        layers.append(
            {"places": places.tolist(), "values": encode_array(flat[:, places]), "largest": float(sizes.max())}
        )
    return {
        "images": base64.b64encode(np.ascontiguousarray(pictures).tobytes()).decode(),
        "count": len(pictures),
        "layers": layers,
        "logits": encode_array(outputs[-1].reshape(len(pictures), -1)),
        "weights": fingerprint(model.weights),
    }
