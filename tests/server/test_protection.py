"""Hostile requests: foreign names, foreign pages, no token, too much, and files that are nobody's business."""

import base64
import hashlib
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from convlens.errors import ModelFileError, UsageError
from convlens.exports.page_files import list_page_files
from convlens.server import routes
from convlens.server.protection import _host_name
from convlens.server.run_list import find_run, list_runs

CLICK = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


def port_of(server) -> int:
    return server.client.base_url.port


def raw(server, request: bytes) -> bytes:
    """What the server answers to these bytes, to the end of the connection or its first answer."""
    with socket.create_connection(("127.0.0.1", port_of(server)), timeout=60) as connection:
        connection.sendall(request)
        return connection.recv(65_536)


def test_names_that_mean_this_machine_are_answered(standing_server):
    for host in ("localhost", "127.0.0.1", "[::1]", "LOCALHOST", "localhost.", "127.0.0.1:9000", "localhost:80"):
        assert standing_server.get("/api/state", headers={"Host": host}).status_code == 200, host


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8700",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evil.example#localhost",
        "localhost@evil.example",
        "evil.example/localhost",
        "192.168.1.5",
        "0.0.0.0",
        "[::1",
        "localhost:a",
        "",
    ],
)
def test_other_names_are_not(standing_server, host):
    answer = standing_server.get("/api/state", headers={"Host": host})
    assert answer.status_code in (400, 421)
    assert b"datasets" not in answer.content
    if answer.status_code == 421:
        assert answer.json()["error"].endswith("Open the address that `convlens open` printed.")


def test_two_names_or_none_are_refused(standing_server):
    for request in (
        b"GET /api/state HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n",
        b"GET /api/state HTTP/1.1\r\n\r\n",
    ):
        assert raw(standing_server, request).split(b"\r\n")[0].split()[1] in (b"400", b"421")
    assert b" 421 " in raw(standing_server, b"GET /api/state HTTP/1.0\r\n\r\n").split(b"\r\n")[0]


def test_host_names_are_read():
    assert _host_name("a:b:c") == ""
    assert _host_name("[fe80::1]:1") == "fe80::1"
    assert _host_name("localhost:") == "localhost"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://localhost:{port}"},
        {"Origin": "http://localhost:1"},
        {"Origin": "http://127.0.0.1:{port}.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_pages_of_other_sites_get_nothing(standing_server, headers):
    sent = {name: value.format(port=port_of(standing_server)) for name, value in headers.items()}
    for answer in (
        standing_server.get("/api/state", headers=sent),
        standing_server.post("/api/train", {"data": "tiny"}, headers=sent),
    ):
        assert answer.status_code == 403
        assert answer.json()["error"].startswith("this request comes from another site's page.")
        assert "access-control-allow-origin" not in answer.headers
    assert standing_server.get("/api/jobs").json() == []


def test_the_page_itself_gets_what_it_asks_for(standing_server):
    origin = {"Origin": f"http://127.0.0.1:{port_of(standing_server)}", "Sec-Fetch-Site": "same-origin"}
    assert standing_server.post("/api/layers", {"network": "dense"}, headers=origin).status_code == 200


def test_a_link_on_another_site_may_lead_to_the_page_and_to_nothing_else(standing_server):
    assert standing_server.get("/", headers=CLICK).status_code == 200
    assert standing_server.get("/api/state", headers=CLICK).status_code == 403
    assert standing_server.get("/app.js", headers={**CLICK, "Sec-Fetch-Mode": "no-cors"}).status_code == 403
    assert standing_server.get("/", headers={**CLICK, "Origin": "http://evil.example"}).status_code == 403


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_forms_cannot_post(standing_server, kind):
    answer = standing_server.client.post("/api/train", content=b'{"data": "tiny"}', headers={"Content-Type": kind})
    assert answer.status_code == 415
    assert answer.json()["error"].endswith("send application/json.")


def test_fifty_megabytes_are_refused_with_a_reason(standing_server):
    body = b'{"network": "' + b"a" * 50_000_000 + b'"}'
    answer = standing_server.client.post("/api/layers", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert answer.json()["error"] == "the body is too long; send at most 1,000,000 bytes."
    assert standing_server.get("/api/state").status_code == 200


def test_a_stream_without_a_length_is_refused_too(standing_server):
    pieces = (b"a" * 100_000 for _ in range(30))
    answer = standing_server.client.post("/api/layers", content=pieces, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    short = (part for part in (b'{"network": ', b'"dense"}'))
    assert standing_server.client.post(
        "/api/layers", content=short, headers={"Content-Type": "application/json"}
    ).json()


def test_an_endless_stream_is_cut_off(standing_server):
    head = f"POST /api/layers HTTP/1.1\r\nHost: localhost:{port_of(standing_server)}\r\n"
    head += "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    piece = b"10000\r\n" + b"a" * 0x10000 + b"\r\n"

    def send_without_end(connection: socket.socket) -> None:
        connection.sendall(head.encode())
        for _ in range(20_000):  # 1.3 GB, if it would take them
            connection.sendall(piece)

    with (
        socket.create_connection(("127.0.0.1", port_of(standing_server)), timeout=60) as connection,
        pytest.raises(ConnectionError),
    ):
        send_without_end(connection)
    assert standing_server.get("/api/state").status_code == 200


def test_two_hundred_requests_at_once_are_all_answered(server, save_model):
    save_model("runs/first")

    def ask(number: int) -> int:
        if number % 4 == 0:
            return server.post("/api/layers", {"network": "tutorial", "data": "mnist"}).status_code
        return server.get(("/api/state", "/api/model?run=first", "/app.js")[number % 4 - 1]).status_code

    with ThreadPoolExecutor(64) as pool:
        assert list(pool.map(ask, range(200))) == [200] * 200


def test_listeners_are_counted(server, monkeypatch):
    monkeypatch.setattr(routes, "MOST_LISTENERS", 1)
    job = server.train(epochs=50_000)
    with server.client.stream("GET", f"/api/jobs/{job}/events") as stream:
        lines = stream.iter_lines()
        next(lines)
        refused = server.get(f"/api/jobs/{job}/events")
    assert refused.status_code == 503
    assert refused.json()["error"] == "1 pages are connected already. Close one of them."


@pytest.mark.parametrize(
    "path",
    [
        "/../pyproject.toml",
        "/web/../../errors.py",
        "/%2e%2e/%2e%2e/errors.py",
        "/web/..%2f..%2ferrors.py",
        "/web/%2fetc%2fpasswd",
        "//etc/passwd",
        "/web//etc/passwd",
        "/web/..\\..\\errors.py",
        "/web/index.html%00.js",
        "/errors.py",
        "/web/",
        "/web",
        "/server/app.py",
        "/web/index.html",
    ],
)
def test_no_file_outside_of_the_page_is_served(standing_server, path):
    answer = raw(standing_server, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    assert answer.split(b"\r\n")[0].split()[1] in (b"404", b"400"), path


def test_a_link_in_the_page_leads_nowhere(tmp_path):
    web = tmp_path / "web"
    web.mkdir()
    (web / "a.js").write_text("1")
    (web / "notes.txt").write_text("not of the page")
    (tmp_path / "secret.js").write_text("2")
    (web / "b.js").symlink_to(tmp_path / "secret.js")
    assert list(list_page_files(web)) == ["a.js"]


@pytest.mark.parametrize("name", ["..", ".", "a/b", "../first", "..\\first", "a\0", "/etc", "x" * 300])
def test_no_path_is_the_name_of_a_run(server, save_model, name):
    save_model("first")
    with pytest.raises(UsageError, match=r"is not the name of a run\. Give one that /api/runs lists\."):
        find_run(Path("runs"), name)
    assert server.get("/api/model", params={"run": name}).status_code == 422


def test_a_run_that_is_a_link_to_somewhere_else_is_not_there(server, save_model):
    save_model("private")
    Path("runs").mkdir()
    Path("runs/linked").symlink_to("../private", target_is_directory=True)
    Path("runs/half").mkdir()
    Path("runs/half/model.safetensors").symlink_to("../../private/model.safetensors")
    Path("runs/circle").symlink_to("circle")
    assert list_runs(Path("runs")) == []
    for name in ("linked", "half", "circle"):
        with pytest.raises(ModelFileError, match=rf"there is no run '{name}' with a model\."):
            find_run(Path("runs"), name)
        assert server.get("/api/model", params={"run": name}).status_code == 404


def test_latest_is_a_run(server, save_model):
    save_model("runs/first")
    Path("runs/latest").symlink_to("first", target_is_directory=True)
    assert server.get("/api/model?run=latest").json()["name"] == "first"
    assert [run["name"] for run in list_runs(Path("runs"))] == ["first"]


def test_files_that_are_no_models_are_passed_over(server, save_model):
    for number, content in enumerate(
        (b"", b"PK\x03\x04", b"\xff" * 100, b"\x02\0\0\0\0\0\0\0{}", b"\xff" * 7 + b"\x7f{")
    ):
        folder = Path(f"runs/bad{number}")
        folder.mkdir(parents=True)
        (folder / "model.safetensors").write_bytes(content)
    with pytest.raises(UsageError, match=r"the facts cannot be used: Expected `str \| null`, got `array`"):
        save_model("runs/strange", recipe=["a", "list"])
    save_model("runs/whole")
    (run,) = server.get("/api/runs").json()
    assert run["name"] == "whole"
    answer = server.get("/api/model?run=bad1")
    assert answer.status_code == 404
    assert "is a pickle" in answer.json()["error"]


def test_every_answer_has_the_security_headers(standing_server):
    for answer in (
        standing_server.get("/"),
        standing_server.get("/app.js"),
        standing_server.get("/api/state"),
        standing_server.get("/nothing"),
        standing_server.get("/api/state", headers={"Host": "evil.example"}),
    ):
        policy = answer.headers["content-security-policy"]
        for part in ("default-src 'self'", "img-src 'self' data: blob:", "frame-ancestors 'none'", "base-uri 'none'"):
            assert part in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert "server" not in answer.headers


def test_scripts_in_the_page_are_allowed_by_what_they_are(standing_server):

    page = standing_server.get("/")
    (import_map,) = re.findall(r'<script type="importmap">(.*?)</script>', page.text)
    digest = base64.b64encode(hashlib.sha256(import_map.encode()).digest()).decode()
    assert f"script-src 'self' 'sha256-{digest}';" in page.headers["content-security-policy"]
    assert standing_server.get("/web/app.js").text == standing_server.get("/app.js").text
    assert standing_server.get("/app.js").headers["content-type"] == "text/javascript; charset=utf-8"


class TestFromOtherMachines:
    """A server that listens to everybody asks for its token."""

    @pytest.fixture
    def open_to_all(self, server_for_all):
        server_for_all.client.cookies.clear()
        return server_for_all

    def test_without_the_token_nothing_is_answered(self, open_to_all):
        for path in ("/", "/app.js", "/api/state", "/?token=", "/?token=wrong", "/?token=%F0%9F%99%82"):
            answer = open_to_all.get(path)
            assert answer.status_code == 403, path
            assert answer.json()["error"].endswith("Open the whole address that `convlens open` printed.")
            assert "set-cookie" not in answer.headers

    def test_the_address_brings_a_cookie_that_opens_the_rest(self, open_to_all):
        address, _, token = open_to_all.url.partition("?token=")
        assert len(token) >= 20
        assert address.startswith("http://")
        page = open_to_all.get(f"/?token={token}")
        assert page.status_code == 200
        cookie = page.headers["set-cookie"]
        assert f"={token}; Path=/; HttpOnly; SameSite=Strict" in cookie
        assert open_to_all.get("/api/state").status_code == 200  # the client keeps cookies as a browser does
        open_to_all.client.cookies.clear()
        assert open_to_all.get("/api/state").status_code == 403
        assert open_to_all.get(f"/api/state?token={token}").status_code == 200
        assert open_to_all.get("/api/state", headers={"Cookie": "\x01=;;;=,"}).status_code == 403

    def test_an_address_can_be_no_rebound_name(self, open_to_all):
        token = open_to_all.url.partition("?token=")[2]
        for host, status in (
            ("192.168.1.5", 200),
            ("[fe80::1]:80", 200),
            (socket.gethostname(), 200),
            ("evil.example", 421),
        ):
            assert open_to_all.get(f"/api/state?token={token}", headers={"Host": host}).status_code == status
