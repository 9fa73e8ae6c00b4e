"""The one home of the limits for archives and other packed data: members, unpacked bytes, compression, rows.

A zip of a megabyte can unpack to gigabytes, and a header of a hundred bytes can claim them. What is claimed is compared
with these limits before anything is unpacked, and what is unpacked is counted: a header may lie.
"""

import lzma
import zipfile
import zlib

ARCHIVE_ERRORS = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError, UnicodeDecodeError,
)  # fmt: skip
"""What reading a damaged archive raises."""
