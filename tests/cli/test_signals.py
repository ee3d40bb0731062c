"""A run that is interrupted ends on the server, says what it did, and the next one goes on."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Cli, Process, WaitFor
    from tests.conftest import Connection
    from tests.servers import Database, PgBouncer

IN_TRIGGER = (
    "select exists (select from pg_stat_activity where wait_event = 'PgSleep'"
    " and datname = current_database() and query like 'call%retention_run%')"
)
NO_RUN = (
    "select not exists (select from pg_stat_activity where datname = current_database()"
    " and query ilike 'call%retention_run%' and state <> 'idle')"
)


@pytest.fixture
def gate(cli: Cli, events: Connection, policy_file: Callable[..., Path]) -> Connection:
    """Wait points: while app.gate has the id of a row, the batch that deletes this row waits in a trigger."""
    events.execute("create table app.gate (id bigint)")
    events.execute("insert into app.gate values (5000), (9900)")
    events.execute(
        "create function app.wait() returns trigger language plpgsql as $$ begin"
        " while exists (select from app.gate as g where g.id = old.id) loop perform pg_sleep(0.01); end loop;"
        " return old; end $$"
    )
    events.execute("create trigger wait before delete on app.events for each row execute function app.wait()")
    keys = 'keep = "30 days"\nfuse_share = 1\nbatch_target = "10 ms"'
    assert cli("policy", "apply", str(policy_file(a=keys))).code == 0
    return events


def stopped(db: Connection, wait_for: WaitFor) -> tuple[str, int]:
    """State of the one run, once nothing runs any more; its count must be what is gone."""
    wait_for(NO_RUN)
    row = db.execute(
        "select state, rows_done, (select 10000 - count(*) from app.events)"
        " from pydb.job_run order by id limit 1"
    ).fetchone()
    assert row is not None
    assert row[1] == row[2]
    return row[0], row[1]


def started(cli: Cli, wait_for: WaitFor) -> Process:
    process = cli.start("retention", "run", "a", "--yes", "--json", below=["env"])
    wait_for(IN_TRIGGER)
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_the_run_and_shows_what_was_done(
    cli: Cli, gate: Connection, wait_for: WaitFor, number: signal.Signals
) -> None:
    process = started(cli, wait_for)
    process.send_signal(number)
    result = cli.finish(process)
    assert result.code == 130
    assert "Traceback" not in result.err
    assert result.document["interrupted"] is True
    state, done = stopped(gate, wait_for)
    runs = json.loads(result.out)["runs"]
    assert [(run["state"], run["rows_done"]) for run in runs] == [(state, done)]
    assert state == "cancelled"
    gate.execute("delete from app.gate")
    assert cli("retention", "run", "a", "--yes").code == 0
    assert gate.execute("select count(*) from app.events").fetchone() == (3_000,)


def test_nohup_is_honoured(cli: Cli, gate: Connection, wait_for: WaitFor) -> None:
    process = cli.start("retention", "run", "a", "--yes", "--json", below=["nohup"])
    wait_for(IN_TRIGGER)
    process.send_signal(signal.SIGHUP)
    gate.execute("delete from app.gate")
    result = cli.finish(process)
    assert result.code == 0
    assert stopped(gate, wait_for) == ("completed", 7_000)


def test_a_signal_reaches_the_server_through_pgbouncer(
    cli: Cli, gate: Connection, wait_for: WaitFor, pgbouncer: PgBouncer, database: Database
) -> None:
    cli.env["PYDB_DSN"] = pgbouncer.dsn(database.name)
    process = started(cli, wait_for)
    process.send_signal(signal.SIGINT)
    assert cli.finish(process).code == 130
    assert stopped(gate, wait_for)[0] == "cancelled"


def test_a_terminated_server_process_is_no_success(cli: Cli, gate: Connection, wait_for: WaitFor) -> None:
    process = started(cli, wait_for)
    gate.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where query like 'call%retention_run%'"
    )
    result = cli.finish(process)
    assert result.code == 69
    assert result.error["sqlstate"] == "57P01"
    gate.execute("delete from app.gate")
    assert cli("retention", "run", "a", "--yes").code == 0
    states = gate.execute("select state from pydb.job_run where subject = 'a' order by id").fetchall()
    assert states == [("interrupted",), ("completed",)]


def test_more_signals_are_safe(cli: Cli, gate: Connection, wait_for: WaitFor) -> None:
    process = started(cli, wait_for)
    for _ in range(5):
        process.send_signal(signal.SIGINT)
    result = cli.finish(process)
    assert result.code == 130
    assert "Traceback" not in result.err
    assert stopped(gate, wait_for)[0] == "cancelled"


def test_after_sigkill_the_server_stops_with_the_current_batch(
    cli: Cli, gate: Connection, wait_for: WaitFor
) -> None:
    process = started(cli, wait_for)
    process.kill()
    process.communicate()
    gate.execute("delete from app.gate where id = 5000")
    wait_for(NO_RUN)  # the gate at 9900 is still closed: a server that goes on would wait there
    gone = gate.execute("select 10000 - count(*) from app.events").fetchone()
    assert gone is not None
    assert gone[0] < 7_000
    gate.execute("delete from app.gate")
    assert cli("retention", "run", "a", "--yes").code == 0
    assert gate.execute("select count(*) from app.events").fetchone() == (3_000,)


def test_sigterm_ends_any_other_command_too(cli: Cli, gate: Connection, wait_for: WaitFor) -> None:
    with gate.transaction():
        gate.execute("lock table pydb.retention_policy in access exclusive mode")
        process = cli.start("policy", "list", "--json")
        wait_for("select exists (select from pg_locks where not granted)")
        process.send_signal(signal.SIGTERM)
        result = cli.finish(process)
    assert result.code == 130
    assert result.error["message"] == "interrupted"
