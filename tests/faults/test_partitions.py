"""Partitions that are in use, a command or a backend that dies: nobody waits, nothing is left half done."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.cli.conftest import Cli
from tests.faults.crashes import CRASHES
from tests.faults.lab import GATE, Lab
from tests.servers import PAUSE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import RoleFactory
    from tests.faults.crashes import Crash
    from tests.servers import Servers, TestServer

RUN = ("retention", "run", "events", "--yes")
DAY = 4  # rows
OLD = 6  # partitions older than the cutoff
YOUNG = 4


def daily(lab: Lab, table: str = "events") -> None:
    """app.events: six partitions that expired, one at the cutoff, three that are younger."""
    lab.db.execute(
        f"""create table app.{table} (id int, at timestamptz not null) partition by range (at);
        do $$ begin for i in 0 .. {OLD + YOUNG - 1} loop
            execute format(
                'create table app.{table}_%s partition of app.{table} for values from (%L) to (%L)', i,
                date_trunc('day', now()) + (i - {OLD} - 30) * interval '1 day',
                date_trunc('day', now()) + (i - {OLD} - 29) * interval '1 day');
        end loop; end $$;
        create table app.{table}_now partition of app.{table} for values from ('2100-01-01') to (maxvalue);
        insert into app.{table}
        select i, date_trunc('day', now()) + (i / {DAY} - {OLD} - 30) * interval '1 day'
            + interval '23 h 59 min'
        from generate_series(0, {(OLD + YOUNG) * DAY - 1}) as i;""".encode()
    )
    lab.policy(table, action="drop_partition")


def there(lab: Lab, table: str = "events") -> int:
    rows = lab.value(f"select count(*) from app.{table}")
    assert isinstance(rows, int)
    return rows


def fates(lab: Lab) -> list[str]:
    return [
        f"{name.removeprefix('app.events_')} {state}"
        for name, state in lab.db.execute("select name, state from pydb.retention_partition order by name")
    ]


def settled(lab: Lab) -> None:
    """All that expired is gone, each row was counted once, and nothing hangs half way."""
    assert there(lab) == YOUNG * DAY
    assert fates(lab) == [f"{i} dropped" for i in range(OLD)]
    assert sum(run.rows_done for run in lab.runs()) == OLD * DAY
    assert lab.value("select count(*) from pg_inherits where inhdetachpending") == 0
    assert lab.value("select count(*) from pg_class where relname ~ '^events_[0-5]$'") == 0
    last = lab.runs()[-1]
    assert (last.state, last.stop_reason) == ("completed", "exhausted")


def halt_drops(lab: Lab) -> None:
    """Whoever drops a table stops before it, while the gates are closed; by `halts_at` who alters one."""
    lab.db.execute(
        f"""create function app.halt() returns event_trigger language plpgsql as $$ begin
            if tg_tag like coalesce(current_setting('app.halts', true), 'DROP') || '%' then
                perform pg_advisory_xact_lock_shared({GATE});
            end if; end $$;
        create event trigger halt on ddl_command_start when tag in ('ALTER TABLE', 'DROP TABLE')
        execute function app.halt();
        alter event trigger halt enable always;""".encode()
    )


def halts_at(command: str) -> str:
    """Options of a session that stops before ALTER or DROP."""
    return f"-c app.halts={command}"


class Writer(threading.Thread):
    """Inserts and reads, one after the other, and keeps the longest time that one took."""

    def __init__(self, lab: Lab) -> None:
        super().__init__(daemon=True)
        self.worst = 0.0
        self.count = 0
        self._over = threading.Event()
        self._connection = lab.session()
        self.start()

    def run(self) -> None:
        while not self._over.is_set():
            for statement in (
                "insert into app.events values (-1, '2100-01-02')",
                "select max(id) from app.events",
            ):
                start = time.monotonic()
                self._connection.execute(statement.encode())
                self.worst = max(self.worst, time.monotonic() - start)
                self.count += 1
            time.sleep(PAUSE)

    def stop(self) -> None:
        self._over.set()
        self.join()
        self._connection.execute("delete from app.events where id = -1")


def test_nobody_queues_behind_a_reader_who_sits(lab: Lab) -> None:
    daily(lab)
    lab.setting("partition_patience", "1 s")
    reader = lab.session()
    reader.execute("begin; select count(*) from app.events")
    lab.until(
        "select xact_start < clock_timestamp() - interval '200 ms' from pg_stat_activity where pid = %s",
        reader.info.backend_pid,
    )
    writer = Writer(lab)
    run = lab.run()
    writer.stop()
    assert run.error is None
    assert writer.count > 10
    assert writer.worst < 0.3
    (row,) = lab.runs()
    assert (row.state, row.stop_reason, row.rows_done) == ("partial", "locked", 0)
    assert row.rows_skipped == OLD * DAY
    assert str(reader.info.backend_pid) in str(row.error)
    assert "app.events_0" in str(row.detail["in_use"])
    reader.execute("commit")
    lab.run().succeeded()
    settled(lab)


def test_a_partition_in_use_keeps_no_other(lab: Lab) -> None:
    daily(lab)
    lab.setting("partition_patience", "300 ms")
    reader = lab.session()
    reader.execute("begin; select count(*) from app.events_2")
    lab.run()
    (row,) = lab.runs()
    assert (row.state, row.stop_reason, row.rows_done) == ("partial", "locked", (OLD - 1) * DAY)
    assert fates(lab) == [f"{i} dropped" for i in range(OLD) if i != 2]
    reader.execute("commit")
    lab.run().succeeded()
    settled(lab)


def test_a_row_that_comes_between_the_count_and_the_lock_is_counted(lab: Lab) -> None:
    daily(lab)
    lab.setting("lock_timeout", "60 s")
    holder, late = lab.session(), lab.session()
    with holder.transaction():
        holder.execute("lock table pydb.retention_partition in share mode")
        run = lab.start()
        lab.until_blocked(run.pid, holder.info.backend_pid)
        late.execute("insert into app.events_0 select 100, min(at) from app.events_0")
        late.execute("insert into app.events_3 select 101, min(at) from app.events_3")
    run.succeeded()
    assert there(lab) == YOUNG * DAY
    assert lab.value("select sum(rows) from pydb.retention_partition where is_exact") == OLD * DAY + 2
    assert lab.runs()[-1].rows_done == OLD * DAY + 2


def test_a_prepared_transaction_is_in_use_as_well(lab: Lab) -> None:
    daily(lab)
    lab.setting("partition_patience", "0")
    session = lab.session()
    session.execute("begin; insert into app.events values (-1, '2100-01-02'); prepare transaction 'parts'")
    lab.run()
    assert (lab.runs()[0].state, lab.runs()[0].stop_reason) == ("partial", "locked")
    session.execute("rollback prepared 'parts'")
    lab.run().succeeded()
    settled(lab)


@CRASHES
def test_killed_before_the_drop_nothing_has_happened(
    mortal: TestServer, mortal_lab: Lab, crash: Crash
) -> None:
    lab = mortal_lab
    daily(lab)
    halt_drops(lab)
    with lab.holding() as gate:
        run = lab.start()
        gate.reached_by(run)
        crash(mortal, lab, run)
    assert there(lab) == (OLD + YOUNG) * DAY
    assert fates(lab) == []
    lab.run().succeeded()
    settled(lab)


def test_the_command_detaches_concurrently(lab: Lab, tmp_path: Path) -> None:
    daily(lab)
    result = Cli(lab.dsn, tmp_path)(*RUN)
    assert result.code == 0, result
    assert lab.value("select count(request) from pydb.retention_partition") == OLD
    settled(lab)


@pytest.mark.parametrize(
    "table",
    [
        "create table app.events_d partition of app.events default",
        """create table app.x (id int primary key); insert into app.x select generate_series(0, 99);
        alter table app.events add foreign key (id) references app.x""",
    ],
)
def test_where_it_cannot_be_concurrent_it_is_done_by_the_run(lab: Lab, tmp_path: Path, table: str) -> None:
    daily(lab)
    lab.db.execute(table.encode())
    result = Cli(lab.dsn, tmp_path)(*RUN)
    assert result.code == 0, result
    assert lab.value("select count(request) from pydb.retention_partition") == 0
    settled(lab)


def by_sql(lab: Lab, cli: Cli) -> None:
    lab.run().succeeded()


def by_command(lab: Lab, cli: Cli) -> None:
    result = cli(*RUN)
    assert result.code == 0, result


@pytest.mark.parametrize("again", [by_sql, by_command])
def test_a_pending_detach_of_a_killed_command_is_settled(
    lab: Lab, tmp_path: Path, again: Callable[[Lab, Cli], None]
) -> None:
    daily(lab)
    cli = Cli(lab.dsn, tmp_path)
    reader = lab.session()
    reader.execute("begin; select count(*) from app.events")
    process = cli.start(*RUN)
    lab.until("select exists (select 1 from pg_inherits where inhdetachpending)")
    process.kill()
    cli.finish(process)
    pid = lab.value(
        "select pid from pg_stat_activity where query like %s and pid <> pg_backend_pid()", "%concurrently"
    )
    assert isinstance(pid, int)
    lab.db.execute("select pg_terminate_backend(%s)", (pid,))
    lab.until_gone(pid)
    assert fates(lab) == ["0 detaching"]
    assert there(lab) == (OLD + YOUNG - 1) * DAY, "who comes now does not see it"
    lab.setting("partition_patience", "200 ms")
    lab.run()
    assert (lab.runs()[-1].state, lab.runs()[-1].stop_reason) == ("partial", "locked")
    lab.setting("partition_patience", "1 min")
    reader.execute("commit")
    again(lab, cli)
    settled(lab)


def killed_before_the_drop(lab: Lab, cli: Cli) -> None:
    """A command that has detached all that expired dies before its run drops the first."""
    halt_drops(lab)
    with lab.holding():
        process = cli.start(*RUN)
        pid = lab.at_the_gate()
        process.kill()
        cli.finish(process)
        lab.db.execute("select pg_terminate_backend(%s)", (pid,))
        lab.until_gone(pid)


@pytest.mark.parametrize("again", [by_sql, by_command])
def test_what_a_killed_command_detached_is_dropped(
    lab: Lab, tmp_path: Path, again: Callable[[Lab, Cli], None]
) -> None:
    daily(lab)
    cli = Cli(lab.dsn, tmp_path)
    killed_before_the_drop(lab, cli)
    assert fates(lab) == [f"{i} detaching" for i in range(OLD)]
    assert there(lab) == YOUNG * DAY
    assert lab.value("select sum(rows)::int from pydb.retention_plan('events')") == OLD * DAY
    again(lab, cli)
    settled(lab)


def test_what_others_made_of_a_detached_partition_is_theirs(lab: Lab, tmp_path: Path) -> None:
    daily(lab)
    cli = Cli(lab.dsn, tmp_path)
    killed_before_the_drop(lab, cli)
    lab.db.execute("alter table app.events_0 rename to keepsake; create schema attic")
    lab.db.execute("alter table app.events_1 set schema attic")
    lab.db.execute("alter event trigger halt disable; drop table app.events_2")
    lab.run().succeeded()
    assert fates(lab) == ["0 lost", "1 lost", "2 lost", "3 dropped", "4 dropped", "5 dropped"]
    assert lab.value("select count(*) from app.keepsake") == DAY
    assert lab.value("select count(*) from attic.events_1") == DAY


def test_a_detach_that_somebody_else_began_is_finished_and_the_table_stays(lab: Lab) -> None:
    daily(lab)
    other, reader = lab.session("-c lock_timeout=100ms"), lab.session()
    reader.execute("begin; select count(*) from app.events")
    with pytest.raises(Exception, match="lock timeout"):
        other.execute("alter table app.events detach partition app.events_8 concurrently")
    reader.execute("commit")
    lab.run().succeeded()
    assert lab.value("select count(*) from app.events_8") == DAY
    assert lab.value("select count(*) from pg_inherits where inhdetachpending") == 0
    assert there(lab) == (YOUNG - 1) * DAY
    assert lab.value("select count(*) from pydb.audit_log where action = 'retention_finalize'") == 1


def test_switched_off_in_the_middle_nothing_more_goes(lab: Lab, tmp_path: Path) -> None:
    daily(lab)
    lab.db.execute("select pydb.retention_pause()")
    Cli(lab.dsn, tmp_path)(*RUN)
    assert there(lab) == (OLD + YOUNG) * DAY
    lab.db.execute("select pydb.retention_resume()")
    lab.policy(action="drop_partition", fuse_rows=1)
    Cli(lab.dsn, tmp_path)(*RUN)
    assert there(lab) == (OLD + YOUNG) * DAY
    assert fates(lab) == []


def test_beside_pg_partman(servers: Servers) -> None:
    with servers.get("pg15").database(migrated=True) as database:
        lab = Lab(database.dsn)
        lab.db.execute(
            """create schema partman; create extension pg_partman schema partman;
            create table app.events (id int, at timestamptz not null) partition by range (at);
            select partman.create_parent('app.events', 'at', 'native', 'daily', p_premake => 4,
                p_start_partition => (now() - interval '40 days')::text);
            insert into app.events
            select i, now() - i * interval '1 day' from generate_series(0, 39) as i;"""
        )
        lab.policy(action="drop_partition")
        before = lab.value("select count(*) from pg_inherits where inhparent = 'app.events'::regclass")
        for _ in range(2):
            lab.run().succeeded()
            lab.db.execute("call partman.run_maintenance_proc()")
        after = lab.value("select count(*) from pg_inherits where inhparent = 'app.events'::regclass")
        assert isinstance(before, int)
        assert isinstance(after, int)
        assert before - 11 <= after <= before - 9
        assert lab.value("select count(*) from app.events") == 30
        lab.db.execute("insert into app.events values (100, now() + interval '3 days'), (101, now())")
        assert lab.value("select count(*) from app.events_default") == 0
        lab.close()


def test_a_runner_must_be_the_owner(lab: Lab, role: RoleFactory) -> None:
    daily(lab)
    worker = lab.worker(role)
    lab.db.execute(f"grant insert, select (id) on pydb_internal.draft to {worker}".encode())
    assert lab.run(session=lab.session(user=worker)).failed() == "YD111"
    assert lab.runs()[0].sqlstate == "YD005"
    keeper = role("keeper")
    lab.db.execute(
        f"""do $$ declare r record; begin
            for r in select t.relid from pg_partition_tree('app.events') as t loop
                execute format('alter table %s owner to {keeper}', r.relid::regclass);
            end loop; end $$;
        grant usage, create on schema app to {keeper}; grant {keeper} to {worker};""".encode()
    )
    lab.run(session=lab.session(user=worker)).succeeded()
    assert fates(lab) == [f"{i} dropped" for i in range(OLD)]
    add = "select pydb_internal.draft_add('retention_partition', jsonb_build_object('policy', 'events',"
    add += " 'partition', %s::regclass::oid::bigint, 'state', 'detaching'))"
    for partition in ("app.events_8", "app.effect"):
        with pytest.raises(psycopg.errors.DatabaseError) as refusal:
            lab.session(user=worker).execute(add.encode(), (partition,))
        assert refusal.value.sqlstate == ("YD120" if partition == "app.events_8" else "YD005")
    stranger = lab.session(user=role("stranger"))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        stranger.execute("select pydb_internal.retention_partition_store(1)")
