"""The exit code of an interrupted command; the exit codes of errors are in `convlens.errors`."""

EXIT_INTERRUPTED = 130
"""Stopped by Ctrl-C or SIGTERM, after saving; 128 + 2, as shells report SIGINT."""
