"""The application of most tests: it counts its runs, stops at a gate, and answers as it was told."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, cast

from pydb.asgi import SCOPE_KEY, Claim

if TYPE_CHECKING:
    from collections.abc import Sequence

    import httpx

    from pydb.asgi.types import Receive, Scope, Send

GATE_SECONDS = 10.0


class Handler:
    """Answers every request alike; what it was asked and under which claim is in `bodies` and `claims`.

    Each answer carries the number of the run in the header ``x-run``. Runs with an `error` raise it.
    """

    def __init__(
        self,
        *chunks: bytes,
        status: int | Sequence[int] = 201,
        headers: Sequence[tuple[bytes, bytes]] = ((b"content-type", b"text/plain"),),
        error: Exception | None = None,
        gated: bool = False,
    ) -> None:
        self.chunks = chunks or (b"done",)
        self.statuses = [status] if isinstance(status, int) else list(status)
        self.headers = headers
        self.error = error
        self.gate = threading.Event()
        if not gated:
            self.gate.set()
        self.bodies: list[bytes] = []
        self.claims: list[Claim | None] = []
        self.ended = 0

    @property
    def runs(self) -> int:
        """How often it was called."""
        return len(self.claims)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        claim = scope.get(SCOPE_KEY)
        assert claim is None or isinstance(claim, Claim)
        self.bodies.append(await self._body(receive))
        self.claims.append(claim)
        run = self.runs
        await self.pause()
        if self.error is not None:
            raise self.error
        status = self.statuses[min(run, len(self.statuses)) - 1]
        headers = [*self.headers, (b"x-run", b"%d" % run)]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        for number, chunk in enumerate(self.chunks, start=1):
            more = number < len(self.chunks)
            await send({"type": "http.response.body", "body": chunk, "more_body": more})
        self.ended += 1

    async def pause(self) -> None:
        """Wait for the gate."""
        gate, loop = self.gate, asyncio.get_running_loop()
        deadline = loop.time() + GATE_SECONDS
        while not gate.is_set():
            assert loop.time() < deadline
            await asyncio.sleep(0.002)

    async def _body(self, receive: Receive) -> bytes:
        chunks = []
        while True:
            message = await receive()
            chunks.append(cast("bytes", message.get("body", b"")))
            if not message.get("more_body"):
                return b"".join(chunks)


def key(value: str) -> dict[str, str]:
    """The header, as the draft wants it."""
    return {"Idempotency-Key": f'"{value}"'}


def problem(response: httpx.Response) -> tuple[int, str]:
    """Status and name of a problem; its document must be in order."""
    assert response.headers["content-type"] == "application/problem+json"
    document = response.json()
    prefix, _, name = document["type"].rpartition(":")
    assert prefix == "urn:pydb:idempotency"
    assert document["code"] == f"idempotency_{name.replace('-', '_')}"
    assert document["status"] == response.status_code
    assert document["title"]
    assert document["detail"]
    assert document.get("retry_after") == (
        int(response.headers["retry-after"]) if "retry-after" in response.headers else None
    )
    return response.status_code, name
