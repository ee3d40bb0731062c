"""The process of ``pydb serve``: a socket, uvicorn, and an orderly end."""

from __future__ import annotations

import asyncio
import errno
import os
import resource
import signal
import socket
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from pydb import db
from pydb.errors import ExitCode, UsageError
from pydb.events import Publisher
from pydb.web.app import create_app
from pydb.web.auth import new_token
from pydb.web.security import MOST_HEADERS, MOST_PATH

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from pydb.web.settings import Settings
    from pydb.web.site import Site

_BACKLOG: Final = 128
_MOST_CONNECTIONS: Final = 1000


def run(
    settings: Settings, say: Callable[[Settings, str, str | None], None], tell: Callable[[str], None]
) -> int:
    """Serve until SIGTERM or SIGINT; returns an exit code. ``say`` is told where, and a token that was made.

    ``tell`` is told what goes wrong beside the requests.

    Raises :class:`~pydb.errors.UsageError` if the address cannot be used.
    """
    made = None
    if settings.token is None and settings.token_file is None:
        made = new_token()
        settings = replace(settings, token=made)
    app = create_app(settings)
    site: Site = app.state.site
    listener = _listen(settings)
    _raise_limit()
    config = uvicorn.Config(
        app,
        http=_protocol(settings.slow),
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=MOST_HEADERS + MOST_PATH + 1000,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_keep_alive=int(max(settings.slow, 1)),
        timeout_graceful_shutdown=max(int(settings.drain), 1),
    )
    server = _Server(config)
    server.site = site
    threading.Thread(target=site.warm, daemon=True).start()
    publisher = _publisher(settings, tell) if settings.publish and not settings.read_only else None
    site.publisher = publisher
    server.on_start = lambda: say(settings, _address(listener), made)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, server.handle_exit)
    try:
        asyncio.run(server.serve([listener]))
    finally:
        listener.close()
        if publisher is not None:
            publisher.stop()
    return int(ExitCode.DONE if server.started else ExitCode.FAILED)


class _Server(uvicorn.Server):
    """Says when it can be asked, and leaves the signals to its caller."""

    on_start: Callable[[], None]
    site: Site

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # else the end would wait for who follows the events
        threading.Thread(target=self.site.hub.close, daemon=True).start()
        super().handle_exit(sig, frame)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self.on_start()

    def capture_signals(self) -> Any:
        from contextlib import nullcontext

        return nullcontext()


def _publisher(settings: Settings, tell: Callable[[str], None]) -> Publisher:
    def say(line: str) -> None:
        tell(f"publishing events: {line}")

    publisher = Publisher(db.labelled(settings.dsn, "pydb serve"), notify=say)
    publisher.start()
    return publisher


def _raise_limit() -> None:
    """Have room for as many open files as connections are taken; the soft limit is often just about that."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_CONNECTIONS * 2
    if soft != resource.RLIM_INFINITY and soft < wanted:
        room = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (room, hard))


def _listen(settings: Settings) -> socket.socket:
    try:
        ((family, kind, proto, _, where), *_) = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        listener = socket.socket(family, kind, proto)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(where)
        listener.listen(_BACKLOG)
    except OSError as error:
        known = error.errno is not None and error.errno in errno.errorcode
        why = os.strerror(error.errno or 0) if known else str(error)
        raise UsageError(
            f"cannot listen on {settings.host} port {settings.port}",
            detail=f"{why}.",
            hint="pydb serve --port 0 takes a free port",
        ) from None
    listener.setblocking(False)
    return listener


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _protocol(seconds: float) -> type[H11Protocol]:
    """The protocol that hangs up on who does not send the head of a request in time."""

    class Patient(H11Protocol):
        _clock: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._wait()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self._is_idle():
                if self._clock is None:
                    self._wait()
            else:
                self._stop()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop()
            super().connection_lost(exc)

        def _wait(self) -> None:
            self._clock = asyncio.get_running_loop().call_later(seconds, self._hang_up)

        def _stop(self) -> None:
            if self._clock is not None:
                self._clock.cancel()
                self._clock = None

        def _hang_up(self) -> None:
            self._clock = None
            if self._is_idle():
                self.transport.close()

        def _is_idle(self) -> bool:
            cycle: Any = self.cycle  # None before the first request, whatever its annotation says
            return cycle is None or bool(cycle.response_complete)

    return Patient
