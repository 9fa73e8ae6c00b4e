"""Taking single files out of streams and tar archives that nobody has checked yet.

Nothing is ever extracted under the name that an archive gives: a member is looked up by its exact name, must be a plain
file, and its bytes go to a path chosen here, up to the known size. So paths that climb out (`../`), links and gzip
bombs have nothing to act on.
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
    """Copy a stream that can seek to `target`, unpacking it if its content is gz; it must come to exactly `size` bytes.

    Raises:
        SourceError: another size, or a damaged gz stream.
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
    """Copy the wanted files out of a tar archive; `members` says which member holds which file."""
    import tarfile

    try:
        with tarfile.open(archive) as tar:
            for name, size in wanted.items():
                member = tar.getmember(members[name])
                content = tar.extractfile(member) if member.isfile() else None
                if content is None:
                    raise SourceError(f"{members[name]} in its archive is not a plain file")
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
