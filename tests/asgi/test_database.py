"""A database that rolls a call back in favour of another session, and one that lacks what the calls need."""

from __future__ import annotations

import time
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, cast

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pydb.asgi import SCOPE_KEY, Claim, Config, IdempotencyMiddleware
from tests.asgi.conftest import until
from tests.asgi.handler import Handler, key, problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from starlette.requests import Request

    from tests.asgi.conftest import Site
    from tests.conftest import Connection
    from tests.servers import TestServer

REQUEST = (b"POST / HTTP/1.1", b"idempotency-key: k")
STATE = "select state::text, attempt from pydb.idempotency_key"
WAITS = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and query ~ %s"
REPEATABLE = r"-c default_transaction_isolation=repeatable\ read"


@contextmanager
def pooled(site: Site, dsn: str | None = None, options: str = "") -> Iterator[AsyncConnectionPool]:
    """Another pool in the loop of the site's server."""
    pool = AsyncConnectionPool(
        dsn or site.dsn, min_size=1, open=False, kwargs={"autocommit": True, "options": options}
    )
    site.do(pool.open(wait=True))
    try:
        yield pool
    finally:
        site.do(pool.close())


def test_a_handler_whose_transaction_cannot_be_serialized(
    site: Site, sql: Connection, client: httpx.Client
) -> None:
    """40001 is an exception like any other: the key is released, and the retry runs."""
    sql.execute("create table if not exists stock (left_over integer); truncate stock")
    sql.execute("insert into stock values (10)")
    runs: list[int] = []

    async def sell(_: Request) -> Response:
        runs.append(1)
        async with site.pool.connection() as conn, conn.transaction():
            await conn.execute("set transaction isolation level repeatable read")
            await conn.execute("select * from stock")
            if len(runs) == 1:
                sql.execute("update stock set left_over = left_over - 1")
            await conn.execute("update stock set left_over = left_over - 1")
        return JSONResponse({}, status_code=201)

    site.app = IdempotencyMiddleware(Starlette(routes=[Route("/", sell, methods=["POST"])]), site.pool)
    assert client.post("/", headers=key("k")).status_code == 500
    assert sql.execute(STATE).fetchone() == ("failed", 1)
    assert client.post("/", headers=key("k")).status_code == 201
    assert sql.execute("select left_over from stock").fetchone() == (8,)


def test_a_handler_tries_its_transaction_again(site: Site, sql: Connection, client: httpx.Client) -> None:
    """A heartbeat after the snapshot of a repeatable read is such a rival; completing again is fine."""
    tries: list[str | None] = []

    async def pay(request: Request) -> Response:
        claim = cast("Claim", request.scope[SCOPE_KEY])
        response = JSONResponse({"paid": True}, status_code=201)
        while True:
            try:
                async with site.pool.connection() as conn, conn.transaction():
                    await conn.execute("set transaction isolation level repeatable read")
                    await conn.execute("select 1 from pydb.idempotency_key")
                    if not tries:
                        sql.execute(
                            "select pydb.idempotency_heartbeat('POST /', 'k', token, '1 min')"
                            " from pydb.idempotency_key"
                        )
                    await claim.complete(conn, response)
            except Exception as error:
                tries.append(getattr(error, "sqlstate", None))
                if len(tries) > 1:
                    raise
            else:
                return response

    site.app = IdempotencyMiddleware(Starlette(routes=[Route("/", pay, methods=["POST"])]), site.pool)
    answers = [client.post("/", headers=key("k")) for _ in range(2)]
    assert [answer.json() for answer in answers] == [{"paid": True}] * 2
    assert tries == ["40001"]
    assert sql.execute(STATE).fetchone() == ("completed", 1)


@pytest.mark.parametrize("policy", ["refuse", "run"])
def test_a_claim_that_cannot_be_serialized_is_made_again(policy: str, site: Site, sql: Connection) -> None:
    handler = Handler()
    with pooled(site, options=REPEATABLE) as pool:
        config = Config(on_unavailable=policy)  # type: ignore[arg-type]
        site.app = IdempotencyMiddleware(handler, pool, config)
        with psycopg.connect(site.dsn) as rival:
            rival.execute("select pydb.idempotency_claim('POST /', 'k')")
            peer = site.raw(*REQUEST)
            until(lambda: sql.execute(WAITS, ["idempotency_claim"]).fetchone())
            rival.commit()
        assert peer.recv(12) == b"HTTP/1.1 409"
        peer.close()
    assert handler.runs == 0


def test_an_outcome_that_cannot_be_serialized_is_recorded_again(
    site: Site, sql: Connection, client: httpx.Client
) -> None:
    handler = Handler(gated=True)
    with pooled(site, options=REPEATABLE) as pool:
        site.app = IdempotencyMiddleware(handler, pool)
        peer = site.raw(*REQUEST)
        until(lambda: handler.runs)
        with psycopg.connect(site.dsn) as rival:
            rival.execute("update pydb.idempotency_key set owner = 'rival'")
            handler.gate.set()
            until(lambda: sql.execute(WAITS, ["idempotency_complete"]).fetchone())
            rival.commit()
        assert peer.recv(12) == b"HTTP/1.1 201"
        peer.close()
        assert sql.execute(STATE).fetchone() == ("completed", 1)
        assert client.post("/", headers=key("k")).headers["idempotent-replayed"] == "true"


def test_an_outcome_that_meets_a_deadlock_is_recorded_again(site: Site, sql: Connection) -> None:
    """The victim is who looks first: the middleware's session, after half a second."""
    handler = Handler(gated=True)
    with pooled(site, options="-c deadlock_timeout=500ms") as pool:
        site.app = IdempotencyMiddleware(handler, pool)
        peer = site.raw(*REQUEST)
        until(lambda: handler.runs)
        with psycopg.connect(site.dsn, options="-c deadlock_timeout=1min") as rival:
            rival.execute("select 1 from pydb.idempotency_key for update")
            handler.gate.set()
            until(lambda: sql.execute(WAITS, ["idempotency_complete"]).fetchone())
            # each waits for the other until one is rolled back, and that is not this one
            rival.execute("lock table pydb.idempotency_key in access exclusive mode")
            assert rival.execute(STATE).fetchone() == ("pending", 1)
            rival.commit()
        assert peer.recv(12) == b"HTTP/1.1 201"
        peer.close()
        assert sql.execute(STATE).fetchone() == ("completed", 1)


NO_CLAIMS = "drop routine pydb.idempotency_claim, pydb.idempotency_complete, pydb.idempotency_fail"
OTHER_CLAIMS = """drop routine pydb.idempotency_claim;
create function pydb.idempotency_claim(p_scope text, p_key text, out outcome text, out token bigint)
language sql as $$ select 'acquired', 1 $$"""


@pytest.fixture(scope="module", params=["", NO_CLAIMS, OTHER_CLAIMS], ids=["base", "without", "older"])
def old(request: pytest.FixtureRequest, server: TestServer) -> Iterator[str]:
    """A database without pydb, without claims, and with claims of another shape than this program's."""
    with server.database(migrated=bool(request.param)) as database:
        if request.param:
            with psycopg.connect(database.dsn, autocommit=True) as connection:
                connection.execute(request.param)
        yield database.dsn


@pytest.mark.parametrize("policy", ["refuse", "run"])
def test_a_database_that_lacks_the_routines(
    policy: str, old: str, site: Site, client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    handler = Handler()
    with pooled(site, old) as pool:
        config = Config(on_unavailable=policy)  # type: ignore[arg-type]
        site.app = IdempotencyMiddleware(handler, pool, config)
        answer = client.post("/", headers=key("k"))
    if policy == "refuse":
        assert problem(answer) == (503, "unavailable")
        assert "retry-after" in answer.headers
        assert handler.runs == 0
    else:
        assert answer.status_code == 201
        assert handler.claims == [None]
    (record,) = [record for record in caplog.records if record.name == "pydb.asgi"]
    assert record.levelname == "ERROR"
    assert "pydb is not installed in database" in record.getMessage()
    assert "run: pydb migrate up" in record.getMessage()


def test_a_routine_that_is_gone_when_the_outcome_is_recorded(
    server: TestServer, site: Site, client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    """The work was done, so its client is told, at once: to ask again would not help."""
    handler = Handler(gated=True)
    with server.database(migrated=True) as database, pooled(site, database.dsn) as pool:
        site.app = IdempotencyMiddleware(handler, pool)
        peer = site.raw(*REQUEST)
        until(lambda: handler.runs)
        with psycopg.connect(database.dsn, autocommit=True) as sql:
            sql.execute("drop function pydb.idempotency_complete")
            start = time.monotonic()
            handler.gate.set()
            assert peer.recv(12) == b"HTTP/1.1 201"
            assert time.monotonic() - start < Config().database_timeout.total_seconds()
            peer.close()
            assert sql.execute(STATE).fetchone() == ("pending", 1)
        assert problem(client.post("/", headers=key("k"))) == (409, "in-progress")
    assert "run: pydb migrate up" in caplog.text


def test_a_role_without_rights(server: TestServer, site: Site, client: httpx.Client, sql: Connection) -> None:
    handler = Handler()
    sql.execute("create role asgi_stranger")
    try:
        with pooled(site, options="-c role=asgi_stranger") as pool:
            site.app = IdempotencyMiddleware(handler, pool)
            assert problem(client.post("/", headers=key("k"))) == (503, "unavailable")
    finally:
        sql.execute("drop role asgi_stranger")
    assert handler.runs == 0


def test_a_standby_is_unavailable(site: Site, client: httpx.Client) -> None:
    handler = Handler()
    with pooled(site, options="-c default_transaction_read_only=on") as pool:
        site.app = IdempotencyMiddleware(handler, pool)
        assert problem(client.post("/", headers=key("k"))) == (503, "unavailable")
    assert handler.runs == 0


def test_prepared_statements_that_somebody_forgot(site: Site, sql: Connection, client: httpx.Client) -> None:
    handler = Handler()
    with pooled(site) as pool:
        site.app = IdempotencyMiddleware(handler, pool)
        assert client.post("/", headers=key("1")).status_code == 201

        async def forget() -> None:
            async with pool.connection() as conn:
                await conn.execute("deallocate all")

        site.do(forget())
        assert client.post("/", headers=key("2")).status_code == 201
    assert sql.execute("select key, state::text from pydb.idempotency_key order by key").fetchall() == [
        ("1", "completed"),
        ("2", "completed"),
    ]


def test_a_pooler_in_transaction_mode(site: Site, client: httpx.Client) -> None:
    """Nothing is prepared where ``prepare_threshold`` is None."""
    handler = Handler()
    pool = AsyncConnectionPool(
        site.dsn, min_size=1, max_size=1, open=False, kwargs={"prepare_threshold": None}
    )
    site.do(pool.open(wait=True))
    site.app = IdempotencyMiddleware(handler, pool)
    for _ in range(2):
        assert client.post("/", headers=key("k")).status_code == 201
    prepared: list[object] = []

    async def look() -> None:
        async with pool.connection() as conn:
            rows = await conn.execute("select name from pg_prepared_statements")
            prepared.extend(await rows.fetchall())

    site.do(look())
    site.do(pool.close())
    assert handler.runs == 1
    assert prepared == []


def test_a_connection_is_kept_for_a_quick_handler_only(site: Site, client: httpx.Client) -> None:
    """The claim's connection is lent for the completion, and goes back to the pool under a slow handler."""
    handler = Handler(gated=True)
    pool = AsyncConnectionPool(site.dsn, min_size=2, max_size=2, open=False)
    site.do(pool.open(wait=True))
    site.app = IdempotencyMiddleware(handler, pool)
    peer = site.raw(*REQUEST)
    until(lambda: handler.runs and pool.get_stats()["pool_available"] == 2)
    assert handler.ended == 0
    handler.gate.set()
    assert peer.recv(12) == b"HTTP/1.1 201"
    peer.close()
    before = pool.get_stats()["requests_num"]
    for number in range(20):
        assert client.post("/", headers=key(str(number))).status_code == 201
    until(lambda: pool.get_stats()["pool_available"] == 2)
    assert 20 <= pool.get_stats()["requests_num"] - before < 40
    site.do(pool.close())


@pytest.mark.parametrize("encoding", ["latin1", "utf8"])
def test_large_responses_in_any_encoding(encoding: str, site: Site, client: httpx.Client) -> None:
    """What does not fit into the socket at once is sent in pieces."""
    body = ("é" * 450_000).encode()
    handler = Handler(body)
    with pooled(site, options=f"-c client_encoding={encoding}") as pool:
        site.app = IdempotencyMiddleware(handler, pool)
        answers = [client.post("/", headers=key("k")) for _ in range(2)]
    assert [answer.content for answer in answers] == [body, body]
    assert handler.runs == 1


def test_a_call_that_is_given_up_is_cancelled_on_the_server(
    site: Site, sql: Connection, client: httpx.Client
) -> None:
    handler = Handler()
    site.protect(handler, Config(database_timeout=timedelta(milliseconds=100)))
    with psycopg.connect(site.dsn) as rival:
        rival.execute("lock table pydb.idempotency_key in access exclusive mode")
        assert problem(client.post("/", headers=key("k"))) == (503, "unavailable")
        assert sql.execute(WAITS, ["idempotency_claim"]).fetchone() is None
    assert sql.execute(STATE).fetchone() is None
    assert client.post("/", headers=key("k")).status_code == 201
