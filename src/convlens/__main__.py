"""`convlens` and `python -m convlens`."""

import gc
import sys

GARBAGE_EVERY = 50_000
"""Objects between two searches for garbage; with Python's 700, a tenth of the time to start goes into searching."""


def main() -> None:
    """Run the command line and leave with its exit code."""
    gc.set_threshold(GARBAGE_EVERY)
    from convlens.cli.streams import flush_stdout, keep_streams

    keep_streams()
    from convlens.cli.main import run

    exit_code = run(sys.argv[1:])
    flush_stdout()
    gc.freeze()  # or Python looks through all objects once more before it ends, which takes it a tenth of a second
    sys.exit(exit_code)


if __name__ == "__main__":
    main()
