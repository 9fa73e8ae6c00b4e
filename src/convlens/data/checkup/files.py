"""Findings about files, whatever they show: those that gave no image, lengths that cannot be right, names, folders."""

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from convlens.data.checkup.collection import Collection
from convlens.data.checkup.findings import Finding
from convlens.data.custom.facts import PROBLEM_WORDS, PROBLEMS
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


def find_refused(collection: Collection) -> list[Finding]:
    """Files that gave no image, a finding for each kind of problem."""
    by_problem = defaultdict(list)
    for refusal in collection.refused:
        by_problem[refusal.problem].append(refusal)
    findings = []
    for problem, refusals in sorted(by_problem.items(), key=lambda item: -len(item[1])):
        words = PROBLEM_WORDS[PROBLEMS.index(problem)] if problem in PROBLEMS else "could not be used"
        verb = "are " if words.startswith(("not", "cut", "too", "of", "empty", "damaged", "gone")) else ""
        if len(refusals) == 1:
            verb, words = verb.replace("are", "is"), words.replace("not images", "not an image").replace("their", "its")
        reasons = {printable(refusal.name): refusal.words for refusal in refusals}
        findings.append(
            Finding(
                kind=f"refused_{problem}",
                severity="warning",
                title=f"{count_of(len(refusals), 'file')} {verb}{words}: skipped",
                count=len(refusals),
                advice=_ADVICE.get(problem, "Save them as PNG with another program."),
                files=tuple(reasons),
                details={"reasons": reasons},
            )
        )
    return findings


def find_bad_lengths(collection: Collection) -> list[Finding]:
    """Files that decode although bytes are missing or too many, as after a transfer in text mode."""
    places = np.flatnonzero(collection.facts["bad_length"])
    if not len(places):
        return []
    return [
        Finding(
            kind="bad_length",
            severity="error",
            title=f"{count_of(len(places), 'file', 'has')} a length that cannot be right",
            count=len(places),
            advice="They open, but their pixels are shifted, as when PPM or BMP files are sent as text: get them "
            "again, in binary mode.",
            files=collection.show_all(places),
        )
    ]


def find_odd_names(collection: Collection) -> list[Finding]:
    """Names that differ by capitals only, and names that are no UTF-8."""
    findings = _alike_classes(collection.class_names)
    lower = Counter(name.lower() for name in collection.names)
    if len(lower) < len(collection):
        alike = [printable(name) for name in collection.names if lower[name.lower()] > 1]
        alike.sort(key=str.lower)
        findings.append(
            Finding(
                kind="names_alike",
                severity="note",
                title=f"{count_of(len(alike), 'file')} have names that differ from another by capitals only",
                count=len(alike),
                advice="On Windows and macOS one would replace the other: rename them.",
                files=tuple(alike),
            )
        )
    strange = [printable(name) for name in collection.names if not _is_utf8(name)]
    if strange:
        findings.append(
            Finding(
                kind="names_not_utf8",
                severity="note",
                title=f"{count_of(len(strange), 'file', 'has')} a name that is not UTF-8",
                count=len(strange),
                advice="They are used, but other programs may not find them, and archives may lose them: rename them.",
                files=tuple(strange),
            )
        )
    return findings


def _alike_classes(class_names: Sequence[str]) -> list[Finding]:
    lower = Counter(name.lower() for name in class_names)
    alike = sorted((name for name in class_names if lower[name.lower()] > 1), key=str.lower)
    if not alike:
        return []
    return [
        Finding(
            kind="classes_alike",
            severity="warning",
            title=f"{count_of(len(alike), 'class')} have names that differ from another by capitals only",
            count=len(alike),
            advice="They are learned as different classes: if they are one, put their images into one folder.",
            examples=tuple(alike),
            details={"class_names": alike},
        )
    ]


def _is_utf8(name: str) -> bool:
    if name.isascii():
        return True
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def find_nested(collection: Collection) -> list[Finding]:
    """Images that lie in folders below the folder of their class."""
    nested: list[int] = []
    for place, name in enumerate(collection.names):
        if name.count("/") > 1:
            folders = printable(name).split("/")[:-1]
            label = collection.class_names[collection.labels[place]]
            if label in folders and folders.index(label) < len(folders) - 1:
                nested.append(place)
    if not nested:
        return []
    below = Counter(printable(collection.names[place].rpartition("/")[0]) for place in nested)
    return [
        Finding(
            kind="nested",
            severity="note",
            title=f"{count_of(len(nested), 'image', 'is')} in {count_of(len(below), 'folder')} below that of a class",
            count=len(nested),
            advice="They count as that class. If the inner folders are the classes, give the folder around them.",
            files=collection.show_all(np.array(nested)),
            examples=tuple(f"{folder}: {count_of(count, 'image')}" for folder, count in below.most_common()),
        )
    ]


def find_left_out(collection: Collection) -> list[Finding]:
    """What was not even tried, in the words of whoever listed the files."""
    if not collection.notes:
        return []
    return [
        Finding(
            kind="listing",
            severity="note",
            title="left out when the images were listed",
            count=len(collection.notes),
            advice="Nothing, if that is as you want it.",
            examples=collection.notes,
            details={"notes": list(collection.notes)},
        )
    ]
