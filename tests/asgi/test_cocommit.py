"""Handlers that record their response in the transaction of their own writes (vectors 46 and 48)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import psycopg
import pytest
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pydb.asgi import SCOPE_KEY, Claim, IdempotencyMiddleware
from tests.asgi.conftest import until
from tests.asgi.handler import Handler, key, problem

if TYPE_CHECKING:
    import httpx
    from starlette.requests import Request

    from tests.asgi.conftest import Site
    from tests.conftest import Connection

STALE = "update pydb.idempotency_key set lease_until = clock_timestamp() - interval '1 s'"


class Ledger:
    """Writes a payment and its response at once; `then` says what happens after that."""

    def __init__(self, site: Site, *, sync: bool = False, then: str = "return", gated: bool = False) -> None:
        self._site, self._sync, self.then = site, sync, then
        self.steps = Handler(gated=gated)
        self.runs = 0

    async def pay(self, request: Request) -> Response:
        self.runs += 1
        claim = request.scope[SCOPE_KEY]
        assert isinstance(claim, Claim)
        response = JSONResponse({"payment": "x" * 2000, "run": self.runs}, status_code=201)
        await self.steps.pause()
        if self._sync:
            await run_in_threadpool(self._write, claim, response)
        else:
            try:
                async with self._site.pool.connection() as conn, conn.transaction():
                    await conn.execute("insert into payment (run) values (%s)", [self.runs])
                    await claim.complete(conn, response)
                    if self.then.endswith("inside"):
                        raise ValueError(self.then)
            except ValueError:
                if self.then != "refuse inside":
                    raise
                return JSONResponse({"refused": self.runs}, status_code=409)
        if self.then == "fail outside":
            raise ValueError(self.then)
        return response

    def _write(self, claim: Claim, response: Response) -> None:
        with psycopg.connect(self._site.dsn) as conn:
            conn.execute("insert into payment (run) values (%s)", [self.runs])
            claim.complete_sync(conn, response)

    def serve(self) -> None:
        """Put it behind the middleware, with one that changes responses between the two."""
        self._site.app = Starlette(
            routes=[Route("/pay", self.pay, methods=["POST"])],
            middleware=[
                Middleware(IdempotencyMiddleware, pool=self._site.pool),
                Middleware(GZipMiddleware),
            ],
        )


@pytest.fixture
def payments(sql: Connection) -> Connection:
    """A connection to a database with an empty table of payments."""
    sql.execute("create table if not exists payment (run integer); truncate payment")
    return sql


def runs(payments: Connection) -> list[int]:
    return [int(str(row[0])) for row in payments.execute("select run from payment order by run")]


@pytest.mark.parametrize("sync", [False, True])
def test_writes_and_response_commit_together(
    sync: bool, site: Site, payments: Connection, client: httpx.Client
) -> None:
    ledger = Ledger(site, sync=sync)
    ledger.serve()
    first, second = (client.post("/pay", headers=key("k")) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.headers["content-encoding"] == "gzip"
    assert second.headers["idempotent-replayed"] == "true"
    assert first.json() == second.json()
    assert runs(payments) == [1]
    finished = "select finished_at, xmin::text from pydb.idempotency_key"
    before = payments.execute(finished).fetchone()
    client.post("/pay", headers=key("k"))
    assert payments.execute(finished).fetchone() == before


def test_a_rollback_takes_the_response_along(site: Site, payments: Connection, client: httpx.Client) -> None:
    ledger = Ledger(site, then="fail inside")
    ledger.serve()
    assert client.post("/pay", headers=key("k")).status_code == 500
    assert runs(payments) == []
    ledger.then = "return"
    assert client.post("/pay", headers=key("k")).json()["run"] == 2
    assert runs(payments) == [2]


def test_an_answer_after_a_rollback_is_recorded(
    site: Site, payments: Connection, client: httpx.Client
) -> None:
    ledger = Ledger(site, then="refuse inside")
    ledger.serve()
    assert client.post("/pay", headers=key("k")).json() == {"refused": 1}
    done = "select 1 from pydb.idempotency_key where state = 'completed'"
    until(lambda: payments.execute(done).fetchone())  # when the application has ended, after the response
    retry = client.post("/pay", headers=key("k"))
    assert (retry.status_code, retry.json()) == (409, {"refused": 1})
    assert (ledger.runs, runs(payments)) == (1, [])


def test_an_error_after_the_commit_does_not_undo_it(
    site: Site, payments: Connection, client: httpx.Client
) -> None:
    ledger = Ledger(site, then="fail outside")
    ledger.serve()
    assert client.post("/pay", headers=key("k")).status_code == 500
    retry = client.post("/pay", headers=key("k"))
    assert (retry.status_code, retry.json()["run"]) == (201, 1)
    assert (ledger.runs, runs(payments)) == (1, [1])


@pytest.mark.parametrize("finished", [False, True])
def test_vector_46_a_zombie_writes_nothing(
    finished: bool, site: Site, payments: Connection, client: httpx.Client
) -> None:
    ledger = Ledger(site, gated=True)
    ledger.serve()
    gate = ledger.steps.gate
    with ThreadPoolExecutor(2) as threads:
        zombie = threads.submit(client.post, "/pay", headers=key("k"))
        until(lambda: ledger.runs == 1)
        payments.execute(STALE)
        ledger.steps = Handler(gated=not finished)
        owner = threads.submit(client.post, "/pay", headers=key("k"))
        until(lambda: ledger.runs == 2)
        if finished:
            assert owner.result().json()["run"] == 2
        gate.set()
        late = zombie.result()
        if finished:
            assert (late.status_code, late.json()["run"]) == (201, 2)
            assert late.headers["idempotent-replayed"] == "true"
        else:
            assert problem(late) == (409, "in-progress")
            ledger.steps.gate.set()
            assert owner.result().json()["run"] == 2
    assert runs(payments) == [2]
