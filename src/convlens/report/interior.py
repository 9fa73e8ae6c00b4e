"""The sections of the page about training, layers, kernels and feature maps."""

from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convlens.calibration import describe_calibration
from convlens.illustrations import draw_network, render_svg
from convlens.lens import KernelFacts, LayerKernels, describe_kernels, look_through
from convlens.report import figures
from convlens.report.pictures import encode_maps, encode_svg
from convlens.report.study import Study
from convlens.report.thinning import thin_out
from convlens.trained_model import describe_stop
from convlens.words import count_of, number, percent, share, short, times

MOST_KERNELS = 1024
_MOST_MAPS, _LARGEST_MAP = 64, 48
_MOST_LAYERS = 40
_MAPS_BUDGET = 1_500_000
_MOST_EPOCHS = 500


def tell_training(study: Study) -> dict[str, Any]:
    """Return the curves, recipe, time, and all training settings."""
    facts, course = study.model.facts, study.course
    settings = facts.get("settings")
    return {
        "facts": [(name, text) for name, text in _training_facts(study).items() if text],
        "losses": figures.draw_losses(course) if any(loss is not None for _, loss in course.losses) else "",
        "accuracies": figures.draw_accuracies(course) if len(course.epochs) > 1 else "",
        "epochs": [(place + 1, course.epochs[place]) for place in thin_out(len(course.epochs), _MOST_EPOCHS)],
        "all_epochs": len(course.epochs) <= _MOST_EPOCHS,
        "settings": _flatten(settings) if isinstance(settings, dict) else [],
        "notes": [note for note in _listed(facts.get("notes")) if isinstance(note, str)],
    }


def _training_facts(study: Study) -> dict[str, str]:
    model, speed = study.model, study.speed
    facts = model.facts
    rate = "" if speed.images_per_second is None else f"{speed.images_per_second:,.0f} images per second"
    peak = speed.share_of_peak
    if peak is not None and speed.peak:
        rate += f", {share(peak, 0)} of this processor's peak of {speed.peak / 1e9:,.0f} GFLOP/s, measured just now"
    trained_at = str(facts.get("trained_at", ""))
    return {
        "network": str(model.network),
        "parameters": f"{model.parameters:,}",
        "trained on": _words(facts.get("data")) + _in_brackets(facts.get("training_images"), "image"),
        "recipe": _words(facts.get("recipe")),
        "epochs": _words(facts.get("epochs")) + _in_brackets(facts.get("steps"), "step"),
        "seed": _words(facts.get("seed")),
        "engine": _words(facts.get("engine")),
        "time": "" if speed.seconds is None else f"{speed.seconds:,.1f} s",
        "speed": rate,
        "finished": f"no, {stop}" if (stop := describe_stop(facts)) else "",
        "trained": _date(trained_at),
        "Convlens version": _words(facts.get("convlens")),
        **describe_calibration(model.calibration),
    }


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _words(value: object) -> str:
    return "" if value is None else str(value)


def _in_brackets(amount: object, noun: str) -> str:
    return f" ({count_of(amount, noun)})" if isinstance(amount, int) else ""


def _date(text: str) -> str:
    try:
        return f"{datetime.fromisoformat(text):%d %B %Y, %H:%M}".lstrip("0")
    except ValueError:
        return text


def _flatten(settings: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Flatten nested settings, each with its full name."""
    rows = []
    for name, value in settings.items():
        label = f"{prefix}{name.replace('_', ' ')}"
        rows += _flatten(value, f"{label}, ") if isinstance(value, dict) else [(label, str(value))]
    return rows


def tell_layers(study: Study) -> dict[str, Any]:
    """Return the layer table and the diagram."""
    table, model = study.layers, study.model
    diagram = ""
    if len(table.rows) <= _MOST_LAYERS:
        sheet = draw_network(model.network, model.plan.input_shape, model.plan.classes)
        diagram = encode_svg(render_svg(sheet))
    return {
        "table": table,
        "diagram": diagram,
        "input": model.plan.input_shape,
    }


def tell_kernels(study: Study) -> dict[str, Any]:
    """Return every kernel of the first convolution, and the dead or duplicate kernels of all convolutions."""
    odd = [sentence for layer in study.kernels for sentence in describe_kernels(layer)]
    if not study.kernels:
        return {"odd": odd, "text": "", "kernels": [], "layers": 0, "more": "", "channels": 1}
    first = study.kernels[0]
    largest = float(np.abs(first.weights).max()) or 1.0
    shown = first.kernels[:MOST_KERNELS]
    return {
        "odd": odd,
        "layers": len(study.kernels),
        "text": f"Layer {first.layer}: {first.text}",
        "largest": number(largest, 2),
        "channels": first.weights.shape[1],
        "kernels": [_kernel(first, kernel, largest) for kernel in shown],
        "more": f"The first {len(shown):,} of {len(first.kernels):,} are shown."
        if len(shown) < len(first.kernels)
        else "",
    }


def _kernel(layer: LayerKernels, kernel: KernelFacts, largest: float) -> dict[str, Any]:
    weights = layer.weights[kernel.number]
    flags = ["dead"] * kernel.dead
    flags += [] if kernel.like is None else [f"like {kernel.like}"]
    values = "; ".join(
        ", ".join(" ".join(number(float(value), 2) for value in row) for row in channel) for channel in weights[:3]
    )
    return {
        "address": encode_maps(weights, columns=len(weights), largest=largest),
        "number": kernel.number,
        "bias": number(kernel.bias, 2),
        "flags": flags,
        "numbers": values if weights[0].size <= 49 else "",
    }


def tell_maps(study: Study) -> list[dict[str, Any]]:
    """Return the maps of three images: the most confident right answer, the most confident error, and the least
    confident right answer.
    """
    budget, told = _MAPS_BUDGET, []
    for words, index in _chosen_images(study):
        judged, names = study.evaluation, study.evaluation.class_names
        said = int(judged.predicted[index])
        layers = []
        for one in look_through(study.engine, study.chosen.images.images[index]):
            if one.values.ndim != 3:
                continue
            maps = _smaller(one.values[:_MOST_MAPS])
            address = encode_maps(maps, columns=_columns(len(maps)))
            budget -= len(address)
            if budget < 0:
                break
            more = f", the first {len(maps)}" if len(maps) < len(one.values) else ""
            name = "the network's input" if one.layer < 0 else f"{one.layer} {one.text}"
            layers.append({"name": name, "size": times(one.values.shape) + more, "address": address,
                           "columns": _columns(len(maps))})  # fmt: skip
        probability = percent(float(judged.confidences.best[index]))
        title = f"{words}: {study.chosen.name_of(index)}, {short(names[judged.labels[index]])}"
        told.append({"title": title, "said": f"predicted: {short(names[said])}, {probability}", "layers": layers})
    return told


def _chosen_images(study: Study) -> list[tuple[str, int]]:
    judged = study.evaluation
    best = judged.confidences.best
    (right,) = np.nonzero(judged.predicted == judged.labels)
    chosen = []
    if len(right):
        chosen.append(("Most confident right answer", int(right[np.argmax(best[right])])))
    chosen += [("Most confident error", index) for index in judged.hardest_errors(1).tolist()]
    if len(right) > 1:
        chosen.append(("Least confident right answer", int(right[np.argmin(best[right])])))
    return chosen


def _columns(maps: int) -> int:
    return min(maps, 8 if maps <= 32 else 16)


def _smaller(maps: NDArray[np.float32]) -> NDArray[np.float32]:
    """Reduce maps to at most 48 pixels a side by averaging blocks of pixels."""
    step = -(-max(maps.shape[1:]) // _LARGEST_MAP)
    if step == 1:
        return maps
    tall, wide = (min(step, length) for length in maps.shape[1:])  # a row of pixels is a map of one row
    height, width = maps.shape[1] // tall, maps.shape[2] // wide
    cut = maps[:, : height * tall, : width * wide]
    return cut.reshape(len(maps), height, tall, width, wide).mean(axis=(2, 4))
