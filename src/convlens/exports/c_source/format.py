"""The format `c`: a folder with a header, a source file, and a program that checks them."""

import json
import tempfile
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from convlens.data import LabelledImages
from convlens.errors import ProofFailed, UsageError
from convlens.exports.c_source.compiler import FLAGS, find_compiler, flash_of, target_of, version_of
from convlens.exports.c_source.floats import Code
from convlens.exports.c_source.proving import code_of, expected_logits, program_of, prove_answers
from convlens.exports.c_source.templates import c_name, comment, fill, join_kernels, literal, string
from convlens.exports.contents import Contents
from convlens.exports.format import ExportFormat
from convlens.exports.options import ExportOptions
from convlens.exports.programs import run
from convlens.exports.proof import Answers, Proof, Run
from convlens.files import write_atomically
from convlens.trained_model import TrainedModel
from convlens.words import count_of

MOST_PARAMETERS = 2_000_000
"""8 MB of weights are about 25 MB of C, which a compiler needs seconds and a gigabyte of memory for."""
_CHECK = "_check.c"


class CSource(ExportFormat):
    """What the formats made of C code have in common: which models they hold, and the proof."""

    options: ClassVar[tuple[str, ...]] = ("int8", "prepare")

    def check(self, model: TrainedModel, options: ExportOptions) -> None:
        """Refuse a model that is too large, and layers that the C code does not have."""
        super().check(model, options)
        if model.parameters > MOST_PARAMETERS:
            raise UsageError(
                f"the model has {count_of(model.parameters, 'parameter')}; the format {self.name!r} holds at most "
                f"{MOST_PARAMETERS:,}. Choose another format, or a smaller network."
            )
        program_of(model)

    def open(self, path: Path) -> Run:
        return lambda images: self.run(path, images)[0]

    @abstractmethod
    def run(self, path: Path, images: NDArray[np.uint8]) -> tuple[Answers, dict[str, Any]]:
        """Run an export on images. Returns its answers, and facts for the proof."""

    def prove(self, contents: Contents, path: Path, images: LabelledImages | None) -> Proof:
        pixels = contents.images_of_proof(images)
        found, facts = self.run(path, pixels)
        details = {"ram_bytes": code_of(contents).ram, **facts}
        labels = None if images is None else images.labels
        return prove_answers(contents, found, pixels, labels, self.tolerance, self.versions(), details)


class CFolder(CSource):
    """A folder with C99 code that needs no library and allocates no memory."""

    name: ClassVar[str] = "c"
    suffix: ClassVar[str] = ""
    help: ClassVar[str] = "a folder with C99 code for microcontrollers, without libraries or allocations"

    def check(self, model: TrainedModel, options: ExportOptions) -> None:
        """Refuse a model that is too large, layers that the C code does not have, and a machine without a compiler."""
        super().check(model, options)
        find_compiler()

    def write(self, contents: Contents, path: Path, proof: Proof | None) -> None:
        path.mkdir()
        name = c_name(contents.name)
        for suffix, text in source_texts(contents, proof).items():
            write_atomically(path / f"{name}{suffix}", text)

    def run(self, path: Path, images: NDArray[np.uint8]) -> tuple[Answers, dict[str, Any]]:
        return compile_and_run(path, images)

    def versions(self) -> Mapping[str, str]:
        return version_of(find_compiler())


def source_texts(contents: Contents, proof: Proof | None) -> dict[str, str]:
    """Return the text of each file by the end of its name."""
    code = code_of(contents)
    model, prefix = contents.model, c_name(contents.name)
    channels, height, width = model.plan.input_shape
    numbers = {"CHANNELS": channels, "HEIGHT": height, "WIDTH": width, "CLASSES": model.plan.classes, "RAM": code.ram}
    threshold = -1.0 if model.calibration.threshold is None else model.calibration.threshold
    head = _head(contents, code, proof)
    facts = json.dumps(contents.as_dict(proof), indent=1).replace("*", "\\u002a")
    define = f"#define {prefix.upper()}_"
    parts = {
        "head": comment(head),
        "facts": comment(f"All facts of this export, as JSON:\n{facts}"),
        "sizes": "\n".join(f"{prefix.upper()}_{name} = {number}," for name, number in numbers.items()),
        "calibration": f"{define}TEMPERATURE {model.calibration.temperature!r}\n{define}THRESHOLD ({threshold!r})",
        "sha256": f'{define}SHA256 "{contents.model_sha256}"',
        "kernels": join_kernels(code.kernels),
        "tables": code.tables,
        "memory": code.memory,
        "calls": code.calls,
        "class_names": "\n".join(f"{string(name)}," for name in model.class_names),
        "check": _check_tables(contents),
    }
    return {
        ".h": fill("model.h", prefix, parts),
        ".c": fill("model.c", prefix, parts),
        _CHECK: fill("model_check.c", prefix, parts),
    }


def _head(contents: Contents, code: Code, proof: Proof | None) -> str:
    from convlens import __version__

    return "\n".join(
        [
            f"{contents.name}: an image classifier in C99, made with Convlens {__version__}.",
            f"Network: {contents.model.network}{', in whole numbers of 8 bits' if contents.options.int8 else ''}",
            f"Flash: {_measured(proof)}",
            f"RAM: {code.ram:,} bytes of static memory, besides the image and the probabilities",
            "Not proved yet." if proof is None else f"Proof: {proof}.",
        ]
    )


def _measured(proof: Proof | None) -> str:
    if proof is None or proof.details["flash_bytes"] is None:
        return "not measured"
    tools = ", ".join(f"{name} {version}" for name, version in proof.versions.items())
    return f"{proof.details['flash_bytes']:,} bytes of code and constants by {tools} -Os for {proof.details['target']}"


def _check_tables(contents: Contents) -> str:
    images, logits = contents.check_images, expected_logits(contents, contents.check_images)
    rows = ["{" + ", ".join(map(str, image.ravel())) + "}," for image in images]
    wrapped = "\n".join(line for row in rows for line in _wrap(row))
    values = "\n".join(line for row in logits for line in _wrap("{" + ", ".join(map(literal, row)) + "},"))
    return (
        f"enum {{ CHECK_IMAGES = {len(images)} }};\n\n"
        f"static const uint8_t check_pixels[CHECK_IMAGES][PIXELS] = {{\n{wrapped}\n}};\n\n"
        f"static const float check_logits[CHECK_IMAGES][{logits.shape[1]}] = {{\n{values}\n}};"
    )


def _wrap(text: str) -> list[str]:
    import textwrap

    return textwrap.wrap(text, 116, initial_indent="    ", subsequent_indent="     ")


def compile_and_run(folder: Path, images: NDArray[np.uint8]) -> tuple[Answers, dict[str, Any]]:
    """Compile a folder's code, and run its program on images. Returns the answers, and the size in flash.

    Raises:
        ProofFailed: the compiler refuses the code, or the program fails.
    """
    compiler = find_compiler()
    (check,) = folder.glob(f"*{_CHECK}")
    source = folder / f"{check.name.removesuffix(_CHECK)}.c"
    with tempfile.TemporaryDirectory() as place:
        built = Path(place)
        sized = ["-fno-asynchronous-unwind-tables", "-c", str(source.resolve()), "-o", "model.o"]
        run([compiler, *FLAGS, *sized], built)
        flash = flash_of(built / "model.o")
        run([compiler, *FLAGS, str(check.resolve()), "model.o", "-o", "check"], built)
        run([str(built / "check")], built)
        (built / "images").write_bytes(np.ascontiguousarray(images).tobytes())
        run([str(built / "check"), "images", "answers"], built, images=len(images))
        facts = {"flash_bytes": flash, "target": target_of(compiler)}
        return read_answers((built / "answers").read_bytes(), len(images)), facts


def read_answers(content: bytes, count: int) -> Answers:
    """Return the answers that the program wrote.

    Raises:
        ProofFailed: they are not answers to `count` images.
    """
    try:
        classes = int(np.frombuffer(content, "<i4", 1)[0])
        threshold = float(np.frombuffer(content, "<f8", 1, 4)[0])
        *names, rest = content[12:].split(b"\0", classes)
        record = np.dtype([("answer", "<i4"), ("probabilities", "<f4", (classes,))])
        found = np.frombuffer(rest, record)
    except ValueError as error:
        raise ProofFailed(f"its answers cannot be read: {error}") from error
    if len(found) != count or len(names) != classes:
        raise ProofFailed(f"it answers {len(found)} of {count_of(count, 'image')}")
    known = found["answer"] >= 0
    if (found["answer"] != found["probabilities"].argmax(axis=1))[known].any():
        raise ProofFailed("an answer is not the likeliest class")
    return Answers(
        tuple(name.decode() for name in names),
        found["probabilities"],
        ~known,
        None if threshold < 0 else threshold,
    )
