"""What every request goes through: host, sizes, time, rates; and the headers of every answer.

A plain ASGI middleware: answers that stream (the events) pass through it untouched but for their headers.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections import OrderedDict, deque
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse

from pydb.web import auth

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from pydb.web.settings import Settings

POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
METHODS: Final = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
MOST_HEADERS: Final = 16_000
MOST_PATH: Final = 4_000
PROBES: Final = frozenset({"/livez", "/healthz"})
STREAM: Final = "/admin/events/stream"
_ATTEMPTS: Final = 10
_KNOWN: Final = 10_000
_MINUTE: Final = 60.0


class SlidingWindow:
    """At most so many events of one key in any ``seconds``; of many keys the idle ones are forgotten."""

    def __init__(self, most: int, seconds: float = _MINUTE) -> None:
        self._most, self._seconds = most, seconds
        self._seen: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, key: str, now: float | None = None, *, count: bool = True) -> float:
        """0 if one more may be, which is counted; else in how many seconds it may."""
        at = time.monotonic() if now is None else now
        with self._lock:
            seen = self._seen.setdefault(key, deque())
            self._seen.move_to_end(key)
            while seen and seen[0] <= at - self._seconds:
                seen.popleft()
            if len(seen) >= self._most:
                return seen[0] + self._seconds - at
            if count:
                seen.append(at)
            while len(self._seen) > _KNOWN:
                self._seen.popitem(last=False)
            return 0.0


class Cap:
    """How many requests of one workspace are being answered."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._now: dict[str, int] = {}

    def take(self, key: str) -> bool:
        """Whether there is a place; to be given back."""
        if self._now.get(key, 0) >= self._most:
            return False
        self._now[key] = self._now.get(key, 0) + 1
        return True

    def give_back(self, key: str) -> None:
        """Give a place back."""
        self._now[key] -= 1
        if not self._now[key]:
            del self._now[key]


class _TooLarge(Exception):
    """The body is longer than allowed."""


class _TooSlow(Exception):
    """The body did not come in time."""


class Guard:
    """The middleware. It leaves who is asking in ``scope["state"]["visitor"]`` (None: nobody)."""

    def __init__(
        self, app: ASGIApp, settings: Settings, tokens: auth.Tokens, sessions: auth.Sessions
    ) -> None:
        self._app = app
        self._settings = settings
        self._tokens, self._sessions = tokens, sessions
        self._rate = SlidingWindow(settings.rate)
        self._attempts = SlidingWindow(_ATTEMPTS)
        self._cap = Cap(settings.concurrency)
        own = {settings.host.lower().strip("[]"), "localhost", "127.0.0.1", "::1"} - {"0.0.0.0", "::"}  # noqa: S104
        self._hosts = settings.hosts or tuple(own)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what may not pass, and let the rest through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        scope = _by_segments(scope)
        sent = _Sent(send, self._cors(headers))
        refused = self._refusal(scope, headers)
        if refused is not None:
            await refused(scope, receive, sent)
            return
        if scope["method"] == "OPTIONS":
            await self._preflight(headers)(scope, receive, sent)
            return
        await self._pass(scope, headers, receive, sent)

    async def _pass(self, scope: Scope, headers: Headers, receive: Receive, sent: _Sent) -> None:
        path = _path(scope)
        visitor, problem = self._visitor(headers)
        address = _address(scope)
        key = f"address {address}" if visitor is None else visitor.token.workspace
        if path not in PROBES:
            wait = self._rate.wait(key)
            if (
                visitor is None
                and (headers.get("authorization") or path == "/admin/sign-in")
                and (scope["method"] == "POST" or headers.get("authorization"))
            ):
                wait = max(wait, self._attempts.wait(address))
            if wait:
                await _refuse(429, "too many requests", retry=wait)(scope, receive, sent)
                return
        if problem is not None and path not in PROBES:
            await _refuse(503, problem, retry=5)(scope, receive, sent)
            return
        scope.setdefault("state", {})["visitor"] = visitor
        is_free = path in PROBES or path == STREAM
        if not is_free and not self._cap.take(key):
            await _refuse(503, "too many requests of this workspace at once", retry=1)(scope, receive, sent)
            return
        try:
            bounded = _Body(receive, self._settings.body_limit, self._settings.slow)
            try:
                await self._app(scope, bounded, sent)
            except (_TooLarge, _TooSlow) as error:
                if sent.has_begun:
                    raise
                large = isinstance(error, _TooLarge)
                code, why = (413, "the body is too long") if large else (408, "the body did not come in time")
                answer = _refuse(code, why)
                answer.headers["connection"] = "close"
                await answer(scope, receive, sent)
        finally:
            if not is_free:
                self._cap.give_back(key)

    def _visitor(self, headers: Headers) -> tuple[auth.Visitor | None, str | None]:
        from pydb.errors import UsageError

        try:
            return visitor_again(headers, self._tokens, self._sessions), None
        except UsageError as error:  # the file of tokens: nobody is let in by what it said before
            return None, error.message

    def _refusal(self, scope: Scope, headers: Headers) -> PlainTextResponse | None:
        if not self._is_host(headers):
            return _refuse(400, "this server does not answer to that host: see PYDB_SERVE_HOSTS")
        if scope["method"] not in METHODS:
            return _refuse(405, "there is GET, HEAD and POST", allow="GET, HEAD, POST")
        if b"%00" in (scope.get("raw_path") or b""):
            return _refuse(400, "the address has a zero byte")
        return self._excess(scope, headers)

    def _excess(self, scope: Scope, headers: Headers) -> PlainTextResponse | None:
        if sum(len(name) + len(value) for name, value in scope["headers"]) > MOST_HEADERS:
            return _refuse(431, "the headers are too long")
        if len(scope.get("raw_path") or b"") + len(scope.get("query_string", b"")) > MOST_PATH:
            return _refuse(414, "the address is too long")
        length = headers.get("content-length")
        if length is not None and (not length.isascii() or not length.isdigit()):
            return _refuse(400, "the length of the body is no number")
        # how long a number may be is bounded as well
        if length is not None and (len(length) > 18 or int(length) > self._settings.body_limit):
            return _refuse(413, "the body is too long")
        return None

    def _is_host(self, headers: Headers) -> bool:
        found = headers.getlist("host")
        if len(found) != 1:
            return False
        host = found[0].lower()
        name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
        return any(
            wanted == "*"
            or name == wanted.strip("[]")
            or (wanted.startswith("*.") and name.endswith(wanted[1:]) and len(name) > len(wanted) - 1)
            for wanted in self._hosts
        )

    def _cors(self, headers: Headers) -> dict[str, str]:
        origin = headers.get("origin", "").lower()
        if not self._settings.origins:
            return {}
        allowed = {"access-control-allow-origin": origin} if origin in self._settings.origins else {}
        return {**allowed, "vary": "Origin"}

    def _preflight(self, headers: Headers) -> PlainTextResponse:
        if headers.get("origin", "").lower() not in self._settings.origins:
            return _refuse(405, "there is GET, HEAD and POST", allow="GET, HEAD, POST")
        return PlainTextResponse(
            "",
            204,
            {
                "access-control-allow-methods": "GET, POST",
                "access-control-allow-headers": "authorization, content-type, last-event-id",
                "access-control-max-age": "600",
            },
        )


class _Sent:
    """Sends an answer with the headers that every answer has."""

    def __init__(self, send: Send, more: dict[str, str]) -> None:
        self._send, self._more = send, more
        self.has_begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_begun = True
            message.setdefault("headers", [])
            headers = MutableHeaders(scope=message)
            for name, value in {**HEADERS, **self._more}.items():
                headers[name] = value
            if "cache-control" not in headers:
                headers["cache-control"] = "no-store"
        await self._send(message)


class _Body:
    """Receives a body of a bounded length, in a bounded time."""

    def __init__(self, receive: Receive, most: int, seconds: float) -> None:
        self._receive, self._left = receive, most
        self._until = time.monotonic() + seconds
        self._is_whole = False

    async def __call__(self) -> Message:
        if self._is_whole:
            return await self._receive()
        try:
            async with asyncio.timeout(max(self._until - time.monotonic(), 0.01)):
                message = await self._receive()
        except TimeoutError:
            raise _TooSlow from None
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            if self._left < 0:
                raise _TooLarge
            self._is_whole = not message.get("more_body", False)
        return message


def visitor_again(headers: Headers, tokens: auth.Tokens, sessions: auth.Sessions) -> auth.Visitor | None:
    """Who is asking, by the tokens of now; :class:`~pydb.errors.UsageError` if their file cannot be used."""
    return auth.visitor(tokens, headers.get("authorization"), _cookie(headers), sessions)


def _by_segments(scope: Scope) -> Scope:
    """The same request, with a zero byte for a slash that is part of a name and divides nothing."""
    raw = bytes(scope.get("raw_path") or b"").partition(b"?")[0]
    if b"%2f" not in raw.lower():
        return scope
    segments = raw.decode("latin-1").split("/")
    return {**scope, "path": "/".join(unquote(one).replace("/", "\0") for one in segments)}


def _path(scope: Scope) -> str:
    """The path below where the application is mounted."""
    path, root = str(scope["path"]), str(scope.get("root_path", ""))
    return path[len(root) :] if root and path.startswith(root) else path


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else "unknown"


def _cookie(headers: Headers) -> str | None:
    for pair in _pairs(headers):
        name, _, value = pair.partition("=")
        if name.strip() == auth.COOKIE:
            return value.strip()
    return None


def _pairs(headers: Headers) -> Iterator[str]:
    for value in headers.getlist("cookie"):
        yield from value.split(";")


def _refuse(
    code: int, why: str, *, retry: float | None = None, allow: str | None = None
) -> PlainTextResponse:
    headers = {} if retry is None else {"retry-after": str(max(math.ceil(retry), 1))}
    if allow is not None:
        headers["allow"] = allow
    return PlainTextResponse(f"{why}\n", code, headers)
