# Paths are text here: names need not be Unicode, and an object for each of a million files takes long.
# ruff: noqa: PTH116, PTH122, PTH123
"""The process that decodes: it reads jobs from its standard input and answers file by file.

A decoder written in C can end its process or never come back, so none runs in the process of whoever trains.
`multiprocessing` would run the caller's script anew, refuses to work inside a daemon process, and takes down all
workers when one dies; a process with two pipes does none of that.

    job       4 bytes length, then msgpack [archive, places, size, channels, only the survey?]
    answer    facts, 2 bytes length of the words, 1 byte whether pixels follow; words; pixels
"""

import io
import os
import signal
import stat
import struct
import sys
import zipfile
import zlib
from typing import IO

import msgspec
import numpy as np

from convlens.data.custom.decoding import Decoded, decode, refused, survey
from convlens.data.custom.facts import FACTS, problem_code
from convlens.data.custom.walking import UNREAD_ENDINGS
from convlens.pixels import MAX_FILE_BYTES

_NOT_AN_IMAGE = problem_code("not_an_image")
GREETING = b"convlens decodes\n"
LENGTH = struct.Struct("<I")
TAIL = struct.Struct("<HB")


class Job(msgspec.Struct, array_like=True):
    """Files to decode: paths, or members of `archive` if there is one, as the bytes that the system uses."""

    archive: bytes
    places: list[bytes]
    size: int
    channels: int
    survey: bool = False


class Reader:
    """Reads and decodes the files of jobs; keeps the last archive open."""

    def __init__(self) -> None:
        self._archive: zipfile.ZipFile | None = None
        self._path = b""

    def decode(self, job: Job, number: int) -> Decoded:
        """One file of a job; what cannot be read gives the words for it."""
        try:
            if job.survey and not job.archive:
                with open(_regular(os.fsdecode(job.places[number])), "rb") as file:
                    return survey(file)
            content = self._read(job, number)
        except FileNotFoundError:
            return refused("is gone since the files were listed: look where it went", problem="vanished")
        except PermissionError:
            return refused("may not be read: check its permissions", problem="unreadable")
        except (
            OSError,
            ValueError,
            KeyError,
            NotImplementedError,
            RuntimeError,
            zipfile.BadZipFile,
            zlib.error,
        ) as error:
            words = " ".join(str(error).split())[:120] or type(error).__name__
            return refused(f"cannot be read ({words}): check the file", problem="unreadable")
        if len(content) > MAX_FILE_BYTES:
            return refused(f"has more than the {MAX_FILE_BYTES:,} bytes allowed: save it smaller", problem="too_large")
        try:
            if job.survey:
                return survey(io.BytesIO(content))
            decoded = decode(content, job.size, job.channels)
            kind = os.path.splitext(os.fsdecode(job.places[number]))[1].lower()
            if decoded.facts["problem"] == _NOT_AN_IMAGE and kind in UNREAD_ENDINGS:
                words = f"is a {kind} file, of a kind that is not read: save it as PNG"
                return refused(words, decoded.facts, "unsupported")
            return decoded
        except MemoryError:
            return refused("needs more memory than there is: make it smaller", problem="too_large")

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
        with self._archive.open(name) as member:
            return member.read(MAX_FILE_BYTES + 1)


def _regular(path: str) -> str:
    """The path, unless what it names could keep its reader waiting for ever."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise OSError("it is no file but a folder, a device or a pipe")
    return path


def write_answer(to: IO[bytes], decoded: Decoded) -> None:
    """Send one answer."""
    words = decoded.words.encode("utf-8", "backslashreplace")[:2000]
    to.write(decoded.facts.tobytes() + TAIL.pack(len(words), decoded.pixels is not None) + words)
    if decoded.pixels is not None:
        to.write(decoded.pixels.tobytes())
    to.flush()


def read_answer(source: IO[bytes], size: int, channels: int) -> Decoded:
    """Take one answer.

    Raises:
        EOFError: the process ended.
    """
    fixed = read_exactly(source, FACTS.itemsize + TAIL.size)
    length, has_pixels = TAIL.unpack(fixed[FACTS.itemsize :])
    words = read_exactly(source, length).decode("utf-8", "replace")
    facts = np.frombuffer(fixed, FACTS, count=1)[0]
    if not has_pixels:
        return Decoded(facts, None, words)
    pixels = np.frombuffer(read_exactly(source, channels * size * size), np.uint8)
    return Decoded(facts, pixels.reshape(channels, size, size), words)


def read_exactly(source: IO[bytes], length: int) -> bytes:
    """So many bytes.

    Raises:
        EOFError: there are fewer.
    """
    content = source.read(length)
    if content is None or len(content) < length:
        raise EOFError
    return content


def serve() -> None:
    """Answer jobs until the standard input ends, as it does when the process that asks ends, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes of a terminal; the other one decides
    jobs = sys.stdin.buffer
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)  # what a decoder prints must not be taken for an answer
        answers.write(GREETING)
        answers.flush()
        reader = Reader()
        while True:
            try:
                (length,) = LENGTH.unpack(read_exactly(jobs, LENGTH.size))
                job = msgspec.msgpack.decode(read_exactly(jobs, length), type=Job)
                for number in range(len(job.places)):
                    write_answer(answers, reader.decode(job, number))
            except (EOFError, BrokenPipeError):
                reader.close()
                return
