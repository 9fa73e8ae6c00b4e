"""The errors that Convlens raises on purpose.

    ConvlensError                         exit code 1
    ├── UsageError (ValueError)           2   a setting or a name that is not allowed
    │   └── NetworkError                  2   a network that cannot be built; may point into its text
    ├── DataError (ValueError)            3   data that cannot be used
    │   ├── DatasetUnavailable            3   no source has the files of a known dataset
    │   ├── DamagedData                   3   a data file that is damaged or has another format
    │   └── ImageError                    3   an image file that cannot be decoded
    ├── ModelFileError (ValueError)       4   a file that is not a usable trained model
    │   ├── DamagedModel                  4   truncated, flipped bits, tensors that do not fit
    │   └── FutureModel                   4   written by a newer version of Convlens
    ├── OutputError (OSError)             1   a file or folder that cannot be written
    ├── ProofFailed                       1   an exported file that does not answer like its model
    ├── HubError (OSError)                1   the Hugging Face Hub cannot be reached, or refuses
    ├── MissingDependency (ImportError)   1   an optional package that is not installed
    └── LossNotFinite (ArithmeticError)   1   a training whose loss became NaN or infinite

Messages follow one form: what was given, what is allowed, what to do next. Every class also inherits from the built-in
exception that fits, so that generic code can catch it.
"""

import re
from collections.abc import Callable, Sequence
from typing import ClassVar


class ConvlensError(Exception):
    """The base class: `except ConvlensError` catches everything that Convlens raises on purpose.

    Messages use the Python names of settings. `argument` is the name at the start of the message, `mentions` are those
    that occur later as `name=`. `named` replaces all of them.

    >>> issubclass(DamagedModel, ConvlensError), DamagedModel.exit_code
    (True, 4)
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str = "", *, argument: str | None = None, mentions: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.argument, self.mentions = argument, tuple(mentions)

    def named(self, name: Callable[[str], str]) -> str:
        """Return the message with other names for its settings, such as options of the command line.

        >>> error = UsageError("learning_rate is 0; give more.", argument="learning_rate")
        >>> error.named(lambda name: "--" + name.replace("_", "-"))
        '--learning-rate is 0; give more.'
        >>> OutputError('a.html is there. Give out="b.html".', mentions=["out"]).named(lambda name: f"--{name}")
        'a.html is there. Give --out b.html.'
        >>> UsageError("Give prove=0.", mentions=["prove"]).named(lambda name: f"--{name}")
        'Give --prove 0.'
        """
        message = str(self)
        if self.argument is not None:
            message = message.replace(self.argument, name(self.argument), 1)
        for mention in self.mentions:
            message = re.sub(rf'(?<![\w-]){mention}=(?:"([^"]*)"|(\w(?:[\w.]*\w)?))?', _renamed(name(mention)), message)
        return message


def _renamed(told: str) -> Callable[[re.Match[str]], str]:
    """Return a function that replaces `name=value`, or `name=`, by the new name and the value."""
    return lambda found: " ".join([told, *(value for value in found.groups() if value)])


class UsageError(ConvlensError, ValueError):
    """A setting, name or combination that is not allowed."""

    exit_code = 2


def in_words(error: ConvlensError) -> str:
    """Return the message with the setting's name in plain words, for web pages.

    >>> in_words(UsageError("learning_rate is 0; give more.", argument="learning_rate"))
    'learning rate is 0; give more.'
    """
    return error.named(lambda name: name.replace("_", " "))


class NetworkError(UsageError):
    """A network that cannot be read or built.

    If the network was given as text, the characters from `start` to `end` of `text` are wrong, and the message ends
    with that text, underlined there. `text` may be one line of several, or shortened; `position` is the same range in
    the complete text, for an editor.

    >>> print(NetworkError("'cnv' is not a layer.", text="cnv 8 3x3", start=0, end=3))
    'cnv' is not a layer.
      cnv 8 3x3
      ^^^
    """

    def __init__(
        self,
        reason: str,
        *,
        text: str | None = None,
        start: int = 0,
        end: int = 0,
        position: tuple[int, int] | None = None,
    ) -> None:
        self.reason, self.text, self.start, self.end = reason, text, start, end
        self.position = position if position is not None or text is None else (start, end)
        if text is None:
            super().__init__(reason)
        else:
            marks = " " * start + "^" * max(end - start, 1)
            super().__init__(f"{reason}\n  {text}\n  {marks}")


class DataError(ConvlensError, ValueError):
    """Data that cannot be used."""

    exit_code = 3


class DatasetUnavailable(DataError):
    """No source has the files of a known dataset."""


class DamagedData(DataError):
    """A data file that is damaged or has another format."""


class ImageError(DataError):
    """An image file that cannot be decoded; `problem` is the reason as one word for programs, such as "truncated"."""

    def __init__(self, message: str, problem: str = "damaged") -> None:
        super().__init__(message)
        self.problem = problem


class ModelFileError(ConvlensError, ValueError):
    """A file that is not a usable trained model."""

    exit_code = 4


class DamagedModel(ModelFileError):
    """A trained model that was truncated or changed, or whose tensors do not fit its network."""


class FutureModel(ModelFileError):
    """A trained model written by a newer version of Convlens."""


class OutputError(ConvlensError, OSError):
    """A file or folder that cannot be written."""


class ProofFailed(ConvlensError):
    """An exported file does not answer like the model that it was made from. The file is not kept."""


class HubError(ConvlensError, OSError):
    """The Hugging Face Hub cannot be reached, or refuses."""


class MissingDependency(ConvlensError, ImportError):
    """An optional package that is not installed."""


class LossNotFinite(ConvlensError, ArithmeticError):
    """A training whose loss became NaN or infinite."""
