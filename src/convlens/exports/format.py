"""What an export format is: how a model is written in it, and how the result is run for the proof."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from convlens.data import LabelledImages
from convlens.errors import UsageError
from convlens.exports.contents import Contents, answers_of
from convlens.exports.options import ExportOptions
from convlens.exports.proof import Proof, Run, prove
from convlens.exports.quantised_proof import prove_quantised
from convlens.trained_model import TrainedModel


class ExportFormat(ABC):
    """A format. A new one is a subclass, and an entry in `exports/formats.py`.

    Class attributes: `name` is its name in `format=` and `--to`; `suffix` is the ending of its files, empty for a
    folder; `help` is a description in one line; `options` are the names of the `ExportOptions` that it has;
    `prepares_pictures` says that every export of this format takes pictures of any size; `tolerance` is the largest
    difference of two probabilities in its proof; with int8, `prove_quantised` counts answers instead.
    """

    name: ClassVar[str]
    suffix: ClassVar[str]
    help: ClassVar[str]
    options: ClassVar[tuple[str, ...]] = ()
    prepares_pictures: ClassVar[bool] = False
    tolerance: ClassVar[float] = 1e-5

    @property
    def is_folder(self) -> bool:
        """Whether an export is a folder of files."""
        return not self.suffix

    def check(self, model: TrainedModel, options: ExportOptions) -> None:
        """Refuse what this format cannot hold, before anything is computed; subclasses add to it.

        Raises:
            UsageError: the format does not have an option, or cannot hold the model.
            MissingDependency: a package that it needs is not installed.
        """
        del model
        for field in fields(ExportOptions):
            value = getattr(options, field.name)
            if field.name == "prepare" and value and self.prepares_pictures:
                raise UsageError(
                    f"prepare is True, but the format {self.name!r} prepares pictures without it. Leave it out.",
                    argument="prepare",
                )
            if value != field.default and field.name not in self.options:
                raise UsageError(
                    f"{field.name} is {value!r}, which the format {self.name!r} does not have. Leave it out.",
                    argument=field.name,
                )

    @abstractmethod
    def write(self, contents: Contents, path: Path, proof: Proof | None) -> None:
        """Write a new file (or folder) at `path`, with the proof inside if there is one."""

    @abstractmethod
    def open(self, path: Path) -> Run:
        """Return a function that runs the file (or folder) on images, as its users will."""

    def published(self, contents: Contents) -> Contents:
        """Return what becomes public of these contents."""
        return contents

    def model_file(self, path: Path) -> str:
        """Return what the file that prepares pictures calls the export at `path`."""
        return path.name

    def versions(self) -> Mapping[str, str]:
        """Return the versions of the programs that run it in the proof."""
        return {"numpy": np.__version__}

    def prove(self, contents: Contents, path: Path, images: LabelledImages | None) -> Proof:
        """Run the file on the check images and on these; see `prove` and `prove_quantised` for errors."""
        pixels = contents.images_of_proof(images)
        expected = answers_of(contents.model, pixels)
        found, facts = self.open(path)(pixels), (self.versions(), self.details(contents, path))
        if contents.options.int8:
            return prove_quantised(expected, found, None if images is None else images.labels, *facts)
        return prove(expected, found, self.tolerance, *facts)

    def prove_pictures(self, contents: Contents, path: Path, images: LabelledImages | None) -> int:
        """Let a file prepare pictures, some of them made of these images. Returns how many; 0 if the format cannot.

        Raises:
            ProofFailed: it prepares one otherwise than Convlens.
        """
        del contents, path, images
        return 0

    def details(self, contents: Contents, path: Path) -> Mapping[str, Any]:
        """Return facts that the proof should contain besides, such as the accuracy before and after quantisation."""
        del contents, path
        return {}

    def notes(self, contents: Contents) -> tuple[str, ...]:
        """Return what whoever exports should know besides, each in one sentence."""
        del contents
        return ()
