"""C13: a run does not hold the horizon back: its own snapshot moves on, in pauses too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.faults.lab import ROWS

if TYPE_CHECKING:
    from tests.faults.lab import Lab

XMIN = "select backend_xmin::text::bigint from pg_stat_activity where pid = %s"


def next_transaction(lab: Lab) -> object:
    """Use up a transaction number and return it."""
    return lab.value("select pg_current_xact_id()::text::bigint")


def test_c13_long_reader_sees_all_and_each_batch_is_a_transaction(lab: Lab) -> None:
    lab.table(expired=ROWS)
    lab.policy()
    reader = lab.session()
    reader.execute("begin isolation level repeatable read")
    reader.execute("select count(*) from app.events")
    lab.run().succeeded()
    assert reader.execute("select count(*) from app.events").fetchone() == (ROWS,)
    assert lab.value("select count(distinct transaction) from app.effect") == lab.runs()[-1].batches
    lab.balanced()


def test_c13_snapshot_moves_during_a_pause(lab: Lab) -> None:
    lab.table(dense=True)
    lab.policy(rows_per_second=1)
    run = lab.start()
    lab.until_waiting(run.pid, "PgSleep")
    for _ in range(3):
        number = next_transaction(lab)
        lab.until(
            "select wait_event = 'PgSleep' and backend_xmin::text::bigint > %s"
            " and backend_xid is null from pg_stat_activity where pid = %s",
            number,
            run.pid,
        )
    lab.until(
        "select not exists (select 1 from pg_locks where pid = %s and locktype = 'relation'"
        " and relation = 'app.events'::regclass)",
        run.pid,
    )
    lab.db.execute("select pydb.retention_pause()")
    run.succeeded()
    lab.balanced()


def test_c13_waiting_run_does_not_keep_its_first_snapshot(lab: Lab) -> None:
    """While the run stands in a late batch, the numbers of its early ones are behind the horizon."""
    lab.table()
    lab.policy()
    with lab.gate(row=560) as gate:
        run = lab.start()
        gate.reached_by(run)
        first = lab.value("select min(transaction) from app.effect")
        assert isinstance(first, int)
        lab.until(
            "select backend_xmin::text::bigint > %s from pg_stat_activity where pid = %s", first, run.pid
        )
        gate.open()
        run.succeeded()
    lab.balanced()
