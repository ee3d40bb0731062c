"""B5: the server crashes under the workers; a standby answers, and takes over."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from pydb import errors, idempotency
from pydb.idempotency import Claim, Replay
from tests.faults.idemlab import DEADLINE, SCOPE, Asking, Keys, ask, connect
from tests.faults.test_standby import standby_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.faults.idemlab import Connection, Nursery
    from tests.servers import TestServer

DONE = {"by": "worker"}
NOTHING = ("connected", "before the claim commits")
CLAIMED = ("claimed", "effect", "heartbeat", "before the completion commits")
COUNTERS = ("takeovers", "superseded", "mismatches")


@pytest.fixture(scope="module")
def module_keys(mortal: TestServer) -> Iterator[Keys]:
    """The keys of this module live on a server that may die."""
    with mortal.database(migrated=True) as database, closing(Keys(database.dsn)) as made:
        yield made


def sigkill(server: TestServer, keys: Keys) -> None:
    """The postmaster sees its child die and restarts all the others."""
    os.kill(keys.session().info.backend_pid, signal.SIGKILL)


def stop_at_once(server: TestServer, keys: Keys) -> None:
    """Shut down without a checkpoint; the next start recovers from WAL."""
    server.restart("immediate")


def kill_postmaster(server: TestServer, keys: Keys) -> None:
    """The postmaster itself is killed, its children notice."""
    server.kill()
    server.start()


def counters(keys: Keys) -> list[object]:
    """What the counters say."""
    query = "select case when is_called then last_value else 0 end from pydb.idempotency_"
    return [keys.value(query + name) for name in COUNTERS]


def count_each(keys: Keys, key: str) -> None:
    """One takeover, one superseded worker, one mismatch."""
    first = ask(keys.db, "claim", key, fingerprint=b"1", lease="0 s")
    assert ask(keys.db, "claim", key, fingerprint=b"1", lease="1 hour").attempt == 2
    assert ask(keys.db, "complete", key, token=first.token).outcome == "superseded"
    assert ask(keys.db, "claim", key, fingerprint=b"2").outcome == "mismatch"


@pytest.mark.parametrize("crash", [sigkill, stop_at_once, kill_postmaster], ids=lambda crash: crash.__name__)
def test_b5_server_crashes_while_workers_stand_at_every_point(
    mortal: TestServer, keys: Keys, nursery: Nursery, crash: Callable[[TestServer, Keys], None]
) -> None:
    name = crash.__name__
    before = counters(keys)
    count_each(keys, f"{name} counted")
    assert counters(keys) == [count + 1 for count in before if isinstance(count, int)]
    tokens = {}
    for point in (*NOTHING, *CLAIMED, "completed"):
        worker = nursery.worker("lease", keys.dsn, f"{name} {point}", lease="1 hour")
        said = worker.until(point)
        if point in ("claimed", "completed"):
            tokens[point] = said.get("token")
    in_tx = nursery.worker("tx", keys.dsn, f"{name} tx")
    in_tx.until("before the commit")
    waiting = Asking(keys.session(), "claim", f"{name} tx")
    keys.until("select cardinality(pg_blocking_pids(%s)) > 0", waiting.pid)
    largest = keys.value("select max(token) from pydb.idempotency_key")

    crash(mortal, keys)
    keys.reconnect()
    waiting.failed()

    assert counters(keys) == [0, 0, 0]
    count_each(keys, f"{name} counted again")
    assert counters(keys) == [1, 1, 1]
    assert isinstance(largest, int)
    for point in NOTHING:
        mine = ask(keys.db, "claim", f"{name} {point}", lease="1 hour")
        assert (mine.outcome, mine.attempt) == ("acquired", 1)
        assert mine.token > largest
    for point in CLAIMED:
        key = f"{name} {point}"
        assert ask(keys.db, "claim", key).outcome == "in_progress"
        token = keys.value("select token from pydb.idempotency_key where key = %s", key)
        assert tokens.get(point, token) == token
        # the worker lives: it comes back on a new connection
        assert ask(keys.db, "heartbeat", key, token=token, lease="1 hour").outcome == "ok"
        assert ask(keys.db, "complete", key, token=token, result=DONE, fenced=True).outcome == "ok"
        assert keys.effects(key) == (0 if point == "claimed" else 1)
    replay = ask(keys.db, "claim", f"{name} completed")
    assert (replay.outcome, replay.result) == ("replay", DONE)
    assert ask(keys.db, "claim", f"{name} tx", lease="1 hour").attempt == 1
    assert keys.business(f"{name} tx") == 0


def test_b5_whatever_was_acknowledged_before_a_crash_is_there(mortal: TestServer, keys: Keys) -> None:
    """Four clients claim and complete as fast as they can, twice, until the server stops at once."""
    largest = 0
    for crash in range(2):
        claimed: dict[str, int] = {}
        completed: set[str] = set()
        enough = threading.Event()

        def work(
            name: str,
            claimed: dict[str, int] = claimed,
            completed: set[str] = completed,
            enough: threading.Event = enough,
        ) -> None:
            try:
                with closing(connect(keys.dsn)) as connection:
                    for number in range(1_000_000):
                        key = f"{name} {number}"
                        claimed[key] = ask(connection, "claim", key, lease="1 hour").token
                        ask(connection, "complete", key, token=claimed[key], result={"key": key})
                        completed.add(key)
                        if len(completed) >= 200:
                            enough.set()
            except psycopg.OperationalError:
                pass

        clients = [
            threading.Thread(target=work, args=(f"ack {crash} {client}",), daemon=True) for client in range(4)
        ]
        for client in clients:
            client.start()
        assert enough.wait(30)
        mortal.restart("immediate")
        for client in clients:
            client.join(30)
            assert not client.is_alive()
        keys.reconnect()
        found = {
            str(row[0]): row[1:]
            for row in keys.db.execute(
                "select key, token, state::text, result from pydb.idempotency_key where key like %s",
                (f"ack {crash} %",),
            )
        }
        for key, token in claimed.items():
            assert found[key][0] == token
        for key in completed:
            assert found[key][1:] == ("completed", {"key": key})
        assert all(row[1] in ("pending", "completed") for row in found.values())
        assert len(found) <= len(claimed) + len(clients), "one claim a client was in flight"
        assert min(claimed.values()) > largest
        largest = max(claimed.values())
    assert ask(keys.db, "claim", "after both").token > largest


def waiting_for(source: Connection | ConnectionPool[Connection], said: list[object]) -> threading.Thread:
    """Wait for the key restart, again after an error where that makes sense; said is what was answered."""

    def wait() -> None:
        while not said or not isinstance(said[-1], Replay):
            try:
                said.append(idempotency.wait(source, SCOPE, "restart", timedelta(seconds=DEADLINE)))
            except errors.DatabaseUnavailable as error:
                said.append(error)
                if isinstance(source, psycopg.Connection):
                    return

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread


def test_b5_server_restarts_under_a_worker_and_two_who_wait(mortal: TestServer, keys: Keys) -> None:
    """On pools all go on, or do when asked again; who has one connection loses it, and is told."""

    def pool() -> ConnectionPool[Connection]:
        return ConnectionPool(
            keys.dsn,
            min_size=1,
            kwargs={"autocommit": True, "prepare_threshold": None},
            check=ConnectionPool.check_connection,
            timeout=DEADLINE,
            open=True,
        )

    lease = timedelta(seconds=DEADLINE)
    by_pool: list[object] = []
    by_connection: list[object] = []
    with pool() as working, pool() as pooled, closing(connect(keys.dsn)) as connection:
        with idempotency.once(working, SCOPE, "restart", lease=lease, heartbeat=True) as claim:
            assert isinstance(claim, Claim)
            waiters = [waiting_for(pooled, by_pool), waiting_for(connection, by_connection)]
            keys.until(
                "select count(*) = 2 from pg_stat_activity where query like '%%idempotency_peek%%'"
                " and pid <> pg_backend_pid()"
            )
            sigkill(mortal, keys)
            keys.reconnect()
            waiters[1].join(DEADLINE)
            assert claim.renew() is not None
            assert not claim.lost
            claim.complete(DONE)
        waiters[0].join(DEADLINE)
    assert [type(answer) for answer in by_connection] == [errors.DatabaseUnavailable]
    assert isinstance(by_pool[-1], Replay)
    assert by_pool[-1].result == DONE


def test_b5_standby_looks_on_and_takes_over(mortal: TestServer, keys: Keys) -> None:
    """A look works; whatever would write is refused as itself. Then the standby lags, and takes over."""
    done = ask(keys.db, "claim", "done", fingerprint=b"1")
    ask(keys.db, "complete", "done", token=done.token, result=DONE)
    stale = ask(keys.db, "claim", "stale", lease="0 s")
    working = ask(keys.db, "claim", "working", lease="1 hour")
    refused: list[tuple[str, str, dict[str, object]]] = [
        ("claim", "new", {}),
        ("claim", "stale", {}),
        ("complete", "working", {"token": working.token}),
        ("complete", "done", {"token": done.token, "result": DONE}),
        ("fail", "working", {"token": working.token}),
        ("heartbeat", "working", {"token": working.token, "lease": "1 s"}),
        ("resolve", "stale", {"as": "retry"}),
        ("reset", "stale", {}),
    ]
    with standby_of(mortal) as standby, closing(connect(standby.dsn(keys.db.info.dbname))) as session:
        assert session.execute("select pg_is_in_recovery()").fetchone() == (True,)
        for key, outcome in {"new": "absent", "stale": "takeover", "working": "in_progress"}.items():
            assert ask(session, "peek", key).outcome == outcome
        for routine in ("peek", "claim"):
            assert ask(session, routine, "done", fingerprint=b"1").result == DONE
            assert ask(session, routine, "done", fingerprint=b"2").outcome == "mismatch"
            assert ask(session, routine, "working").outcome == "in_progress"
        for call, key, arguments in refused:
            with pytest.raises(psycopg.DatabaseError) as said:
                ask(session, call, key, **arguments)
            # what an application calls all the time does not look first
            assert said.value.sqlstate == ("YD007" if call in {"reset", "resolve"} else "25006")
        with pytest.raises(psycopg.DatabaseError, match="the server is a standby"):
            session.execute("select pydb.idempotency_prune()")
        assert session.execute("select count(*) from pydb.idempotency_list").fetchone() is not None

        assert idempotency.peek(session, SCOPE, "done").result == DONE
        assert idempotency.claim(session, SCOPE, "done").outcome == "replay"
        with pytest.raises(errors.ReadOnlyServer), idempotency.once(session, SCOPE, "new"):
            pass
        counted = "select takeovers, superseded, mismatches from pydb.idempotency_stats()"
        assert session.execute(counted.encode()).fetchone() == (None, None, None)

        # it hears nothing any more, the primary goes on, and then it has to take over
        session.execute("alter system set primary_conninfo = ''")
        session.execute("select pg_reload_conf()")
        replica = Keys.__new__(Keys)
        replica.db = session
        replica.until("select not exists (select from pg_stat_wal_receiver)")
        lost = ask(keys.db, "claim", "lost", lease="1 hour")
        ask(keys.db, "complete", "working", token=working.token, result=DONE)
        assert session.execute("select pg_promote()").fetchone() == (True,)
        # the completion never came over, and is told again
        assert ask(session, "complete", "working", token=working.token, result=DONE).outcome == "ok"
        assert ask(session, "complete", "stale", token=stale.token, result=DONE).outcome == "ok"
        # a claim that was lost is gone; the sequence begins again at its number, and nobody gets its token
        assert ask(session, "complete", "lost", token=lost.token, result=DONE).outcome == "gone"
        rival = ask(session, "claim", "lost", lease="1 hour")
        assert rival.token >> 20 <= lost.token >> 20
        assert ask(session, "heartbeat", "lost", token=lost.token, lease="1 s").outcome == "lost"
        assert ask(session, "complete", "lost", token=lost.token, result=DONE).outcome == "superseded"
        assert ask(session, "complete", "lost", token=rival.token, result=DONE).outcome == "ok"
        late = ask(session, "complete", "lost", token=lost.token, result=DONE)
        assert (late.outcome, late.result) == ("superseded_done", DONE)
