"""Loads images: known datasets, downloaded once and checked, or custom images, decoded once.

    catalogue → fetching (sources/) → raw files, checksums → the entry's reader → Dataset
    a path → custom/ ───────────────────────────────────────────────────────┘

Nothing here depends on networks, engines or preprocessing. Images from every source become `LabelledImages`.
"""

from convlens.data.catalogue import CATALOGUE, CatalogueEntry, RawFile, find_entry
from convlens.data.custom.importing import ImportedImages, import_images
from convlens.data.custom.options import LARGEST_SIDE, SMALLEST_SIDE, ImportOptions
from convlens.data.custom.progress import ImportProgress
from convlens.data.custom.walking import IMAGE_ENDINGS
from convlens.data.fetching import fetch
from convlens.data.folders import cache_folder, data_folder
from convlens.data.idx import read_idx, write_idx
from convlens.data.inventory import DatasetStatus, status
from convlens.data.labelled_images import Dataset, LabelledImages, as_class_names, check_class_names, hash_images
from convlens.data.loading import is_custom_path, load_dataset
from convlens.data.parts import TEST, TRAIN, VALIDATION
from convlens.data.sources import FetchProgress
from convlens.data.split import split_grouped, split_stratified
from convlens.deprecations import old_module_names

__all__ = [
    "CATALOGUE",
    "IMAGE_ENDINGS",
    "LARGEST_SIDE",
    "SMALLEST_SIDE",
    "TEST",
    "TRAIN",
    "VALIDATION",
    "CatalogueEntry",
    "Dataset",
    "DatasetStatus",
    "FetchProgress",
    "ImportOptions",
    "ImportProgress",
    "ImportedImages",
    "LabelledImages",
    "RawFile",
    "as_class_names",
    "cache_folder",
    "check_class_names",
    "data_folder",
    "fetch",
    "find_entry",
    "hash_images",
    "import_images",
    "is_custom_path",
    "load_dataset",
    "read_idx",
    "split_grouped",
    "split_stratified",
    "status",
    "write_idx",
]

__getattr__ = old_module_names("convlens.data")
