"""Changes everything else that Convlens reads: texts, tables, arrays, archives and JSON files.

Each reader gets inputs that start from a valid one. What is taken is used as far as that costs nothing, because a later
error is just as bad. Images are left to the part `images`, imports of whole archives to the part `archives`.
"""

import gzip
import io
import json
import random
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from campaign_parts.changes import WORDS, change_bytes, change_text, change_within
from campaign_parts.trial import Outcome, Trial
from campaign_parts.tries import LONGEST_MESSAGE, Target, try_all
from convlens.cli.by_hand.operands import read_kernels, read_operand, read_pair
from convlens.cli.by_hand.tables import read_table as read_typed_table
from convlens.cli.by_hand.typed_numbers import read_numbers
from convlens.data import ImportOptions
from convlens.data.checkup.remembering import recall
from convlens.data.custom.cache import open_cache
from convlens.data.custom.lengths import has_bad_length
from convlens.data.custom.sources import list_images
from convlens.data.custom.table import read_table
from convlens.data.idx import read_idx
from convlens.errors import ConvlensError
from convlens.network import Network
from convlens.pixels.cost import count_scans, has_known_cost, may_open_here, webp_size
from convlens.pixels.decoding import quiet
from convlens.report.course import read_course
from convlens.trained_model.file_format import read_facts
from convlens.training import TrainingSettings
from convlens.training.run_folder import RunConfig, read_config, write_start

TITLE = "Texts, tables, arrays, archives and caches that are changed"
COUNT = 1_600_000
NETWORKS = (
    "conv 8 3x3 pad same, batchnorm, relu, maxpool 2, dropout 0.3, dense",
    "conv 4 3 stride 2, leaky_relu 0.1, avgpool 2x1 stride 1 pad 1x0, flatten, dense 5, tanh, dense",
    "conv 4 3 pad 1, residual(conv 4 3x3 pad 1, batchnorm), globalavgpool, dense",
    "CONV 4 1x3 dilation 2,\nrelu, conv 8 1x1 groups 2, concat(conv 2 1x1; conv 3 3x3 pad 1), dense",
)
NUMBERS = ("1, 2.5 -3; 4e2, 5, 6 | 7 8 9; [0, 1, 2]", "[[1, 2], [3, 4]]", "3x5", "sobel-x", "1,5; 2,5")
TABLE = b"path,label,split\n" + b"".join(b"%d.png,%s,train\n" % (at, b"cat" if at % 2 else b"dog") for at in range(9))
NUMBER_TABLE = "# a note\n1;2,5;3\n4;5;-6e3\n"
METRICS = "epoch,loss,accuracy\n1,0.5,99.5\n2,nan,\n"
IMAGE_STARTS = (
    b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\xff\x3f\0\xff\x3f\0" + b"VP8L" * 9,
    b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0" + b"\xff\xda\0\x08\1\1\0\0?\0\x12\x34" * 120 + b"\xff\xd9",
    b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x08\0\0\0\x08\x08\0\0\0\0\0\0\0\0\0\0\0\x0aiCCPa\0\0x" + b"iCCP" * 8,
    b"P6\n# a note\n3 2 255\n" + bytes(18),
    b"BM" + bytes((86, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 24)) + bytes(57),
)


def run(trial: Trial) -> Outcome:
    """Try changed inputs, and report each place that raised another kind of error once, with how to repeat it."""
    return try_all(trial, _targets, "inputs")


def _targets(folder: Path) -> dict[str, Target]:
    """Return the functions that change and read an input, by name."""
    return {**_texts(folder), **_tables(folder), **_arrays(folder), **_kept_files(folder)}


def _texts(folder: Path) -> dict[str, Target]:
    write_start(folder, RunConfig("mnist", None, TrainingSettings(), ImportOptions()), "native")
    config = (folder / "config.toml").read_text(encoding="utf-8").partition("\n")[2]  # without the folder's name
    settings = json.dumps(TrainingSettings().as_dict())

    def read_settings(chance: random.Random) -> None:
        values = json.loads(settings)
        for _ in range(chance.choice((1, 1, 2))):
            change_within(values, chance)
        assert TrainingSettings.from_dict(values).as_dict()

    def read_config_file(chance: random.Random) -> None:
        read_config(_written(folder / "changed.toml", change_text(config, chance)))

    return {
        "networks": lambda chance: _use_network(change_text(chance.choice(NETWORKS), chance), chance),
        "networks of odd words": lambda chance: _use_network(_join_words(chance), chance),
        "settings": read_settings,
        "configurations": read_config_file,
        "numbers by hand": lambda chance: _use_numbers(change_text(chance.choice(NUMBERS), chance)),
    }


def _use_network(text: str, chance: random.Random) -> None:
    network = Network.from_text(text)
    assert str(Network.from_text(str(network))) == str(network)
    shape = chance.choice(((1, 28, 28), (3, 8, 8), (1, 1, 1), (3, 96, 5)))
    network.resolve(shape, 3)
    network.parameter_shapes(shape, 3)


def _join_words(chance: random.Random) -> str:
    words = re.findall(r"[\w.]+|[^\w\s]", " ".join(NETWORKS))
    return " ".join(chance.choice(words if chance.random() < 0.95 else WORDS) for _ in range(chance.randrange(1, 12)))


def _use_numbers(text: str) -> None:
    _each(
        lambda: read_numbers("--a", text),
        lambda: read_pair("--stride", text, 1),
        lambda: read_operand("--a", text) if text not in ("-", "<stdin>") and not text.strip()[:5].isalpha() else None,
        lambda: read_kernels([text, text], 3, colour=True),
    )


def _each(*readers: Callable[[], object]) -> None:
    """Call all readers; raise the first of Convlens's errors if none of them takes the input."""
    refused = list[ConvlensError]()
    for read in readers:
        try:
            read()
        except ConvlensError as error:
            refused.append(error)
            if len(str(error)) > LONGEST_MESSAGE:
                raise
    if len(refused) == len(readers):
        raise refused[0]


def _tables(folder: Path) -> dict[str, Target]:
    def read_typed(chance: random.Random) -> None:
        read_typed_table(_written(folder / "numbers.csv", change_text(NUMBER_TABLE, chance)))

    def read_listed(chance: random.Random) -> None:
        path = folder / "listed.csv"
        path.write_bytes(change_bytes(TABLE, chance))
        assert list_images(path).digest

    (folder / "1.png").write_bytes(b"an image")
    return {
        "tables of paths": lambda chance: _use_listing(read_table(change_bytes(TABLE, chance), "pets.csv")),
        "tables of paths, listed": read_listed,
        "tables of numbers": read_typed,
    }


def _use_listing(listing: Any) -> None:
    assert listing.digest
    assert len(listing.signatures()) == len(listing)


def _arrays(folder: Path) -> dict[str, Target]:
    chance_of_pixels = np.random.default_rng(1)
    images, labels = chance_of_pixels.integers(0, 256, (6, 4, 4), np.uint8), np.arange(6, dtype=np.uint8) % 2
    idx = bytes([0, 0, 8, 3]) + np.array(images.shape, ">u4").tobytes() + images.tobytes()
    idx_labels = bytes([0, 0, 8, 1, 0, 0, 0, 6]) + labels.tobytes()
    packed, named, archive = io.BytesIO(), io.BytesIO(), io.BytesIO()
    np.savez(packed, images=images, labels=labels)
    np.savez(named, x_train=images, y_train=labels, x_test=images, y_test=labels, class_names=["cat", "dog"])
    with zipfile.ZipFile(archive, "w") as file:
        for name, content in (("a/cat/1.png", b"1"), ("a/dog/2.png", b"2"), ("a/table.csv", TABLE), ("a/é.txt", b"")):
            file.writestr(name, content)
    places = {name: folder / name for name in ("images-idx3-ubyte", "labels-idx1-ubyte", "a.npz", "a.zip")}

    def read_pair_of_idx(chance: random.Random) -> None:
        kind = chance.randrange(3)
        places["images-idx3-ubyte"].write_bytes(change_bytes(idx, chance) if kind < 2 else gzip.compress(idx, 1))
        places["labels-idx1-ubyte"].write_bytes(change_bytes(idx_labels, chance) if kind else idx_labels)
        _each(lambda: read_idx(places["images-idx3-ubyte"]), lambda: _use_arrays(places["images-idx3-ubyte"]))

    def read_packed_idx(chance: random.Random) -> None:
        places["images-idx3-ubyte"].write_bytes(change_bytes(gzip.compress(idx, 1, mtime=0), chance))
        read_idx(places["images-idx3-ubyte"])

    def read_archive(name: str, contents: list[bytes]) -> Target:
        def read(chance: random.Random) -> None:
            places[name].write_bytes(change_bytes(chance.choice(contents), chance))
            _use_arrays(places[name])

        return read

    return {
        "IDX files": read_pair_of_idx,
        "IDX files, packed": read_packed_idx,
        "npz files": read_archive("a.npz", [packed.getvalue(), named.getvalue()]),
        "npz files, another header": lambda chance: _use_arrays(_other_header(places["a.npz"], images, labels, chance)),
        "zip archives": read_archive("a.zip", [archive.getvalue()]),
    }


def _use_arrays(path: Path) -> None:
    """List the images, and read all pixels that are arrays."""
    listing = list_images(path)
    _use_listing(listing)
    for array in listing.arrays:
        assert sum(map(len, array.pieces())) == array.count


def _other_header(path: Path, images: np.ndarray, labels: np.ndarray, chance: random.Random) -> Path:
    """Write an archive whose checksums fit, with changed text in the header of an array."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in (("images", images), ("labels", labels)):
            text = f"{{'descr': '{array.dtype.str}', 'fortran_order': False, 'shape': {array.shape}, }}"
            text = change_text(text, chance) if chance.random() < 0.6 else text
            header = text.encode("utf-8", "surrogatepass") + b"\n"
            start = b"\x93NUMPY\2\0" + len(header).to_bytes(4, "little")
            archive.writestr(f"{name}.npy", start + header + array.tobytes())
    return path


def _kept_files(folder: Path) -> dict[str, Target]:
    """Return the readers of files that Convlens itself keeps: headers of models, caches, records of a run."""
    about = {
        "version": 2, "listed": 2, "images": 2, "size": 4, "channels": 1, "classes": [0, 1], "words": {},
        "notes": ["a"],
    }  # fmt: skip
    for name, size in (("images", 32), ("rows", 16), ("parts", 2), ("signatures", 32), ("facts", 0)):
        (folder / f"{name}.bin").write_bytes(bytes(size))
    checkup = {"version": 2, "notes": [], "checkup": {}}
    header = {"__metadata__": {"convlens": json.dumps({"format_version": 3, "network": "dense", "sha256": "0" * 64})}}

    def read_cache(chance: random.Random) -> None:
        _written(folder / "about.json", _changed_json(about, chance))
        cached = open_cache(folder)
        assert cached is None or cached.about.notes is not None

    def read_checkup(chance: random.Random) -> None:
        _written(folder / "checkup.json", _changed_json(checkup, chance))
        recall(folder, ())

    def read_header(chance: random.Random) -> None:
        text = _changed_json(header, chance).encode("utf-8", "surrogatepass")
        (folder / "model").write_bytes(change_bytes(len(text).to_bytes(8, "little") + text, chance))
        read_facts(folder / "model")

    def read_history(chance: random.Random) -> None:
        for name, text in (("metrics.csv", METRICS), ("losses.csv", "step,loss\n1,0.5\n")):
            _written(folder / name, change_text(text, chance))
        _written(folder / "environment.json", _changed_json({"cores": 2, "versions": {"numpy": "2"}}, chance))
        read_course(folder / "model")

    return {
        "caches": read_cache,
        "checkups": read_checkup,
        "headers of models": read_header,
        "histories of runs": read_history,
        "starts of images": lambda chance: _use_start(change_bytes(chance.choice(IMAGE_STARTS), chance)),
    }


def _changed_json(values: dict[str, Any], chance: random.Random) -> str:
    values = json.loads(json.dumps(values))
    change_within(values, chance)
    text = json.dumps(values, ensure_ascii=chance.random() < 0.5)
    return change_text(text, chance) if chance.random() < 0.3 else text


def _use_start(content: bytes) -> None:
    webp_size(content)
    count_scans(content)
    has_known_cost(content)
    may_open_here(content)
    with quiet():
        has_bad_length(content)


def _written(path: Path, text: str) -> Path:
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    return path
