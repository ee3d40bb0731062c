"""A whole response: how it is kept in ``pydb.idempotency_key.result``, and how it is sent again.

The stored form is ``{"http": 1, "headers": [[name, value], …], "body": text}``. A body that is no UTF-8, or
has a NUL character, which jsonb cannot hold, is ``"base64"`` instead of ``"body"``. The status is ``code``.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pydb.asgi.types import Headers, Send

FORMAT: Final = 1
# of one connection, or of one moment: the server makes them anew
_EPHEMERAL: Final = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
    | {"date", "server", "age", "alt-svc"}
)
_NO_BODY: Final = frozenset({204, 205, 304})


@dataclass(frozen=True, slots=True)
class Response:
    """Status, header lines and body of a response."""

    status: int
    headers: Headers
    body: bytes

    async def send(self, send: Send) -> None:
        """Send it as an application would."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": False})

    def stored(self, dropped: Collection[str]) -> dict[str, object]:
        """Return the form that is kept, without the headers named in ``dropped`` (in lower case)."""
        lines = []
        for line in self.headers:
            name = line[0].decode("latin-1")
            if (lower := name.lower()) not in _EPHEMERAL and lower not in dropped:
                lines.append([name, line[1].decode("latin-1")])
        result: dict[str, object] = {"http": FORMAT, "headers": lines}
        try:
            text = self.body.decode("utf-8")
        except UnicodeDecodeError:
            text = "\0"
        if "\0" in text:
            result["base64"] = base64.b64encode(self.body).decode("ascii")
        else:
            result["body"] = text
        return result


def marker(reason: str) -> dict[str, object]:
    """Return what is kept of a response that is not: the retry learns that the work was done."""
    return {"http": FORMAT, "not_stored": reason}


def restored(code: int | None, result: object, replayed_header: str) -> Response | None:
    """Return the response that was kept, or None if only a marker was.

    A result that somebody else recorded for the key, an operator for example, is sent as JSON.
    """
    extra = [(replayed_header.lower().encode("ascii"), b"true")]
    if not isinstance(result, dict) or result.get("http") != FORMAT:
        return _foreign(code, result, extra)
    if "not_stored" in result:
        return None
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in result["headers"]]
    body = base64.b64decode(result["base64"]) if "base64" in result else result["body"].encode("utf-8")
    return Response(code or 200, headers + extra, body)


def _foreign(code: int | None, result: object, extra: Headers) -> Response:
    status = code if code is not None and 200 <= code <= 599 else 200
    if status in _NO_BODY:
        return Response(status, extra, b"")
    body = json.dumps(result, ensure_ascii=False, separators=(",", ":")).encode()
    length = (b"content-length", b"%d" % len(body))
    return Response(status, [(b"content-type", b"application/json"), length, *extra], body)


def not_stored(result: object) -> str | None:
    """Return why a response was not kept, or None if it was."""
    if isinstance(result, dict) and result.get("http") == FORMAT:
        reason: Mapping[str, object] = result
        return str(reason["not_stored"]) if "not_stored" in reason else None
    return None
