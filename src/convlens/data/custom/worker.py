# Paths are strings here: names may be invalid Unicode, and creating a million Path objects is slow.
# ruff: noqa: PTH116, PTH122, PTH123
"""The decoding process: it reads jobs from its standard input and answers file by file.

A decoder written in C can crash its process or hang, so decoders do not run in the training process
(`convlens.pixels.processes`). `convlens.pixels.limits` has the limits for each file. A message is msgpack: a `Job` to
the process, an `Answer` back for each of its files.
"""

import io
import os
import stat
import zipfile
from collections.abc import Callable
from typing import IO

import msgspec
import numpy as np

from convlens.data.archives import ARCHIVE_ERRORS, read_member
from convlens.data.custom.decoding import Decoded, decode, refused, survey
from convlens.data.custom.facts import FACTS, problem_code
from convlens.data.custom.walking import UNREAD_ENDINGS
from convlens.pixels.limits import MAX_FILE_BYTES, budget_for, within
from convlens.pixels.processes import serve_messages, write_message

_NOT_AN_IMAGE = problem_code("not_an_image")


class Job(msgspec.Struct, array_like=True):
    """Files to decode: paths, or members of `archive` if it is given, as the bytes that the system uses."""

    archive: bytes
    places: list[bytes]
    size: int
    channels: int
    survey: bool = False


class Answer(msgspec.Struct, array_like=True):
    """The result for one file: its row of FACTS, its problem, and its pixels if it could be decoded."""

    facts: bytes
    words: bytes
    pixels: bytes | None


class Reader:
    """Reads and decodes the files of jobs; keeps the most recent archive open."""

    def __init__(self) -> None:
        self._archive: zipfile.ZipFile | None = None
        self._path = b""

    def decode(self, job: Job, number: int) -> Decoded:
        """Read one file of a job; if it cannot be read, the answer says why."""
        try:
            if job.survey and not job.archive:
                with open(_regular(os.fsdecode(job.places[number])), "rb") as file:
                    return self._within_limits(lambda: survey(file), os.fstat(file.fileno()).st_size)
            content = self._read(job, number)
        except FileNotFoundError:
            return refused("was removed after the files were listed: check where it went", "vanished")
        except PermissionError:
            return refused("cannot be read: check its permissions", "unreadable")
        except (OSError, MemoryError, *ARCHIVE_ERRORS) as error:
            words = " ".join(str(error).split())[:120] or type(error).__name__
            return refused(f"cannot be read ({words}): check the file", "unreadable")
        if len(content) > MAX_FILE_BYTES:
            return refused(f"has more than the {MAX_FILE_BYTES:,} bytes allowed: save it smaller", "too_large")
        if job.survey:
            return self._within_limits(lambda: survey(io.BytesIO(content)), len(content))
        decoded = self._within_limits(lambda: decode(content, job.size, job.channels), len(content))
        kind = os.path.splitext(os.fsdecode(job.places[number]))[1].lower()
        if decoded.facts["problem"] == _NOT_AN_IMAGE and kind in UNREAD_ENDINGS:
            words = f"is a {kind} file, which is not supported: save it as PNG"
            return refused(words, "unsupported", decoded.facts)
        return decoded

    def _within_limits(self, read: Callable[[], Decoded], size: int) -> Decoded:
        try:
            with within(budget_for(size)):
                return read()
        except MemoryError:
            return refused("needs more memory than is available: make it smaller", "too_large")

    def close(self) -> None:
        """Close the archive."""
        if self._archive is not None:
            self._archive.close()
            self._archive = None

    def _read(self, job: Job, number: int) -> bytes:
        if not job.archive:
            with open(_regular(os.fsdecode(job.places[number])), "rb") as file:
                return file.read(MAX_FILE_BYTES + 1)
        if self._archive is None or self._path != job.archive:
            self.close()
            self._archive, self._path = zipfile.ZipFile(os.fsdecode(job.archive)), job.archive
        name = os.fsdecode(job.places[number])
        if name not in self._archive.NameToInfo:
            raise FileNotFoundError(name)
        return read_member(self._archive, name, MAX_FILE_BYTES + 1)


def _regular(path: str) -> str:
    """Return the path; raise OSError if it is not a regular file, because reading it could block forever."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise OSError("it is not a file but a folder, a device or a pipe")
    return path


def read_answer(message: bytes, size: int, channels: int) -> Decoded:
    """Return the answer in a message, for a job with this size and number of channels."""
    answer = msgspec.msgpack.decode(message, type=Answer)
    facts = np.frombuffer(answer.facts, FACTS, count=1)[0]
    words = answer.words.decode("utf-8", "replace")
    if answer.pixels is None:
        return Decoded(facts, None, words)
    return Decoded(facts, np.frombuffer(answer.pixels, np.uint8).reshape(channels, size, size), words)


def serve() -> None:
    """Answer jobs until the standard input ends, which also happens when the calling process dies."""
    reader = Reader()

    def answer_job(message: bytes, answers: IO[bytes]) -> None:
        job = msgspec.msgpack.decode(message, type=Job)
        for number in range(len(job.places)):
            decoded = reader.decode(job, number)
            words = decoded.words.encode("utf-8", "backslashreplace")[:2000]
            pixels = None if decoded.pixels is None else decoded.pixels.tobytes()
            write_message(answers, msgspec.msgpack.encode(Answer(decoded.facts.tobytes(), words, pixels)))

    serve_messages(answer_job)
    reader.close()
