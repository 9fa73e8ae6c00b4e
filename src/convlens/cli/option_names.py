"""Replaces the names of Python arguments in errors by the options of the command; no other module does this."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from convlens.errors import ConvlensError

if TYPE_CHECKING:
    from cyclopts import App


def with_option_names(error: ConvlensError, app: "App", tokens: Sequence[str]) -> str:
    """Return an error's message, with each setting that it names replaced by the option of the typed command.

    A setting without an option is written in plain words.

    >>> from convlens.cli.main import app
    >>> from convlens.errors import UsageError
    >>> error = UsageError("learning_rate is 0; give more.", argument="learning_rate")
    >>> with_option_names(error, app, ["train"]), with_option_names(error, app, ["layers"])
    ('--learning-rate is 0; give more.', 'learning rate is 0; give more.')
    """
    if error.argument is None and not error.mentions:
        return str(error)
    _, commands, _ = app.parse_commands(tokens)
    options = {
        argument.field_info.name: argument.names[0]
        for argument in commands[-1].assemble_argument_collection()
        if argument.names[0] != "*"
    }
    return error.named(lambda name: options.get(name, name.replace("_", " ")))
