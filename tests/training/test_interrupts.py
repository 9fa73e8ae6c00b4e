"""Ctrl-C from Python: saved first, then passed on."""

import signal
import threading
from pathlib import Path

import numpy as np
import pytest

from convlens.data import LabelledImages
from convlens.trained_model import load_model
from convlens.training import ChunkDone, Event, train
from convlens.training.interrupts import interrupts_are_pythons, stopping_on


def make_images(count: int = 40) -> LabelledImages:
    pixels = np.random.default_rng(count).integers(0, 256, (count, 1, 8, 8), np.uint8)
    return LabelledImages(pixels, np.arange(count) % 2, ("cat", "dog"), "pets")


def test_ctrl_c_in_python_saves_and_is_passed_on():
    def interrupt(event: Event) -> None:
        if isinstance(event, ChunkDone) and event.epoch == 1:
            signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        train(make_images(), network="dense", epochs=500, threads=1, batch_size=8, out="run", on_event=interrupt)
    assert signal.getsignal(signal.SIGINT) is before
    assert load_model("run").facts["finished"] is False
    assert Path("run/last.checkpoint").exists()


def test_the_second_signal_stops_at_once():
    with stopping_on(signal.SIGINT) as asked:
        assert not asked()
        signal.raise_signal(signal.SIGINT)
        assert asked()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_who_looks_at_the_count_is_interrupted_one_later():
    with stopping_on(signal.SIGINT, most=2) as asked:
        for count in (1, 2):
            signal.raise_signal(signal.SIGINT)
            assert asked()
            assert asked.count == count
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_other_threads_and_other_handlers_are_left_alone():
    assert interrupts_are_pythons()
    found = []
    thread = threading.Thread(target=lambda: found.append(interrupts_are_pythons()))
    thread.start()
    thread.join()
    assert found == [False]
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        assert not interrupts_are_pythons()
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="no SIGHUP here")
def test_an_ignored_signal_stays_ignored_as_nohup_wants():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stopping_on(signal.SIGINT, signal.SIGHUP) as asked:
            signal.raise_signal(signal.SIGHUP)
            assert not asked()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
