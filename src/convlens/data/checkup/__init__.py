"""Finds problems in images before training starts. Problems are listed; images are never changed.

    ImportedImages or Dataset → Collection → checks → findings → Checkup

`findings` defines the results; `files`, `copies`, `contents`, `balance` and `variety` are the checks; `fingerprints`,
`near_copies` and `outliers` compare pixels for them.
"""

from convlens.data.checkup.examination import check_collection, check_images
from convlens.data.checkup.findings import Checkup, Finding

__all__ = ["Checkup", "Finding", "check_collection", "check_images"]
