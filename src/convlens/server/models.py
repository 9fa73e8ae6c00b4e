"""Models as JSON bytes for the page, made once per model file, because several pages may ask for the same model."""

import threading
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from convlens.errors import ModelFileError
from convlens.evaluation import find_test_images
from convlens.exports import choose_samples, page_model
from convlens.server.run_list import find_run
from convlens.server.wire import to_wire
from convlens.trained_model import load_model
from convlens.trained_model.location import find_model_file, name_of_model

MOST_KEPT = 2


@dataclass
class Models:
    """Models by the name of their run; the model given to `convlens open` has no run name.

    Attributes:
        runs: the folder of the runs.
        given: the file or folder given to `convlens open`, or None.
        data_dir: the folder of the known datasets, which samples are taken from if they are there; nothing is
            downloaded.
    """

    runs: Path
    given: Path | None = None
    data_dir: Path | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        # Found once, since a later look would fail when the file is gone.
        self._given_file = None if self.given is None else _find(self.given)

    @property
    def given_name(self) -> str | None:
        """The name of the given model on the page."""
        return None if self._given_file is None else name_of_model(self._given_file)

    @property
    def is_gone(self) -> bool:
        """Whether the given model was deleted or moved since."""
        return self._given_file is not None and not self._given_file.is_file()

    def payload(self, run: str) -> bytes:
        """Return the page's JSON for a run, or for the model that was given.

        Raises:
            UsageError: this is not the name of a run, or the model is too large for a page.
            ModelFileError: there is no such model, or it is damaged.
        """
        file = self._given_file
        if run or file is None:
            file = find_run(self.runs, run or "latest")
        try:
            known = file.stat()
        except OSError as error:
            raise ModelFileError(
                f"the model {name_of_model(file)} is gone: its file was deleted or moved. Open another run."
            ) from error
        with self._lock:  # one at a time, so that two hundred requests for one model compute it once
            return _make(file, self.data_dir, known.st_mtime_ns, known.st_size)


def _find(given: Path) -> Path:
    """Return the model file with the run's own folder instead of `latest`, which changes with the next run."""
    file = find_model_file(given)
    return file.parent.resolve() / file.name


@lru_cache(maxsize=MOST_KEPT)
def _make(file: Path, data_dir: Path | None, _time: int, _size: int) -> bytes:
    """Return the page's JSON of a model file; it is made again when the file has changed."""
    model = load_model(file)
    images = find_test_images(model, data_dir)
    samples = None if images is None else choose_samples(model, images)
    return to_wire(page_model(model, samples, name=name_of_model(file)))
