"""One real uvicorn a module, on a free port of the loopback; a test puts its application into it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
import time
from typing import TYPE_CHECKING, Protocol

import httpx
import psycopg
import pytest
import uvicorn
from psycopg_pool import AsyncConnectionPool

from pydb.asgi import Config, IdempotencyMiddleware

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

    from pydb.asgi.types import App, Receive, Scope, Send
    from tests.conftest import Connection
    from tests.servers import Database, TestServer

DEADLINE = 60.0


class Site:
    """An application behind HTTP; `pool` is open in the loop of the server."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self.pool = AsyncConnectionPool(
            dsn, min_size=2, max_size=8, open=False, kwargs={"autocommit": True}, timeout=5
        )
        self.app: App = _nothing
        # asyncio sends small pieces at once only if the protocol is named
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.loop = asyncio.new_event_loop()  # of the server, once it runs
        self.url = f"http://127.0.0.1:{self.port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self.app(scope, receive, send)
            return
        await receive()
        self.loop.close()
        self.loop = asyncio.get_running_loop()
        await self.pool.open(wait=True)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.pool.close()
        await send({"type": "lifespan.shutdown.complete"})

    def protect(self, app: App, config: Config | None = None) -> None:
        """Serve an application behind the middleware."""
        self.app = IdempotencyMiddleware(app, self.pool, config)

    def do(self, work: Coroutine[object, object, None]) -> None:
        """Run something in the server's loop."""
        asyncio.run_coroutine_threadsafe(work, self.loop).result(DEADLINE)

    def raw(self, *lines: bytes, body: bytes = b"") -> socket.socket:
        """Send a request byte by byte and return the connection, whose answer nobody has read."""
        peer = socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE)
        head = [*lines, b"host: localhost", b"content-length: %d" % len(body), b"", b""]
        peer.sendall(b"\r\n".join(head) + body)
        return peer


async def _nothing(scope: Scope, receive: Receive, send: Send) -> None:
    raise AssertionError("the test has no application")


@contextlib.contextmanager
def serving(site: Site) -> Iterator[Site]:
    server = uvicorn.Server(uvicorn.Config(site, ws="none", log_config=None, timeout_graceful_shutdown=3))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [site.socket]})
    thread.start()
    try:
        until(lambda: server.started or not thread.is_alive())
        yield site
    finally:
        server.should_exit = True
        thread.join(DEADLINE)
        assert not thread.is_alive()


class Condition(Protocol):
    def __call__(self) -> object: ...


def until(condition: Condition) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.005)


@pytest.fixture(scope="module")
def shop(server: TestServer) -> Iterator[Database]:
    """The database of a module's tests."""
    with server.database(migrated=True) as fresh:
        yield fresh


@pytest.fixture(scope="module")
def _site(shop: Database) -> Iterator[Site]:
    with serving(Site(shop.dsn)) as site:
        yield site


@pytest.fixture
def site(_site: Site) -> Iterator[Site]:
    """The server with no application in it yet, and no key in its database."""
    with psycopg.connect(_site.dsn, autocommit=True) as connection:
        connection.execute("truncate pydb.idempotency_key")
    yield _site
    _site.app = _nothing


@pytest.fixture
def sql(site: Site) -> Iterator[Connection]:
    """A connection to the site's database."""
    with psycopg.connect(site.dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture
def client(site: Site) -> Iterator[httpx.Client]:
    """Someone who sends requests to the site."""
    with new_client(site) as one:
        yield one


def new_client(site: Site) -> httpx.Client:
    """A client for many threads; without certificates, which take a tenth of a second to load.

    Each request has a connection of its own: after an exception uvicorn closes it behind a whole response.
    """
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=0)
    return httpx.Client(
        base_url=site.url, timeout=DEADLINE, limits=limits, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    )
