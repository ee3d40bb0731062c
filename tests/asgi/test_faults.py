"""Clients that go away, timeouts around the application, a database that does not answer, long handlers."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from pydb.asgi import Config, IdempotencyMiddleware
from tests.asgi.conftest import DEADLINE, until
from tests.asgi.handler import Handler, key, problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from pydb.asgi.types import Receive, Scope, Send
    from tests.asgi.conftest import Site
    from tests.conftest import Connection

REQUEST = (b"POST / HTTP/1.1", b"idempotency-key: k")
STATE = "select state::text, attempt from pydb.idempotency_key"
SHORT = timedelta(milliseconds=200)


@contextmanager
def locked(dsn: str) -> Iterator[None]:
    """A database that is there and does not answer."""
    with psycopg.connect(dsn) as connection:
        connection.execute("lock table pydb.idempotency_key in access exclusive mode")
        yield
        connection.rollback()


def terminate_others(sql: Connection) -> None:
    sql.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()"
    )


def test_the_work_goes_on_without_its_client(site: Site, sql: Connection, client: httpx.Client) -> None:
    handler = Handler(gated=True)
    site.protect(handler)
    peer = site.raw(*REQUEST)
    until(lambda: handler.runs)
    peer.close()
    assert problem(client.post("/", headers=key("k"))) == (409, "in-progress")
    handler.gate.set()
    until(lambda: sql.execute(STATE).fetchone() == ("completed", 1))
    retry = client.post("/", headers=key("k"))
    assert (retry.status_code, retry.headers["idempotent-replayed"], handler.runs) == (201, "true", 1)


def test_the_work_goes_on_when_a_timeout_gives_up(site: Site, sql: Connection, client: httpx.Client) -> None:
    handler = Handler(gated=True)
    site.protect(handler)
    protected = site.app

    async def impatient(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with asyncio.timeout(0.1):
                await protected(scope, receive, send)
        except TimeoutError:
            await send({"type": "http.response.start", "status": 504, "headers": []})
            await send({"type": "http.response.body", "body": b""})

    site.app = impatient
    assert client.post("/", headers=key("k")).status_code == 504
    handler.gate.set()
    until(lambda: sql.execute(STATE).fetchone() == ("completed", 1))
    assert client.post("/", headers=key("k")).headers["idempotent-replayed"] == "true"
    assert handler.runs == 1


def test_a_waiter_that_goes_away_stops_asking(site: Site) -> None:
    handler = Handler(gated=True)
    site.protect(handler, Config(wait=timedelta(minutes=5)))
    protected, left = site.app, []

    async def outer(scope: Scope, receive: Receive, send: Send) -> None:
        await protected(scope, receive, send)
        left.append(scope)

    site.app = outer
    owner = site.raw(*REQUEST)
    until(lambda: handler.runs)
    site.raw(*REQUEST).close()
    until(lambda: left)
    assert handler.ended == 0
    handler.gate.set()
    assert owner.recv(12) == b"HTTP/1.1 201"
    owner.close()


def test_a_lease_is_renewed_while_the_handler_runs(site: Site, sql: Connection, client: httpx.Client) -> None:
    handler = Handler(gated=True)
    site.protect(handler, Config(lease=timedelta(seconds=2)))
    peer = site.raw(*REQUEST)
    until(lambda: handler.runs)
    leases = set()

    def renewed() -> bool:
        leases.add(sql.execute("select lease_until from pydb.idempotency_key").fetchone())
        return len(leases) > 4

    until(renewed)
    assert problem(client.post("/", headers=key("k"))) == (409, "in-progress")
    handler.gate.set()
    assert peer.recv(12) == b"HTTP/1.1 201"
    peer.close()
    assert sql.execute(STATE).fetchone() == ("completed", 1)


def test_a_handler_can_see_that_its_key_was_lost(site: Site, sql: Connection, client: httpx.Client) -> None:
    handler = Handler(gated=True)
    site.protect(handler, Config(lease=timedelta(milliseconds=100)))
    peer = site.raw(*REQUEST)
    until(lambda: handler.runs)
    sql.execute("select pydb.idempotency_resolve('POST /', 'k', 'completed', '1', 200, p_force => true)")
    until(lambda: handler.claims[0] is not None and handler.claims[0].lost)
    handler.gate.set()
    assert peer.recv(12) == b"HTTP/1.1 200"
    peer.close()
    assert client.post("/", headers=key("k")).content == b"1"


@pytest.mark.parametrize("policy", ["refuse", "run"])
def test_a_claim_that_cannot_be_made(policy: str, site: Site, client: httpx.Client) -> None:
    handler = Handler()
    site.protect(handler, Config(database_timeout=SHORT, on_unavailable=policy))  # type: ignore[arg-type]
    with locked(site.dsn):
        answer = client.post("/", headers=key("k"), content="body")
    if policy == "refuse":
        assert problem(answer) == (503, "unavailable")
        assert "retry-after" in answer.headers
        assert handler.runs == 0
    else:
        assert answer.status_code == 201
        assert (handler.claims, handler.bodies) == ([None], [b"body"])
    assert client.post("/", headers=key("k"), content="body").headers["x-run"] == str(handler.runs)


def test_a_pool_that_is_closed(site: Site, client: httpx.Client) -> None:
    handler = Handler()
    site.app = IdempotencyMiddleware(handler, AsyncConnectionPool(site.dsn, open=False))
    assert problem(client.post("/", headers=key("k"))) == (503, "unavailable")
    assert handler.runs == 0


def test_a_waiter_does_not_run_when_the_database_goes_away(site: Site) -> None:
    handler = Handler(gated=True)
    site.protect(
        handler,
        Config(
            wait=timedelta(minutes=1), database_timeout=timedelta(seconds=2), on_unavailable="run", lease=None
        ),
    )
    owner = site.raw(*REQUEST)
    until(lambda: handler.runs)
    with psycopg.connect(site.dsn, autocommit=True) as sql:
        before = sql.execute("select clock_timestamp()").fetchone()
        waiter = site.raw(*REQUEST)
        # it has been told that the key is in progress; the owner asks no more
        seen = (
            "select 1 from pg_stat_activity"
            " where query ~ 'idempotency_claim' and state = 'idle' and query_start > %s"
        )
        until(lambda: sql.execute(seen, before).fetchone())
    with locked(site.dsn):
        assert waiter.recv(12) == b"HTTP/1.1 503"
    assert handler.runs == 1
    handler.gate.set()
    assert owner.recv(12) == b"HTTP/1.1 201"
    owner.close()
    waiter.close()


def test_an_outcome_is_recorded_over_another_connection(
    site: Site, sql: Connection, client: httpx.Client
) -> None:
    handler = Handler(gated=True)
    site.protect(handler)
    peer = site.raw(*REQUEST)
    until(lambda: handler.runs)
    terminate_others(sql)
    handler.gate.set()
    assert peer.recv(12) == b"HTTP/1.1 201"
    peer.close()
    assert sql.execute(STATE).fetchone() == ("completed", 1)


def test_an_outcome_is_recorded_later_and_the_key_never_released(
    site: Site, sql: Connection, client: httpx.Client
) -> None:
    handler = Handler(gated=True)
    site.protect(handler, Config(database_timeout=SHORT))
    peer = site.raw(*REQUEST)
    until(lambda: handler.runs)
    with locked(site.dsn):
        handler.gate.set()
        assert peer.recv(12) == b"HTTP/1.1 201"  # the work was done, so its client is told
        peer.close()
    until(lambda: sql.execute(STATE).fetchone() == ("completed", 1))
    assert client.post("/", headers=key("k")).headers["idempotent-replayed"] == "true"
    assert handler.runs == 1


def test_an_outcome_that_is_never_recorded_leaves_the_key_pending(
    site: Site, sql: Connection, client: httpx.Client
) -> None:
    handler = Handler(gated=True)
    config = Config(database_timeout=SHORT, record_for=timedelta(0), on_stale="hold")
    site.protect(handler, config)
    peer = site.raw(*REQUEST)
    until(lambda: handler.runs)
    with locked(site.dsn):
        handler.gate.set()
        assert peer.recv(12) == b"HTTP/1.1 201"
        peer.close()
        app = site.app
        assert isinstance(app, IdempotencyMiddleware)
        until(lambda: not app._tasks)
    assert sql.execute(STATE).fetchone() == ("pending", 1)
    assert problem(client.post("/", headers=key("k"))) == (409, "in-progress")
    sql.execute("update pydb.idempotency_key set lease_until = now() - interval '1 s'")
    assert problem(client.post("/", headers=key("k"))) == (409, "outcome-unknown")


def test_a_pool_without_autocommit_will_do(site: Site, sql: Connection, client: httpx.Client) -> None:
    pool = AsyncConnectionPool(site.dsn, min_size=1, open=False)
    site.do(pool.open(wait=True))
    handler = Handler(status=[500, 201])
    site.app = IdempotencyMiddleware(handler, pool)
    assert [client.post("/", headers=key("k")).status_code for _ in range(3)] == [500, 201, 201]
    assert sql.execute(STATE).fetchone() == ("completed", 2)
    site.do(pool.close())


def test_a_lock_timeout_is_no_error_of_the_application(
    site: Site, sql: Connection, client: httpx.Client
) -> None:
    pool = AsyncConnectionPool(
        site.dsn, min_size=1, open=False, kwargs={"autocommit": True, "options": "-c lock_timeout=20ms"}
    )
    site.do(pool.open(wait=True))
    handler = Handler(gated=True)
    site.app = IdempotencyMiddleware(handler, pool)
    with locked(site.dsn):
        assert problem(client.post("/", headers=key("k"))) == (503, "unavailable")
    peer = site.raw(*REQUEST)
    until(lambda: handler.runs)
    with psycopg.connect(site.dsn) as other:
        other.execute("select 1 from pydb.idempotency_key for update")
        handler.gate.set()
        waiting = "select 1 from pg_stat_activity where query ~ 'idempotency_complete' and state = 'idle'"
        until(lambda: sql.execute(waiting).fetchone())  # it failed once, at least
    assert peer.recv(12) == b"HTTP/1.1 201"
    peer.close()
    assert sql.execute(STATE).fetchone() == ("completed", 1)
    site.do(pool.close())


def test_no_connection_is_held_while_the_handler_runs(site: Site, client: httpx.Client) -> None:
    pool = AsyncConnectionPool(site.dsn, min_size=1, max_size=1, open=False, kwargs={"autocommit": True})
    site.do(pool.open(wait=True))
    handler = Handler(gated=True)
    site.app = IdempotencyMiddleware(handler, pool)
    with ThreadPoolExecutor(8) as threads:
        answers = [
            threads.submit(client.post, "/", headers=key(str(number)), timeout=DEADLINE)
            for number in range(8)
        ]
        until(lambda: handler.runs == 8)
        handler.gate.set()
        assert {answer.result().status_code for answer in answers} == {201}
    site.do(pool.close())


def test_websockets_and_nested_middlewares_pass(site: Site, client: httpx.Client) -> None:
    handler = Handler()
    site.app = IdempotencyMiddleware(IdempotencyMiddleware(handler, site.pool), site.pool)
    answers = [client.post("/", headers=key("k")) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert handler.runs == 1

    passed: list[object] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        passed.extend((receive, send))

    async def receive() -> dict[str, object]:
        raise AssertionError

    async def send(message: object) -> None:
        raise AssertionError

    async def ask(kind: str) -> None:
        await IdempotencyMiddleware(app, site.pool)({"type": kind}, receive, send)

    for kind in ("websocket", "lifespan"):
        site.do(ask(kind))
    assert passed == [receive, send] * 2
