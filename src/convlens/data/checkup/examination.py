"""Runs all checks on a user's images or on a dataset in memory."""

from typing import TYPE_CHECKING

import numpy as np

from convlens.data.checkup.balance import find_imbalance
from convlens.data.checkup.collection import Collection, collect_dataset, collect_imported
from convlens.data.checkup.contents import find_blank, find_unlike
from convlens.data.checkup.copies import find_exact_copies, find_near, group_exact_copies
from convlens.data.checkup.files import find_bad_lengths, find_left_out, find_nested, find_odd_names, find_refused
from convlens.data.checkup.findings import Checkup, Finding, in_order
from convlens.data.checkup.fingerprints import take_fingerprints
from convlens.data.checkup.near_copies import find_near_copies
from convlens.data.checkup.outliers import find_outliers
from convlens.data.checkup.remembering import recall, remember
from convlens.data.checkup.variety import find_mixed_kinds, find_mixed_polarity, find_odd_sizes
from convlens.data.custom.progress import OnImportProgress, Reporter
from convlens.data.labelled_images import Dataset
from convlens.data.parts import PART_NAMES

if TYPE_CHECKING:
    from convlens.data.custom.importing import ImportedImages


def check_images(images: "ImportedImages | Dataset", on_progress: OnImportProgress | None = None) -> Checkup:
    """Find problems in images that may harm training, with advice on each. Changes nothing.

    `on_progress` is called with an `ImportProgress` while pixels are compared. A hundred thousand images take about ten
    seconds, and about 700 bytes of memory each. The findings for a user's images are kept beside their cache.

    >>> from convlens.data import LabelledImages
    >>> photos = LabelledImages(np.zeros((2, 1, 16, 16), np.uint8), np.array([0, 1]), ("cat", "dog"))
    >>> for line in check_images(Dataset("pets", photos, None, "letterbox")).summary_lines():
    ...     print(line)
    Checked 2 images of 2 classes: 2 warnings.
    warning: 2 images show nothing but a single colour
    warning: 2 classes have fewer than 10 training images
    """
    if isinstance(images, Dataset):
        return check_collection(collect_dataset(images), on_progress)
    checkup = recall(images.folder, images.listing.notes)
    if checkup is None:
        checkup = check_collection(collect_imported(images), on_progress)
        remember(images.folder, images.listing.notes, checkup)
    return checkup


def check_collection(collection: Collection, on_progress: OnImportProgress | None = None) -> Checkup:
    """Run all checks on a collection."""
    findings = [
        *find_refused(collection),
        *find_bad_lengths(collection),
        *find_blank(collection),
        *_compare(collection, Reporter(on_progress, len(collection))),
        *find_imbalance(collection),
        *find_mixed_polarity(collection),
        *find_mixed_kinds(collection),
        *find_odd_sizes(collection),
        *find_odd_names(collection),
        *find_nested(collection),
        *find_left_out(collection),
    ]
    counts = np.bincount(collection.parts, minlength=len(PART_NAMES)).tolist()
    return Checkup(
        name=collection.name,
        class_names=collection.class_names,
        counts={name: count for name, count in zip(PART_NAMES, counts, strict=True) if count},
        refused=len(collection.refused),
        findings=in_order(findings),
    )


def _compare(collection: Collection, report: Reporter) -> list[Finding]:
    """Run the checks that compare pixels: copies and outliers."""
    prints = take_fingerprints(collection.images, lambda done, _: report.tell(done, "looking at pixels"))
    seen = np.flatnonzero(~collection.blank)  # blank images are all alike, and already reported
    groups = group_exact_copies(collection.facts["pixel_hash"], seen)
    repeated = np.concatenate([group[1:] for group in groups]) if groups else np.zeros(0, np.int64)
    single = np.setdiff1d(seen, repeated)
    pairs = find_near_copies(
        collection.images,
        prints.outlines,
        collection.labels,
        collection.parts,
        single,
        lambda done, total: report.tell(done, "looking for copies", total),
    )
    outliers = find_outliers(prints, collection.labels, single)
    return [*find_exact_copies(collection, groups), *find_near(collection, pairs), *find_unlike(collection, outliers)]
