"""What an archive keeps is changed while a run goes on: it follows, or the run stops; no row is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, LiteralString

import pytest

from tests.faults.lab import EXPIRED, GATED_ROW, Background
from tests.faults.test_archive_crash import whole

if TYPE_CHECKING:
    from tests.faults.lab import Lab

ARCHIVE = "pydb_archive.app__events"


def changed(lab: Lab, statement: LiteralString) -> str | None:
    """Archive, with the statement between two batches: the SQLSTATE of the run, None where it went well."""
    lab.table()
    lab.policy(action="archive")
    with lab.gate() as gate:
        run = lab.start()
        gate.reached_by(run)
        change = Background(lab.session(), statement)
        lab.until_blocked(change.pid, run.pid)
        gate.open()
        change.succeeded()
        error = run.ended()
    return error.sqlstate if error else None


def test_a_column_that_is_added_is_kept_from_the_next_batch_on(lab: Lab) -> None:
    assert changed(lab, "alter table app.events add column extra integer default 5") is None
    assert len(whole(lab)) == EXPIRED
    first = lab.value(f"select min(id) from {ARCHIVE} where extra = 5")
    assert lab.value(f"select count(*) from {ARCHIVE} where extra is null and id > %s", first) == 0
    assert GATED_ROW < int(str(first)) < EXPIRED


@pytest.mark.parametrize(
    "statement",
    [
        "alter table app.events alter column filler type varchar",
        "alter table app.events rename column filler to padding",
        "alter table pydb_archive.app__events rename column filler to padding",
    ],
    ids=["type", "name", "name in the archive"],
)
def test_a_column_that_is_another_ends_the_run(lab: Lab, statement: LiteralString) -> None:
    assert changed(lab, statement) == "YD111"
    assert GATED_ROW < len(whole(lab)) < EXPIRED
    assert [(row.state, row.sqlstate) for row in lab.runs()] == [("blocked", "YD602")]


def test_a_column_of_the_archive_that_is_renamed_as_a_batch_begins(lab: Lab) -> None:
    """The batch waits for who renames, and then looks: it does not find out by an error of the server."""
    lab.table()
    lab.policy(action="archive")
    lab.db.execute("call pydb.retention_run('events', p_max_rows => 100)")
    lab.setting("lock_timeout", "60 s")
    holder = lab.session()
    with holder.transaction():
        holder.execute(f"alter table {ARCHIVE} rename column filler to padding".encode())
        run = lab.start()
        lab.until_blocked(run.pid, holder.info.backend_pid)
    assert run.failed() == "YD111"
    assert [(row.state, row.sqlstate, row.rows_done) for row in lab.runs()][1:] == [("blocked", "YD602", 0)]
    assert len(whole(lab)) == 100
    lab.db.execute(f"alter table {ARCHIVE} rename column padding to filler".encode())
    lab.converges()


def test_a_table_that_goes_while_a_batch_is_counted_does_not_stop_it(lab: Lab) -> None:
    """What this transaction had deleted there, and taken back, is no longer in the sum."""
    lab.table()
    lab.policy(action="archive")
    lab.db.execute(b"create table app.passing as select generate_series(1, 3) as id")
    with lab.gate() as gate:
        session = lab.session()
        with session.transaction():
            with session.transaction(force_rollback=True):
                session.execute("delete from app.passing")
            batch = Background(session, "select * from pydb.retention_batch('events', 600)")
            gate.reached_by(batch)
            lab.db.execute(b"drop table app.passing")
            gate.open()
            batch.succeeded()
    assert whole(lab) == set(range(1, EXPIRED + 1))
