"""Write, read and verify the bytes of a model file. `docs/model-format.md` describes the format.

safetensors reads and writes the tensors. This module checks what safetensors does not: that the file is complete and
that no bit has changed. Nothing in the file is executed.
"""

import json
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import safetensors
import safetensors.numpy

from convlens.checking import shown
from convlens.engines.engine import Weights
from convlens.errors import DamagedModel, FutureModel, ModelFileError, UsageError
from convlens.files import sha256_of_bytes

FORMAT_VERSION = 3
_DTYPES = {"float32": "F32", "int64": "I64"}
_PICKLES = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
_LONGEST_HEADER = 100_000_000
_LONGEST_REASON = 500
_UNSEALED = "0" * 64
"""The placeholder for the checksum while the checksum is computed."""


def encode(facts: dict[str, Any], weights: Weights) -> bytes:
    """Return the bytes of a file with `facts` as its metadata and `weights` as its tensors.

    The same values always give the same bytes.
    """
    head = {"format_version": FORMAT_VERSION, "sha256": _UNSEALED}
    text = json.dumps(head | facts | head, ensure_ascii=False, allow_nan=False)
    arrays = {name: np.array(array, order="C") for name, array in weights.items()}
    text = text.replace(_UNSEALED, checksum(text, arrays), 1)
    return safetensors.numpy.save(arrays, metadata={"convlens": text})


def checksum(text: str, weights: Weights) -> str:
    """Return the SHA-256 of the metadata's JSON, with zeros for the checksum, and of all tensors, sorted by name."""
    parts: list[bytes] = [text.encode()]
    for name in sorted(weights):
        array = weights[name]
        shape = ",".join(map(str, array.shape))
        parts.append(f"{name}\0{_DTYPES[str(array.dtype)]}\0{shape}\0".encode())
        parts.append(array.tobytes())
    return sha256_of_bytes(*parts)


def decode(content: bytes, name: str) -> tuple[dict[str, Any], Weights]:
    """Return the facts and the tensors; `check_unchanged` then verifies them. Errors call the file `name`.

    Raises:
        ModelFileError: it is another kind of file.
        FutureModel: the format is newer than this version of Convlens.
        DamagedModel: the file is incomplete or cannot be read.
    """
    header = _read_header(content, name)
    facts = _read_facts(header.pop("__metadata__", None), name)
    _check_length(content, header, name)
    try:
        weights = safetensors.numpy.load(content)
    except (safetensors.SafetensorError, ValueError, TypeError, KeyError) as error:
        raise DamagedModel(
            f"{name} is damaged: its tensors cannot be read ({_cut(error)}). Take another copy."
        ) from error
    return facts, weights


@contextmanager
def explaining_damage(name: str) -> Iterator[None]:
    """Turn every error that a library raises for the content of a file into `DamagedModel`. All readers use it.

    A checksum shows that nothing was changed by accident, not that the content makes sense: anyone who writes a file
    can also write a matching checksum.
    """
    try:
        yield
    except ModelFileError:
        raise
    except (UsageError, msgspec.ValidationError) as error:
        reason = _cut(error).removesuffix(".")
        raise DamagedModel(f"{name} is damaged: {reason}. Take another copy.") from error
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        reason = f"{type(error).__name__}: {ascii(_cut(error))[1:-1]}"
        raise DamagedModel(f"{name} is damaged: its content cannot be used ({reason}). Take another copy.") from error


def _cut(error: Exception) -> str:
    """Return the message of an error, shortened, because it may repeat long texts from the file."""
    text = str(error)
    return text if len(text) <= _LONGEST_REASON else f"{text[:_LONGEST_REASON]}…"


def read_facts(path: Path) -> dict[str, Any]:
    """Read the facts from a file's header, without checking the rest: for a list of many models.

    Raises:
        OSError: the file cannot be read.
        ModelFileError: its header is not that of a trained model.
    """
    with path.open("rb") as file:
        content = file.read(8)
        length = int.from_bytes(content, "little")
        content += file.read(min(length, _LONGEST_HEADER))
    return _read_facts(_read_header(content, str(path)).get("__metadata__"), str(path))


def check_unchanged(content: bytes, weights: Weights, name: str) -> None:
    """Compare the SHA-256 in the file with that of its content.

    Raises:
        DamagedModel: the file has changed since it was written.
    """
    text = _read_header(content, name)["__metadata__"]["convlens"]
    claimed = str(json.loads(text).get("sha256"))
    known = all(str(array.dtype) in _DTYPES for array in weights.values())
    if not known or checksum(text.replace(claimed, _UNSEALED, 1), weights) != claimed:
        raise DamagedModel(
            f"{name} is damaged: its SHA-256 does not match, so at least one bit has changed. Take another copy."
        )


def _read_header(content: bytes, name: str) -> dict[str, Any]:
    """Read the JSON header of a safetensors file."""
    if content[8:9] != b"{" and content.startswith(_PICKLES):
        raise ModelFileError(
            f"{name} is a pickle, such as torch.save writes. A pickle can run any code, so Convlens never opens one. "
            "Give a file that model.save wrote."
        )
    if len(content) < 8:
        raise DamagedModel(f"{name} is cut short: it has {len(content)} bytes, too few for a model. Take another copy.")
    (length,) = struct.unpack("<Q", content[:8])
    if length > _LONGEST_HEADER or content[8:9] not in (b"{", b""):
        raise ModelFileError(
            f"{name} is not a trained model: it is not a safetensors file. Give a model that Convlens wrote."
        )
    if 8 + length > len(content):
        raise DamagedModel(
            f"{name} is cut short: its header has {length:,} bytes, the file only {len(content):,}. Take another copy."
        )
    try:
        header = json.loads(content[8 : 8 + length].decode())
    except (ValueError, RecursionError) as error:
        raise DamagedModel(
            f"{name} is damaged: its header cannot be read ({_cut(error)}). Take another copy."
        ) from error
    if not isinstance(header, dict):
        raise DamagedModel(f"{name} is damaged: its header is not a JSON object. Take another copy.")
    return header


def _read_facts(metadata: Any, name: str) -> dict[str, Any]:
    """Read the `convlens` entry of the metadata, and check its format version."""
    if not isinstance(metadata, dict) or "convlens" not in metadata:
        raise ModelFileError(
            f"{name} is a safetensors file, but not a trained model: its metadata has no 'convlens' entry. Give a "
            "model that Convlens wrote; for a state dict of PyTorch, load_model(path, network=..., input_shape=...)."
        )
    try:
        metadata["convlens"].encode()  # JSON can contain lone surrogates, which UTF-8 cannot
        facts = json.loads(metadata["convlens"])
        version = facts["format_version"]
    except (AttributeError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise DamagedModel(f"{name} is damaged: its 'convlens' metadata cannot be read. Take another copy.") from error
    if type(version) is not int or version < 1:
        raise DamagedModel(
            f"{name} is damaged: its format version is {shown(version)}, not a whole number from 1. Take another copy."
        )
    if version > FORMAT_VERSION:
        raise FutureModel(
            f"{name} has format version {shown(version)}; this Convlens reads up to {FORMAT_VERSION}. "
            "pip install --upgrade convlens"
        )
    return facts


def _check_length(content: bytes, header: dict[str, Any], name: str) -> None:
    """Check that the data are exactly as long as the header says."""
    try:
        (length,) = struct.unpack("<Q", content[:8])
        promised = 8 + length + max((int(tensor["data_offsets"][1]) for tensor in header.values()), default=0)
    except (TypeError, KeyError, IndexError, ValueError, OverflowError) as error:
        raise DamagedModel(f"{name} is damaged: its table of tensors cannot be read. Take another copy.") from error
    if len(content) < promised:
        raise DamagedModel(f"{name} is cut short: it has {len(content):,} of {promised:,} bytes. Take another copy.")
    if len(content) > promised:
        raise DamagedModel(
            f"{name} is damaged: it has {len(content) - promised:,} extra bytes at its end. Take another copy."
        )
