"""C4: several clients through a real pgbouncer in transaction mode, with one server connection."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import psycopg
import pytest

from pydb import db as pydb_db
from pydb import retention
from tests.cli.conftest import Cli
from tests.faults.lab import EXPIRED, Background
from tests.servers import MissingServerError, PgBouncer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Connection
    from tests.faults.lab import Lab
    from tests.servers import Database, TestServer


@pytest.fixture
def pooled(server: TestServer, database: Database) -> Iterator[str]:
    """Connection string of the test's database through the pooler."""
    try:
        pooler = PgBouncer(server, pool_size=1)
    except MissingServerError as error:
        pytest.fail(str(error), pytrace=False)
    with pooler:
        yield pooler.dsn(database.name)


def client(pooled: str) -> Connection:
    """A client as drivers are by default: it would prepare statements if it were let."""
    return psycopg.connect(pooled, autocommit=True, prepare_threshold=None)


def test_c4_procedure_function_and_batch_share_one_connection(lab: Lab, pooled: str) -> None:
    lab.table()
    lab.policy()
    clients = [client(pooled) for _ in range(3)]
    try:
        pids = {c.execute("select pg_backend_pid()").fetchone() for c in clients}
        assert len(pids) == 1
        clients[0].execute("call pydb.retention_run('events', p_max_rows => 250)")
        with clients[1].transaction():
            clients[1].execute("select rows_done from pydb.retention_batch('events', 100)")
        assert clients[2].execute("select rows from pydb.retention_plan('events')").fetchone() == (
            EXPIRED - 350,
        )
        clients[2].execute("call pydb.retention_run('events')")
        assert lab.gone() == EXPIRED
        assert [run.rows_done for run in lab.runs()] == [250, EXPIRED - 350]
    finally:
        for c in clients:
            c.close()


def test_c4_run_leaves_the_connection_as_it_was(lab: Lab, pooled: str) -> None:
    """The next client gets the same server connection: no setting, lock or prepared statement may stay."""
    lab.table()
    lab.policy(rows_per_second=3000)
    first, second = client(pooled), client(pooled)
    query = (
        "select array_agg(name || '=' || setting order by name) from pg_settings"
        " where source = 'session' and name <> 'application_name' and name not like 'transaction%'"
    )
    before = first.execute(query).fetchone()
    first.execute("call pydb.retention_run('events')")
    pydb_db.connect(pooled).close()
    assert second.execute(query).fetchone() == before
    assert second.execute("select count(*) from pg_prepared_statements").fetchone() == (0,)
    assert second.execute(
        "select count(*) from pg_locks where pid = pg_backend_pid() and locktype = 'advisory'"
    ).fetchone() == (0,)
    assert lab.gone() == EXPIRED
    first.close()
    second.close()


def test_c4_many_clients_queue_for_one_connection(lab: Lab, pooled: str) -> None:
    """One after the other gets the connection; whoever comes late finds nothing left, nobody an error."""
    for name in ("a", "b"):
        lab.table(name, rows=600, expired=500)
        lab.policy(name)
    start = threading.Barrier(4)
    errors: list[object] = []

    def call() -> None:
        with pydb_db.connect(pooled) as connection:
            start.wait()
            try:
                retention.run(connection)
            except Exception as error:
                errors.append(error)

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    for name in ("a", "b"):
        lab.balanced(name)
        assert lab.gone(name) == 500
        assert [run.state for run in lab.runs(name)] == ["completed"] * 4


def test_c4_run_cancelled_between_two_batches_does_not_hold_the_place(lab: Lab, pooled: str) -> None:
    """The server connection lives on in the pool and works for others: its old run is over all the same."""
    lab.table()
    lab.policy()
    with lab.gate() as gate, client(pooled) as connection:
        run = Background(connection, "call pydb.retention_run('events')")
        backend = lab.at_the_gate()
        lab.db.execute("select pg_cancel_backend(%s)", (backend,))
        assert run.failed() == "57014"
        gate.open()
    # as if the cancel had come where it cannot be caught
    lab.db.execute(
        "update pydb.job_run set state = 'running', stop_reason = null, finished_at = null, sqlstate = null"
    )
    with client(pooled) as other:
        assert other.execute("select pg_backend_pid()").fetchone() == (backend,)
        other.execute("begin")
        lab.converges()
        other.execute("rollback")
    assert lab.runs()[0].state == "interrupted"


def test_c4_commands(lab: Lab, pooled: str, tmp_path: Path) -> None:
    """The command needs two connections; with one in the pool its watcher waits, and it still ends right."""
    lab.table()
    lab.policy()
    cli = Cli(pooled, tmp_path)
    assert cli("retention", "plan", "events").code == 0
    dry = cli("retention", "run", "events", "--dry-run", "--yes", "--json")
    assert dry.code == 0
    assert lab.gone() == 0
    done = cli("retention", "run", "events", "--yes", "--json")
    assert done.code == 0, done.err
    runs = done.document["runs"]
    assert isinstance(runs, list)
    assert [(run["state"], run["rows_done"]) for run in runs] == [("completed", EXPIRED)]
    assert cli("retention", "pause").code == 0
    assert cli("retention", "run", "events", "--yes").code == 1
    assert cli("retention", "resume").code == 0
    assert cli("retention", "log", "--json").code == 0
    lab.balanced()
