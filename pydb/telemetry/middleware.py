"""The ASGI middleware: records each request after its answer, and waits for nothing."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from pydb.asgi.types import header_lines
from pydb.telemetry.recorder import Recorder
from pydb.telemetry.routes import template

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydb.asgi.types import App, Message, Receive, Scope, Send
    from pydb.telemetry.writer import Writer


class TelemetryMiddleware:
    """Records requests, and those that change something in the audit too.

    An exception of the application goes on as it came. What is given here to ask the application (``user``,
    ``privileged``, ``route``) may fail: that is logged once, and the row says null or false.

    Args:
        app: the ASGI application. Outermost is best: what a middleware around this one answers is not seen.
        writer: where it is recorded. At the end of the application's life it is flushed, and stays open.
        user: who asks, from the scope after the request; None = ``scope["user"]`` of Starlette's
            AuthenticationMiddleware, if there is one.
        privileged: whether a mutation needs more rights than users have; None = none does.
        route: the template of the route; None = as Starlette, FastAPI and Litestar leave it in the scope.
        audit: False: mutations are not recorded in ``audit_event``.
    """

    def __init__(
        self,
        app: App,
        writer: Writer,
        *,
        user: Callable[[Scope], object] | None = None,
        privileged: Callable[[Scope], bool] | None = None,
        route: Callable[[Scope], str | None] | None = None,
        audit: bool = True,
    ) -> None:
        self._app = app
        self._recorder: Recorder[Scope] = Recorder(
            writer, user=user or _user, privileged=privileged, route=route or template, audit=audit
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; what is no HTTP is not recorded."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, self._flushing(send))
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        seen = _Seen(send)
        error: str | None = None
        try:
            await self._app(scope, receive, seen.send)
        except BaseException as raised:
            error = type(raised).__qualname__
            if seen.status is None and isinstance(raised, Exception):
                seen.status = 500  # which is what the server answers then
            raise
        finally:
            parents = [value for name, value in header_lines(scope) if name == b"traceparent"]
            self._recorder.record(
                scope,
                method=str(scope["method"]),
                path=str(scope["path"]),
                status=seen.status,
                duration=(seen.ended or time.perf_counter()) - began,
                error=error,
                traceparent=parents[0].decode("latin-1") if len(parents) == 1 else None,
            )

    def _flushing(self, send: Send) -> Send:
        """What is recorded is written before the server hears that the application has ended."""

        async def flush_first(message: Message) -> None:
            if message["type"] in ("lifespan.shutdown.complete", "lifespan.shutdown.failed"):
                await asyncio.to_thread(self._recorder.writer.flush)
            await send(message)

        return flush_first


class _Seen:
    """What is seen of an answer as it is sent."""

    __slots__ = ("_is_stream", "_send", "ended", "status")

    def __init__(self, send: Send) -> None:
        self._send = send
        self._is_stream = False
        self.status: int | None = None
        self.ended: float | None = None

    async def send(self, message: Message) -> None:
        kind = message["type"]
        if kind == "http.response.start":
            self.status = int(str(message["status"]))
            self._is_stream = any(
                name == b"content-type" and value.startswith(b"text/event-stream")
                for name, value in header_lines(message)
            )
        await self._send(message)
        # events that go on for hours took as long as their beginning
        is_last = kind == "http.response.body" and not message.get("more_body", False)
        if self.ended is None and (is_last or (self._is_stream and kind == "http.response.start")):
            self.ended = time.perf_counter()


def _user(scope: Scope) -> object:
    user = scope.get("user")
    if user is None or not getattr(user, "is_authenticated", False):
        return None
    try:
        return getattr(user, "identity", None)
    except NotImplementedError:  # as Starlette's own users have it
        return getattr(user, "display_name", None)
