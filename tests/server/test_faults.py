"""What requests, file names and clients must not do: make the server answer 500, print a line, or keep a connection."""

import contextlib
import errno
import logging
import os
import socket
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from convlens.server import connections, protection, routes
from convlens.server.complaints import Complaints
from convlens.server.connections import count_descriptors, most_connections
from convlens.server.event_log import EventLog

ROUTES = (
    *("/", "/app.js", "/nothing", "/api/state", "/api/runs", "/api/model", "/api/jobs", "/api/jobs/x/events"),
    "/reports/first",
)
HEADERS = ("content-security-policy", "x-content-type-options", "referrer-policy", "x-frame-options", "cache-control")
JSON = {"Content-Type": "application/json"}
NOT_TEXT = os.fsdecode(b"caf\xe9")
only_where_names_are_bytes = pytest.mark.skipif(sys.platform != "linux", reason="names of files are text here")


@pytest.fixture(autouse=True)
def nothing_printed(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Any:
    """No test here makes a process print, or asyncio complain."""
    yield
    assert capfd.readouterr().err == ""
    assert [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.WARNING] == []


def port_of(server: Any) -> int:
    return server.client.base_url.port


def connect(server: Any, content: bytes, buffer: int | None = None) -> socket.socket:
    connection = socket.socket()
    if buffer is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    connection.settimeout(10)
    connection.connect(("127.0.0.1", port_of(server)))
    connection.sendall(content)
    return connection


def answer_to(server: Any, content: bytes) -> bytes:
    """All that comes until the server closes the connection."""
    with connect(server, content) as connection:
        parts: list[bytes] = []
        # Where the server closes before it has read everything, TCP resets the connection behind the answer.
        with contextlib.suppress(ConnectionResetError):
            while part := connection.recv(65_536):
                parts.append(part)
        return b"".join(parts)


def lines_of(server: Any) -> list[str]:
    """What it has printed; a defect is printed after it was answered."""
    until = time.monotonic() + 4
    while not server.lines and time.monotonic() < until:
        time.sleep(0.01)
    return server.lines


def check_headers(head: str) -> None:
    for name in HEADERS:
        assert f"\r\n{name}:" in head.lower(), name


@pytest.mark.parametrize("origin", ["http://[", "http://[::1", "[", "http://", "//["])
def test_an_origin_that_is_no_address_is_another_site(standing_server, origin):
    for path in ROUTES:
        answer = standing_server.get(path, headers={"Origin": origin})
        assert answer.status_code == 403, path
        assert all(name in answer.headers for name in HEADERS)
    assert standing_server.post("/api/layers", {"network": "dense"}, headers={"Origin": origin}).status_code == 403
    assert standing_server.lines == []


@pytest.mark.parametrize(
    "head",
    [
        b"\x16\x03\x01\x02\x00\x01",
        b"GET / HTTP/9\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
        b"GET [ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
    ],
)
def test_what_is_not_http_is_refused_with_the_security_headers(standing_server, head):
    answer = answer_to(standing_server, head).decode()
    assert answer.startswith("HTTP/1.1 400 ")
    check_headers(answer)
    assert answer.partition("\r\n\r\n")[2].startswith('{"error":"')
    assert standing_server.lines == []


def test_a_broken_body_does_not_answer_twice(standing_server):
    head = b"POST /api/layers HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    assert answer_to(standing_server, head + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n") == b""
    assert standing_server.get("/api/state").status_code == 200


@pytest.mark.parametrize("data", ["~nosuchuser/x", "~nosuchuser", "\ud800/x"])
def test_the_home_of_nobody_is_a_path_that_does_not_exist(standing_server, data):
    for path in ("/api/layers", "/api/train"):
        body = b'{"network": "dense", "data": "%s"}' % data.encode("ascii", "backslashreplace")
        answer = standing_server.client.post(path, content=body, headers=JSON)
        assert answer.status_code == 422, answer.text
        assert answer.json()["where"] == "data"


@only_where_names_are_bytes
def test_a_model_whose_name_is_not_text(start_server, tiny, save_model, monkeypatch):
    save_model(f"runs/{NOT_TEXT}")
    server = start_server(model=save_model(NOT_TEXT))
    state = server.get("/api/state")
    assert state.status_code == 200
    assert state.json()["model"] == "caf\\udce9"
    assert server.get("/api/model").json()["name"] == "caf\\udce9"
    (run,) = server.get("/api/runs").json()
    assert server.get("/api/model", params={"run": run["name"]}).json()["name"] == "caf\\udce9"
    monkeypatch.setattr("convlens.server.reports.write_report", lambda *_, out, **__: out.write_text("<p>report"))
    url = server.post("/api/report", {"run": run["name"]}).json()["url"]
    assert server.get(url).text == "<p>report"
    assert server.get("/api/model", params={"run": "caf\\x"}).status_code == 422


def test_facts_that_are_not_text(server, save_model):
    file = save_model("runs/first", data="aQQQQQQQ") / "model.safetensors"
    file.write_bytes(file.read_bytes().replace(b"QQQQQQQ", rb"\\ud800"))
    (run,) = server.get("/api/runs").json()
    assert run["data"] == "a\\ud800"
    assert server.get("/api/model?run=first").status_code == 404  # its checksum is wrong


def test_a_deleted_model_is_said_to_be_gone(start_server, tiny, save_model):
    save_model("runs/other")
    folder = save_model("elsewhere/digits")
    server = start_server(model=folder)
    (folder / "model.safetensors").unlink()
    state = server.get("/api/state").json()
    assert (state["model"], state["gone"]) == (None, "digits")
    assert [run["name"] for run in state["runs"]] == ["other"]
    answer = server.get("/api/model")
    assert answer.status_code == 404
    assert answer.json()["error"] == "the model digits is gone: its file was deleted or moved. Open another run."
    assert server.get("/api/model?run=other").status_code == 200
    save_model("elsewhere/digits")
    assert server.get("/api/state").json()["gone"] is None
    assert server.get("/api/model").status_code == 200


def test_a_defect_is_one_line_and_one_answer_with_the_headers(start_server, monkeypatch):
    server = start_server()
    monkeypatch.setattr(routes, "list_runs", lambda _: 1 / 0)
    first, again = server.get("/api/state"), server.get("/api/state")
    for answer in (first, again):
        assert answer.status_code == 500
        assert all(name in answer.headers for name in HEADERS)
    (line,) = lines_of(server)
    assert line == first.json()["error"] == again.json()["error"]
    assert line.startswith("ZeroDivisionError: division by zero (test_faults.py:")
    assert line.endswith("). This is a bug in Convlens; please report it.")


def test_a_defect_in_the_protection_is_answered_too(start_server, monkeypatch):
    server = start_server()
    monkeypatch.setattr(protection, "_check_origin", lambda *_: 1 / 0)
    answer = server.get("/")
    assert answer.status_code == 500
    assert all(name in answer.headers for name in HEADERS)
    assert lines_of(server) == [answer.json()["error"]]


def test_a_lack_of_descriptors_is_no_bug(start_server, monkeypatch):
    server = start_server()
    for number, status in ((errno.EMFILE, 503), (errno.EIO, 500)):

        def fail(_: object, number: int = number) -> None:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(routes, "list_runs", fail)
        answer = server.get("/api/state")
        assert answer.status_code == status
        assert all(name in answer.headers for name in HEADERS)
    (line,) = lines_of(server)
    assert line.startswith("OSError: [Errno 5]")


def test_the_same_line_comes_again_only_after_a_while(monkeypatch):
    lines: list[str] = []
    complaints = Complaints(lines.append)
    for number in (1, 1, 2, 1):
        complaints.tell(f"line {number}")
    assert lines == ["line 1", "line 2"]
    monkeypatch.setattr("convlens.server.complaints.QUIET_SECONDS", 0.0)
    complaints.tell("line 1")
    assert lines[2:] == ["line 1"]
    for number in range(500):
        complaints.tell(str(number))
    assert len(complaints._told) == 100


def test_a_head_has_its_time(start_server, monkeypatch):
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.3)
    server = start_server()
    began = time.monotonic()
    answer = answer_to(server, b"GET / HTTP/1.1\r\nHost: local").decode()
    assert answer.startswith("HTTP/1.1 408 ")
    check_headers(answer)
    assert "the head of the request took longer than 0.3 seconds. Send it at once." in answer
    assert answer_to(server, b"") == b""
    assert time.monotonic() - began < 5
    # A second head on the same connection has its own time, and an answer is not cut off by it.
    whole = b"GET /api/runs HTTP/1.1\r\nHost: localhost\r\n\r\n"
    both = answer_to(server, whole + whole + whole[:20]).decode()
    assert [part.split(" ")[1] for part in both.split("HTTP/1.1")[1:] if part.startswith(" ")][:3] == [
        "200",
        "200",
        "408",
    ]


def test_the_time_of_a_head_does_not_cut_off_a_stream(start_server, monkeypatch, tiny):
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.2)
    server = start_server()
    job = server.train(epochs=50_000)
    with server.client.stream("GET", f"/api/jobs/{job}/events") as stream:
        lines = stream.iter_lines()
        until = time.monotonic() + 0.6
        while time.monotonic() < until:
            next(lines)


def test_of_too_many_connections_the_oldest_that_waits_is_ended(start_server, monkeypatch):
    monkeypatch.setattr(connections, "most_connections", lambda: 4)
    server = start_server()
    waiting = [connect(server, b"GET / HTTP/1.1\r\n") for _ in range(12)]
    for one in waiting[:8]:
        with contextlib.suppress(ConnectionResetError):
            assert one.recv(1) == b""
    assert server.get("/api/state").status_code == 200
    waiting[-1].sendall(b"Host: localhost\r\nConnection: close\r\n\r\n")
    assert waiting[-1].recv(12) == b"HTTP/1.1 200"
    for one in waiting:
        one.close()


def test_descriptors_are_left_for_files(monkeypatch):
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(connections, "count_descriptors", lambda: 12)
    found = {}
    for limit in (20, 40, 256, 1024, resource.RLIM_INFINITY):
        monkeypatch.setattr(resource, "getrlimit", lambda _, limit=limit: (limit, limit))
        found[limit] = most_connections()
    assert list(found.values()) == [8, 12, 228, 512, 512]


def wait_for_listeners(log: EventLog, number: int) -> None:
    until = time.monotonic() + 4
    while log.listeners != number and time.monotonic() < until:
        time.sleep(0.001)
    assert log.listeners == number


@pytest.fixture
def long_log(monkeypatch: pytest.MonkeyPatch) -> EventLog:
    """The log of every training."""
    log = EventLog()
    monkeypatch.setattr("convlens.server.jobs.Jobs.find", lambda *_: SimpleNamespace(log=log))
    return log


STREAM = b"GET /api/jobs/any/events HTTP/1.1\r\nHost: localhost\r\n\r\n"


def test_a_stream_that_breaks_off_while_it_is_sent_prints_nothing(standing_server, long_log):
    for _ in range(20_000):
        long_log.append("note", {})
    with connect(standing_server, STREAM) as connection:
        connection.recv(1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    wait_for_listeners(long_log, 0)


def test_a_stream_whose_reader_sends_its_end_and_reads_nothing_is_closed(standing_server, long_log, monkeypatch):
    monkeypatch.setattr(connections, "CLOSE_SECONDS", 1.0)
    for _ in range(200):
        long_log.append("note", {"text": "a" * 100_000})
    before = count_descriptors()
    with connect(standing_server, STREAM, buffer=4_096) as connection:
        wait_for_listeners(long_log, 1)
        time.sleep(0.3)
        connection.shutdown(socket.SHUT_WR)
        until = time.monotonic() + 8
        while count_descriptors() > before + 1 and time.monotonic() < until:
            time.sleep(0.02)
        assert count_descriptors() == before + 1  # this end of the connection
        monkeypatch.setattr(connections, "CLOSE_SECONDS", 1e6)
        with connect(standing_server, STREAM, buffer=4_096) as another:
            wait_for_listeners(long_log, 1)
            time.sleep(0.3)  # until no more fits between them
            another.shutdown(socket.SHUT_WR)
            wait_for_listeners(long_log, 0)  # at once, although the connection is still there


def test_an_answer_that_nobody_reads_is_given_up(start_server, monkeypatch):
    monkeypatch.setattr(connections, "UNREAD_SECONDS", 0.2)
    monkeypatch.setattr("convlens.server.models.Models.payload", lambda *_: b"a" * 30_000_000)
    server = start_server()
    with connect(server, b"GET /api/model HTTP/1.1\r\nHost: localhost\r\n\r\n", buffer=4_096) as connection:
        time.sleep(0.6)
        received = 0
        try:
            while more := connection.recv(1 << 20):
                received += len(more)
        except ConnectionResetError:
            pass
        assert received < 30_000_000


class TestOnlyBelow:
    """With a token, images outside of the folder are not read, whatever leads there."""

    @pytest.fixture
    def train(self, start_server, tmp_path):
        folder = tmp_path / "start"
        folder.mkdir()
        os.chdir(folder)
        server = start_server(host="0.0.0.0")
        token = {"token": server.url.partition("token=")[2]}

        def train(data: str) -> dict[str, Any]:
            answer = server.post("/api/train", {"data": data, "network": "dense", "epochs": 1}, params=token).json()
            if "job" not in answer:
                return answer
            while True:
                (job,) = [one for one in server.get("/api/jobs", params=token).json() if one["job"] == answer["job"]]
                if job["state"] in ("done", "failed"):
                    return job
                time.sleep(0.02)

        return train

    def test_links_and_tables(self, train, tmp_path):
        from PIL import Image

        random = np.random.default_rng(0)
        outside = tmp_path / "outside"
        for name in ("cat", "dog"):
            (outside / name).mkdir(parents=True)
            for number in range(6):
                Image.fromarray(random.integers(0, 255, (16, 16), np.uint8)).save(outside / name / f"{number}.png")
        for name in ("cat", "dog"):
            Path("links", name).mkdir(parents=True)
            for number in range(6):
                Path("links", name, f"{number}.png").symlink_to(outside / name / f"{number}.png")
            Path("folders").mkdir(exist_ok=True)
            Path("folders", name).symlink_to(outside / name, target_is_directory=True)
        rows = [f"{outside / name / str(number)}.png,{name}" for name in ("cat", "dog") for number in range(6)]
        Path("table.csv").write_text("\n".join(["path,label", *rows]))
        Path("up.csv").write_text("\n".join(["path,label", *(row.replace(str(tmp_path), "..") for row in rows)]))
        Path("whole").symlink_to(outside, target_is_directory=True)
        for data in ("./links", "./folders", "./table.csv", "./up.csv", "./whole"):
            said = train(data)["error"]
            assert "is outside the folder that `convlens open` was started in" in said, data

    def test_links_that_stay_inside_are_followed(self, train):
        images = np.random.default_rng(0).integers(0, 255, (40, 16, 16), np.uint8)
        Path("real").mkdir()
        np.savez("real/images.npz", images=images, labels=np.arange(40) % 2)
        Path("linked.npz").symlink_to("real/images.npz")
        assert train("./linked.npz")["state"] == "done"
