"""The HTTP interface: what every address answers, and in which words it refuses."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

import convlens
from convlens.network import layer_table, read_network

NETWORK = "conv 4 3x3 pad 1, relu, maxpool 2, dense"


def test_the_state_of_a_new_folder(server):
    state = server.get("/api/state").json()
    tiny = {"name": "tiny", "title": "Tiny digits", "here": True, "shape": [1, 8, 8], "classes": 10}
    assert tiny in state["datasets"]
    assert {key: state[key] for key in ("served", "model", "runs", "job", "queue", "report", "version")} == {
        "served": True,
        "model": None,
        "runs": [],
        "job": None,
        "queue": 0,
        "report": True,
        "version": convlens.__version__,
    }


def test_runs_are_listed_the_newest_first(server, save_model):
    for number, name in enumerate(("old", "new")):
        folder = save_model(
            f"runs/{name}",
            recipe="fast",
            test={"accuracy": 0.5 + number / 10, "correct": 5 + number, "total": 10},
            seconds=1.5,
            finished=True,
        )
        os.utime(folder / "model.safetensors", (1000 + number, 1000 + number))
    new, old = server.get("/api/runs").json()
    assert (new["name"], old["name"]) == ("new", "old")
    assert new == {
        "name": "new",
        "data": "tiny",
        "recipe": "fast",
        "accuracy": 0.6,
        "seconds": 1.5,
        "network": NETWORK,
        "finished": True,
        "trained_at": None,
    }


def test_a_model_comes_with_samples_of_its_data(server, save_model):
    save_model("runs/first")
    payload = server.get("/api/model", params={"run": "first"}).json()
    assert payload["name"] == "first"
    assert payload["network"] == NETWORK
    assert payload["samples"]["count"] == 60
    assert payload == server.get("/api/model", params={"run": "first"}).json()


def test_a_model_whose_data_are_not_here_comes_without(server, save_model):
    save_model("runs/other", data="pets")
    assert server.get("/api/model", params={"run": "other"}).json()["samples"] is None


def test_the_model_that_was_given_has_no_name(start_server, tiny, save_model):
    folder = save_model("elsewhere/digits")
    server = start_server(model=folder)
    assert server.get("/api/state").json()["model"] == "digits"
    assert server.get("/api/model").json()["name"] == "digits"


def test_a_model_that_changed_is_read_again(server, save_model):
    save_model("runs/first")
    assert len(server.get("/api/model?run=first").json()["class_names"]) == 10
    folder = save_model("runs/first", names=("a", "b"))
    os.utime(folder / "model.safetensors", (5, 5))
    assert server.get("/api/model?run=first").json()["class_names"] == ["a", "b"]


def test_a_layer_table_is_the_librarys(standing_server):
    answer = standing_server.post("/api/layers", {"network": "lenet", "data": "mnist"})
    assert answer.status_code == 200
    assert answer.json() == json.loads(json.dumps(layer_table(read_network("lenet"), (1, 28, 28), 10).as_dict()))
    own = standing_server.post("/api/layers", {"network": "dense", "input_shape": [3, 5, 7], "classes": 4}).json()
    assert own["parameters"] == (3 * 5 * 7 + 1) * 4 == 424


@pytest.mark.parametrize(
    ("network", "marked", "error"),
    [
        ("conv 8 3x3, rleu, dense", "rleu", "'rleu' is not a layer."),
        ("conv 8 3x3,\n  conv 8 99x99, dense", "99x99", "too small for its 99×99 kernel."),
        ("🙂, dense", "🙂", "🙂"),
    ],
)
def test_a_mistake_in_a_network_has_a_place(standing_server, network, marked, error):
    answer = standing_server.post("/api/layers", {"network": network, "data": "mnist"})
    assert answer.status_code == 422
    mistake = answer.json()
    start, end = mistake["position"]
    assert network[start:end] == marked
    assert mistake["where"] == "network"
    assert error in mistake["error"]
    assert "\n" not in mistake["error"]
    assert mistake["hint"]
    assert "^" not in mistake["error"] + mistake["hint"]  # the page marks the place itself


def test_a_network_too_large_for_a_page_is_refused_before_it_trains(standing_server):
    for address in ("/api/layers", "/api/train"):
        answer = standing_server.post(address, {"network": "conv 10000 9x9, conv 10000 9x9, dense", "data": "mnist"})
        assert answer.status_code == 422
        assert "parameters; the page can show up to 20,000,000." in answer.json()["error"]


@pytest.mark.parametrize(
    ("body", "where", "error"),
    [
        ({"data": "mnits"}, "data", "unknown dataset 'mnits'"),
        ({"data": "./nowhere"}, "data", "'./nowhere' does not exist."),
        ({"data": "a\0b/c"}, "data", "does not exist."),
        ({"data": "tiny", "recipe": "slow"}, "recipe", "recipe 'slow' is not known"),
        ({"data": "tiny", "epochs": 0}, "epochs", "epochs is 0; give a whole number from 1 to 100,000."),
        ({"data": "tiny", "seed": -1}, "seed", "seed is -1"),
        ({"data": "tiny", "network": "conv 8 9x9, dense"}, "network", "8"),
        ({"data": "tiny", "epochs": "3"}, "epochs", "epochs: input should be a valid integer."),
        ({"data": "tiny", "epochs": True}, "epochs", "epochs: input should be a valid integer."),
        ({"data": "tiny", "layers": 3}, "layers", "layers: extra inputs are not permitted."),
        ({"data": "x" * 5000}, "data", "data: string should have at most 4096 characters."),
        ([], None, "the body"),
    ],
)
def test_a_training_that_could_not_begin_is_refused_at_its_field(standing_server, tiny, body, where, error):
    answer = standing_server.post("/api/train", body)
    assert answer.status_code == 422
    assert answer.json()["where"] == where
    assert error in answer.json()["error"]
    assert standing_server.get("/api/jobs").json() == []


def test_malformed_json_is_refused_in_one_line(standing_server):
    for body in (b"{", b"", b"\xff\xfe", b"[" * 100_000, b'{"data": NaN}', b'{"epochs": 1e999}'):
        answer = standing_server.client.post("/api/train", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code in (400, 422), body[:20]
        assert set(answer.json()) >= {"error"}
        assert "\n" not in answer.json()["error"]


def test_addresses_that_are_none(standing_server):
    for path in ("/api/nothing", "/api", "/web/nothing.js", "/nothing", "/api/jobs/nothing/events"):
        answer = standing_server.get(path)
        assert answer.status_code == 404, path
        assert "error" in answer.json()
    assert standing_server.post("/api/jobs/nothing/stop", {}).status_code == 404
    assert standing_server.client.delete("/api/runs").status_code in (405, 415)
    assert standing_server.client.options("/api/train").status_code in (405, 415)


def test_the_queue_has_an_end(server):
    answers = [server.post("/api/train", {"data": "tiny", "network": NETWORK, "epochs": 50_000}) for _ in range(12)]
    (reason,) = {answer.json()["error"] for answer in answers if answer.status_code == 429}
    assert reason == "8 trainings are waiting already. Stop one of them, or wait."
    states = [job["state"] for job in server.get("/api/jobs").json()]
    assert states.count("queued") == 8
    assert server.get("/api/state").json()["queue"] == 8


def test_images_of_ones_own_are_trained_on(server, digits_8x8):
    images = np.kron(digits_8x8.train.images[:200, 0], np.ones((2, 2), np.uint8))
    np.savez("own.npz", images=images, labels=digits_8x8.train.labels[:200])
    unread = server.post("/api/layers", {"network": "dense", "data": "./own.npz"})
    assert (unread.status_code, unread.json()["where"], unread.json()["unread"]) == (422, "data", True)
    mistake = server.post("/api/layers", {"network": "dense", "data": "./nowhere.npz"}).json()
    assert (mistake["where"], "unread" in mistake) == ("data", False)
    job = server.train(data="./own.npz", recipe="fast")
    events = server.listen(job)
    assert events[-1].kind == "done", events[-1].values
    table = server.post("/api/layers", {"network": "dense", "data": "./own.npz"}).json()
    assert table["input_shape"] == [1, 16, 16]
    payload = server.get("/api/model", params={"run": events[-1].values["run"]}).json()
    assert payload["samples"]["count"] > 0


def test_from_other_machines_only_images_of_the_folder_are_read(start_server, tiny, tmp_path):
    server = start_server(host="0.0.0.0")
    token = {"token": server.url.partition("token=")[2]}
    Path("inside").mkdir()
    (tmp_path / "outside").mkdir()
    for data in (str(tmp_path / "outside"), "../outside", "/etc"):
        answer = server.post("/api/train", {"data": data}, params=token)
        assert answer.status_code == 422
        assert "is outside the folder that `convlens open` was started in" in answer.json()["error"]
    assert server.post("/api/train", {"data": "./inside"}, params=token).status_code == 200


def test_a_huge_number_of_classes_is_only_a_number(server, save_model):
    answer = server.post("/api/layers", {"network": "dense", "data": "mnist", "classes": 10**9})
    assert answer.status_code == 422
    names = tuple(f"class {number}" for number in range(5_000))
    save_model("runs/many", names=names, data="pets")
    assert len(server.get("/api/model?run=many").json()["class_names"]) == 5_000
