"""The root of the command line: the commands, the exit codes, and errors as one line.

Commands are imported here, but their bodies import what they need, so that `--help` and usage errors appear at once.
"""

import errno
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError
from rich.markup import escape

from convlens import __version__
from convlens.cli.by_hand import by_hand_app
from convlens.cli.data_commands import data_app
from convlens.cli.encoding import accept_every_sign
from convlens.cli.evaluation_command import evaluate_command
from convlens.cli.exit_codes import EXIT_INTERRUPTED
from convlens.cli.export_command import export_command
from convlens.cli.layers_command import layers_command
from convlens.cli.open_command import open_command
from convlens.cli.option_names import with_option_names
from convlens.cli.parser_messages import explain_parser_error
from convlens.cli.prediction_command import name_stdin, predict_command
from convlens.cli.report_command import report_command
from convlens.cli.terminal import error_console, print_line
from convlens.cli.training_command import train_command
from convlens.deprecations import renamed_options
from convlens.errors import ConvlensError, UsageError

HELP = """
Train CNN classifiers for small images, see how every number is computed, and ship the result as one file.

```
convlens train                              train the default network on MNIST
convlens predict latest seven.png           predict the class of a picture
convlens report latest                      write a report on the model as one HTML file
convlens open                               open the page: draw, look inside, train live
convlens layers "conv 8 3x3, relu, dense"   show sizes and parameters, without training
convlens by-hand full "1 2 3" "4 5 6"       compute a convolution on your own numbers
```
"""

EPILOGUE = (
    "Exit codes: 0 success, 1 failure, 2 wrong usage, 3 bad data, 4 bad or damaged model file, 130 interrupted. "
    "Add `--debug` to any command to see the traceback of an error."
)

app = App(
    name="convlens",
    help=HELP,
    help_epilogue=EPILOGUE,
    help_format="markdown",
    version=__version__,
    suppress_keyboard_interrupt=False,
)
app.command(train_command, name="train")
app.command(evaluate_command, name="evaluate")
app.command(predict_command, name="predict")
app.command(report_command, name="report")
app.command(layers_command, name="layers")
app.command(open_command, name="open")
app.command(export_command, name="export")
app.command(data_app)
app.command(by_hand_app)


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code. Errors are printed as one line on stderr."""
    accept_every_sign()
    tokens, renamed = renamed_options([argument for argument in arguments if argument != "--debug"])
    for sentence in renamed:
        print_line(sentence, to_stderr=True)
    if tokens[:1] in (["predict"], ["by-hand"]):
        tokens = name_stdin(tokens)
    debug = "--debug" in arguments
    try:
        result = app(tokens, exit_on_error=False, print_error=False, result_action="return_value")
        return result if isinstance(result, int) else 0
    except ConvlensError as error:
        return _report(with_option_names(error, app, tokens), error.exit_code, debug)
    except CycloptsError as error:
        return _report(explain_parser_error(error), UsageError.exit_code, debug)
    except BrokenPipeError:
        # The reader, such as `head`, has closed the pipe. Closing stderr suppresses Python's message about that.
        sys.stderr.close()
        return 1
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            return _report_defect(error, debug)
        reason = f"{str(error.filename)[:60]!r}… is too long for the name of a file or folder. Give a shorter one."
        return _report(reason, UsageError.exit_code, debug)
    except Exception as error:
        return _report_defect(error, debug)
    except KeyboardInterrupt:
        return _report("interrupted.", EXIT_INTERRUPTED, debug)


def _report_defect(error: Exception, debug: bool) -> int:
    reason = " ".join(f"{type(error).__name__}: {error}".split())
    hint = "This is a bug in Convlens; please report it with the lines that --debug adds."
    return _report(f"{reason}. {hint}", ConvlensError.exit_code, debug)


def _report(message: str, exit_code: int, debug: bool) -> int:
    console = error_console()
    # A message that points into a text keeps its line breaks; others are wrapped between words.
    console.print(f"[bold red]error:[/] {escape(message)}", soft_wrap="\n" in message)
    if debug:
        console.print_exception(show_locals=False)
    return exit_code
