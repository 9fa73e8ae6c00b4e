"""Who may ask: the checks that every request passes before anything looks at it.

A server on 127.0.0.1 is reached by every page that a person has open, so being local protects nothing by itself:

- **Rebinding.** A page of evil.example can make its name point to 127.0.0.1 and is then of the same origin; its
  requests still say `Host: evil.example`, and only names that cannot be rebound are answered.
- **Foreign pages.** A form or an image of another site may send requests without asking; browsers tell where they come
  from (`Origin`, `Sec-Fetch-Site`), and a POST must be JSON, which no form can send.
- **Other machines.** Where the server listens beyond this machine, only a browser that was given the token is answered.
- **Much.** A body has at most 1 MB; of a longer one only a bounded part is read, and nothing of it kept.
"""

import asyncio
import ipaddress
import secrets
from dataclasses import dataclass
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BODY_BYTES = 1_000_000
MOST_DRAINED_BYTES = 64_000_000
BODY_SECONDS = 20.0
_TOKEN = "token"
_SAFE_METHODS = ("GET", "HEAD")


@dataclass(frozen=True)
class Rules:
    """Which names the server answers to, the token that it asks for (None: no token), and its headers.

    Any IP address is answered to besides `hosts` where there is a token: an address cannot be rebound.
    """

    hosts: frozenset[str]
    token: str | None = None
    policy: str = "default-src 'self'"
    cookie: str = "convlens"


class Refused(Exception):
    """A request that is answered with a refusal."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


class Protection:
    """An ASGI application around another: refuses, limits, and puts the security headers on every answer."""

    def __init__(self, app: ASGIApp, rules: Rules) -> None:
        self._app, self._rules = app, rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; what is no HTTP (a server's own start and end) passes."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        send = self._with_headers(scope, send)
        try:
            self._check(scope)
            body = await _read_body(scope, receive)
        except Refused as refused:
            # What was refused may not have been read to its end: nothing more comes over this connection.
            headers = {"Connection": "close"}
            await JSONResponse({"error": refused.reason}, refused.status, headers)(scope, receive, send)
            return
        await self._app(scope, _replaying(body, receive), send)

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
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
        except Exception:  # a cookie that cannot be read is none
            cookies.clear()
        in_cookie = cookies[self._rules.cookie].value if self._rules.cookie in cookies else ""
        if not any(secrets.compare_digest(given.encode(), token.encode()) for given in (in_address, in_cookie)):
            raise Refused(403, "this address lacks the token. Open the whole address that `convlens open` printed.")

    def _with_headers(self, scope: Scope, send: Send) -> Send:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", self._rules.policy)
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "no-referrer"
                headers["X-Frame-Options"] = "DENY"
                headers["Cross-Origin-Resource-Policy"] = "same-origin"
                headers.setdefault("Cache-Control", "no-store")
                if self._rules.token is not None and scope["path"] == "/" and message["status"] == 200:
                    cookie = f"{self._rules.cookie}={self._rules.token}; Path=/; HttpOnly; SameSite=Strict"
                    headers.append("Set-Cookie", cookie)
            await send(message)

        return send_with_headers


def _check_origin(scope: Scope, headers: Headers, host: str) -> None:
    """Refuse what another site's page sent. A link on another site may lead to the page itself, and to nothing else."""
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    foreign = origin is not None and urlsplit(origin)[:2] != ("http", host)
    foreign = foreign or (site is not None and site not in ("same-origin", "none"))
    follows_link = scope["path"] == "/" and scope["method"] in _SAFE_METHODS and origin is None
    if foreign and not (follows_link and headers.get("sec-fetch-mode") == "navigate"):
        raise Refused(403, "this request comes from another site's page. Use the page that `convlens open` serves.")


def _host_name(host: str) -> str:
    """The name in a Host header, without port and in small letters; empty where it is no Host header.

    >>> _host_name("LocalHost:8700"), _host_name("[::1]:8700"), _host_name("a b")
    ('localhost', '::1', '')
    """
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port  # raises where it is no number
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
    """The whole body, if it is short enough; a longer one is read to its end, as far as is reasonable, so that who
    sends it hears why it was refused instead of a broken connection.
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
    """The body once more, for the application, and then what really comes: the end of the connection."""
    told = False

    async def replay() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
