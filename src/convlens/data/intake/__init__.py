"""Images and labels that a person already has in Python, in whatever holds them, to a `Dataset`.

    (X, y), dict, frame, list, loader → containers, columns → Columns ┬→ labels   → numbers, names ┬→ building → Dataset
                                                                      └→ pictures → uint8 N×C×H×W  ┘

How an array becomes a batch of images stands in `pixels.batches`, the guide to all of it in docs/arrays.md.
"""

from convlens.data.intake.building import is_share, read_dataset, read_part
from convlens.data.intake.containers import find_parts
from convlens.data.intake.labels import Labels, read_labels
from convlens.data.intake.pictures import read_images

__all__ = ["Labels", "find_parts", "is_share", "read_dataset", "read_images", "read_labels", "read_part"]
