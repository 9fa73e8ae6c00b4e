"""A user's images: from a folder, a CSV file, arrays or a zip archive to arrays that a network can be trained on.

    path → sources → Listing ──→ shape (size, channels) ──→ pool (processes: decoding → facts, pixels)
              (walking, layout, table, array_files)                          │
    Dataset ← ImportedImages ← cache (mapped into memory) ← division (parts) ←┘

Nothing is ever deleted or changed at the source. What was left out and what was done to which images stands in the
notes.
"""

from convlens.data.custom.importing import ImportedImages, import_images
from convlens.data.custom.listing import Listing
from convlens.data.custom.options import LARGEST_SIDE, SMALLEST_SIDE, ImportOptions
from convlens.data.custom.progress import ImportProgress, OnImportProgress
from convlens.data.custom.sources import list_images
from convlens.data.custom.walking import IMAGE_ENDINGS

__all__ = [
    "IMAGE_ENDINGS",
    "LARGEST_SIDE",
    "SMALLEST_SIDE",
    "ImportOptions",
    "ImportProgress",
    "ImportedImages",
    "Listing",
    "OnImportProgress",
    "import_images",
    "list_images",
]
