"""Find the images that a name means: a file, a folder, a pattern such as `scans/*.png`, or `mnist:7`.

The command line and `TrainedModel.predict` both use this module. An image that cannot be found does not stop the
others: it becomes a `Picture` with an error, and the caller decides what to do with it.
"""

import glob
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from numpy.typing import NDArray

from convlens.data import CATALOGUE, LabelledImages, find_entry, load_dataset
from convlens.data.custom.walking import IMAGE_ENDINGS, walk_folder
from convlens.errors import DataError, ImageError, UsageError
from convlens.words import count_of, natural_key, printable

if TYPE_CHECKING:
    from PIL.Image import Image

Content: TypeAlias = "Path | bytes | Image | NDArray[Any]"

_PATTERN = re.compile(r"[*?\[]")
_ITEM = re.compile(r"(?P<dataset>[A-Za-z][\w -]*):(?P<number>.*)", re.DOTALL)
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Picture:
    """One image to predict.

    Attributes:
        name: its path or a name such as `mnist:7`; empty if it has none.
        content: an argument for `convlens.pixels.read_image`; None if there is an error.
        true_class: the label that came with the image; empty if there was none.
        is_ready: whether `content` is a uint8 array of the network's shape, which is used unchanged.
        error: why the image cannot be read.
    """

    name: str
    content: "Content | None"
    true_class: str = ""
    is_ready: bool = False
    error: DataError | None = None


@dataclass
class NamedPictures:
    """Finds the images that names mean. Use one object for all names of a call, so that each dataset is read once.

    Args:
        shape: channels, height and width of the network's input.
        data_dir, on_progress: for datasets, see `convlens.load_dataset`.
        on_note: called with a message if files of a folder are left out.
    """

    shape: tuple[int, int, int]
    data_dir: Path | str | None = None
    on_progress: Callable[[Any], None] | None = None
    on_note: Callable[[str], None] = lambda _: None
    _test_images: dict[str, LabelledImages] = field(default_factory=dict)

    def find(self, name: str | Path) -> Iterator[Picture]:
        """Yield the pictures that a name means: one, or those of a folder or pattern, in natural order.

        Raises:
            UsageError: the name is a known dataset without an index, or with an index out of range.
            DatasetUnavailable: the dataset is not stored here and cannot be downloaded.
        """
        if isinstance(name, str) and names_a_dataset(name):
            yield self._from_dataset(name)
            return
        if not str(name):
            raise UsageError("the name of an image is empty. Give a path, a folder or a pattern.")
        shown, path = printable(str(name)), Path(name)
        try:
            if is_folder(path):
                yield from self._from_folder(path, shown)
            elif isinstance(name, str) and is_pattern(name):
                yield from self._from_pattern(name, shown)
            elif _ADDRESS.match(str(name)):
                raise ImageError(f"{shown} is a URL; Convlens downloads no images. Save the image and give its path.")
            else:
                yield Picture(shown, path)
        except DataError as error:
            yield Picture(shown, None, error=error)

    def _from_folder(self, folder: Path, shown: str) -> Iterator[Picture]:
        found = walk_folder(str(folder))
        for note in found.notes():
            self.on_note(f"{shown}: {note}")
        if not found.names:
            raise ImageError(f"{shown}: this folder has no image files. Give files, or a folder that contains some.")
        for name in sorted(found.names, key=natural_key):
            path = folder / name
            yield Picture(printable(str(path)), path)

    def _from_pattern(self, pattern: str, shown: str) -> Iterator[Picture]:
        matches = sorted(glob.iglob(pattern, recursive=True), key=natural_key)  # noqa: PTH207  may be absolute
        files = [match for match in matches if not os.path.isdir(match)]  # noqa: PTH112  there may be many
        images = [match for match in files if Path(match).suffix.lower() in IMAGE_ENDINGS] or files
        if not matches or (not files and "**" in pattern):
            raise ImageError(f"{shown}: no file matches this pattern. Check the path.")
        if len(images) < len(files):
            left_out = count_of(len(files) - len(images), "other file")
            self.on_note(f"{shown}: {left_out} left out, not images by their ending")
        chosen = set(images)
        for match in matches:
            if match in chosen:
                yield Picture(printable(match), Path(match))
            elif match not in files and "**" not in pattern:
                yield from self.find(Path(match))

    def _from_dataset(self, name: str) -> Picture:
        dataset, number = _dataset_and_number(name)
        if dataset not in self._test_images:
            test = load_dataset(dataset, data_dir=self.data_dir, on_progress=self.on_progress).test
            if test is None:
                raise UsageError(f"{name}: {dataset} has no test images. Give an image file.")
            self._test_images[dataset] = test
        images = self._test_images[dataset]
        if number >= len(images):
            raise UsageError(
                f"{name}: {dataset} has {len(images):,} test images. Give {dataset}:0 to {dataset}:{len(images) - 1}."
            )
        pixels, true_class = images.images[number], images.class_names[int(images.labels[number])]
        if pixels.shape == self.shape:
            return Picture(f"{dataset}:{number}", pixels, true_class, is_ready=True)
        return Picture(f"{dataset}:{number}", pixels.transpose(1, 2, 0), true_class)


def means_several(name: str | Path) -> bool:
    """Return whether a name is a folder or a pattern.

    >>> means_several("scans/*.png"), means_several("seven.png"), means_several("mnist:7")
    (True, False, False)
    """
    if isinstance(name, str) and names_a_dataset(name):
        return False
    return is_folder(name) or (isinstance(name, str) and is_pattern(name))


def is_folder(name: str | Path) -> bool:
    """Return whether a folder of that name exists; False if the name cannot be a path."""
    try:
        return Path(name).is_dir()
    except (OSError, ValueError):
        return False


def is_pattern(name: str) -> bool:
    """Return whether a text is a pattern; a file whose name has `*`, `?` or `[` in it is not.

    >>> is_pattern("scans/*.png"), is_pattern("seven.png")
    (True, False)
    """
    return bool(_PATTERN.search(name)) and not _exists(name) and not _ADDRESS.match(name)


def names_a_dataset(name: str) -> bool:
    """Return whether a text names a known dataset or one of its images; a file of that name takes precedence.

    >>> names_a_dataset("mnist:7"), names_a_dataset("mnist"), names_a_dataset("C:/7.png"), names_a_dataset("7.png")
    (True, True, False, False)
    """
    if _exists(name):
        return False
    if match := _ITEM.fullmatch(name):
        return _is_known(match["dataset"]) or match["number"].isdigit()
    return _is_known(name)


def _is_known(name: str) -> bool:
    try:
        return bool(name.strip()) and find_entry(name).name in CATALOGUE
    except UsageError:
        return False


def _dataset_and_number(name: str) -> tuple[str, int]:
    dataset, _, number = name.partition(":")
    entry = find_entry(dataset)
    if not number:
        raise UsageError(
            f"{name!r} is a dataset with many images. Give one of its test images, such as {entry.name}:7. "
            "To test a model on all of them, use `convlens evaluate` or convlens.evaluate."
        )
    if not (number.isascii() and number.isdigit()):
        raise UsageError(f"{name!r:.60}: {number!r:.40} is not an index. Give a test image such as {entry.name}:7.")
    return entry.name, int(number)


def _exists(name: str) -> bool:
    try:
        return Path(name).exists()
    except (OSError, ValueError):
        return False
