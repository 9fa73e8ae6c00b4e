"""Converts images and labels in memory, in whatever object holds them, to a `Dataset`.

    (X, y), dict, frame, list, loader → containers, columns → Columns ┬→ labels   → numbers, names ┬→ building → Dataset
                                                                      └→ pictures → uint8 N×C×H×W  ┘

`pixels.batches` converts arrays to batches of images; docs/arrays.md is the user guide.
"""

from convlens.data.intake.building import is_share, read_dataset, read_part
from convlens.data.intake.containers import find_parts
from convlens.data.intake.labels import Labels, read_labels
from convlens.data.intake.pictures import read_images

__all__ = ["Labels", "find_parts", "is_share", "read_dataset", "read_images", "read_labels", "read_part"]
