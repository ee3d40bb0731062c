"""The application behind its client, and behind a real server; a shop to look at."""

from __future__ import annotations

import re
import socket
import threading
import time
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

import httpx
import pytest
import uvicorn

from pydb.web import Settings, create_app
from tests.web.world import TOKEN, fill

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.applications import Starlette

    from tests.servers import Database, Filling, TestServer

DEADLINE: Final = 60.0


class Browser:
    """A client that keeps cookies and fills in forms, as who has no scripts."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.client = httpx.Client(base_url=url, timeout=DEADLINE)
        self._others: list[Browser] = []

    def again(self) -> Browser:
        """Another one, without a cookie, of the same server."""
        self._others.append(Browser(self.url))
        return self._others[-1]

    def close(self) -> None:
        """Close all connections."""
        self.client.close()
        for other in self._others:
            other.close()

    def sign_in(self, who: str = "ann", token: str = TOKEN) -> Browser:
        """Sign in by the form."""
        answered = self.client.post("/admin/sign-in", data={"who": who, "token": token})
        assert answered.status_code == 303, answered.text
        return self

    def get(self, path: str, code: int = 200, /, **params: object) -> str:
        """The text of a page."""
        answered = self.client.get(path, params=params or None)  # type: ignore[arg-type]
        assert answered.status_code == code, (answered.status_code, answered.text)
        return answered.text

    def form_key(self, page: str) -> str:
        """What the forms of a page carry."""
        return found(r'name="form_key" value="([^"]+)"', page)

    def post(self, path: str, page: str = "", /, **fields: str) -> httpx.Response:
        """Send a form that a page has."""
        key = {"form_key": self.form_key(page)} if page else {}
        return self.client.post(path, data={**key, **fields})


def found(pattern: str, text: str) -> str:
    """The first group of a pattern, which must be there."""
    match = re.search(pattern, text, re.DOTALL)
    assert match, (pattern, text)
    return match[1]


@pytest.fixture(scope="session")
def shop(server: TestServer) -> Iterator[Database]:
    """The shop, for tests that only look."""
    with server.database(migrated=True, filling=fill) as database:
        yield database


@pytest.fixture(scope="session")
def looking(url: str) -> Iterator[Browser]:
    """Signed in, on the shop that nobody changes."""
    browser = Browser(url).sign_in()
    yield browser
    browser.close()


@pytest.fixture
def filling() -> Filling | None:
    return fill


@pytest.fixture
def make(dsn: str) -> Iterator[Callable[..., Browser]]:
    """Factory of browsers of applications on a shop of their own: ``make(read_only=True)``; not signed in."""
    with ExitStack() as stack:
        yield partial(_made, stack, dsn)


@pytest.fixture
def visit(shop: Database) -> Iterator[Callable[..., Browser]]:
    """The same on the shop that nobody changes, for tests that only look or are refused."""
    with ExitStack() as stack:
        yield partial(_made, stack, shop.dsn)


def _made(stack: ExitStack, dsn: str, /, **settings: object) -> Browser:
    chosen: dict[str, object] = {"dsn": dsn, "token": TOKEN, "drain": 1.0, **settings}
    if "token_file" in settings:
        del chosen["token"]
    url = stack.enter_context(serving(create_app(Settings(**chosen))))  # type: ignore[arg-type]
    one = Browser(url)
    stack.callback(one.close)
    return one


@pytest.fixture
def browser(make: Callable[..., Browser]) -> Browser:
    """Signed in, on a shop of this test alone."""
    return make().sign_in()


@contextmanager
def serving(app: Starlette, patience: float = DEADLINE) -> Iterator[str]:
    """The application behind a real server in this process; its address."""
    site = getattr(app.state, "site", None)
    if site is not None:
        site.database.patience = patience  # a busy machine is no fault
    # asyncio sends small pieces at once only if the protocol is named
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="none", lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    until = time.monotonic() + DEADLINE
    try:
        while not server.started:
            assert thread.is_alive()
            assert time.monotonic() < until
            time.sleep(0.005)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(DEADLINE)
        listener.close()


@pytest.fixture(scope="session")
def url(shop: Database) -> Iterator[str]:
    """A real server on the shop that nobody changes."""
    with serving(create_app(Settings(dsn=shop.dsn, token=TOKEN, rate=100_000))) as address:
        yield address
