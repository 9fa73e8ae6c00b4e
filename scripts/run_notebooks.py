"""Run the notebooks in examples/ and store their outputs, so that they can be read without running them.

    python scripts/run_notebooks.py

`tests/examples/test_notebooks.py` runs them, too, and compares the outputs. A cell with the tag `varies` prints numbers
that other processors round differently.
"""

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

EXAMPLES = Path(__file__).parents[1] / "examples"
_FORMATS = ("text/html", "image/svg+xml", "image/png", "text/plain")


@contextmanager
def opened_notebook(path: Path, folder: Path, environment: Mapping[str, str] | None = None) -> Iterator["OpenNotebook"]:
    """Start a kernel for the notebook. Its cells run in `folder`, with `environment` added to their variables."""
    notebook = nbformat.read(path, as_version=4)
    # One thread for PyTorch, because several wait for each other when other programs use the cores.
    variables = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        **(environment or {}),
    }
    client = NotebookClient(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}})
    client.extra_arguments = ["--log-level=ERROR"]  # hides a warning that other users of this machine could listen
    client.reset_execution_trackers()
    with client.setup_kernel(env=variables):
        yield OpenNotebook(client)


class OpenNotebook:
    """A notebook with a running kernel, whose cells are run in their order."""

    def __init__(self, client: NotebookClient) -> None:
        self._client = client
        self._done = 0

    def run_to(self, end: int | None = None) -> NotebookNode:
        """Run the cells before `end` that have not run yet, all without an `end`; return the notebook."""
        notebook = self._client.nb
        for index, cell in enumerate(notebook.cells[self._done : end], self._done):
            self._client.execute_cell(cell, index, execution_count=self._client.code_cells_executed + 1)
            if cell.cell_type == "code":
                cell.metadata.pop("execution", None)
                cell.outputs = list(_joined(map(_plain, cell.outputs)))
            self._done = index + 1
        return notebook


def sections(cells: Sequence[Mapping[str, Any]]) -> dict[str, range]:
    """Return the numbers of the cells under each heading, from heading to heading."""
    starts = {}
    for number, cell in enumerate(cells):
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown" and source.startswith("#"):
            starts[source.partition("\n")[0].lstrip("# ")] = number
    return {name: range(*ends) for name, ends in zip(starts, pairwise([*starts.values(), len(cells)]), strict=True)}


def _joined(outputs: Iterable[NotebookNode]) -> Iterator[NotebookNode]:
    """Join printed text, which a kernel sends in any number of pieces."""
    printed = None
    for output in outputs:
        if output.output_type == "stream" and printed and printed.name == output.name:
            printed.text += output.text
            continue
        printed = output if output.output_type == "stream" else None
        yield output


def _plain(output: NotebookNode) -> NotebookNode:
    """Reduce an output to the format that is shown, to keep the file small."""
    if data := output.get("data"):
        best = next(name for name in _FORMATS if name in data)
        output["data"] = {best: data[best]}
        output["metadata"] = {}
    return output


def what_is_shown(cell: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the outputs of a cell as (format, content)."""
    shown = []
    for output in cell["outputs"]:
        for name, content in output.get("data", {"text/plain": output.get("text", "")}).items():
            shown.append((name, content if isinstance(content, str) else "".join(content)))
    return shown


def main() -> None:
    """Run and rewrite all notebooks."""
    for path in sorted(EXAMPLES.glob("*.ipynb")):
        with tempfile.TemporaryDirectory() as folder, opened_notebook(path, Path(folder)) as opened:
            notebook = opened.run_to()
        nbformat.write(notebook, path)
        print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    sys.exit(main())
