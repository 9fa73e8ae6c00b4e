"""`convlens.export`: write a model in a format, prove that the file answers like the model, and keep it only then."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convlens.checking import as_callback, as_flag, as_instance, as_path, as_whole
from convlens.data import LabelledImages, is_custom_path
from convlens.errors import ConvlensError, ProofFailed, UsageError
from convlens.evaluation import choose_images, find_test_images
from convlens.evaluation.images import OnProgress, find_training_images, what_it_learned_from
from convlens.exports.contents import Contents, check_images, name_in_export
from convlens.exports.format import ExportFormat
from convlens.exports.formats import FormatName, find_format, format_of
from convlens.exports.options import DEFAULTS, SAMPLES, ExportOptions, InputKind
from convlens.exports.page_samples import choose_samples
from convlens.exports.placing import put_in_place, refuse_existing, remove, sync_all
from convlens.exports.preparation.companion import companion_name, write_companion
from convlens.exports.preparation.proof_pictures import make_proof_pictures
from convlens.exports.preparation.proving import prove_preparation
from convlens.exports.proof import NotFinished, Proof
from convlens.exports.spacing import evenly_spaced
from convlens.files import check_parent_folder, explain_write_errors
from convlens.temporary import temporary_folder
from convlens.trained_model import TrainedModel
from convlens.words import printable

PROVE = 1000
"""The number of images that an export is proved with, unless another is given."""

TYPICAL = 512
"""The number of training images that `int8` looks at."""


@dataclass(frozen=True)
class Exported:
    """An export that was written and proved.

    Attributes:
        path: the file or folder.
        bytes: its size.
        proof: the proof.
        notes: what else is to be said, in words.
        prepare: the Python file that prepares pictures; None without that option.
    """

    path: Path
    bytes: int
    proof: Proof
    notes: tuple[str, ...] = ()
    prepare: Path | None = None


def export(
    model: TrainedModel,
    path: Path | str,
    format: FormatName | None = None,
    *,
    data: Any = None,
    prove: int = PROVE,
    int8: bool = False,
    input: InputKind = "tensor",
    prepare: bool = False,
    license: str | None = None,
    samples: int | None = None,
    name: str | None = None,
    overwrite: bool = False,
    data_dir: Path | str | None = None,
    on_progress: OnProgress | None = None,
) -> Exported:
    """Write a model as a file or folder for other programs, and prove that it answers like the model.

    The export is run after it was written, on check images, which are stored in it, and on `prove` held-out images.
    It is deleted if an answer differs. The proof is returned, and stored in the export. See `docs/export.md`.

    Args:
        model: the model.
        path: the file or folder to write.
        format: `html`, `python`, ...; by default the format that the ending of the path belongs to.
        data: images to prove the export with: `LabelledImages`, or the name or path of data, whose test images are
            used. By default the test images of the data that the model was trained on, if they are on this machine.
        prove: how many of these images the export is run on, evenly spaced. 0 runs it on noise only, without `data`.
        int8: whether weights and values are whole numbers of 8 bits, in formats that have this.
        input: "tensor", images of the network's shape, or "picture", images of any size, in formats that have this.
        prepare: whether a Python file that prepares pictures of any size, without Convlens, is written as well:
            `digits_prepare.py` beside `digits.onnx`, or in a folder that the format writes.
        license: the licence of the model, such as "mit", in formats that have this; by default none is named.
        samples: how many of the held-out images are stored as pictures, in formats that have this. With 0, none of
            them is stored in any form. By default 8 of the images of a known dataset, such as MNIST, and 0 of yours.
        name: the name of the model in the export; by default that of the path.
        overwrite: whether an existing file or folder may be replaced.
        data_dir: the folder of the datasets; by default that of `convlens data list`.
        on_progress: called while the images of `data` are read.

    Raises:
        UsageError: an argument is not allowed, or the format cannot hold this model.
        DataError: there are no images for the proof.
        MissingDependency: a package that the format needs is not installed.
        OutputError: the path exists, or cannot be written.
        ProofFailed: the export does not answer like the model; nothing is kept.
    """
    as_instance("model", model, TrainedModel, "a TrainedModel, as returned by convlens.load_model")
    path = as_path("path", path)
    shown = name_in_export(name, path)
    kind = format_of(path) if format is None else find_format(format)
    options = ExportOptions(int8, input, prepare, license, samples)
    as_whole("prove", prove, 0)
    as_flag("overwrite", overwrite)
    as_callback("on_progress", on_progress)
    kind.check(model, options)
    check_parent_folder(path)
    for place in _places(path, kind, options):
        refuse_existing(place, kind.name, kind.is_folder and place == path, overwrite)
    images = held_out_images(model, data, data_dir, on_progress) if prove else None
    if samples is None and ("samples" not in kind.options or _is_known_dataset(model, data)):
        options = replace(options, samples=SAMPLES)
    contents = make_contents(model, shown, images, options, data_dir)
    if int8:
        contents = replace(contents, typical=typical_images(model, images, data_dir))
    return write_proved(kind, contents, path, images, prove)


def held_out_images(
    model: TrainedModel, data: Any = None, data_dir: Path | str | None = None, on_progress: OnProgress | None = None
) -> LabelledImages:
    """Return the images that an export of this model is proved with.

    Raises:
        UsageError: `data` is None, and the model's own test images are not on this machine.
        DataError: the images of `data` cannot be read, or do not fit the model.
    """
    if data is not None:
        return choose_images(model, data, data_dir, on_progress).images
    found = find_test_images(model, data_dir)
    if found is None:
        raise UsageError(
            "there are no images to prove the export with: the data that the model was trained on is not on this "
            'machine. Name images, such as data="photos/", or give prove=0 to run the export on noise only.',
            mentions=["data", "prove"],
        )
    return found


def _is_known_dataset(model: TrainedModel, data: Any) -> bool:
    """Return whether the images of the proof are those of a known dataset, which everybody may see; `data` as given.

    Images in memory are not, because nothing tells where they come from.
    """
    try:
        source = what_it_learned_from(model) if data is None else data
    except ConvlensError:
        return False
    return isinstance(source, str) and not is_custom_path(source)


def typical_images(
    model: TrainedModel, images: LabelledImages | None = None, data_dir: Path | str | None = None
) -> NDArray[np.uint8]:
    """Return images that show which values the layers have: training images if they are on this machine, else some of
    `images`.

    Raises:
        UsageError: there are neither.
    """
    found = find_training_images(model, data_dir)
    found = images if found is None else found
    if found is None or not len(found):
        raise UsageError(
            "int8 needs images, because it rounds to the values that the layers have for them. The data that the model "
            'was trained on is not on this machine. Name images, such as data="photos/", and leave out prove=0.',
            argument="int8",
            mentions=["data", "prove"],
        )
    return found.images[evenly_spaced(len(found), TYPICAL)]


def make_contents(
    model: TrainedModel,
    name: str,
    images: LabelledImages | None,
    options: ExportOptions,
    data_dir: Path | str | None = None,
) -> Contents:
    """Return what an export contains: the model, and images to check it with and to show."""
    samples = None if images is None or not options.samples else choose_samples(model, images)
    checked = check_images(model, None if samples is None else samples.images)
    return Contents(model, name, checked, samples, options, held_out=images, data_dir=data_dir)


def write_proved(
    kind: ExportFormat,
    contents: Contents,
    path: Path,
    images: LabelledImages | None,
    count: int,
) -> Exported:
    """Write an export under a temporary name, prove it, write it again with the proof inside, and move it to `path`.

    Raises:
        OutputError: it cannot be written.
        ProofFailed: it does not answer like the model.
    """
    chosen = None if images is None else images.subset(evenly_spaced(len(images), count))
    with explain_write_errors(path), temporary_folder(path) as folder:
        written, companion = folder / path.name, folder / companion_name(path)
        kind.write(contents, written, None)
        with _deleted_if_wrong(path, contents.options):
            proof = kind.prove(contents, written, chosen)
        prepared = _prove_preparation(kind, contents, path, written, companion, chosen)
        if prepared:
            proof = replace(proof, details={**proof.details, "prepared_pictures": prepared})
        remove(written)
        kind.write(contents, written, proof)
        with _deleted_if_wrong(path, contents.options):
            kind.prove(contents, written, chosen)
        if contents.options.prepare and kind.is_folder:
            companion.rename(written / companion.name)
        size = sync_all(written)
        *others, _ = places = _places(path, kind, contents.options)
        put_in_place(list(zip([companion for _ in others] + [written], places, strict=True)), folder)
    beside = (path if kind.is_folder else path.parent) / companion_name(path)
    return Exported(path, size, proof, kind.notes(contents), beside if contents.options.prepare else None)


def _prove_preparation(
    kind: ExportFormat,
    contents: Contents,
    path: Path,
    written: Path,
    companion: Path,
    images: LabelledImages | None,
) -> int:
    """Prove how the export prepares pictures, or the file beside it, which is written here. Returns their number.

    Raises:
        ProofFailed: it prepares one otherwise than Convlens.
    """
    if not contents.options.prepare:
        with _deleted_if_wrong(path):
            return kind.prove_pictures(contents, written, images)
    pictures = make_proof_pictures(contents.check_images if images is None else images.images)
    write_companion(kind.published(contents), companion, kind.model_file(path), len(pictures))
    with _deleted_if_wrong(f"{path}, with {companion.name},"):
        return prove_preparation(companion, contents.model.preprocessing, pictures)


def _places(path: Path, kind: ExportFormat, options: ExportOptions) -> list[Path]:
    """Return the files and folders that an export consists of; the one that people look for comes last."""
    beside = [path.with_name(companion_name(path))] if options.prepare and not kind.is_folder else []
    return [*beside, path]


@contextlib.contextmanager
def _deleted_if_wrong(path: Path | str, options: ExportOptions = DEFAULTS) -> Iterator[None]:
    """Say in errors of a proof that the export at `path` was deleted, and why.

    Raises:
        ProofFailed: it does not answer like the model, or cannot be run.
    """
    try:
        yield
    except NotFinished as error:
        fewer = error.images // 10
        advice = f"Give prove={fewer} to run it on fewer images." if fewer > 10 else "Choose another format."
        raise ProofFailed(
            f"{path} was deleted, because it could not be proved: {error}. {advice}", mentions=["prove"]
        ) from error
    except ProofFailed as error:
        reason = f"it does not answer like the model: {error}"
        advice = "Leave out int8." if options.int8 else "Please report this."
        raise ProofFailed(f"{path} was deleted, because {reason}. {advice}") from error
    except (ConvlensError, OSError, MemoryError):
        raise
    except Exception as error:  # what a runtime raises is not known here
        reason = f"it cannot be run ({type(error).__name__}: {printable(str(error))[:200]})"
        raise ProofFailed(f"{path} was deleted, because {reason}. Please report this.") from error
