"""Protects the server: the checks that every request must pass before it is processed.

Every page that the user has open can reach a server on 127.0.0.1, so listening only locally is no protection:

- **DNS rebinding.** A page of evil.example can make its name resolve to 127.0.0.1 and then has the same origin. Its
  requests still say `Host: evil.example`, so only host names that cannot be rebound are answered.
- **Cross-site requests.** Forms and images of other sites can send requests without asking. Browsers say where requests
  come from (`Origin`, `Sec-Fetch-Site`), and a POST must be JSON, which no form can send.
- **Other machines.** If the server listens beyond this machine, only browsers with the token are answered.
- **Large requests.** A body may have at most 1 MB; of a longer one, only a limited part is read and nothing is kept.
"""

import asyncio
import ipaddress
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from convlens.server.complaints import describe_defect
from convlens.server.wire import Answer

MOST_BODY_BYTES = 1_000_000
MOST_DRAINED_BYTES = 64_000_000
BODY_SECONDS = 20.0
_TOKEN = "token"
_SAFE_METHODS = ("GET", "HEAD")
_FIXED_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@dataclass(frozen=True)
class Rules:
    """The host names that the server answers to, the token that it requires (None: no token), and its headers.

    With a token, any IP address is accepted besides `hosts`, because an IP address cannot be rebound.
    """

    hosts: frozenset[str]
    token: str | None = None
    policy: str = "default-src 'self'"
    cookie: str = "convlens"


class Refused(Exception):
    """The request is refused."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


class Protection:
    """ASGI middleware that refuses and limits requests, and adds the security headers to every answer.

    `on_defect` is called with exceptions that the application did not expect; the answer then reports a bug.
    """

    def __init__(self, app: ASGIApp, rules: Rules, on_defect: Callable[[BaseException], None] = lambda _: None) -> None:
        self._app, self._rules, self._on_defect = app, rules, on_defect

    @property
    def headers_of_refusals(self) -> list[tuple[bytes, bytes]]:
        """Return the security headers, for answers to data that is not even a request."""
        headers = {"Content-Security-Policy": self._rules.policy, "Cache-Control": "no-store", **_FIXED_HEADERS}
        return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one HTTP request; pass on everything else, such as the server's start and end."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        started = False

        async def remember(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        answer = self._with_headers(scope, remember)
        try:
            self._check(scope)
            body = await _read_body(scope, receive)
            await self._app(scope, _replaying(body, receive), answer)
        except Refused as refused:
            # The refused request may not have been read to its end, so the connection is closed.
            headers = {"Connection": "close"}
            await Answer({"error": refused.reason}, refused.status, headers)(scope, receive, answer)
        except Exception as error:  # uvicorn would answer without the headers, and print a traceback
            self._on_defect(error)
            if not started:
                await Answer({"error": describe_defect(error)}, 500)(scope, receive, answer)

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        if not scope["path"].startswith("/"):
            raise Refused(400, "the address must begin with a slash.")
        host = self._check_host(headers)
        self._check_token(scope, headers)
        _check_origin(scope, headers, host)
        if scope["method"] not in _SAFE_METHODS:
            kind = headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind != "application/json":
                raise Refused(415, f"the body is {kind or 'of no kind'}; send application/json.")

    def _check_host(self, headers: Headers) -> str:
        given = headers.getlist("host")
        name = _host_name(given[0]) if len(given) == 1 else ""
        if name in self._rules.hosts or (self._rules.token is not None and _is_address(name)):
            return given[0]
        raise Refused(421, "this server does not answer to that name. Open the address that `convlens open` printed.")

    def _check_token(self, scope: Scope, headers: Headers) -> None:
        token = self._rules.token
        if token is None:
            return
        in_address = parse_qs(scope["query_string"].decode("latin-1")).get(_TOKEN, [""])[0]
        cookies = SimpleCookie()
        try:
            cookies.load(headers.get("cookie", ""))
        except Exception:  # an unreadable cookie counts as none
            cookies.clear()
        in_cookie = cookies[self._rules.cookie].value if self._rules.cookie in cookies else ""
        if not any(secrets.compare_digest(given.encode(), token.encode()) for given in (in_address, in_cookie)):
            raise Refused(403, "this address lacks the token. Open the whole address that `convlens open` printed.")

    def _with_headers(self, scope: Scope, send: Send) -> Send:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", self._rules.policy)
                headers.update(_FIXED_HEADERS)
                headers.setdefault("Cache-Control", "no-store")
                if self._rules.token is not None and scope["path"] == "/" and message["status"] == 200:
                    cookie = f"{self._rules.cookie}={self._rules.token}; Path=/; HttpOnly; SameSite=Strict"
                    headers.append("Set-Cookie", cookie)
            await send(message)

        return send_with_headers


def _check_origin(scope: Scope, headers: Headers, host: str) -> None:
    """Refuse requests from other sites' pages. A link on another site may only lead to the page itself."""
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    foreign = origin is not None and origin != f"http://{host}"
    foreign = foreign or (site is not None and site not in ("same-origin", "none"))
    follows_link = scope["path"] == "/" and scope["method"] in _SAFE_METHODS and origin is None
    if foreign and not (follows_link and headers.get("sec-fetch-mode") == "navigate"):
        raise Refused(403, "this request comes from another site's page. Use the page that `convlens open` serves.")


def _host_name(host: str) -> str:
    """Return the name in a Host header, in lower case and without port; empty if the header is not valid.

    >>> _host_name("LocalHost:8700"), _host_name("[::1]:8700"), _host_name("a b")
    ('localhost', '::1', '')
    """
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port  # raises if it is not a number
    except ValueError:
        return ""
    whole = parts.netloc == host and not parts.path and "@" not in host and not any(map(str.isspace, host))
    return (parts.hostname or "").rstrip(".") if whole else ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


async def _read_body(scope: Scope, receive: Receive) -> bytes:
    """Read the whole body, if it is short enough. A longer body is read to its end within limits, so that the sender
    gets the reason instead of a broken connection.
    """
    if scope["method"] in _SAFE_METHODS:
        return b""
    parts, size = [], 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Refused(400, "the request broke off.")
                size += len(message.get("body", b""))
                if size <= MOST_BODY_BYTES:
                    parts.append(message.get("body", b""))
                else:
                    parts.clear()
                if not message.get("more_body", False) or size > MOST_DRAINED_BYTES:
                    break
    except TimeoutError:
        raise Refused(408, f"the body took longer than {BODY_SECONDS:g} seconds. Send it at once.") from None
    if size > MOST_BODY_BYTES:
        raise Refused(413, f"the body is too long; send at most {MOST_BODY_BYTES:,} bytes.")
    return b"".join(parts)


def _replaying(body: bytes, receive: Receive) -> Receive:
    """Replay the body for the application, then pass on the connection's further messages."""
    told = False

    async def replay() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
