"""Files for other programs: what the page gets of a model.

In: a trained model, and images to show with it. Out: JSON values. Never in here: a drawing, HTTP, training.
"""

from convlens.export.page_model import page_model, page_weights
from convlens.export.page_samples import choose_samples

__all__ = ["choose_samples", "page_model", "page_weights"]
