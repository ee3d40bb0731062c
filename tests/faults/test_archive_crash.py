"""A run that archives, or a restore, is killed: each row is in its table or in its archive, never in none."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from tests.faults.crashes import CRASHES
from tests.faults.lab import AFTER_GATE, EXPIRED, GATED_ROW, ROWS, Background

if TYPE_CHECKING:
    from tests.faults.crashes import Crash
    from tests.faults.lab import Lab
    from tests.servers import TestServer


# tables, each with a run of its own, and where that stands still
TABLES = {"events": "before", "visits": "after", "parted": "after"}


def begun(lab: Lab, name: str = "events") -> None:
    """The batches before the gate are there, whatever their size was; that of the gate is not."""
    archived = whole(lab, name=name)
    assert archived == set(range(1, len(archived) + 1))
    assert 0 < len(archived) < GATED_ROW


def whole(lab: Lab, rows: int = ROWS, name: str = "events") -> set[int]:
    """Rows before = rows left + rows archived, none twice, as the books say. Returns what is archived."""
    archived = [row[0] for row in lab.db.execute(f"select id from pydb_archive.app__{name}".encode())]
    left = lab.ids(name)
    assert len(archived) == len(set(archived))
    assert not left & set(archived)
    assert left | set(archived) == set(range(1, rows + 1))
    booked = lab.db.execute(
        "select sum(rows - restored)::bigint, sum(rows)::bigint from pydb.archive_run where source_name = %s",
        (f"app.{name}",),
    ).fetchone()
    assert booked is not None
    assert booked[0] in (len(archived), None)
    assert booked[1] in (
        lab.value("select sum(rows_done)::bigint from pydb.job_run where subject = %s", name),
        None,
    )
    return set(archived)


def in_partitions(lab: Lab, name: str) -> None:
    """The same rows in three partitions; the run stands still in the second."""
    lab.db.execute(
        f"""alter table app.{name} rename to as_it_was;
        create table app.{name} (like app.as_it_was, primary key (id)) partition by range (id);
        create table app.{name}_1 partition of app.{name} for values from (minvalue) to ({GATED_ROW - 100});
        create table app.{name}_2 partition of app.{name} for values from ({GATED_ROW - 100}) to (500);
        create table app.{name}_3 partition of app.{name} for values from (500) to (maxvalue);
        insert into app.{name} select * from app.as_it_was; drop table app.as_it_was;
        create or replace function app.note_effect() returns trigger language plpgsql as $$ begin
            insert into app.effect select split_part(tg_table_name, '_', 1),
                pg_current_xact_id()::text::bigint, count(*) from gone having count(*) > 0;
            return null; end $$;
        do $$ begin for i in 1 .. 3 loop
            execute format('create trigger note_effect after delete on app.{name}_%s referencing old table'
                ' as gone for each statement execute function app.note_effect()', i);
        end loop; end $$""".encode()
    )


@CRASHES
def test_what_a_killed_run_took_is_in_the_archive(mortal: TestServer, mortal_lab: Lab, crash: Crash) -> None:
    lab = mortal_lab
    runs = []
    with contextlib.ExitStack() as stack:
        for name, when in TABLES.items():
            lab.table(name)
            if name == "parted":
                in_partitions(lab, name)
            lab.policy(name, action="archive")
            gate = stack.enter_context(lab.gate(name, when=when))
            runs.append(lab.start(name))
            gate.reached_by(runs[-1])
        crash(mortal, lab, *runs)
    for name in TABLES:
        begun(lab, name)
    for name in TABLES:
        lab.converges(name)
        assert whole(lab, name=name) == set(range(1, EXPIRED + 1))


@CRASHES
def test_a_killed_restore_has_put_back_nothing_or_all(
    mortal: TestServer, mortal_lab: Lab, crash: Crash
) -> None:
    lab = mortal_lab
    lab.table()
    lab.policy(action="archive")
    lab.run().succeeded()
    taken = whole(lab)
    (run_id,) = {row.id for row in lab.runs()}
    lab.db.execute(
        f"""create function app.gate_in() returns trigger language plpgsql set lock_timeout = 0 as $$
        begin perform pg_advisory_xact_lock_shared(4711); return new; end $$;
        create trigger gate_in before insert on app.events for each row when (new.id = {GATED_ROW})
        execute function app.gate_in()""".encode()
    )
    call = "select * from pydb.archive_restore(%s, p_allow_triggers => true, p_max_rows => %s)"
    lab.db.execute(call, (run_id, 300))
    assert whole(lab) == set(range(301, EXPIRED + 1))
    with lab.holding() as gate:
        restore = Background(lab.session(), call, run_id, None)
        gate.reached_by(restore)
        crash(mortal, lab, restore)
    assert whole(lab) == set(range(301, EXPIRED + 1))
    lab.db.execute(call, (run_id, None))
    assert whole(lab) == set()
    assert taken <= lab.ids()
    # the next run archives them again, as a run of its own
    lab.run().succeeded()
    assert whole(lab) == taken


def test_a_batch_that_fails_leaves_no_row_in_the_archive(lab: Lab) -> None:
    lab.table()
    lab.policy(action="archive")
    lab.db.execute(
        f"""create function app.fail() returns trigger language plpgsql as
            $$ begin raise sqlstate '53100' using message = 'disk full'; end $$;
        create trigger fail after delete on app.events for each row when (old.id = {AFTER_GATE + 10})
        execute function app.fail()""".encode()
    )
    # the batch that failed was undone, archived rows too, and taken again row by row
    lab.run().succeeded()
    assert whole(lab) == set(range(1, EXPIRED + 1)) - {AFTER_GATE + 10}
    assert [(row.state, row.sqlstate) for row in lab.runs()] == [("partial", "53100")]
    lab.db.execute(b"drop trigger fail on app.events")
    lab.converges()
    assert whole(lab) == set(range(1, EXPIRED + 1))


def test_a_run_that_is_cancelled_while_it_archives_keeps_the_books(lab: Lab) -> None:
    lab.table()
    lab.policy(action="archive")
    with lab.gate() as gate:
        run = lab.start()
        gate.reached_by(run)
        lab.db.execute("select pg_cancel_backend(%s)", (run.pid,))
        assert run.failed() == "57014"
    begun(lab)
    lab.converges()
