"""Writes the parser's errors as whole sentences: the problem, the closest name, the known names, and the help to read.

cyclopts' own messages are made for coloured panels: they list eight of ten commands, do not suggest `--version` for
`--verison`, and end a question with a question mark and a full stop.
"""

import difflib
from collections.abc import Iterable

from cyclopts import (
    App,
    CycloptsError,
    MissingArgumentError,
    RepeatArgumentError,
    UnknownCommandError,
    UnknownOptionError,
    UnusedCliTokensError,
)


def explain_parser_error(error: CycloptsError) -> str:
    """Return one line that says what is wrong with a command line."""
    command = " ".join(["convlens", *(error.command_chain or ())])
    return f"{_reason(error)} See `{command} --help`."


def _reason(error: CycloptsError) -> str:
    if isinstance(error, UnknownCommandError) and error.unused_tokens and error.app is not None:
        return _unknown_command(error.unused_tokens[0], error.app)
    if isinstance(error, UnknownOptionError):
        given = (error.token.keyword or error.token.value).partition("=")[0]
        options = [name for one in error.argument_collection if one.parse for name in one.names]
        return f"There is no option {given}.{_closest(given, [*options, '--help'])}"
    if isinstance(error, UnusedCliTokensError) and error.unused_tokens:
        count = len(error.unused_tokens)
        listed = ", ".join(f'"{token}"' for token in error.unused_tokens)
        return f"{listed} {'is one argument' if count == 1 else f'are {count} arguments'} too many."
    if isinstance(error, RepeatArgumentError):
        return f"{error.token.keyword} is given more than once. Give it once."
    if type(error) is MissingArgumentError and error.argument is not None:
        name = error.keyword or error.argument.name
        return f"{name} needs a value." if error.keyword else f"{name} is missing."
    text = " ".join(str(error).split())
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _unknown_command(given: str, app: App) -> str:
    flags = {*app.help_flags, *app.version_flags}
    commands = [name for name in app if name not in flags]
    if given.startswith("-"):
        return f"There is no option {given}.{_closest(given, flags)} The commands are {_listed(commands)}."
    quoted = _closest(given, commands, '"')
    return f'"{given}" is not a command.{quoted} The commands are {_listed(commands)}.'


def _closest(given: str, names: Iterable[str], quote: str = "") -> str:
    close = difflib.get_close_matches(given, list(names), n=1, cutoff=0.6)
    return f" Did you mean {quote}{close[0]}{quote}?" if close else ""


def _listed(names: list[str]) -> str:
    """Join names with commas and "and".

    >>> _listed(["list", "fetch", "check"])
    'list, fetch and check'
    """
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)
