"""Files for other programs: what the page gets of a model, and the page as one file with the model inside.

In: a trained model, and images to show with it. Out: JSON values, an HTML file. Never in here: a drawing, HTTP,
training.
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
