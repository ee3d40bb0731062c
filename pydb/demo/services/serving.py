"""An ASGI application behind uvicorn on a port of this machine, in a thread, from start to shutdown."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

import httpx
import uvicorn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp

_PATIENCE: Final = 60.0


class Refused(RuntimeError):
    """The application did not start."""


class Life:
    """A server in a thread; ``http`` asks it. ``graceful``: seconds that open requests have at the end."""

    def __init__(self, app: ASGIApp, *, graceful: int | None = None) -> None:
        config = uvicorn.Config(
            app, host="127.0.0.1", port=0, lifespan="on", ws="none", log_config=None, access_log=False,
            timeout_graceful_shutdown=graceful,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name="uvicorn", daemon=True)

    def start(self) -> httpx.Client:
        """Start; raise :class:`Refused` if it does not take traffic."""
        self._thread.start()
        deadline = time.monotonic() + _PATIENCE
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise Refused("the application did not start")
            time.sleep(0.01)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False)
        return self.http

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended yet."""
        return self._thread.is_alive()

    def end(self) -> None:
        """As SIGTERM does: no new requests, then the end of the lifespan."""
        self._server.should_exit = True

    def wait(self) -> None:
        """Until it has ended."""
        self._thread.join(_PATIENCE)

    def _run(self) -> None:
        with suppress(SystemExit):  # of a start that failed
            self._server.run()


@contextmanager
def alive(app: ASGIApp, *, graceful: int | None = None) -> Iterator[httpx.Client]:
    """The application while the block runs."""
    logging.getLogger("uvicorn").addHandler(logging.NullHandler())
    life = Life(app, graceful=graceful)
    with life.start() as http:
        try:
            yield http
        finally:
            life.end()
            life.wait()
