"""Serves the report of a run, which is written beside its model on request."""

import threading
from pathlib import Path
from urllib.parse import quote

from convlens.report import write_report
from convlens.server.run_list import find_run
from convlens.server.wire import shown_name

REPORT_NAME = "report.html"
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
"""A report is self-contained and runs no script; its style is inline."""

_one_at_a_time = threading.Lock()


def make_report(runs: Path, run: str, data_dir: Path | None) -> str:
    """Return the address of a run's report, which is written unless there is one newer than the model.

    Raises:
        UsageError: this is not the name of a run.
        ConvlensError: there is no such run, or it cannot be evaluated.
    """
    model = find_run(runs, run)
    report = model.with_name(REPORT_NAME)
    with _one_at_a_time:
        if not report.is_file() or report.stat().st_mtime_ns < model.stat().st_mtime_ns:
            write_report(model, out=report, data_dir=data_dir)
    return f"/reports/{quote(shown_name(model.parent.name), safe='')}"


def read_report(runs: Path, run: str) -> bytes:
    """Read the bytes of a run's report.

    Raises:
        OSError: there is none.
        ConvlensError: there is no such run.
    """
    report = find_run(runs, run).with_name(REPORT_NAME)
    if not report.resolve().is_relative_to(runs.resolve()):
        raise FileNotFoundError(report)
    return report.read_bytes()
