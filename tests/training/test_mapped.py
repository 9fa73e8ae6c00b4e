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
from convlens.training.mapped import check_whole, in_memory, mapped_files

PIXELS = np.random.default_rng(0).integers(0, 256, (600, 1, 8, 8), np.uint8)
FILE = Path("images.bin")


def make_dataset() -> Dataset:
    """Its training and test images are slices of one mapped file."""
    PIXELS.tofile(FILE)
    images = np.memmap(FILE, np.uint8, "r", shape=PIXELS.shape)
    labels = np.arange(600) % 2
    train_part = LabelledImages(images[:500], labels[:500], ("a", "b"), "pets train")
    return Dataset("pets", train_part, LabelledImages(images[500:], labels[500:], ("a", "b"), "pets test"), "auto")


def test_mapped_images_are_copied():
    dataset = make_dataset()
    assert mapped_files(dataset) == {FILE.resolve(): 600 * 64}
    copied = in_memory(dataset)
    assert mapped_files(copied) == {}
    assert copied.test is not None
    np.testing.assert_array_equal(copied.train.images, PIXELS[:500])
    np.testing.assert_array_equal(copied.test.images, PIXELS[500:])
    assert copied.train.labels is not None
    assert (copied.name, copied.train.name, copied.test.name) == ("pets", "pets train", "pets test")
    assert in_memory(copied) is copied


def test_too_many_stay_mapped(monkeypatch):
    dataset = make_dataset()
    monkeypatch.setattr(mapped, "MOST_COPIED", 600 * 64)
    assert in_memory(dataset) is not dataset
    monkeypatch.setattr(mapped, "MOST_COPIED", 600 * 64 - 1)
    assert in_memory(dataset) is dataset


def test_a_file_that_is_cut_short_is_found_and_a_deleted_one_is_harmless():
    files = mapped_files(make_dataset())
    check_whole(files)
    os.truncate(FILE, 600 * 64 - 1)
    with pytest.raises(
        DataError, match=r"/images\.bin was cut short while it was being learned from\. Leave the cache"
    ):
        check_whole(files)
    FILE.unlink()
    check_whole(files)


PROGRAM = """
import os, sys, numpy as np
from convlens.data import LabelledImages
from convlens.errors import DataError
from convlens.training import mapped, train
from convlens.training.events import ChunkDone
mapped.MOST_COPIED = int(sys.argv[1])
pixels = np.zeros((40_000, 1, 8, 8), np.uint8)
pixels.tofile("images.bin")
images = LabelledImages(np.memmap("images.bin", np.uint8, "r", shape=pixels.shape), np.arange(40_000) % 2, ("a", "b"))
def cut(event):
    if isinstance(event, ChunkDone):
        os.truncate("images.bin", 100)
try:
    train(images, network="dense", epochs=1, batch_size=4, threads=1, device="cpu", on_event=cut)
except DataError as error:
    print(error)
"""


@pytest.mark.parametrize(("most", "said"), [(2**30, ""), (0, "/images.bin was cut short while it was being")])
def test_a_training_does_not_die_without_a_word(most, said):
    ran = subprocess.run([sys.executable, "-c", PROGRAM, str(most)], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert said in ran.stdout
    assert bool(ran.stdout) == bool(said)


def test_the_images_of_a_run_are_copied_before_the_first_step():
    def cut(event: Event) -> None:
        if isinstance(event, ChunkDone) and FILE.exists():
            FILE.unlink()

    dataset = make_dataset()
    model = train(dataset, network="dense", epochs=1, threads=1, device="cpu", on_event=cut)
    assert model.facts["test"]["total"] == 100
