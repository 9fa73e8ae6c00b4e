"""Converts a notebook to a page of Markdown, with the outputs that are stored in it.

Nothing is run: `tests/examples/test_notebooks.py` compares the stored outputs with those of a new run.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_ANSI = re.compile(r"\x1b\[[0-9;]*m")


def notebook_page(notebook: Mapping[str, Any], source: str) -> str:
    """Return the Markdown of a notebook, given as parsed JSON. `source` is its path in the repository.

    >>> cell = {"cell_type": "code", "source": ["1 + 1"], "outputs": [{"data": {"text/plain": ["2"]}}]}
    >>> title = {"cell_type": "markdown", "source": ["# Sums"]}
    >>> print(notebook_page({"cells": [title, cell]}, "examples/sums.ipynb"))
    # Sums
    <BLANKLINE>
    *This page is the notebook `examples/sums.ipynb`; open it in Jupyter to change and run it.*
    <BLANKLINE>
    ```python
    1 + 1
    ```
    <BLANKLINE>
    ```text
    2
    ```
    """
    title, *cells = notebook["cells"]
    blocks = [_joined(title["source"])]
    blocks.append(f"*This page is the notebook `{source}`; open it in Jupyter to change and run it.*")
    for cell in cells:
        if cell["cell_type"] == "markdown":
            blocks.append(_joined(cell["source"]))
        else:
            blocks.append(_fenced("python", _joined(cell["source"])))
            blocks += _outputs(cell["outputs"])
    return "\n\n".join(blocks)


def _outputs(outputs: list[Mapping[str, Any]]) -> Iterator[str]:
    for output in outputs:
        data = output.get("data", {})
        drawing = data.get("text/html") or data.get("image/svg+xml")
        if drawing:
            # In Python-Markdown, a block of HTML ends at its first empty line.
            drawing = re.sub(r"^<\?xml.*?\?>|\n\s*(?=\n)", "", _joined(drawing))
            yield f'<div class="notebook-output">{drawing}</div>'
        elif "image/png" in data:
            yield f"![output](data:image/png;base64,{_joined(data['image/png']).replace(chr(10), '')})"
        else:
            yield _fenced("text", _ANSI.sub("", _joined(output.get("text") or data["text/plain"])))


def _joined(lines: str | list[str]) -> str:
    return lines if isinstance(lines, str) else "".join(lines)


def _fenced(language: str, text: str) -> str:
    return f"```{language}\n{text.rstrip()}\n```"
