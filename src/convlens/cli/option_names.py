"""Errors say Python's names of settings; a command says its own options. This is the one place that exchanges them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from convlens.errors import ConvlensError

if TYPE_CHECKING:
    from cyclopts import App


def with_option_names(error: ConvlensError, app: "App", tokens: Sequence[str]) -> str:
    """The message of an error, with the option of the command that was typed for the setting that it names.

    What that command has no option for is said in plain words.

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
