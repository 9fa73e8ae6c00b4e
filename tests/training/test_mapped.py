"""Images that are mapped from a file, which somebody cuts short during a training."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from convlens.data import Dataset, LabelledImages
from convlens.errors import DataError
from convlens.training import mapped, train
from convlens.training.events import ChunkDone, Event
from convlens.training.mapped import guarded, in_memory

PIXELS = np.random.default_rng(0).integers(0, 256, (600, 1, 8, 8), np.uint8)
FILE = Path("images.bin")


def make_dataset() -> Dataset:
    """Its training and test images are slices of one mapped file."""
    PIXELS.tofile(FILE)
    images = np.memmap(FILE, np.uint8, "r", shape=PIXELS.shape)
    labels = np.arange(600) % 2
    train_part = LabelledImages(images[:500], labels[:500], ("a", "b"), "pets train")
    return Dataset("pets", train_part, LabelledImages(images[500:], labels[500:], ("a", "b"), "pets test"), "auto")


def is_mapped(part: LabelledImages | None) -> bool:
    """Whether the images are in a file, whose change they follow."""
    assert part is not None
    with FILE.open("r+b") as file:
        file.write(bytes(600 * 64))
    followed = not part.images.any()
    PIXELS.tofile(FILE)
    return followed


def test_mapped_images_are_copied():
    dataset = make_dataset()
    assert is_mapped(dataset.train)
    assert is_mapped(dataset.test)
    copied = in_memory(dataset)
    assert not is_mapped(copied.train)
    assert not is_mapped(copied.test)
    assert copied.test is not None
    np.testing.assert_array_equal(copied.train.images, PIXELS[:500])
    np.testing.assert_array_equal(copied.test.images, PIXELS[500:])
    assert copied.train.labels is not None
    assert (copied.name, copied.train.name, copied.test.name) == ("pets", "pets train", "pets test")
    assert in_memory(copied) is copied


def test_too_many_stay_mapped_if_they_can_be_guarded(monkeypatch):
    dataset = make_dataset()
    monkeypatch.setattr(mapped, "MOST_COPIED", 600 * 64)
    assert in_memory(dataset) is not dataset
    monkeypatch.setattr(mapped, "MOST_COPIED", 600 * 64 - 1)
    assert in_memory(dataset) is dataset
    monkeypatch.setattr(mapped, "can_guard_mapped", lambda: False)
    assert not is_mapped(in_memory(dataset).train)


def test_a_file_that_is_cut_short_is_found_and_a_deleted_one_is_harmless():
    message = r"/images\.bin was cut short while it was being learned from\. Leave the cache"
    dataset = make_dataset()
    with guarded(dataset) as check_whole:
        check_whole()
        FILE.rename("moved.bin")
        FILE.write_bytes(b"another file")
        check_whole()
        os.truncate("moved.bin", 600 * 64 - 1)
        with pytest.raises(DataError, match=message):
            check_whole()
        Path("moved.bin").unlink()
        with pytest.raises(DataError, match=message):
            check_whole()
    for read in (guarded(dataset).__enter__, lambda: in_memory(dataset)):  # before the first step
        with pytest.raises(DataError, match=message):
            read()


def test_the_offset_of_a_mapping_is_counted():
    (np.zeros(64 * 4, np.uint8)).tofile(FILE)
    images = np.memmap(FILE, np.uint8, "r", offset=64, shape=(3, 1, 8, 8))
    dataset = Dataset("pets", LabelledImages(images[1:], [0, 1], ("a", "b")), None, "auto")
    with guarded(dataset) as check_whole:
        os.truncate(FILE, 64 * 4 - 1)
        with pytest.raises(DataError, match="was cut short"):
            check_whole()


PROGRAM = """
import os, numpy as np
from convlens.data import Dataset, LabelledImages
from convlens.errors import DataError
from convlens.training import mapped, resume_training, train
pixels, labels = np.full((600, 1, 8, 8), 7, np.uint8), np.arange(600) % 2
settings = {"network": "dense", "epochs": 1, "threads": 2, "engine": "native"}
def make_dataset():
    pixels.tofile("images.bin")
    images = np.memmap("images.bin", np.uint8, "r", shape=pixels.shape)
    test = LabelledImages(images[500:], labels[500:], ("a", "b"))
    return Dataset("pets", LabelledImages(images[:500], labels[:500], ("a", "b")), test, "letterbox")
def tell_of(most, *changes, out=None):
    left = list(changes)
    def change(event):
        if left[:1] == [type(event).__name__]:
            os.truncate("images.bin", 100)
            left.pop(0)
        elif left[:1] == ["restored"]:
            pixels.tofile("images.bin")
            left.pop(0)
    mapped.MOST_COPIED = most
    try:
        train(make_dataset(), **settings, on_event=change, out=out)
        print("trained", flush=True)
    except DataError as error:
        print(str(error).partition("/")[2].partition(" while")[0], flush=True)
tell_of(2**30, "TrainingStarted")
tell_of(0)
tell_of(0, "TrainingStarted")  # the first chunk reads what is lost
tell_of(0, "TrainingStarted", "restored")  # whole again before the next check: only the lost pages tell
tell_of(0, "ChunkDone")
tell_of(0, "EpochDone")
tell_of(0, "Judged")
tell_of(0, "TrainingStarted", out="run")
resumed = resume_training("run", make_dataset(), on_event=print)
whole = train(make_dataset(), **settings, on_event=print)
assert all((resumed.weights[name] == array).all() for name, array in whole.weights.items())
"""


def test_a_training_does_not_die_without_a_word_and_can_be_resumed():
    ran = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    cut = "images.bin was cut short"
    assert [line.rpartition("/")[2] for line in ran.stdout.splitlines()[:8]] == ["trained"] * 2 + [cut] * 6


def test_the_images_of_a_run_are_copied_before_the_first_step():
    def cut(event: Event) -> None:
        if isinstance(event, ChunkDone) and FILE.exists():
            FILE.unlink()

    dataset = make_dataset()
    model = train(dataset, network="dense", epochs=1, threads=1, device="cpu", on_event=cut)
    assert model.facts["test"]["total"] == 100
