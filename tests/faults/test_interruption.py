"""D1, D2: a run is cancelled or terminated at each of its wait points; D6: its client is lost."""

from __future__ import annotations

import contextlib
import os
import socket
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
import pytest

from tests.faults.lab import AFTER_GATE, EXPIRED, GATED_ROW, Background

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import RoleFactory
    from tests.faults.lab import Lab

PLACES = ("counting", "batch", "batch, before its row", "row lock", "table lock", "pause")


@contextlib.contextmanager
def halted(lab: Lab, place: str, table: str = "events") -> Iterator[Background]:
    """A run that stands still at the place, with the obstacle taken away afterwards."""
    lab.table(table)
    lab.policy(table, rows_per_second=10 if place == "pause" else None)
    lab.setting("lock_timeout", "60 s")
    if place in ("counting", "row lock", "table lock"):
        other = lab.session()
        other.execute("begin")
        other.execute(
            {
                "counting": f"lock table app.{table} in access exclusive mode",
                "table lock": f"lock table app.{table} in share mode",
                "row lock": f"select from app.{table} where id = {GATED_ROW} for update",
            }[place].encode()
        )
        run = lab.start(table)
        lab.until_blocked(run.pid, other.info.backend_pid)
        yield run
        with contextlib.suppress(psycopg.OperationalError):  # after a crash it is rolled back already
            other.execute("rollback")
    elif place == "pause":
        run = lab.start(table)
        lab.until_waiting(run.pid, "PgSleep")
        yield run
        lab.policy(table)
    else:
        with lab.gate(table, when="before" if place.endswith("row") else "after") as gate:
            run = lab.start(table)
            gate.reached_by(run)
            yield run


def done_by_then(lab: Lab, place: str, table: str = "events") -> int:
    """Rows of the batches that were committed when a run halts at the place."""
    if place == "pause":
        return lab.gone(table)
    return 0 if place in ("counting", "table lock") else 64 + 128


@pytest.mark.parametrize("place", PLACES)
def test_d1_cancelled_run_says_so_and_the_next_one_ends_exact(lab: Lab, place: str) -> None:
    with halted(lab, place) as run:
        lab.db.execute("select pg_cancel_backend(%s)", (run.pid,))
        assert run.failed() == "57014"
        assert lab.value("select not exists (select 1 from pg_locks where pid = %s)", run.pid)
        assert run.connection.execute("select 1").fetchone() == (1,)
    (row,) = lab.runs()
    # in a pause a cancel can hit the moment of a COMMIT, where nothing can be caught: then the next run tells
    if place != "pause" or row.state != "running":
        assert (row.state, row.stop_reason, row.sqlstate) == ("cancelled", "cancelled", "57014")
        lab.balanced()
    assert row.rows_done == done_by_then(lab, place)
    lab.converges()
    assert lab.runs()[0].state in ("cancelled", "interrupted")


@pytest.mark.parametrize("place", PLACES)
def test_d2_terminated_run_is_found_and_resumed(lab: Lab, place: str) -> None:
    with halted(lab, place) as run:
        lab.db.execute("select pg_terminate_backend(%s)", (run.pid,))
        run.failed()
        lab.until_gone(run.pid)
    (row,) = lab.runs()
    assert (row.state, row.rows_done) == ("running", done_by_then(lab, place))
    lab.balanced(live=1)
    lab.converges()
    first, second, _ = lab.runs()
    assert (first.state, first.stop_reason) == ("interrupted", "error")
    if row.rows_done:
        assert second.detail["resumed_from"] == first.id
    assert first.rows_done + second.rows_done == EXPIRED


@pytest.mark.parametrize("strategy", ["heap", "index"])
def test_d2_many_terminations_add_up(lab: Lab, strategy: str) -> None:
    """Each run is killed in its first batches; the sum of all is exact, whichever way they walk."""
    lab.table("events", rows=1250, expired=1250)
    lab.db.execute("create index on app.events (at)")
    lab.db.execute("analyze app.events")
    lab.policy(strategy=strategy)
    with lab.gate(row=1250) as gate:
        lab.db.execute(
            "create trigger gates after delete on app.events for each row when (old.id % 250 = 0)"
            " execute function app.gate()"
        )
        for _ in range(4):
            run = lab.start()
            gate.reached_by(run)
            lab.db.execute("select pg_terminate_backend(%s)", (run.pid,))
            run.failed()
            lab.until_gone(run.pid)
            lab.balanced(live=1)
    lab.converges()
    assert [run.state for run in lab.runs()] == ["interrupted"] * 4 + ["completed"] * 2


def test_d2_run_of_a_process_number_that_another_has_now_is_over(lab: Lab) -> None:
    """A backend that has the number of the dead one, started at another time, does not stand for it."""
    lab.table()
    lab.policy()
    with lab.gate() as gate:
        run = lab.start()
        gate.reached_by(run)
        lab.db.execute("select pg_terminate_backend(%s)", (run.pid,))
        run.failed()
        lab.until_gone(run.pid)
    lab.db.execute("update pydb.job_run set pid = pg_backend_pid()")
    lab.converges()
    assert lab.runs()[0].state == "interrupted"


def test_i4_live_run_in_another_role_is_not_declared_dead(lab: Lab, role: RoleFactory) -> None:
    """After SET ROLE a session cannot see when it started; its run is alive all the same."""
    lab.table()
    lab.policy()
    session = lab.session()
    session.execute(f"set role {lab.worker(role)}".encode())
    with lab.gate() as gate:
        run = lab.start(session=session)
        gate.reached_by(run)
        lab.run().succeeded()
        assert [row.state for row in lab.runs()] == ["running", "skipped"]
        gate.open()
        run.succeeded()
    lab.balanced()
    assert lab.gone() == EXPIRED


@pytest.mark.parametrize("is_killed", [False, True])
def test_d12_a_clock_that_goes_back_makes_no_negative_time(lab: Lab, is_killed: bool) -> None:
    """As if the server's clock had been an hour ahead when the run began; the cutoff is read once."""
    lab.table()
    lab.policy(action="archive")
    with lab.gate() as gate:
        run = lab.start()
        gate.reached_by(run)
        ahead = "update pydb.job_run set started_at = started_at + interval '1 h'"
        lab.db.execute(f"{ahead}, heartbeat_at = heartbeat_at + interval '1 h'".encode())
        # expired by now, and not when the run read the clock
        lab.db.execute(
            "update app.events set at = (select cutoff + interval '1 ms' from pydb.job_run) where id = 650"
        )
        if is_killed:
            lab.db.execute("select pg_terminate_backend(%s)", (run.pid,))
            run.failed()
            lab.until_gone(run.pid)
        else:
            gate.open()
            run.succeeded()
            assert lab.gone() == EXPIRED
    assert lab.value("select at < now() - interval '30 days' from app.events where id = 650") is True
    lab.db.execute("update app.events set at = now() where id = 650")
    lab.converges()
    assert lab.runs()[0].state == ("interrupted" if is_killed else "completed")
    assert lab.value("select every(finished_at >= started_at) from pydb.job_run")


@pytest.mark.parametrize("tracked", ["on", "off"])
def test_i4_live_run_is_alive_also_where_activity_is_not_tracked(lab: Lab, tracked: str) -> None:
    lab.table()
    lab.policy()
    with lab.gate() as gate:
        run = lab.start(session=lab.session(f"-c track_activities={tracked}"))
        lab.at_the_gate()
        rival = lab.run()
        rival.succeeded()
        assert [row.state for row in lab.runs()] == ["running", "skipped"]
        gate.open()
        run.succeeded()
    lab.balanced()
    assert lab.gone() == EXPIRED


def test_i3_run_that_was_taken_for_dead_commits_nothing_more(lab: Lab, role: RoleFactory) -> None:
    """Another role cannot see the process and goes by its silence; then the run wakes up."""
    lab.table()
    lab.policy()
    with lab.gate() as gate:
        run = lab.start()
        gate.reached_by(run)
        lab.db.execute("update pydb.job_run set heartbeat_at = heartbeat_at - interval '1 day'")
        rival = lab.start(session=lab.session(user=lab.worker(role)))
        lab.until("select state = 'interrupted' from pydb.job_run order by id limit 1")
        gate.open()
        assert run.failed() == "YD110"
        rival.succeeded()
    first, second = lab.runs()
    assert (first.state, first.rows_done) == ("interrupted", 64 + 128)
    assert (second.state, second.rows_done) == ("completed", EXPIRED - 64 - 128)
    lab.balanced()


def test_d6_client_is_lost_in_the_middle(lab: Lab) -> None:
    """The server goes on or stops, but what it did is in the log under the caller's request, once."""
    lab.table()
    lab.policy()
    request = uuid4()
    with lab.gate() as gate:
        run = Background(
            lab.session(), "call pydb.retention_run(p_policy => 'events', p_request => %s)", request
        )
        gate.reached_by(run)
        with socket.socket(fileno=os.dup(run.connection.fileno())) as wire:
            wire.shutdown(socket.SHUT_RDWR)
        assert run.failed() is None
        gate.open()
        lab.until_gone(run.pid)
    lab.until("select every(rows_done >= %s) from pydb.job_run where request = %s", AFTER_GATE, request)
    lab.balanced(live=len([row for row in lab.runs() if row.state == "running"]))
    lab.converges()


def test_d6_batch_with_a_cursor_that_was_already_used(lab: Lab) -> None:
    """The answer to the COMMIT is lost, and the caller repeats the batch: only what is still there counts."""
    lab.table()
    lab.policy()
    session = lab.session()

    def batch(cursor: object) -> tuple[int, object]:
        row = session.execute(
            "select rows_done, cursor::text from pydb.retention_batch('events', 100, %s)", (cursor,)
        ).fetchone()
        assert row is not None
        return row[0], row[1]

    first, cursor = batch(None)
    second, _ = batch(cursor)
    again, cursor = batch(cursor)
    assert (first, second, again, lab.gone()) == (100, 100, 100, 300)
    total = first + second + again
    while cursor is not None:
        rows, cursor = batch(cursor)
        total += rows
    assert total == lab.gone() == EXPIRED
