"""Makes a new cache: chooses size and channels, decodes the images, assigns parts, and notes what was done."""

from pathlib import Path

import numpy as np

from convlens.data.custom.cache import Cached, finish, latest_cache, open_cache, workshop
from convlens.data.custom.division import describe_division, divide, find_groups, keep_copies_together
from convlens.data.custom.facts import CONVERSION_RULES, PROBLEM_WORDS, PROBLEMS
from convlens.data.custom.filling import Filled, earlier_rows, fill, put_in_order
from convlens.data.custom.listing import Listing
from convlens.data.custom.options import ImportOptions
from convlens.data.custom.pool import DecodingPool
from convlens.data.custom.progress import Reporter
from convlens.data.custom.shape import find_shape
from convlens.data.parts import TRAIN
from convlens.errors import DamagedData, DataError
from convlens.words import count_of, printable, some_of


def build(home: Path, key: str, listing: Listing, options: ImportOptions, report: Reporter) -> Cached:
    """Decode new images, split them into parts, write the cache, and open it; the caller holds the lock.

    Raises:
        DataError: fewer than two classes have images that can be read.
        OutputError: the cache cannot be written.
    """
    groups = find_groups(listing.names, options, has_names=not listing.arrays)
    earlier = latest_cache(home)
    numbers, rows, known = earlier_rows(listing, earlier)
    with workshop(home) as folder, DecodingPool(len(listing)) as pool:
        shape = find_shape(listing, known, options, pool, report)
        if earlier is not None and earlier.images.shape[1:] != (shape.channels, shape.size, shape.size):
            numbers = rows = np.full(len(listing), -1, np.int64)
        planned = divide(listing.labels, listing.parts, groups, options)
        order = np.argsort(planned, kind="stable")
        filled = fill(folder / "images.bin", listing, order, shape, pool, earlier, (numbers, rows), report)
        parts, notes = _divide_usable(listing, filled, groups, options)
        used = np.flatnonzero(parts >= 0)
        order = used[np.argsort(parts[used], kind="stable")]
        filled = put_in_order(filled, order, shape, report)
        classes = np.unique(listing.labels[order]).tolist()
        about = {
            "source": printable(listing.source),
            "listed": len(listing), "images": len(order), "size": shape.size, "channels": shape.channels,
            "classes": classes, "words": {str(number): words for number, words in filled.words.items()},
            "notes": [*shape.notes, *describe_facts(filled, listing), *notes],
        }  # fmt: skip
        arrays = {"facts": filled.facts, "rows": order, "parts": parts, "signatures": listing.signatures()}
        del earlier
        final = finish(folder, key, arrays, about)
    report.tell(len(listing), "decoding", always=True)
    cached = open_cache(final)
    if cached is None:
        raise DamagedData(f"{final} was changed while it was being written. Delete it and try again.")
    return cached


def describe_facts(filled: Filled, listing: Listing) -> list[str]:
    """Notes on how many images were converted in which way, and which files could not be used."""
    good = filled.facts[filled.order]["conversions"]
    notes = []
    for bit, rule in enumerate(CONVERSION_RULES.values()):
        count = int(((good >> np.uint32(bit)) & 1).sum())
        if count:
            notes.append(f"{'all images' if count == len(good) else count_of(count, 'image')}: {rule}")
    problems = filled.facts["problem"]
    for code in np.unique(problems[problems > 0]).tolist():
        places = np.flatnonzero(problems == code)
        named = some_of([listing.names[place] for place in places.tolist()])
        notes.append(f"{count_of(len(places), 'file')} skipped, {PROBLEM_WORDS[PROBLEMS[code]]}: {named}")
    return notes


def _divide_usable(
    listing: Listing, filled: Filled, groups: np.ndarray | None, options: ImportOptions
) -> tuple[np.ndarray, list[str]]:
    """Return the part of every listed file (−1 if it could not be read), and notes."""
    usable = np.zeros(len(listing), bool)
    usable[filled.order] = True
    can_train = usable & ((listing.parts == TRAIN) | (listing.parts < 0))
    trained = np.unique(listing.labels[can_train])
    notes = []
    lost = sorted(set(range(len(listing.class_names))) - set(trained.tolist()))
    if len(trained) < 2:
        raise _too_few_classes(listing, filled, trained)
    if lost:
        names = ", ".join(listing.class_names[number] for number in lost)
        notes.append(f"classes left out, because none of their images can be read: {names}")
        usable &= np.isin(listing.labels, trained)
    places = np.flatnonzero(usable)
    own_groups = None if groups is None else groups[places]
    labels = listing.labels[places]
    divided = divide(labels, listing.parts[places], own_groups, options)
    if groups is None:
        hashes = filled.facts["pixel_hash"][places]
        divided, moved = keep_copies_together(divided, listing.parts[places], labels, hashes)
        if moved:
            notes.append(f"{count_of(moved, 'image')} moved to the same part as their exact copies")
    parts = np.full(len(listing), -1, np.int8)
    parts[places] = divided
    notes += describe_division(divided, listing.parts[places], labels, own_groups, listing.class_names, options)
    return parts, notes


def _too_few_classes(listing: Listing, filled: Filled, trained: np.ndarray) -> DataError:
    source = printable(listing.source)
    example = next(iter(filled.words.items()), None)
    seen = f" ({printable(listing.names[example[0]])} {example[1].split(':')[0]})" if example else ""
    found = f"only {listing.class_names[int(trained[0])]} has" if len(trained) else "no class has"
    return DataError(
        f"{source}: {found} images that can be read; {len(filled.words):,} of {len(listing):,} files cannot{seen}. "
        "A classifier needs two classes or more: replace the files."
    )
