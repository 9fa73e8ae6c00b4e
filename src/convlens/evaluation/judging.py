"""A model and labelled images in, an `Evaluation` out."""

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
    """Judge a model on labelled images.

    Args:
        model: a trained model, or the place of one: a file, a run folder, `"latest"`.
        data: the name of a known dataset or a `Dataset` (its test images are taken), `LabelledImages`, or the path of
            a user's images: a folder of class folders, a CSV file, an `.npz` and whatever else
            `convlens.load_dataset` reads. Of these every image counts, unless they have a test part of their own:
            then that. None takes the test images of what the model was trained on. What `choose_images` gave is
            taken as it is. Or images in memory, with `labels`, or both in one, as `convlens.train` takes them: every
            image counts, unless they have a test part. Arrays must have the model's shape; pictures of other sizes
            become the model's input as in a prediction.
        labels: the class of each image, where `data` are images alone: the text of a class name, or the number of a
            class where no class is called by a number.
        engine: what computes, if not the model's own choice; it must have the model's weights.
        data_dir: where known datasets are kept.
        on_progress: told how far fetching or reading the images is.
        repair: whether pictures of other sizes, or at a path that the model did not learn from, are repaired, as
            predictions repair them.

    Raises:
        DataError: there are no images, they have another shape, or their classes are not the model's.
        UsageError: nothing is known of what the model was trained on, and no data are named.
    """
    if isinstance(data, TrainedModel) or not isinstance(model, TrainedModel | Path | str):
        raise UsageError(
            f"evaluate was given an object of type {type(model).__name__} for the model. The model comes first, "
            "then the data: evaluate(model, data), or evaluate(model, X, y)."
        )
    if engine is not None:
        as_instance("engine", engine, Engine, "an engine, as TrainedModel.open_engine gives, or None")
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
