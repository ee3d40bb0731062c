"""The stream of server-sent events: as the standard has it, resumable, and only what is allowed."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from pydb.events import Hub
from pydb.events.asgi import Allowed, stream_route
from tests import servers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

    from tests.events.conftest import Stream

RIGHTS = {
    "all": Allowed(),
    "mine": Allowed(workspace="mine"),
    "orders": Allowed(topics=frozenset({"orders"})),
    "nothing": Allowed(topics=frozenset()),
}


async def authorise(request: Request) -> Allowed | None:
    return RIGHTS.get(request.headers.get("authorization", "all"))


@dataclass
class Site:
    url: str
    hub: Hub
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30, trust_env=False))

    @contextlib.contextmanager
    def stream(self, query: str = "", **headers: str) -> Iterator[Iterator[str]]:
        """Its lines, after the first ones, that say it is there."""
        with self.client.stream("GET", self.url + query, headers=headers) as response:
            assert response.status_code == 200, response.read()
            assert response.headers["content-type"].startswith("text/event-stream")
            assert response.headers["cache-control"] == "no-store"
            assert response.headers["x-accel-buffering"] == "no"
            lines = response.iter_lines()
            assert [next(lines) for _ in range(3)] == ["retry: 3000", ": stream", ""]
            yield lines

    def status(self, query: str = "", **headers: str) -> int:
        return self.client.get(self.url + query, headers=headers).status_code


@contextlib.contextmanager
def served(hub: Hub, heartbeat: float = 15.0) -> Iterator[Site]:
    app = Starlette(
        routes=[
            Mount("/admin", routes=[stream_route(hub, "/events", authorise=authorise, heartbeat=heartbeat)])
        ]
    )
    # asyncio sends small pieces at once only if the protocol is named
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    site = Site(f"http://127.0.0.1:{listener.getsockname()[1]}/admin/events", hub)
    try:
        yield site
    finally:
        site.client.close()
        hub.close()
        server.should_exit = True
        thread.join(30)
        listener.close()


@pytest.fixture
def site(dsn: str) -> Iterator[Site]:
    with served(Hub(dsn, most=5)) as made:
        yield made


def events(lines: Iterator[str], count: int) -> list[tuple[str, str, object]]:
    """(id, event, number) of so many events; comments and ids alone are passed over."""
    found: list[tuple[str, str, object]] = []
    current: dict[str, str] = {}
    for line in lines:
        if line == "":
            if "data" in current:
                data = json.loads(current["data"])
                found.append((current["id"], current["event"], data["payload"].get("n")))
                if len(found) == count:
                    return found
            current = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(": ")
            current[name] = value
    return found


def test_events_come_and_are_resumed_by_the_header(site: Site, stream: Stream) -> None:
    for number in range(4):
        stream.write(number)
    stream.publish()
    with site.stream("?since=0") as lines:
        assert events(lines, 2) == [("1", "orders", 0), ("2", "orders", 1)]
    # a browser sends the address that it was given, and the header
    with site.stream("?since=0", **{"Last-Event-ID": "2"}) as lines:
        assert events(lines, 2) == [("3", "orders", 2), ("4", "orders", 3)]
        stream.write(4)
        stream.publish()
        assert events(lines, 1) == [("5", "orders", 4)]
    with site.stream("?since=77") as lines:
        assert events(lines, 2) == [("0", "reset", None), ("1", "orders", 0)]


def test_what_is_allowed_is_narrowed_and_never_widened(site: Site, stream: Stream) -> None:
    stream.write(1, "orders", "mine")
    stream.write(2, "stock", "mine")
    stream.write(3, "stock", "other")
    stream.publish()
    with site.stream("?since=0", authorization="mine") as lines:
        assert events(lines, 2) == [("1", "orders", 1), ("2", "stock", 2)]
    with site.stream("?since=0&topic=stock&workspace=mine", authorization="mine") as lines:
        assert events(lines, 1) == [("2", "stock", 2)]
    with site.stream("?since=0", authorization="orders") as lines:
        assert events(lines, 1) == [("1", "orders", 1)]
    with site.stream("?since=0&topic=stock,orders&workspace=other") as lines:
        assert events(lines, 1) == [("3", "stock", 3)]
    for right, query in (
        ("nobody", ""),
        ("mine", "?workspace=other"),
        ("orders", "?topic=stock"),
        ("orders", "?topic=orders&topic=runs"),
        ("nothing", ""),
    ):
        assert site.status(query, authorization=right) == 403, (right, query)


@pytest.mark.parametrize(
    "query",
    [
        "?since=-1",
        "?since=a",
        "?since=1.5",
        "?since=9223372036854775808",
        "?since=%0A1",
        "?since=1;drop table x",
        "?since=٣",
        "?topic=Runs",
        "?topic=../etc",
        "?topic=" + "&topic=".join(["a"] * 33),
        "?workspace=",
        "?workspace=%00&since=0",
        "?workspace=a%00b",
        "?workspace=" + "x" * 256,
    ],
)
def test_what_cannot_be_meant_is_refused(site: Site, query: str) -> None:
    assert site.status(query) == 400
    assert site.hub.state().subscribers == 0


def test_other_methods_and_headers_that_are_no_position_are_refused(site: Site) -> None:
    assert site.client.post(site.url).status_code == 405
    assert site.client.delete(site.url).status_code == 405
    assert site.status("", **{"Last-Event-ID": "x"}) == 400
    assert site.client.head(site.url).status_code == 200
    deadline = time.monotonic() + servers.DEADLINE
    while site.hub.state().subscribers:  # until the server has seen that nobody reads on
        assert time.monotonic() < deadline
        time.sleep(servers.PAUSE)


def test_who_goes_away_frees_the_place_and_one_too_many_is_told_to_come_back(site: Site) -> None:
    with contextlib.ExitStack() as stack:
        clients = []
        for _ in range(5):
            client = stack.enter_context(httpx.Client(timeout=30, trust_env=False))
            response = stack.enter_context(client.stream("GET", site.url))
            assert response.status_code == 200
            clients.append(response)
        refused = site.client.get(site.url)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "10")
        clients[0].close()
        deadline = time.monotonic() + servers.DEADLINE
        while site.hub.state().subscribers == 5:  # until the server has seen that
            assert time.monotonic() < deadline
            time.sleep(servers.PAUSE)
        with site.stream():
            assert site.hub.state().subscribers == 5


def test_silence_is_broken_by_comments_that_move_the_place_to_resume_from(dsn: str, stream: Stream) -> None:
    with served(Hub(dsn), heartbeat=0.1) as site, site.stream("?topic=none") as lines:
        assert ": heartbeat" in lines
        stream.write(1)
        stream.publish()
        for line in lines:
            if line == "id: 1":
                break
        assert next(lines) == ""  # no data: nothing is dispatched
