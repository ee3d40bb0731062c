"""The log of runs does not grow for ever: a run that ends removes the old ones of its subject."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.retention.lab import Lab, refused

if TYPE_CHECKING:
    from tests.conftest import Connect


def old(lab: Lab, days: int, state: str = "completed", subject: str = "p", kind: str = "retention") -> object:
    """Log a run that started and (unless it is live) ended so many days ago; gives its id."""
    reason = {"running": None, "skipped": "paused"}.get(state, "exhausted")
    return lab.one(
        """insert into pydb.job_run
            (kind, subject, dry_run, state, stop_reason, started_at, heartbeat_at, finished_at)
        select %s, %s, %s::boolean, %s, %s, a.at, a.at, case when %s::text is not null then a.at end
        from (select now() - %s * interval '1 day' as at) as a returning id""",
        kind, subject, state == "dry", "completed" if state == "dry" else state, reason, reason, days,
    )  # fmt: skip


def ids(lab: Lab) -> list[object]:
    return lab.ids("pydb.job_run")


def test_a_run_that_ends_removes_the_old_ones_of_its_policy(table: Lab) -> None:
    table.policy()
    for days in (900, 200, 91):
        old(table, days)
    stays = [old(table, 89), old(table, 1)]
    run = table.run()
    assert run.end == ("completed", "exhausted")
    assert ids(table) == [*stays, run.id]


def test_runs_of_others_stay(table: Lab) -> None:
    table.policy()
    stays = [old(table, 200, subject="q"), old(table, 100, subject="q"), old(table, 200, kind="orphans")]
    run = table.run()
    assert ids(table) == [*stays, run.id]


def test_a_live_run_and_the_newest_that_was_not_skipped_stay_however_old(
    table: Lab, connect: Connect
) -> None:
    table.policy()
    old(table, 800)
    last = old(table, 700)
    old(table, 600, "skipped")
    old(table, 500, "dry")
    live = old(table, 400, "running")
    beats = "update pydb.job_run set pid = %s, heartbeat_at = now() - %s::interval where id = %s returning id"
    other = connect().info.backend_pid
    table.rows(beats, other, "0", live)
    run = table.run()
    assert run.end == ("skipped", "locked")
    assert ids(table) == [last, live, run.id]
    table.rows(beats, other, "1 day", live)
    done = table.run()
    assert done.end == ("completed", "exhausted")
    # the live one was taken for dead, which ended it just now
    assert ids(table) == [live, run.id, done.id]


def test_what_a_run_learned_long_ago_is_still_used(table: Lab) -> None:
    table.policy(max_rows=2)
    first = table.run()
    assert first.end == ("partial", "row_budget")
    old(table, 100, "skipped")
    table.do("update pydb.job_run set started_at = started_at - interval '1 year',"
             " finished_at = finished_at - interval '1 year'")  # fmt: skip
    second = table.run()
    assert second.detail["resumed_from"] == first.id
    assert ids(table) == [second.id]


def test_dry_runs_remove_old_ones_too_and_are_no_last_run(table: Lab) -> None:
    table.policy()
    stays = old(table, 300)
    old(table, 200, "dry")
    old(table, 100, "dry")
    run = table.run(dry_run=True)
    assert ids(table) == [stays, run.id]


def test_a_thousand_at_a_time(table: Lab) -> None:
    table.policy()
    table.do(
        """insert into pydb.job_run (kind, subject, state, stop_reason, started_at, heartbeat_at, finished_at)
        select 'retention', 'p', 'completed', 'exhausted', a.at, a.at, a.at
        from (select now() - i * interval '1 day' as at from generate_series(2100, 101, -1) as i) as a"""
    )
    for left in (1001, 2, 3):
        table.run()
        assert len(ids(table)) == left
    assert table.number("select count(*) from pydb.job_run where started_at < now() - interval '1 year'") == 0


@pytest.mark.parametrize(
    "order", ["pydb.setting_set('job_run_keep', null)", "pydb.setting_set('job_run_keep', '1000 days')"]
)
def test_the_setting_decides(table: Lab, order: str) -> None:
    table.policy()
    stays = [old(table, 900), old(table, 800)]
    table.do(f"select {order}")
    run = table.run()
    assert ids(table) == [*stays, run.id]
    table.do("select pydb.setting_set('job_run_keep', '850 days')")
    again = table.run()
    assert ids(table) == [stays[1], run.id, again.id]


@pytest.mark.parametrize("value", ["1 hour", "-1 day", "0", "200 years", "soon", ""])
def test_a_keep_of_the_log_out_of_bounds_is_refused(lab: Lab, value: str) -> None:
    with refused("YD008") as refusal:
        lab.rows("select pydb.setting_set('job_run_keep', %s)", value)
    assert "1 day to 100 years" in refusal.detail


def test_nothing_goes_while_the_kill_switch_is_on(table: Lab) -> None:
    table.policy()
    stays = [old(table, 900), old(table, 800)]
    table.do("select pydb.retention_pause()")
    run = table.run()
    assert run.end == ("skipped", "kill_switch")
    assert ids(table) == [*stays, run.id]


def test_old_runs_that_somebody_holds_are_passed_over(table: Lab, connect: Connect) -> None:
    table.policy()
    held = old(table, 900)
    old(table, 800)
    with connect(autocommit=False) as other:
        other.execute("select from pydb.job_run where id = %s for share", [held])
        run = table.run()
        assert run.end == ("completed", "exhausted")
        assert ids(table) == [held, run.id]
    again = table.run()
    assert ids(table) == [run.id, again.id]
