"""Makes hostile requests from a seed: bad heads, headers, paths and bodies, and clients that misbehave."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, Literal

Manner = Literal["whole", "in pieces", "half", "reset", "unread"]
MANNERS: tuple[Manner, ...] = ("whole", "in pieces", "half", "reset", "unread")

JUNK = (
    *(
        "",
        " ",
        "-",
        "0",
        "-1",
        "x",
        "[",
        "]",
        "http://[",
        "http://[::1",
        "//[",
        "\\",
        "..",
        "%",
        "%00",
        "%ff",
        "%ud800",
    ),
    *("~nosuchuser/x", "~", "/", "/etc/passwd", "../../etc", "a" * 5_000, "9" * 5_000, "9" * 16, "1e999", "\u00e9"),
    *("\x1b[31m", "null", "undefined", "NaN", "*", "?", "#", "?#", "=;=;", '"', "'", "<script>", "{}", "[]", "\x7f"),
)
PATHS = (
    *("/", "/api/state", "/api/runs", "/api/model", "/api/layers", "/api/train", "/api/jobs", "/api/report", "/app.js"),
    *("/api/jobs/{job}/events", "/api/jobs/{job}/stop", "/api/jobs/nothing/stop", "/reports/{run}", "/reports/nothing"),
    *("/web/style.css", "/web/../app.py", "*", "http://[/", "[", "//[", "/\u00ff", "/" + "a/" * 4_000, "/a" * 40_000),
)
METHODS = (*["GET"] * 6, *["POST"] * 6, "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "G\x00T", "")
HEADERS = (
    *("Origin", "Last-Event-ID", "Range", "Cookie", "Sec-Fetch-Site", "Sec-Fetch-Mode", "If-None-Match", "If-Range"),
    *("If-Modified-Since", "Content-Length", "Transfer-Encoding", "Expect", "Upgrade", "Connection", "Content-Type"),
    *("Accept", "Authorization", "X-Forwarded-For", "X Y", "", "Content-Encoding", "Host", "\x00"),
)
VALUES = (
    *("bytes=0-", "bytes=-", "bytes=a-b", "bytes=5-1", "bytes=0-0," * 300, "bytes=99999999999999999999-", "chunked"),
    *("100-continue", "websocket", "upgrade", "keep-alive", "close", "cross-site", "navigate", "gzip", "text/plain"),
    *("application/json", "http://127.0.0.1", "http://localhost:{port}", "convlens_{port}=", "multipart/form-data"),
)
WORDS = (
    *("conv 8 3x3", "relu", "dense", "maxpool 2", "residual(", "concat(", ")", ";", ",", "shortcut", "conv", "9x9"),
    *("-1", "10**9", "stride 0", "pad same", "groups 3", "\ud800", "\x00", "🙂", "dense 99999999999", "flatten", "("),
)
FIELDS = ("data", "network", "recipe", "epochs", "seed", "input_shape", "classes", "run", "extra")


@dataclass(frozen=True)
class Request:
    """The bytes of a request, and how a client sends them and reads the answer."""

    wire: bytes
    manner: Manner
    kind: str


@dataclass(frozen=True)
class Server:
    """What requests refer to: the port, a training, and a run of the server."""

    port: int
    job: str
    run: str


def make_request(random: Random, server: Server) -> Request:
    """Return the next request."""
    makers: dict[str, Callable[[Random, Server], bytes]] = {
        "head": _bad_head,
        "header": _bad_header,
        "path": _bad_path,
        "body": _bad_body,
        "chunks": _bad_chunks,
    }
    kind = random.choice(list(makers))
    manner = random.choices(MANNERS, [60, 10, 10, 10, 10])[0]
    if random.random() < 0.1:
        kind, wire = "stream", _head("GET", f"/api/jobs/{server.job}/events", {"Host": f"localhost:{server.port}"})
        manner = random.choice(MANNERS[2:])
    else:
        wire = makers[kind](random, server)
    return Request(wire, manner, kind)


def _head(method: str, path: str, headers: dict[str, str], version: str = "HTTP/1.1") -> bytes:
    lines = [f"{method} {path} {version}", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode("utf-8", "replace")


def _bad_head(random: Random, server: Server) -> bytes:
    """Return a head that is almost HTTP, or not HTTP at all."""
    version = random.choice(["HTTP/1.1", "HTTP/1.0", "HTTP/0.9", "HTTP/2.0", "HTTP/1.1.1", "http/1.1", "", "\x00"])
    whole = _head(random.choice(METHODS), random.choice(PATHS), _good_headers(random, server), version)
    match random.randrange(6):
        case 0:
            return random.randbytes(random.randrange(1, 3_000))
        case 1:
            return whole.replace(b"\r\n", b"\n")
        case 2:
            return b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + random.randbytes(500)  # TLS
        case 3:
            return whole.replace(
                b"\r\n\r\n", b"\r\nX-Long: " + b"a" * random.choice([1_000, 70_000, 200_000]) + b"\r\n\r\n"
            )
        case 4:
            many = b"".join(b"X-%d: 1\r\n" % number for number in range(random.choice([100, 5_000])))
            return whole.replace(b"\r\n\r\n", b"\r\n" + many + b"\r\n")
        case _:
            place = random.randrange(len(whole))
            return whole[:place] + random.randbytes(random.randrange(1, 4)) + whole[place + 1 :]


def _bad_header(random: Random, server: Server) -> bytes:
    headers = _good_headers(random, server)
    for _ in range(random.randrange(1, 4)):
        value = random.choice((*JUNK, *VALUES)).replace("{port}", str(server.port))
        headers[random.choice(HEADERS)] = value
    path = random.choice(PATHS[:12]).format(job=server.job, run=server.run)
    return _head(random.choice(["GET", "GET", "POST", "HEAD"]), path, headers) + random.choice([b"", b"{}"])


def _bad_path(random: Random, server: Server) -> bytes:
    path = random.choice(PATHS).replace("{job}", server.job).replace("{run}", server.run)
    junk = random.choice(JUNK)
    path = random.choice(
        [path, path + junk, f"{path}/{junk}", f"{path}?run={junk}", f"{path}?after={junk}", f"{path}?token={junk}"]
    )
    return _head(random.choice(METHODS), path, _good_headers(random, server))


def _bad_body(random: Random, server: Server) -> bytes:
    body = _body(random)
    headers = {**_good_headers(random, server), "Content-Type": "application/json", "Content-Length": str(len(body))}
    if random.random() < 0.1:
        headers["Content-Length"] = random.choice(["0", str(len(body) + 10), str(len(body) // 2), "-1", "9" * 30, "x"])
    path = random.choice(["/api/layers", "/api/layers", "/api/train", "/api/report", f"/api/jobs/{server.job}/stop"])
    return _head("POST", path, headers) + body


def _bad_chunks(random: Random, server: Server) -> bytes:
    headers = {**_good_headers(random, server), "Content-Type": "application/json", "Transfer-Encoding": "chunked"}
    body = _body(random)
    chunk = b"%x\r\n%b\r\n" % (len(body), body)
    return _head("POST", "/api/layers", headers) + random.choice(
        [
            chunk + b"0\r\n\r\n",
            chunk,
            b"zz\r\n",
            b"-1\r\n\r\n",
            b"f" * 40 + b"\r\n",
            chunk + b"0\r\nA: b\r\n\r\n",
            b"5\r\n{",
        ]
    )


def _body(random: Random) -> bytes:
    match random.randrange(8):
        case 0:
            return b"[" * random.choice([1, 1_000, 100_000])
        case 1:
            return random.choice(
                [b"", b"{", b"null", b"\xff\xfe", b'{"epochs": 1e999}', b'{"data": NaN}', b'{"a":' * 5_000]
            )
        case 2:
            return b'{"epochs": ' + b"9" * random.choice([20, 5_000]) + b', "data": "tiny"}'
        case _:
            values = {random.choice(FIELDS): _value(random) for _ in range(random.randrange(1, 4))}
            text = json.dumps({"network": "dense", **values} if random.random() < 0.7 else values)
            return text.encode()


def _value(random: Random) -> Any:
    network = ", ".join(random.choices(WORDS, k=random.randrange(1, 8)))
    numbers = [0, -1, 1, 28, 2**31, 2**63, 10**400, 0.5, float("inf")]
    return random.choice(
        [network, network, random.choice(JUNK), random.choice(numbers), None, True, [], {}, [1, 28, 28], [1] * 9,
         [2**40, 1, 1], "\ud800", "mnist\x00", "./\x00", f"~{random.choice(JUNK)}/x", "./" + "a" * 300]
    )  # fmt: skip


def _good_headers(random: Random, server: Server) -> dict[str, str]:
    """Return headers that mostly equal those of the page."""
    host = random.choice([f"localhost:{server.port}"] * 9 + ["evil.example"])
    return {"Host": host, **({"Connection": "close"} if random.random() < 0.5 else {})}
