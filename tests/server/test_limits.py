"""Limits at the limit itself: what is just allowed, and what is one too many."""

import asyncio
import json
import os
import socket
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from convlens.errors import ModelFileError, UsageError
from convlens.server import choices, protection, trainings
from convlens.server import jobs as jobs_module
from convlens.server.bodies import TrainBody
from convlens.server.choices import Misfit, tabulate
from convlens.server.jobs import Job, Jobs
from convlens.server.listening import open_socket
from convlens.server.protection import Protection, Rules
from convlens.server.run_list import _number, _text, find_run, list_runs
from convlens.server.trainings import Teller, _Reading

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(("size", "status"), [(1_000_000, 422), (1_000_001, 413)])
def test_a_body_of_a_megabyte_is_read(standing_server, size, status):
    body = b'{"network": "%s"}' % (b"a" * (size - 15))
    assert len(body) == size
    assert standing_server.client.post("/api/layers", content=body, headers=JSON).status_code == status


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"input_shape": [65_536, 1, 1]}, None),
        ({"input_shape": [65_537, 1, 1]}, "input_shape"),
        ({"input_shape": [1, 0, 1]}, "input_shape"),
        ({"input_shape": [1, 1]}, "input_shape"),
        ({"input_shape": [1, 1, 1, 1]}, "input_shape"),
        ({"classes": 65_536, "input_shape": [1, 1, 1]}, None),
        ({"classes": 65_537, "input_shape": [1, 1, 1]}, "classes"),
        ({"classes": 1}, None),
        ({"classes": 0}, "classes"),
        ({"network": f"dense{' ' * 19_995}"}, None),
        ({"network": f"dense{' ' * 19_996}"}, "network"),
        ({"data": ""}, "data"),
    ],
)
def test_the_values_of_a_body_have_bounds(standing_server, body, where):
    answer = standing_server.post("/api/layers", {"network": "dense", **body})
    assert answer.status_code == (200 if where is None else 422), answer.text
    assert where is None or answer.json()["where"] == where


@pytest.mark.parametrize(
    ("after", "header", "status"),
    [
        (0, "", 200), (2**53, "", 204), (2**53 + 1, "", 422), (-1, "", 422), (0, "2", 204), (0, "1", 200),
        (2, "1", 200), (2, "9" * 16, 204), (2, "9" * 17, 204), (0, "9" * 17, 200),
    ],
)  # fmt: skip
def test_events_are_asked_for_by_their_number(standing_server, monkeypatch, after, header, status):
    job = Job("any", TrainBody())
    job.log.append("note", {})
    job.log.append("note", {})
    job.log.end()
    monkeypatch.setattr("convlens.server.jobs.Jobs.find", lambda *_: job)
    answer = standing_server.get(f"/api/jobs/any/events?after={after}", headers={"Last-Event-ID": header})
    assert answer.status_code == status
    assert answer.text.count("event: note") == ((1 if header == "1" else 2) if status == 200 else 0)


def test_a_name_of_a_run_has_at_most_255_letters(tmp_path):
    with pytest.raises(ModelFileError, match="there is no run"):
        find_run(tmp_path, "a" * 255)
    with pytest.raises(UsageError, match="is not the name of a run"):
        find_run(tmp_path, "a" * 256)


def test_only_the_newest_runs_are_listed(save_model):
    for number in range(3):
        folder = save_model(f"runs/{number}")
        os.utime(folder / "model.safetensors", (number, number))
    assert [run["name"] for run in list_runs(Path("runs"), most=2)] == ["2", "1"]
    assert list_runs(Path("nowhere")) == []


def test_facts_that_are_no_texts_or_numbers_are_left_out():
    assert [_text(value) for value in ("a", "b" * 2_001, 3, None)] == ["a", "b" * 2_000, None, None]
    assert [_number(value) for value in (2, -0.5, True, "1", None)] == [2.0, -0.5, None, None, None]
    assert [_number(value) for value in (999_999_999_999, 1e12, -1e12)] == [999_999_999_999, None, None]


def test_the_token_has_sixteen_random_bytes(server_for_all):
    assert len(server_for_all.url.partition("?token=")[2]) == 22  # in base64, without its padding


def test_a_network_may_have_just_as_many_parameters_as_a_page_can_show(monkeypatch):
    shape = (3, 5, 7), 4  # 424 parameters
    monkeypatch.setattr(choices, "MOST_PARAMETERS", 424)
    assert tabulate("dense", shape).parameters == 424
    monkeypatch.setattr(choices, "MOST_PARAMETERS", 423)
    with pytest.raises(Misfit) as caught:
        tabulate("dense", shape)
    assert caught.value.as_dict() == {
        "error": "this network has 424 parameters; the page can show up to 423.",
        "hint": "Use fewer channels, or a pooling layer before the first dense layer.",
        "where": "network",
        "position": None,
    }


@pytest.mark.parametrize(("most", "kept"), [(2, ["1", "2"]), (0, ["2"])])
def test_old_trainings_with_many_events_are_forgotten_but_the_last(monkeypatch, most, kept):
    jobs = Jobs(lambda _: None)
    for number in range(3):
        job = jobs.add(TrainBody(data=str(number)))
        job.log.append("note", {})
        job.finish("done", {})
    size = jobs.all()[0].log.size
    monkeypatch.setattr(jobs_module, "MOST_REMEMBERED_BYTES", most * size)
    jobs._forget()
    assert [job.request.data for job in jobs.all()] == kept


def test_without_any_free_descriptor_a_connection_is_turned_away_at_once():
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    with open_socket("127.0.0.1", 0) as listener, socket.socket() as client, socket.socket() as another:
        for one in (client, another):
            one.settimeout(5)
            one.connect(listener.getsockname())
        free = os.dup(0)
        os.close(free)
        resource.setrlimit(resource.RLIMIT_NOFILE, (free, before[1]))
        try:
            for one in (client, another):
                with pytest.raises(BlockingIOError):
                    listener.accept()
                assert one.recv(1) == b""
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
        assert listener._reserve is not None


def test_ports_end_at_65535():
    with pytest.raises(UsageError, match="port 65536 does not exist"):
        open_socket("127.0.0.1", 65_536)
    try:
        open_socket("127.0.0.1", 65_535).close()
    except UsageError as error:  # another program may have it
        assert "is taken" in str(error)  # noqa: PT017


# ------------------------------------------------------------------------------------------- requests without a socket


def ask(*messages: dict[str, Any], method: str = "POST", kind: str = "application/json") -> tuple[int, Any, list[Any]]:
    """The status and the reason of an answer to a request in parts, and the bodies that reached the application."""
    sent: list[Any] = []
    reached: list[Any] = []
    waiting = list(messages)

    async def receive() -> Any:
        if not waiting:
            await asyncio.sleep(60)
        return waiting.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        reached.append(await receive())
        reached.append(await receive())
        await protection.Answer({"error": ""})(_scope, receive, send)

    headers = [(b"host", b"localhost"), (b"content-type", kind.encode())]
    scope = {"type": "http", "method": method, "path": "/api/x", "query_string": b"", "headers": headers}
    asyncio.run(Protection(app, Rules(frozenset({"localhost"})))(scope, receive, send))
    return sent[0]["status"], json.loads(sent[1]["body"])["error"], reached


def part(content: bytes, more: bool = True) -> dict[str, Any]:
    return {"type": "http.request", "body": content, "more_body": more}


END = {"type": "http.disconnect"}


def test_a_body_in_parts_reaches_the_application_as_one():
    assert ask(part(b"a"), part(b""), part(b"b", False), END) == (200, "", [part(b"ab", False), END])
    assert ask(END, method="GET") == (200, "", [part(b"", False), END])  # its body is not waited for


def test_a_request_that_breaks_off_or_takes_too_long_does_not_reach_it(monkeypatch):
    assert ask(part(b"a"), END) == (400, "the request broke off.", [])
    monkeypatch.setattr(protection, "BODY_SECONDS", 0.05)
    assert ask(part(b"a")) == (408, "the body took longer than 0.05 seconds. Send it at once.", [])


def test_a_long_body_is_read_on_for_a_while(monkeypatch):
    monkeypatch.setattr(protection, "MOST_BODY_BYTES", 4)
    monkeypatch.setattr(protection, "MOST_DRAINED_BYTES", 8)
    too_long = (413, "the body is too long; send at most 4 bytes.", [])
    assert ask(part(b"1234", False), END)[2] == [part(b"1234", False), END]
    assert ask(part(b"123"), part(b"45", False)) == too_long
    assert ask(part(b"12345678"), END) == (400, "the request broke off.", [])  # 8 bytes: the end is still waited for
    assert ask(part(b"123456789"), END) == too_long


@pytest.mark.parametrize(
    ("kind", "named"),
    [("text/plain", "text/plain"), ("", "of no kind"), ("Text/Plain ; a=b", "text/plain"), ("application/json2", None)],
)
def test_the_kind_of_a_body_is_named(kind, named):
    assert ask(kind=kind) == (415, f"the body is {named or kind}; send application/json.", [])
    assert ask(part(b"", False), END, kind=" Application/JSON; charset=utf-8")[0] == 200


# ----------------------------------------------------------------------------------------------------------- pace


def test_weights_are_due_again_after_the_time_that_their_bytes_take():
    job = Job("any", TrainBody())
    job.facts["steps"] = 7
    teller = Teller(job, SimpleNamespace())  # pyright: ignore[reportArgumentType]
    before = time.monotonic()
    teller.tell_weights({"a": np.zeros((2, 100_000), np.float32), "b": np.zeros(200_000, np.float32)})
    assert teller._next_weights_at - before == pytest.approx(4 * 400_000 / 8_000_000, abs=0.15)
    message = job.log.next_after(0)
    assert message is not None
    assert b'"step":7,' in message.wire


def test_reading_is_told_every_tenth_of_a_second(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(trainings, "time", SimpleNamespace(monotonic=lambda: now[0]))
    job = Job("any", TrainBody())
    reading = _Reading(job)
    for moment in (100.0, 100.09375, 100.125, 100.1875, 100.25):
        now[0] = moment
        reading.on_progress(trainings.ImportProgress(int(moment * 1e5), 3, "decoding"))
    told, number = [], 0
    while (message := job.log.next_after(number)) is not None:
        told.append(json.loads(message.wire.partition(b"data: ")[2])["done"] / 1e5)
        number = message.number
    assert told == [100.0, 100.125, 100.25]
