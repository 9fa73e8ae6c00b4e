"""Evaluates a model on labelled images and returns an `Evaluation`."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from convlens.checking import as_callback, as_flag, as_instance, as_path
from convlens.data import Dataset, LabelledImages
from convlens.deprecations import with_old_arguments
from convlens.engines import Engine
from convlens.errors import UsageError
from convlens.evaluation.evaluation import Evaluation
from convlens.evaluation.images import ImagesToJudge, choose_images
from convlens.habits import explains_arguments
from convlens.prediction import finite_logits
from convlens.signatures import Alias
from convlens.trained_model import TrainedModel, load_model

if TYPE_CHECKING:
    ModelLike: TypeAlias = TrainedModel | Path | str
    DataLike: TypeAlias = ImagesToJudge | Dataset | LabelledImages | Path | str
else:
    ModelLike, DataLike = Alias("ModelLike"), Alias("DataLike")


@with_old_arguments
@explains_arguments
def evaluate(
    model: ModelLike,
    data: DataLike | Any = None,
    labels: Any = None,
    *,
    engine: Engine | None = None,
    data_dir: Path | str | None = None,
    on_progress: Callable[[Any], None] | None = None,
    repair: bool = True,
) -> Evaluation:
    """Evaluate a model on labelled images.

    Args:
        model: a trained model, or where to find one: a file, a run folder, `"latest"`.
        data: the images to evaluate on, one of

            - None: the test images of the data that the model was trained on;
            - the name of a known dataset, or a `Dataset`: its test images;
            - a path (a folder of class folders, a CSV file, an `.npz` file, anything that `convlens.load_dataset`
              reads): its test images if it has a test part, else all images;
            - images in memory, with `labels` or together with them, as `convlens.train` takes them: the test images
              if they have a test part, else all. Arrays must have the model's shape; pictures of other sizes are
              prepared as in a prediction;
            - `LabelledImages`, or the result of `choose_images`: all images, unchanged.
        labels: the class of each image if `data` holds images alone: class names as text, or class numbers if no
            class name is a number.
        engine: the engine to compute with, holding the model's weights; by default the model chooses.
        data_dir: the folder of the known datasets.
        on_progress: called with the progress of fetching or reading the images.
        repair: whether to repair pictures of other sizes, or at a path that the model was not trained on, as in
            predictions.

    Raises:
        DataError: there are no images, or their shape or classes do not fit the model.
        UsageError: no data are given, and the model does not say what it was trained on.
    """
    if isinstance(data, TrainedModel) or not isinstance(model, TrainedModel | Path | str):
        raise UsageError(
            f"evaluate was given an object of type {type(model).__name__} as the model. The model comes first, "
            "then the data: evaluate(model, data), or evaluate(model, X, y)."
        )
    if engine is not None:
        as_instance("engine", engine, Engine, "an engine, as returned by TrainedModel.open_engine, or None")
    as_callback("on_progress", on_progress)
    as_flag("repair", repair)
    if data_dir is not None:
        as_path("data_dir", data_dir)
    trained = model if isinstance(model, TrainedModel) else load_model(model)
    if isinstance(data, ImagesToJudge):
        chosen = data
    else:
        chosen = choose_images(trained, data, data_dir, on_progress, repair, labels)
    logits = finite_logits(engine or trained.engine, chosen.images.images)
    return Evaluation(
        chosen.images.name, trained.class_names, chosen.images.labels, logits, trained.calibration, chosen.notes
    )
