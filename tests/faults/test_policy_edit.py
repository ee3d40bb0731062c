"""C14: the policy is edited, held or dropped while its run stands inside a batch, or in a pause."""

from __future__ import annotations

from typing import TYPE_CHECKING, LiteralString

import pytest

from tests.faults.lab import AFTER_GATE, EXPIRED, ROWS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.lab import Lab

DROP: LiteralString = "select pydb.retention_policy_drop('events')"


def edited(lab: Lab, edit: Callable[[], object]) -> str | None:
    """Run the policy, edit it while the third batch is under way; returns the run's SQLSTATE."""
    with lab.gate() as gate:
        run = lab.start()
        gate.reached_by(run)
        edit()
        gate.open()
        error = run.ended()
    lab.balanced()
    return error.sqlstate if error else None


def last(lab: Lab) -> tuple[str, str | None, int]:
    row = lab.runs()[-1]
    return row.state, row.stop_reason, row.rows_done


def test_c14_longer_keep_holds_from_the_next_batch_on(lab: Lab) -> None:
    lab.table()
    lab.policy()
    assert edited(lab, lambda: lab.policy(keep="90 days")) is None
    assert last(lab) == ("completed", "exhausted", AFTER_GATE)
    lab.run().succeeded()
    assert last(lab) == ("completed", "exhausted", 0)


def test_c14_shorter_keep_is_planned_and_deleted_too(lab: Lab) -> None:
    lab.table()
    lab.db.execute("update app.events set at = now() - interval '20 days' where id > 680")
    lab.policy()
    with lab.gate() as gate:
        run = lab.start()
        gate.reached_by(run)
        lab.policy(keep="10 days")
        gate.open()
        run.succeeded()
    row = lab.runs()[-1]
    assert (row.state, row.rows_planned, row.rows_done) == ("completed", EXPIRED + 20, EXPIRED + 20)
    assert lab.ids() == set(range(EXPIRED + 1, 681))


def test_c14_shorter_keep_meets_the_fuse(lab: Lab) -> None:
    lab.table(rows=2 * EXPIRED)
    lab.policy(fuse_rows=EXPIRED)
    assert edited(lab, lambda: lab.policy(keep="2 hours", fuse_rows=EXPIRED)) == "YD111"
    assert last(lab) == ("blocked", "fuse", AFTER_GATE)


def test_c14_filter_that_appears_spares_the_rest(lab: Lab) -> None:
    lab.table()
    lab.policy()
    assert edited(lab, lambda: lab.policy(filter="id > 500")) is None
    assert lab.ids() == set(range(AFTER_GATE + 1, 501)) | set(range(EXPIRED + 1, ROWS + 1))


@pytest.mark.parametrize(
    ("edit", "undo", "reason"),
    [
        (
            "select pydb.retention_pause('events', 'maintenance')",
            "select pydb.retention_resume('events')",
            "paused",
        ),
        ("select pydb.retention_pause()", "select pydb.retention_resume()", "kill_switch"),
        (
            "select pydb.setting_set('kill_switch', 'on')",
            "select pydb.setting_set('kill_switch', 'off')",
            "kill_switch",
        ),
    ],
)
def test_c14_hold_is_obeyed_within_one_batch(
    lab: Lab, edit: LiteralString, undo: LiteralString, reason: str
) -> None:
    lab.table()
    lab.policy()
    assert edited(lab, lambda: lab.db.execute(edit)) is None
    assert last(lab) == ("partial", reason, AFTER_GATE)
    lab.run().succeeded()
    assert last(lab) == ("skipped", reason, 0)
    lab.db.execute(undo)
    lab.converges()


def test_c14_disabled_policy_stops(lab: Lab) -> None:
    lab.table()
    lab.policy()
    assert edited(lab, lambda: lab.policy(enabled=False)) is None
    assert last(lab) == ("partial", "paused", AFTER_GATE)
    lab.policy()
    lab.converges()


def test_c14_dropped_policy_stops(lab: Lab) -> None:
    lab.table()
    lab.policy()
    assert edited(lab, lambda: lab.db.execute(DROP)) == "57014"
    assert last(lab) == ("cancelled", "cancelled", AFTER_GATE)


def test_c14_policy_dropped_and_set_anew_is_another_one(lab: Lab) -> None:
    """The new policy's version counts from one again; the run must not take it for the one that it knew."""
    lab.table()
    lab.policy()

    def replace() -> None:
        lab.db.execute(DROP)
        lab.policy(keep="90 days")

    edited(lab, replace)
    assert last(lab)[2] == AFTER_GATE
    assert lab.gone() == AFTER_GATE


def test_c14_cursor_of_a_policy_dropped_and_set_anew_is_planned_anew(lab: Lab) -> None:
    lab.table()
    lab.policy()
    query = "select rows_done, cursor::text from pydb.retention_batch('events', 100, %s)"
    row = lab.db.execute(query, (None,)).fetchone()
    assert row is not None
    lab.db.execute(DROP)
    lab.policy(keep="90 days")
    row = lab.db.execute(query, (row[1],)).fetchone()
    assert row is not None
    assert row[0] == 0
    assert lab.gone() == 100


def test_c14_policy_dropped_before_its_turn_does_not_stop_the_others(lab: Lab) -> None:
    for name in ("a", "b", "c"):
        lab.table(name)
        lab.policy(name)
    with lab.gate("a") as gate:
        run = lab.start(None)
        gate.reached_by(run)
        lab.db.execute("select pydb.retention_policy_drop('b')")
        gate.open()
        run.ended()
    assert [lab.gone(name) for name in ("a", "b", "c")] == [EXPIRED, 0, EXPIRED]
    assert lab.runs("c")[-1].state == "completed"


@pytest.mark.parametrize(
    ("runtime", "hold", "reason"),
    [
        (None, "select pydb.retention_pause()", "kill_switch"),
        (None, "select pydb.retention_pause('events')", "paused"),
        ("1 s", "select", "time_budget"),
    ],
)
def test_c14_hold_and_deadline_end_a_long_pause(
    lab: Lab, runtime: str | None, hold: LiteralString, reason: str
) -> None:
    """At one row a second a single block asks for a minute of rest: nobody should have to wait for it."""
    lab.table(dense=True)
    lab.policy(rows_per_second=1, max_runtime=runtime)
    run = lab.start()
    lab.until_waiting(run.pid, "PgSleep")
    lab.db.execute(hold)
    run.succeeded()
    lab.balanced()
    assert last(lab)[:2] == ("partial", reason)


def test_i4_paused_run_shows_that_it_is_alive(lab: Lab) -> None:
    """A long pause is not silence: otherwise others would take the run for dead."""
    lab.table(dense=True)
    lab.policy(rows_per_second=1)
    run = lab.start()
    lab.until_waiting(run.pid, "PgSleep")
    lab.until("select heartbeat_at > started_at + interval '2 s' from pydb.job_run where batches = 1")
    lab.db.execute("select pydb.retention_pause()")
    run.succeeded()


def test_first_batch_keeps_to_the_rate(lab: Lab) -> None:
    lab.table()
    lab.policy(rows_per_second=10)
    run = lab.start()
    lab.until_waiting(run.pid, "PgSleep")
    assert lab.gone() <= 10
    lab.db.execute("select pydb.retention_pause()")
    run.succeeded()
    lab.balanced()


def test_c14_edit_in_a_pause_holds_at_once(lab: Lab) -> None:
    lab.table(dense=True)
    lab.policy(rows_per_second=1)
    run = lab.start()
    lab.until_waiting(run.pid, "PgSleep")
    lab.policy()
    run.succeeded()
    lab.balanced()
    assert last(lab)[:2] == ("completed", "exhausted")
    assert lab.gone() == EXPIRED


def test_c14_drop_in_a_pause_ends_the_run(lab: Lab) -> None:
    lab.table(dense=True)
    lab.policy(rows_per_second=1)
    run = lab.start()
    lab.until_waiting(run.pid, "PgSleep")
    lab.db.execute(DROP)
    assert run.failed() == "57014"
    assert last(lab)[:2] == ("cancelled", "cancelled")


@pytest.mark.parametrize("cancelled", [False, True])
def test_c14_policies_locked_during_a_pause_do_not_hold_the_run_for_ever(lab: Lab, cancelled: bool) -> None:
    lab.table(dense=True)
    lab.policy(rows_per_second=1)
    run = lab.start()
    lab.until_waiting(run.pid, "PgSleep")
    locker = lab.session()
    locker.execute("begin")
    locker.execute("lock table pydb.retention_policy in access exclusive mode")
    lab.until_blocked(run.pid, locker.info.backend_pid)
    if cancelled:
        lab.db.execute("select pg_cancel_backend(%s)", (run.pid,))
    assert run.failed() == ("57014" if cancelled else "YD111")
    locker.execute("rollback")
    lab.balanced()
    assert last(lab)[:2] == (("cancelled", "cancelled") if cancelled else ("blocked", "locked"))
    lab.policy()
    lab.converges()
