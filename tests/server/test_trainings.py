"""A training as the page sees it: every event, what they say, and that the run is that of `convlens train`."""

import base64
import re
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from convlens.data import FetchProgress, ImportProgress
from convlens.network import initial_weights, read_network
from convlens.server import trainings
from convlens.server.trainings import describe_progress
from convlens.trained_model import load_model
from convlens.training import train

NETWORK = "conv 4 3x3 pad 1, relu, maxpool 2, dense"


def decode(array):
    return np.frombuffer(base64.b64decode(array["data"]), "<f4").reshape(array["shape"])


@pytest.mark.native
def test_a_training_is_told_from_start_to_end(server):
    job = server.train(epochs=3)
    events = server.listen(job)
    assert [event.number for event in events] == sorted({event.number for event in events})
    kinds = [event.kind for event in events]
    assert (kinds[0], kinds[-3:]) == ("started", ["judged", "weights", "done"])
    assert kinds.count("epoch") == 3
    started, *_, judged, weights, done = (event.values for event in events)
    assert (started["data"], started["images"], started["epochs"], started["parameters"]) == ("tiny", 1500, 3, 690)
    assert started["steps_per_epoch"] == 12
    assert started["model"]["layers"][0]["text"] == "conv 4 3x3 pad 1"
    # Batches of 128 of 1,500 images are 12 steps; each chunk says where it begins, and no loss is missing.
    chunks = [event.values for event in events if event.kind == "chunk"]
    assert sum(len(one["losses"]) for one in chunks) == 36
    assert [one["step"] for one in chunks] == np.cumsum([0, *(len(one["losses"]) for one in chunks)])[:-1].tolist()
    assert {one["epoch"] for one in chunks} == {0, 1, 2}
    assert (done["total"], done["correct"]) == (297, round(done["accuracy"] * 297))
    low, high = done["interval"]
    assert low < done["accuracy"] < high
    assert all(done[name] == value for name, value in judged.items() if name != "event")

    model = load_model(f"runs/{done['run']}")
    assert done["accuracy"] == model.facts["test"]["accuracy"]
    assert weights["step"] == 36
    assert all(np.array_equal(decode(array), model.weights[name]) for name, array in weights["weights"].items())
    first = initial_weights(read_network(NETWORK), (1, 8, 8), 10, seed=3)
    assert all(np.array_equal(decode(array), first[name]) for name, array in started["model"]["weights"].items())
    assert started["model"]["samples"] is None


@pytest.mark.native
def test_watching_changes_no_bit(server, tiny):
    done = server.listen(server.train(seed=7))[-1].values
    alone = train("tiny", network=NETWORK, epochs=2, seed=7)
    watched = load_model(f"runs/{done['run']}")
    assert all(array.tobytes() == watched.weights[name].tobytes() for name, array in alone.weights.items())


def test_losses_are_those_of_the_training(server, tiny):
    events = server.listen(server.train())
    done = events[-1].values
    assert server.lines == ["Training on tiny", f"Trained runs/{done['run']}: {done['accuracy'] * 100:.2f} % of 297"]
    told = [loss for event in events if event.kind == "chunk" for loss in event.values["losses"]]
    seen: list[float] = []
    train("tiny", network=NETWORK, epochs=2, on_event=lambda event: seen.extend(getattr(event, "losses", [])))
    assert told == pytest.approx(seen, abs=1e-6)


def test_nobody_listening_gets_no_weights_but_the_last(server, monkeypatch):
    copied = []
    monkeypatch.setattr(trainings, "page_weights", lambda _: copied.append(1) or {})
    job = server.train()
    while server.get("/api/jobs").json()[-1]["state"] in ("queued", "running"):
        time.sleep(0.01)
    assert len(copied) == 1
    assert [event.kind for event in server.listen(job)].count("weights") == 1


def test_a_stopped_training_is_saved_and_can_go_on(server):
    job = server.train(epochs=50_000)
    server.listen(job, most=3)
    assert server.post(f"/api/jobs/{job}/stop", {}).status_code == 200
    last = server.listen(job)[-1]
    assert last.kind == "stopped"
    folder = f"runs/{last.values['run']}"
    assert not load_model(folder).facts["finished"]
    assert (Path(folder) / "last.checkpoint").exists()
    assert server.get("/api/jobs").json()[-1]["state"] == "stopped"
    assert server.lines[-1] == f"Stopped: {folder}"


def test_a_training_that_cannot_be_says_why_in_one_line(server, tiny, tmp_path):
    for file in (tmp_path / "data").rglob("*-images-*"):
        file.write_bytes(b"something else")
    job = server.train()
    last = server.listen(job)[-1]
    assert last.kind == "failed"
    assert "damaged (changed or cut short)" in last.values["error"]
    assert "\n" not in last.values["error"]
    listed = server.get("/api/jobs").json()[-1]
    assert (listed["state"], listed["error"]) == ("failed", last.values["error"])


def test_a_defect_fails_the_training_and_not_the_server_and_is_one_line(server, monkeypatch, capfd):
    monkeypatch.setattr(trainings, "load_dataset", lambda *_, **__: 1 / 0)
    error = server.listen(server.train())[-1].values["error"]
    assert re.fullmatch(r"ZeroDivisionError: division by zero \(test_trainings\.py:\d+\)\. This is a bug .*", error)
    assert server.lines == ["Training on tiny", f"Failed: {error}"]
    assert capfd.readouterr().err == ""
    monkeypatch.undo()
    assert server.get("/api/state").status_code == 200


def test_images_that_are_read_are_told_of_and_can_be_stopped(server, monkeypatch):
    def read(_data, data_dir, on_progress):
        on_progress(ImportProgress(5, 10, "decoding"))
        while True:
            on_progress(ImportProgress(6, 10, "decoding"))

    monkeypatch.setattr(trainings, "load_dataset", read)
    monkeypatch.setattr(trainings, "READING_SECONDS", 0.01)
    job = server.train()
    reading = server.listen(job, most=2)
    assert [event.kind for event in reading] == ["reading", "reading"]
    assert reading[0].values == {"event": "reading", "what": "decoding", "done": 5, "total": 10}
    server.post(f"/api/jobs/{job}/stop", {})
    last = server.listen(job)[-1]
    assert (last.kind, last.values["run"]) == ("stopped", None)


def test_progress_is_described():
    assert describe_progress(FetchProgress("mirror", "a.gz", 1, None)) == {
        "what": "getting a.gz",
        "done": 1,
        "total": None,
    }


@pytest.mark.native
def test_a_training_that_ends_early_says_so_before_it_is_judged(server, monkeypatch):
    monkeypatch.setattr(trainings, "train", partial(train, max_seconds=0.001))
    events = server.listen(server.train(epochs=50_000))
    kinds = [event.kind for event in events]
    assert kinds[-4:] == ["ended", "judged", "weights", "done"]
    ended = events[-4].values
    assert (ended["reason"], 0 < ended["epochs"] < 50_000) == ("time limit", True)
    assert ended["words"] == f"stopped at the time limit after {ended['epochs']:.4g} of 50000 epochs"


@pytest.mark.native
def test_large_weights_come_less_often(server, monkeypatch):
    monkeypatch.setattr(trainings, "WEIGHTS_BYTES_A_SECOND", 1)
    events = server.listen(server.train(epochs=20))
    kinds = [event.kind for event in events]
    assert kinds.count("weights") <= 2  # one at once, and the last
    assert kinds[-2] == "weights"
