"""What may spoil a training on these images: found before it starts, listed, and never changed.

    ImportedImages or Dataset → Collection → checks → findings → Checkup

`findings` is the form of an answer; `files`, `copies`, `contents`, `balance` and `variety` find; `fingerprints`,
`near_copies` and `outliers` compare pixels for them.
"""

from convlens.data.checkup.examination import check_collection, check_images
from convlens.data.checkup.findings import Checkup, Finding

__all__ = ["Checkup", "Finding", "check_collection", "check_images"]
