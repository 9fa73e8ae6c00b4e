"""The format `wasm`: the C code as one WebAssembly module, which needs nothing from its surroundings.

Everything that is not arithmetic is in two custom sections of the module: `convlens`, the facts as JSON, and
`convlens.check`, the check images (bytes) followed by their logits (float32, little-endian).
"""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from convlens.errors import MissingDependency
from convlens.exports import programs
from convlens.exports.c_source.compiler import FLAGS, LINKER, find_clang, version_of
from convlens.exports.c_source.format import CSource, read_answers, source_texts
from convlens.exports.c_source.proving import expected_logits
from convlens.exports.c_source.templates import FOLDER, c_name, fill
from convlens.exports.contents import Contents
from convlens.exports.options import ExportOptions
from convlens.exports.programs import run, version_of_node
from convlens.exports.proof import Answers, Proof
from convlens.files import write_atomically
from convlens.trained_model import TrainedModel

SECTION = "convlens"
CHECK_SECTION = "convlens.check"

_TARGET = ("--target=wasm32", "-ffreestanding", "-nostdlib", "-Wl,--no-entry", "-Wl,--strip-all")
_RUNNER = FOLDER / "run_wasm.mjs"
_modules: "WeakKeyDictionary[Contents, bytes]" = WeakKeyDictionary()


class WasmFile(CSource):
    """One WebAssembly module. Node runs it in the proof."""

    name: ClassVar[str] = "wasm"
    suffix: ClassVar[str] = ".wasm"
    help: ClassVar[str] = "one WebAssembly module, for web pages and Node"

    def check(self, model: TrainedModel, options: ExportOptions) -> None:
        """Refuse a model that is too large, layers that the C code does not have, and missing programs."""
        super().check(model, options)
        find_clang()
        find_node()

    def write(self, contents: Contents, path: Path, proof: Proof | None) -> None:
        module = compile_module(contents)
        facts = json.dumps(contents.as_dict(proof), allow_nan=False).encode()
        logits = expected_logits(contents, contents.check_images).astype("<f4")
        check = contents.check_images.tobytes() + logits.tobytes()
        write_atomically(path, module + custom_section(SECTION, facts) + custom_section(CHECK_SECTION, check))

    def run(self, path: Path, images: NDArray[np.uint8]) -> tuple[Answers, dict[str, Any]]:
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            (place / "images").write_bytes(np.ascontiguousarray(images).tobytes())
            run([find_node(), str(_RUNNER), str(path.resolve()), "images", "answers"], place, images=len(images))
            return read_answers((place / "answers").read_bytes(), len(images)), {}

    def versions(self) -> Mapping[str, str]:
        return {"node": version_of_node(find_node()), **version_of(find_clang())}


def find_node() -> str:
    """Return the path of Node.

    Raises:
        MissingDependency: it is not installed.
    """
    found = programs.find_node()
    if found is None:
        raise MissingDependency(
            "the format 'wasm' needs Node to prove what it writes, and node is not installed, or does not say its "
            "version. Install it (Debian, Ubuntu: apt install nodejs; macOS: brew install node)."
        )
    return found


def compile_module(contents: Contents) -> bytes:
    """Return the module without its custom sections. It is compiled once for the same contents.

    Raises:
        ProofFailed: the compiler refuses the code.
    """
    if contents not in _modules:
        _modules[contents] = _compile(contents)
    return _modules[contents]


def _compile(contents: Contents) -> bytes:
    name = c_name(contents.name)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        texts = source_texts(contents, None) | {"_wasm.c": fill("wasm.c", name, {})}
        for suffix, text in texts.items():
            (place / f"{name}{suffix}").write_text(text, encoding="utf-8")
        sources = [f"{name}.c", f"{name}_wasm.c"]
        run([find_clang(), *FLAGS, *_TARGET, f"-fuse-ld={LINKER}", *sources, "-o", "module.wasm"], place)
        return (place / "module.wasm").read_bytes()


def custom_section(name: str, content: bytes) -> bytes:
    """Return a custom section of a WebAssembly module.

    >>> custom_section("a", b"xyz")
    b'\\x00\\x05\\x01axyz'
    """
    body = _length(len(name)) + name.encode() + content
    return b"\0" + _length(len(body)) + body


def _length(number: int) -> bytes:
    """Return a number in LEB128, 7 bits in each byte, the lowest first."""
    parts = []
    while True:
        number, low = number >> 7, number & 127
        parts.append(low | (128 if number else 0))
        if not number:
            return bytes(parts)
