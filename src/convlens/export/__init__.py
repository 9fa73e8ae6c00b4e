"""Exports a model: as JSON values for the page, and as one HTML file with the page and the model.

In: a trained model, and images to show with it. Out: JSON values, an HTML file. Never here: drawing, HTTP, training.
"""

from convlens.export.formats import FORMATS, ExportFormat, find_format
from convlens.export.html_file import export_html
from convlens.export.page_model import page_model, page_weights
from convlens.export.page_samples import choose_samples

__all__ = [
    "FORMATS",
    "ExportFormat",
    "choose_samples",
    "export_html",
    "find_format",
    "page_model",
    "page_weights",
]
