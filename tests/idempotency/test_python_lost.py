"""Lost connections and poolers: what becomes of a completion whose way is cut."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from pydb import errors, idempotency
from pydb.idempotency import NOTHING, Acquired, once
from tests.faults.proxy import Proxy
from tests.idempotency.lab import Started
from tests.idempotency.pylab import BodyError, Ends, aclaimed, claimed, replayed
from tests.servers import MissingServerError, PgBouncer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.idempotency.lab import Lab
    from tests.servers import Database, TestServer

LEASE = timedelta(minutes=5)


@pytest.fixture
def proxy(lab: Lab) -> Iterator[Proxy]:
    with Proxy(lab.dsn) as made:
        yield made


@pytest.mark.parametrize("lose", ["answer", "request"])
def test_a_pool_sends_a_lost_completion_again(lab: Lab, proxy: Proxy, lose: str) -> None:
    with (
        ConnectionPool(proxy.dsn, min_size=1, max_size=1, kwargs={"autocommit": True}) as pool,
        once(pool, lab.scope, "k", lease=LEASE) as claim,
    ):
        proxy.cut("idempotency_complete", lose="answer" if lose == "answer" else "request")
        claimed(claim).complete({"id": 1}, code=200)
        assert proxy.cuts == 1
    with once(lab.db, lab.scope, "k") as outcome:
        assert replayed(outcome) == {"id": 1}


@pytest.mark.parametrize("lose", ["answer", "request"])
def test_an_async_pool_sends_a_lost_completion_again(lab: Lab, proxy: Proxy, lose: str) -> None:
    async def main() -> None:
        async with (
            AsyncConnectionPool(proxy.dsn, min_size=1, max_size=1, kwargs={"autocommit": True}) as pool,
            once(pool, lab.scope, "k", lease=LEASE) as claim,
        ):
            proxy.cut("idempotency_complete", lose="answer" if lose == "answer" else "request")
            await aclaimed(claim).complete({"id": 1})

    asyncio.run(main())
    assert proxy.cuts == 1
    with once(lab.db, lab.scope, "k") as outcome:
        assert replayed(outcome) == {"id": 1}


@pytest.mark.parametrize("lose", ["answer", "request"])
def test_a_connection_alone_says_that_it_is_not_known(lab: Lab, proxy: Proxy, lose: str) -> None:
    db = psycopg.connect(proxy.dsn, autocommit=True)
    with once(db, lab.scope, "k", lease=LEASE) as claim:
        proxy.cut("idempotency_complete", lose="answer" if lose == "answer" else "request")
        with pytest.raises(idempotency.CompletionUnknown, match="not known") as caught:
            claimed(claim).complete([1])
        assert "conn=" in str(caught.value)
        assert lab.peek().outcome == ("replay" if lose == "answer" else "in_progress")
        claimed(claim).complete([1], conn=lab.db)
    db.close()
    with once(lab.db, lab.scope, "k") as outcome:
        assert replayed(outcome) == [1]


def test_an_unknown_completion_is_not_released(lab: Lab, proxy: Proxy) -> None:
    db = psycopg.connect(proxy.dsn, autocommit=True)
    with Ends(idempotency.CompletionUnknown), once(db, lab.scope, "k", lease=LEASE) as claim:
        proxy.cut("idempotency_complete", lose="request")
        claimed(claim).complete([1])
    db.close()
    key = lab.key()
    assert key is not None
    assert (key.state, key.error) == ("pending", None)


def test_a_failure_that_cannot_be_recorded_is_noted_on_the_exception(lab: Lab, proxy: Proxy) -> None:
    db = psycopg.connect(proxy.dsn, autocommit=True)
    with Ends(BodyError) as caught, once(db, lab.scope, "k", lease=LEASE):
        proxy.cut("idempotency_fail", lose="request")
        raise BodyError
    assert "was not recorded" in caught.value.__notes__[0]
    own = lab.session()
    with Ends(BodyError) as caught, once(own, lab.scope, "k2", lease=LEASE) as claim:
        claimed(claim).check()
        own.close()
        raise BodyError
    assert "unusable" in caught.value.__notes__[0]
    db.close()


def test_a_connection_lost_in_its_transaction_is_just_lost(lab: Lab) -> None:
    db = lab.session()
    with Ends(errors.DatabaseUnavailable), db.transaction(), once(db, lab.scope, "k") as claim:
        lab.do("select pg_terminate_backend(%s)", db.info.backend_pid)
        lab.until("select not exists (select from pg_stat_activity where pid = %s)", db.info.backend_pid)
        claimed(claim).complete()
    assert lab.key() is None


@pytest.fixture(scope="module")
def pooled(server: TestServer, site: Database) -> Iterator[str]:
    """Through a pgbouncer in transaction mode with one server connection."""
    try:
        pooler = PgBouncer(server, pool_size=1)
    except MissingServerError as error:
        pytest.fail(str(error), pytrace=False)
    with pooler:
        yield pooler.dsn(site.name)


def test_c50_twenty_clients_of_one_server_connection(lab: Lab, pooled: str) -> None:
    start = threading.Barrier(20)
    worked: list[int] = []

    def call(number: int) -> object:
        with psycopg.connect(pooled, autocommit=True, prepare_threshold=None) as db:
            start.wait(30)
            for key in range(3):
                with once(db, lab.scope, f"k{key}", [key], lease=LEASE, wait=timedelta(seconds=30)) as claim:
                    if isinstance(claim, Acquired):
                        worked.append(key)
                        claim.complete(key)
                    else:
                        assert replayed(claim) == key
            own = f"own{number}"
            with once(db, lab.scope, own, lease="20 s", heartbeat=True) as claim, db.transaction():
                claimed(claim).check()
                claimed(claim).complete()
        return own

    started = [Started(lambda n=n: call(n)) for n in range(20)]  # type: ignore[misc]
    assert len({each.ended() for each in started}) == 20
    assert sorted(worked) == [0, 1, 2]
    assert lab.one("select count(*) from pg_locks where locktype = 'advisory'") == 0
    with psycopg.connect(pooled, autocommit=True, prepare_threshold=None) as db:
        assert db.execute("select count(*) from pg_prepared_statements").fetchone() == (0,)
    with once(lab.db, lab.scope, "own0") as outcome:
        assert replayed(outcome) is NOTHING
