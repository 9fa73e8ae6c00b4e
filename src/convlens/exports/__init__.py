"""Exports a model: as a file or folder for other programs, proved to answer like the model, and as JSON for the page.

formats      the table of formats; one module each
exporting    write, prove, keep
proof        compare the answers of a file with the model's
contents     what every format contains
page_model   the page's JSON

In: a trained model, and images. Out: JSON values, files. Never here: drawing, HTTP, training.
"""

from convlens.exports.exporting import Exported, export
from convlens.exports.formats import FORMATS, find_format
from convlens.exports.html_file import export_html
from convlens.exports.page_model import page_model, page_weights
from convlens.exports.page_samples import choose_samples
from convlens.exports.proof import Proof
from convlens.exports.pushing import Pushed, push_to_hub

__all__ = [
    "FORMATS",
    "Exported",
    "Proof",
    "Pushed",
    "choose_samples",
    "export",
    "export_html",
    "find_format",
    "page_model",
    "page_weights",
    "push_to_hub",
]
