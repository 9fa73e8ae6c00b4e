"""`convlens` and `python -m convlens`."""

import gc
import sys

GARBAGE_EVERY = 50_000
"""The garbage collector's threshold; with Python's default of 700, a tenth of the start-up time is garbage collection.
"""


def main() -> None:
    """Run the command line and exit with its exit code."""
    gc.set_threshold(GARBAGE_EVERY)
    from convlens.cli.streams import flush_stdout, keep_streams

    keep_streams()
    from convlens.cli.main import run

    exit_code = run(sys.argv[1:])
    flush_stdout()
    gc.freeze()  # skips the last garbage collection before the exit, which takes a tenth of a second
    sys.exit(exit_code)


if __name__ == "__main__":
    main()
