"""What the ASGI specification calls its parts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import cast

Scope = MutableMapping[str, object]
Message = MutableMapping[str, object]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]


def header_lines(message: Scope | Message) -> Headers:
    """Header lines of a request or of the start of a response: names in lower case, values as they came."""
    lines = cast("Iterable[tuple[bytes, bytes]]", message.get("headers") or ())
    return [(bytes(name).lower(), bytes(value)) for name, value in lines]
