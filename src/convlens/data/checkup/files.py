"""Findings about files, whatever they show: those that gave no image, lengths that cannot be right, names, folders."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from convlens.data.checkup.collection import Collection
from convlens.data.checkup.findings import Finding, find_classes, find_files
from convlens.data.custom.facts import PROBLEM_WORDS
from convlens.words import count_of, printable

_ADVICE = {
    "vanished": "It was there when the files were listed: run this again once nothing else changes the folder.",
    "unreadable": "Check permissions and the disk; until then training goes without them.",
    "empty": "Get the files again, or delete them.",
    "not_an_image": "Open one in another program and save it as PNG, or take it out of the folder.",
    "unsupported": "Save them as PNG or JPEG.",
    "truncated": "Copies that broke off: get the files again.",
    "damaged": "Get the files again, or save them as PNG with a program that opens them.",
    "too_large": "Make them smaller, or cut out what matters.",
    "crashed": "Save them as PNG with another program.",
    "too_slow": "Save them as PNG, or smaller.",
}


def find_refused(collection: Collection) -> Iterator[Finding]:
    """Files that gave no image, a finding for each kind of problem."""
    by_problem = defaultdict(list)
    for refusal in collection.refused:
        by_problem[refusal.problem].append(refusal)
    for problem, refusals in sorted(by_problem.items(), key=lambda item: -len(item[1])):
        words = PROBLEM_WORDS.get(problem, "could not be used")
        verb = "are " if words.startswith(("not", "cut", "too", "of", "empty", "damaged", "gone")) else ""
        if len(refusals) == 1:
            verb, words = verb.replace("are", "is"), words.replace("not images", "not an image").replace("their", "its")
        reasons = {printable(refusal.name): refusal.words for refusal in refusals}
        yield Finding(
            kind=f"refused_{problem}",
            severity="warning",
            title=f"{count_of(len(refusals), 'file')} {verb}{words}: skipped",
            count=len(refusals),
            advice=_ADVICE.get(problem, "Save them as PNG with another program."),
            files=tuple(reasons),
            details={"reasons": reasons},
        )


def find_bad_lengths(collection: Collection) -> Iterator[Finding]:
    """Files that decode although bytes are missing or too many, as after a transfer in text mode."""
    return find_files(
        "bad_length", "error", collection.show_all(np.flatnonzero(collection.facts["bad_length"])),
        "has a length that cannot be right",
        "They open, but their pixels are shifted, as when PPM or BMP files are sent as text: get them again, in binary "
        "mode.",
        "file",
    )  # fmt: skip


def find_odd_names(collection: Collection) -> Iterator[Finding]:
    """Names that differ by capitals only, and names that are no UTF-8."""
    classes = _alike(collection.class_names)
    yield from find_classes(
        "classes_alike", "warning", classes, "has names that differ from another by capitals only",
        "They are learned as different classes: if they are one, put their images into one folder.",
        details={"class_names": classes},
    )  # fmt: skip
    yield from find_files(
        "names_alike", "note", _alike(collection.names), "has names that differ from another by capitals only",
        "On Windows and macOS one would replace the other: rename them.",
        "file",
    )  # fmt: skip
    yield from find_files(
        "names_not_utf8", "note", [printable(name) for name in collection.names if not _is_utf8(name)],
        "has a name that is not UTF-8",
        "They are used, but other programs may not find them, and archives may lose them: rename them.",
        "file",
    )  # fmt: skip


def _alike(names: Sequence[str]) -> list[str]:
    """Those that differ from another by capitals only, sorted so that they stand beside it."""
    lower = Counter(name.lower() for name in names)
    if len(lower) == len(names):
        return []
    return sorted((printable(name) for name in names if lower[name.lower()] > 1), key=str.lower)


def _is_utf8(name: str) -> bool:
    return name.isascii() or name.encode("utf-8", "ignore").decode() == name


def find_nested(collection: Collection) -> Iterator[Finding]:
    """Images that lie in folders below the folder of their class."""
    nested: list[int] = []
    for place, name in enumerate(collection.names):
        if name.count("/") > 1:
            folders = printable(name).split("/")[:-1]
            label = collection.class_names[collection.labels[place]]
            if label in folders and folders.index(label) < len(folders) - 1:
                nested.append(place)
    below = Counter(printable(collection.names[place].rpartition("/")[0]) for place in nested)
    return find_files(
        "nested", "note", collection.show_all(nested), f"is in {count_of(len(below), 'folder')} below that of a class",
        "They count as that class. If the inner folders are the classes, give the folder around them.",
        examples=tuple(f"{folder}: {count_of(count, 'image')}" for folder, count in below.most_common()),
    )  # fmt: skip


def find_left_out(collection: Collection) -> Iterator[Finding]:
    """What was not even tried, in the words of whoever listed the files."""
    if collection.notes:
        yield Finding(
            kind="listing",
            severity="note",
            title="left out when the images were listed",
            count=len(collection.notes),
            advice="Nothing, if that is as you want it.",
            examples=collection.notes,
            details={"notes": list(collection.notes)},
        )
