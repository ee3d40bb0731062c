"""A request: its body read whole, its fingerprint, and the ``receive`` that the application gets."""

from __future__ import annotations

import asyncio
import json
import math
import re
from base64 import b64encode
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NoReturn, Self, cast

from pydb import errors, idempotency
from pydb.asgi.problem import Refused
from pydb.idempotency.values import canonical, digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydb.asgi.types import Headers, Message, Receive, Scope

_BOUNDARY: Final = re.compile(
    rb'multipart/[^;]+;(?:.*;)?\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE
)


class ClientGone(Exception):
    """The client closed the connection before its request was whole, or while it waited for another."""


async def read_body(receive: Receive, headers: Headers, limit: int) -> bytes:
    """Return the whole body.

    Raises:
        Refused: it has more than ``limit`` bytes; as far as the header says so, before they are read.
        ClientGone: the connection was closed.
    """
    for name, value in headers:
        # a number of so many digits is none that int() should be asked for
        if name == b"content-length" and value.isdigit() and (len(value) > 18 or int(value) > limit):
            raise _too_large(limit)
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunk = bytes(cast("bytes", message.get("body", b"")))
        chunks.append(chunk)
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        if not message.get("more_body", False):
            return b"".join(chunks)


def _too_large(limit: int) -> Refused:
    return Refused("body-too-large", f"A request with an idempotency key may have {limit} bytes at most.")


class Replayed:
    """The application's ``receive``: the body that was read, then nothing until the response is whole.

    A client that goes away is not mentioned, so that the work goes on and its retry finds the result. Once
    the response is sent on as it comes (`live`), the real ``receive`` is asked.
    """

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive
        self._changed: asyncio.Event | None = None  # made for who listens
        self._live = False
        self._ended = False

    async def __call__(self) -> Message:
        """Receive a message."""
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        if not self._ended:
            self._changed = self._changed or asyncio.Event()
            await self._changed.wait()
        return await self._receive() if self._live else {"type": "http.disconnect"}

    def live(self) -> Self:
        """From now on, tell the application of the client's disconnect."""
        self._live = True
        self.end()
        return self

    def end(self) -> None:
        """The response is whole: who still listens is told that the connection is over."""
        self._ended = True
        if self._changed is not None:
            self._changed.set()


def fingerprint(
    scope: Scope, headers: Headers, body: bytes, names: Sequence[bytes], hmac_key: bytes | None
) -> bytes:
    """Return the hash of what a request asks for: method, path, query, body, and the headers in ``names``.

    JSON is compared as JSON, forms with files part by part (their boundary is another in each request), and
    anything else byte by byte.
    """
    compared: dict[bytes, list[str]] = {name: [] for name in names}
    declared = b""
    for name, value in headers:
        if name in compared:
            compared[name].append(value.decode("latin-1"))
        if name == b"content-type":
            declared = declared + b", " + value if declared else value
    media_type = declared.partition(b";")[0].strip().lower().decode("latin-1")
    payload = [
        scope["method"],
        # some servers hand on bytes that are no UTF-8 as lone surrogates, which no digest takes
        str(scope["path"]).encode("utf-8", "backslashreplace").decode(),
        cast("bytes", scope.get("query_string") or b"").decode("latin-1"),
        media_type,
        list(compared.values()),
    ]
    if media_type == "application/json" or media_type.endswith("+json"):
        try:
            return digest(canonical([*payload, "json", _json(body)], exact=True), hmac_key)
        except (ValueError, RecursionError, errors.NotJson):
            pass  # no JSON, or none that can be compared as such
    parts = _parts(declared, body)
    return idempotency.fingerprint([*payload, "raw", parts], hmac_key=hmac_key)


def sender(headers: Headers, credentials: Sequence[tuple[bytes, bytes]], hmac_key: bytes | None) -> bytes:
    """Return the hash of the credentials: headers by name, or one cookie, the second of a pair."""
    shown = [
        [
            _cookie(line, cookie) if cookie else line.decode("latin-1")
            for line in _lines(field, [value for name, value in headers if name == field])
        ]
        for field, cookie in credentials
    ]
    return idempotency.fingerprint(shown, hmac_key=hmac_key)


def _lines(field: bytes, values: list[bytes]) -> list[bytes]:
    """HTTP/2 sends cookies in as many lines as it likes: together they are one."""
    return [b"; ".join(values)] if field == b"cookie" and values else values


def _cookie(line: bytes, wanted: bytes) -> str | None:
    for part in line.split(b";"):
        name, _, value = part.strip().partition(b"=")
        if name == wanted:
            return value.decode("latin-1")
    return None


def _parts(declared: bytes, body: bytes) -> list[str]:
    found = _BOUNDARY.match(declared)
    delimiter = b"\r\n--" + (found[1] or found[2]) if found else None
    parts = (b"\r\n" + body).split(delimiter) if delimiter else [body]
    return [b64encode(sha256(part).digest()).decode() for part in parts]


def _json(body: bytes) -> object:
    return _DECODER.decode(body.decode("utf-8"))


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):  # readers differ in which of the two counts
        raise ValueError("a name comes twice in a JSON object")
    return made


def _float(text: str) -> float | Decimal:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"{text} is too large")
    try:
        exact = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text} has an exponent that no number has") from None
    # an amount with more digits than a double holds is another one than its neighbour; from 1e21 on a float
    # is written with an exponent, and is to be the same as the integer
    return value if abs(value) < _LARGE and exact == Decimal(repr(value)) else exact


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


_LARGE: Final = 1e21
_DECODER: Final = json.JSONDecoder(object_pairs_hook=_object, parse_float=_float, parse_constant=_constant)
