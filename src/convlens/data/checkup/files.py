"""Finds problems of files: unusable files, wrong lengths, ambiguous names, nested folders."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from convlens.data.checkup.collection import Collection
from convlens.data.checkup.findings import Finding, find_classes, find_files
from convlens.data.custom.facts import PROBLEM_WORDS
from convlens.words import count_of, printable

_ADVICE = {
    "vanished": "They existed when the files were listed. Check again when nothing else changes the folder.",
    "unreadable": "Check permissions and the disk; until then, training leaves them out.",
    "empty": "Copy or download the files again, or delete them.",
    "not_an_image": "Open them in another program and save them as PNG, or remove them from the folder.",
    "unsupported": "Save them as PNG or JPEG.",
    "truncated": "The files are incomplete: copy or download them again.",
    "damaged": "Copy or download the files again, or save them as PNG with a program that opens them.",
    "too_large": "Reduce them, or crop them to what matters.",
    "crashed": "Save them as PNG with another program.",
    "too_slow": "Save them as PNG, or reduce their size.",
}


def find_refused(collection: Collection) -> Iterator[Finding]:
    """Find unusable files, with one finding for each kind of problem."""
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
    """Find files that decode although they are too short or too long, as after a transfer in text mode."""
    return find_files(
        "bad_length", "error", collection.show_all(np.flatnonzero(collection.facts["bad_length"])),
        "has the wrong length",
        "They can be opened, but their pixels are shifted, as when PPM or BMP files were transferred in text mode. "
        "Transfer them again in binary mode.",
        "file",
    )  # fmt: skip


def find_odd_names(collection: Collection) -> Iterator[Finding]:
    """Find names that differ only in capitalisation, and names that are not UTF-8."""
    classes = _alike(collection.class_names)
    yield from find_classes(
        "classes_alike", "warning", classes, "has names that differ from another only in capitalisation",
        "They are learned as different classes. If they are the same class, put their images into one folder.",
        details={"class_names": classes},
    )  # fmt: skip
    yield from find_files(
        "names_alike", "note", _alike(collection.names), "has names that differ from another only in capitalisation",
        "On Windows and macOS one would replace the other: rename them.",
        "file",
    )  # fmt: skip
    yield from find_files(
        "names_not_utf8", "note", [printable(name) for name in collection.names if not _is_utf8(name)],
        "has a name that is not UTF-8",
        "They are used, but other programs and archives may not handle them: rename them.",
        "file",
    )  # fmt: skip


def _alike(names: Sequence[str]) -> list[str]:
    """Return names that differ from another only in capitalisation, sorted so that they are next to each other."""
    lower = Counter(name.lower() for name in names)
    if len(lower) == len(names):
        return []
    return sorted((printable(name) for name in names if lower[name.lower()] > 1), key=str.lower)


def _is_utf8(name: str) -> bool:
    return name.isascii() or name.encode("utf-8", "ignore").decode() == name


def find_nested(collection: Collection) -> Iterator[Finding]:
    """Find images in subfolders of a class folder."""
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
        "They count as images of that class. If the inner folders are the classes, give the folder that holds them.",
        examples=tuple(f"{folder}: {count_of(count, 'image')}" for folder, count in below.most_common()),
    )  # fmt: skip


def find_left_out(collection: Collection) -> Iterator[Finding]:
    """List what was left out when the images were listed."""
    if collection.notes:
        yield Finding(
            kind="listing",
            severity="note",
            title="left out when the images were listed",
            count=len(collection.notes),
            advice="If this is what you want, do nothing.",
            examples=collection.notes,
            details={"notes": list(collection.notes)},
        )
