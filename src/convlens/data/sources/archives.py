"""Extracts single files from streams and tar archives that are not trusted.

Names in an archive never decide where a file is written: a member is found by its exact name, must be a regular file,
and is copied to a path chosen here, up to the known size. So paths such as `../`, links and gzip bombs do no harm.
"""

import gzip
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from convlens.data.sources.source import FetchProgress, OnProgress, SourceError
from convlens.files import explain_write_errors

_CHUNK = 1 << 20


def copy_unpacked(packed: IO[bytes], target: Path, size: int) -> None:
    """Copy a seekable stream to `target`, and unpack it if it is gz; the result must have exactly `size` bytes.

    Raises:
        SourceError: the size is wrong, or the gz stream is damaged.
        OutputError: `target` cannot be written.
    """
    done = 0
    with explain_write_errors(target, size), target.open("wb") as file:
        for piece in _unpacked_pieces(packed, target.name):
            done += len(piece)
            if done > size:
                raise SourceError(f"its {target.name} is larger than the {size:,} bytes it should have")
            file.write(piece)
    if done < size:
        raise SourceError(f"its {target.name} has {done:,} bytes instead of {size:,}")


def deliver_from_tar(
    archive: Path,
    members: Mapping[str, str],
    wanted: Mapping[str, int],
    into: Path,
    source: str,
    on_progress: OnProgress,
) -> Iterator[str]:
    """Copy the wanted files (name → size) from a tar archive, and yield their names; `members` maps them to members."""
    import tarfile

    try:
        with tarfile.open(archive) as tar:
            for name, size in wanted.items():
                member = tar.getmember(members[name])
                content = tar.extractfile(member) if member.isfile() else None
                if content is None:
                    raise SourceError(f"{members[name]} in its archive is not a regular file")
                with content:
                    copy_unpacked(content, into / name, size)
                on_progress(FetchProgress(source, name, size, size))
                yield name
    except KeyError as error:
        raise SourceError(f"its archive has no {error.args[0]}") from error
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise SourceError(f"its archive is damaged ({error})") from error


def _unpacked_pieces(packed: IO[bytes], name: str) -> Iterator[bytes]:
    try:
        is_gz = packed.read(2) == b"\x1f\x8b"
        packed.seek(0)
        content = gzip.GzipFile(fileobj=packed) if is_gz else packed
        while piece := content.read(_CHUNK):
            yield piece
    except (EOFError, OSError, zlib.error) as error:
        raise SourceError(f"its {name} is damaged ({error})") from error
