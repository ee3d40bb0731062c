"""C50: twenty clients and one server connection, through a real pgbouncer in transaction mode."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

import psycopg
import pytest

from pydb import idempotency
from pydb.idempotency import Claim, Replay
from tests.faults.idemlab import DEADLINE, SCOPE, Asking, ask, connect
from tests.servers import PAUSE, MissingServerError, PgBouncer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.faults.idemlab import Answer, Connection, Keys
    from tests.servers import TestServer

T = TypeVar("T")

CLIENTS = 20
RESULT = {"by": "one of twenty"}


@pytest.fixture(scope="module")
def pooled(server: TestServer, module_keys: Keys) -> Iterator[str]:
    """Connection string of the keys' database through the pooler."""
    try:
        pooler = PgBouncer(server, pool_size=1)
    except MissingServerError as error:
        pytest.fail(str(error), pytrace=False)
    dbname = module_keys.db.info.dbname
    with pooler:
        yield pooler.dsn(dbname)


@pytest.fixture
def clean(keys: Keys, pooled: str) -> Iterator[None]:
    """After the test the one server connection is as it was before: idle, without settings or locks."""
    state = (
        "select array_agg(name || '=' || setting order by name) from pg_settings"
        " where source = 'session' and name <> 'application_name' and name not like 'transaction%'"
    )
    with closing(connect(pooled)) as client:
        before = client.execute(state.encode()).fetchone()
    yield
    with closing(connect(pooled)) as client:
        assert client.execute(state.encode()).fetchone() == before
        assert client.execute("select count(*) from pg_prepared_statements").fetchone() == (0,)
        assert client.execute("select count(*) from pg_listening_channels()").fetchone() == (0,)
        (pid,) = client.execute("select pg_backend_pid()").fetchall()
    backends = keys.db.execute(
        "select pid, state from pg_stat_activity where datname = current_database() and pid <> all(%s)",
        ([keys.db.info.backend_pid],),
    ).fetchall()
    assert backends == [(pid[0], "idle")]
    assert keys.value("select count(*) from pg_locks where pid = %s", pid[0]) == 0


def all_at_once(pooled: str, work: Callable[[Connection, int], T]) -> list[T]:
    """Run the work in every client at the same time; what each returned."""
    results: list[T] = []
    errors: list[BaseException] = []
    start = threading.Barrier(CLIENTS)

    def client(number: int) -> None:
        try:
            with closing(connect(pooled)) as connection:
                start.wait(DEADLINE)
                results.append(work(connection, number))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=client, args=(number,), daemon=True) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    assert errors == []
    assert not any(thread.is_alive() for thread in threads)
    return results


def asked_until(connection: Connection, key: str, outcome: str) -> Answer:
    """Wait as clients wait: short questions, each a statement of its own."""
    while (answer := ask(connection, "peek", key)).outcome != outcome:
        assert answer.outcome in ("in_progress", "absent"), answer
        time.sleep(PAUSE)
    return answer


@pytest.mark.usefixtures("clean")
def test_c50_lease_mode(keys: Keys, pooled: str) -> None:
    """One does the work while nineteen poll; each does work of its own too, with a heartbeat."""

    def work(connection: Connection, number: int) -> object:
        own = ask(connection, "claim", f"own {number}", lease="1 min")
        assert (own.outcome, own.attempt) == ("acquired", 1)
        shared = ask(connection, "claim", "shared", lease="1 min")
        if shared.outcome == "acquired":
            connection.execute("insert into app.effect values ('shared', 1)")
            assert ask(connection, "heartbeat", "shared", token=shared.token, lease="2 min").outcome == "ok"
            assert ask(connection, "complete", "shared", token=shared.token, result=RESULT).outcome == "ok"
        else:
            assert shared.outcome in ("in_progress", "replay")
        assert asked_until(connection, "shared", "replay").result == RESULT
        assert ask(connection, "heartbeat", f"own {number}", token=own.token, lease="2 min").outcome == "ok"
        assert ask(connection, "complete", f"own {number}", token=own.token).outcome == "ok"
        assert ask(connection, "complete", f"own {number}", token=own.token).outcome == "ok_again"
        assert ask(connection, "claim", f"own {number}").outcome == "replay"
        return shared.outcome

    assert all_at_once(pooled, work).count("acquired") == 1
    assert keys.effects("shared") == 1


@pytest.mark.usefixtures("clean")
def test_c50_tx_mode(keys: Keys, pooled: str) -> None:
    def work(connection: Connection, number: int) -> object:
        with connection.transaction():
            claimed = ask(connection, "claim", "tx")
            if claimed.outcome == "acquired":
                connection.execute("insert into app.business values ('tx', %s)", (number,))
                ask(connection, "complete", "tx", token=claimed.token, result=RESULT, fenced=True)
            return claimed.outcome

    assert sorted(map(str, all_at_once(pooled, work))) == ["acquired", *["replay"] * (CLIENTS - 1)]
    assert keys.business("tx") == 1


@pytest.mark.usefixtures("clean")
def test_c50_tx_mode_that_rolls_back(keys: Keys, pooled: str) -> None:
    """Nineteen fail after the claim, and each leaves the key to the next."""

    def work(connection: Connection, number: int) -> object:
        with connection.transaction(force_rollback=number != 7):
            claimed = ask(connection, "claim", "tx back")
            connection.execute("insert into app.business values ('tx back', %s)", (number,))
            return number == 7, claimed.outcome, claimed.attempt

    answers = set(all_at_once(pooled, work))
    assert (True, "acquired", 1) in answers
    assert answers <= {(True, "acquired", 1), (False, "acquired", 1), (False, "in_progress", 1)}
    assert keys.business("tx back") == 1


@pytest.mark.usefixtures("clean")
def test_c50_co_commit_against_zombies(keys: Keys, pooled: str) -> None:
    """Leases of no length: each takes over from the one before, and one row comes of all of them."""

    def work(connection: Connection, number: int) -> object:
        claimed = ask(connection, "claim", "fenced", lease="0 s")
        if claimed.outcome == "replay":
            return "replay"
        assert claimed.outcome == "acquired"
        try:
            with connection.transaction():
                connection.execute("insert into app.business values ('fenced', %s)", (number,))
                ask(connection, "complete", "fenced", token=claimed.token, result=RESULT, fenced=True)
        except psycopg.DatabaseError as error:
            return error.sqlstate
        return "ok"

    answers = all_at_once(pooled, work)
    assert answers.count("ok") == 1
    assert set(answers) <= {"ok", "YD203", "replay"}
    assert keys.business("fenced") == 1
    assert ask(keys.db, "claim", "fenced").result == RESULT


@pytest.mark.usefixtures("clean")
def test_c50_failures_and_retries(keys: Keys, pooled: str) -> None:
    """Each attempt fails until the last one allowed; then all are told the same."""

    def work(connection: Connection, _: int) -> object:
        while True:
            claimed = ask(connection, "claim", "failing", lease="1 min", max_attempts=5)
            if claimed.outcome == "acquired":
                connection.execute("insert into app.effect values ('failing', %s)", (claimed.attempt,))
                ask(connection, "fail", "failing", token=claimed.token, error={"attempt": claimed.attempt})
            elif claimed.outcome == "replay_failed":
                return claimed.error

    answers = all_at_once(pooled, work)
    assert answers == [{"poisoned": True, "attempts": 5, "previous": {"attempt": 5}}] * CLIENTS
    assert keys.effects("failing") == 5


@pytest.mark.usefixtures("clean")
def test_c50_client_that_dies_in_its_transaction(keys: Keys, pooled: str) -> None:
    """The pooler rolls back for it: the claim is gone, and the connection serves the next."""
    dying, other = connect(pooled), connect(pooled)
    dying.execute("begin")
    assert ask(dying, "claim", "dying").outcome == "acquired"
    queued = Asking(other, "claim", "dying", lease="1 min")
    dying.pgconn.finish()
    assert (queued.answer().outcome, queued.answer().attempt) == ("acquired", 1)
    dying.close()
    other.close()
    assert ask(keys.db, "claim", "dying").outcome == "in_progress"


@pytest.mark.usefixtures("clean")
def test_c50_once_for_twenty_clients(keys: Keys, pooled: str) -> None:
    """The same by `once`: one works, with a heartbeat through the pooler; nineteen wait for the result."""
    lease, wait = timedelta(minutes=1), timedelta(seconds=DEADLINE)

    def work(connection: Connection, _: int) -> object:
        with idempotency.once(connection, SCOPE, "once", lease=lease, wait=wait, heartbeat=True) as claim:
            if isinstance(claim, Claim):
                connection.execute("insert into app.effect values ('once', %s)", (claim.attempt,))
                claim.renew()
                claim.complete(RESULT)
                return RESULT
            assert isinstance(claim, Replay)
            return claim.result

    assert all_at_once(pooled, work) == [RESULT] * CLIENTS
    assert keys.effects("once") == 1


@pytest.mark.usefixtures("clean")
def test_c50_once_in_transactions_of_twenty_clients(keys: Keys, pooled: str) -> None:
    """Claim, business row and completion in one transaction; and fenced, in the second of two."""

    def work(connection: Connection, number: int) -> tuple[bool, bool]:
        with connection.transaction(), idempotency.once(connection, SCOPE, "once tx") as claim:
            if isinstance(claim, Claim):
                connection.execute("insert into app.business values ('once tx', %s)", (number,))
                claim.complete(RESULT)
        name, wait = "once fenced", timedelta(seconds=DEADLINE)
        with idempotency.once(connection, SCOPE, name, lease=wait, wait=wait, fenced=True) as fenced:
            if isinstance(fenced, Claim):
                with connection.transaction():
                    connection.execute("insert into app.business values ('once fenced', %s)", (number,))
                    fenced.complete(RESULT, conn=connection)
        return isinstance(claim, Claim), isinstance(fenced, Claim)

    answers = all_at_once(pooled, work)
    assert sum(first for first, _ in answers) == 1
    assert sum(second for _, second in answers) == 1
    assert (keys.business("once tx"), keys.business("once fenced")) == (1, 1)


@pytest.mark.usefixtures("clean")
def test_c50_doorbell_through_the_pooler_is_only_polling(keys: Keys, pooled: str) -> None:
    """LISTEN does not work there. Who listens all the same is not rung for, and looks at its own pace."""
    mine = ask(keys.db, "claim", "doorbell", lease="1 hour")
    answers: list[object] = []

    def work() -> None:
        with closing(connect(pooled)) as connection, closing(connect(pooled)) as doorbell:
            timeout = timedelta(seconds=DEADLINE)
            answers.append(idempotency.wait(connection, SCOPE, "doorbell", timeout, doorbell=doorbell))

    waiter = threading.Thread(target=work, daemon=True)
    waiter.start()
    keys.until(
        "select exists (select from pg_stat_activity where query like '%%idempotency_peek%%'"
        " and pid <> pg_backend_pid() and datname = current_database())"
    )
    ask(keys.db, "complete", "doorbell", token=mine.token, result=RESULT)
    # the bell rings, for whoever has the server connection by then
    keys.db.execute("select pydb.idempotency_notify(%s, 'doorbell')", (SCOPE,))
    with closing(connect(pooled)) as other:
        assert ask(other, "claim", "doorbell").result == RESULT
    waiter.join(DEADLINE)
    (answer,) = answers
    assert isinstance(answer, Replay)
    assert answer.result == RESULT
