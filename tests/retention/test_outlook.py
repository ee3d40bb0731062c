"""Does a policy keep up, and when will it have caught up: told by what runs have counted."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.retention.lab import NOW, Lab

if TYPE_CHECKING:
    from tests.conftest import Connect

DAY = timedelta(days=1)


def look(lab: Lab, now: datetime = NOW, columns: str = "state, is_overdue, reason") -> tuple[object, ...]:
    (row,) = lab.rows(f"select {columns} from pydb.retention_outlook('p', %s)", now)
    return row


def fill(lab: Lab, backlog: int, a_day: list[int]) -> None:
    """``backlog`` rows that are due at NOW, and so many that cross the boundary on each day from then on."""
    lab.do("create table public.t (id bigint generated always as identity, at timestamptz)")
    lab.rows(
        "insert into public.t (at) select timestamptz '2024-06-01Z' from generate_series(1, %s) returning 1",
        backlog,
    )
    for day, rows in enumerate(a_day):
        lab.rows(
            "insert into public.t (at) select %s::timestamptz + i * interval '1 day' / %s"
            " from generate_series(1, %s) as i returning 1",
            *(NOW - 30 * DAY + day * DAY, rows + 1, rows),
        )


@pytest.mark.parametrize("pattern", ["steady", "noisy", "weekends", "ruled"])
def test_the_day_on_which_it_will_have_caught_up_is_told_within_a_fifth(lab: Lab, pattern: str) -> None:
    rows = [100 if pattern != "noisy" else 60 + day * 37 % 81 for day in range(60)]
    fill(lab, 3000, rows)
    rules: dict[str, object] = {}
    if pattern == "ruled":
        # as many rows come for tenants that are kept for ever: they are no backlog
        lab.do(
            """create table public.tenant (id int primary key, keep interval);
            insert into public.tenant values (1, '30 days'), (2, null);
            alter table public.t add column tenant int default 1;
            insert into public.t (at, tenant) select at, 2 from public.t"""
        )
        rules = {
            "keep_table": "public.tenant",
            "keep_by": ["tenant"],
            "keep_key": ["id"],
            "keep_value": "keep",
        }
    lab.policy(max_rows=200 if pattern != "weekends" else 600, **rules)
    runs = [day for day in range(60) if pattern != "weekends" or day % 7 in (5, 6)]
    told: datetime | None = None
    through: datetime | None = None
    since = NOW
    for day in runs:
        now = NOW + day * DAY
        run = lab.call(now=now).run
        if day >= (9 if pattern != "weekends" else 13) and told is None:
            since = now
            (told,) = look(lab, now, "catches_up_at")  # type: ignore[assignment]
        if run.state == "completed":
            through = now
            break
    assert told is not None
    assert through is not None
    assert abs((told - through) / (through - since)) <= 0.2


def test_never_and_by_how_much(lab: Lab) -> None:
    fill(lab, 500, [300] * 11)
    lab.policy(max_rows=180)
    for day in range(10):
        lab.call(now=NOW + day * DAY)
    now = NOW + 9 * DAY
    assert look(lab, now) == ("never", True, "row_budget")
    assert look(lab, now, "catches_up, catches_up_at, short_per_day") == (False, None, 120)
    assert look(lab, now, "round(due_per_day), round(deleted_per_day)") == (300, 180)
    assert look(lab, now, "outlook, known_for::text, basis, backlog") == (
        "never, 120 rows a day short", "00:00:00", 7 * DAY, 500 + 9 * 300 - 10 * 180,
    )  # fmt: skip
    # what has come since is an estimate
    assert look(lab, now + DAY / 2, "backlog_now - backlog, known_for") == (150, DAY / 2)


def test_a_policy_that_is_through_is_not_overdue_until_its_schedule_has_passed(lab: Lab) -> None:
    fill(lab, 10, [5, 5, 5])
    lab.policy(schedule="0 12 * * *")
    lab.do("update pydb.retention_policy set updated_at = '2024-12-01Z'")
    lab.call(now=NOW)
    lab.do("update pydb.job_run set started_at = '2025-01-01 12:00Z'")
    assert look(lab, NOW + timedelta(hours=1)) == ("through", False, None)
    assert look(lab, NOW + timedelta(hours=24, minutes=59)) == ("through", False, None)
    assert look(lab, NOW + timedelta(hours=25, minutes=1)) == ("through", True, "not_run")


def test_who_stands_still_does_not_catch_up(lab: Lab) -> None:
    fill(lab, 1000, [50] * 5)
    lab.policy(max_rows=200)
    for day in range(4):
        lab.call(now=NOW + day * DAY)
    now = NOW + 3 * DAY
    assert look(lab, now, "state, reason, short_per_day") == ("catching_up", "row_budget", None)
    lab.do("select pydb.retention_pause('p')")
    assert look(lab, now, "state, reason, short_per_day") == ("never", "paused", 50)
    lab.do("select pydb.retention_resume('p')")
    lab.do("select pydb.setting_set('kill_switch', 'on')")
    assert look(lab, now, "state, reason, short_per_day") == ("never", "kill_switch", 50)


def test_a_fuse_that_trips_stands_still_too(lab: Lab) -> None:
    fill(lab, 1000, [50] * 5)
    lab.policy(fuse_rows=10)
    for day in range(3):
        lab.call(now=NOW + day * DAY)
    assert look(lab, NOW + 2 * DAY, "state, is_overdue, reason, short_per_day, backlog") == (
        "never", True, "fuse", 50, 1100,
    )  # fmt: skip


def test_what_is_not_known_is_said(table: Lab) -> None:
    table.policy()
    assert look(table) == ("unknown", None, "not_counted")
    table.call(dry_run=True)
    assert look(table, columns="state, is_overdue, reason, backlog") == ("unknown", True, "left", 4)
    # a rehearsal of the future is no count
    table.call(dry_run=True, now=datetime.now(NOW.tzinfo) + DAY)
    assert look(table, columns="known_at") == (NOW,)
    table.call()
    assert look(table, columns="state, is_overdue, reason, backlog") == ("through", False, None, 0)
    # another policy: what was counted for the one before says nothing about its rates
    table.policy(keep=timedelta(days=1))
    table.call(now=NOW + DAY)
    assert look(table, NOW + DAY, "due_per_day, deleted_per_day") == (None, None)
    table.do("select pydb.retention_policy_drop('p')")
    assert table.rows("select * from pydb.retention_history") == []


def test_what_others_delete_has_not_come_and_old_days_go(lab: Lab) -> None:
    fill(lab, 1000, [100] * 3)
    lab.policy(max_rows=100)
    lab.call(now=NOW)
    lab.rows("select * from pydb.retention_batch('p', 50, p_now => %s)", NOW)
    lab.call(now=NOW + DAY)
    assert look(lab, NOW + DAY, "round(due_per_day), round(deleted_per_day), backlog") == (50, 100, 850)
    lab.do("update pydb.retention_history set day = day - 200")
    lab.call(now=NOW + 2 * DAY)
    assert lab.rows("select day - '2025-01-01' from pydb.retention_history") == [(2,)]


def test_two_rehearsals_at_once_end_both(table: Lab, connect: Connect) -> None:
    table.policy()
    table.call(dry_run=True)
    other = connect(autocommit=False)
    other.execute("select * from pydb.retention_history for update")
    with ThreadPoolExecutor() as pool:
        calls = [
            pool.submit(Lab(connect()).call, "p", NOW + timedelta(hours=hour), dry_run=True)
            for hour in (1, 2)
        ]
        end = time.monotonic() + 30
        waiting = (
            "select count(*) from pg_stat_activity"
            " where datname = current_database() and wait_event_type = 'Lock'"
        )
        while table.one(waiting) != len(calls) and time.monotonic() < end:
            time.sleep(0.01)
        other.rollback()
        ends = [call.result().run.end for call in calls]
    assert ends == [("completed", "exhausted")] * 2
    assert table.number("select count(*) from pydb.retention_history") == 1


def test_five_hundred_policies_are_answered_at_once(lab: Lab) -> None:
    lab.do(
        """do $$ begin
            for i in 1..500 loop execute format('create table public.t%s (at timestamptz)', i); end loop;
        end $$;
        insert into pydb.retention_policy (name, target, target_name, time_column, time_unit, keep, schedule)
        select 'p' || i, format('public.t%s', i)::regclass, 'public.t' || i, 'at', 'timestamptz', '30 days',
            (i % 60) || ' 3 * * *'
        from generate_series(1, 500) as i;
        alter table pydb.job_run disable trigger user;
        insert into pydb.job_run (kind, subject, state, stop_reason, started_at, heartbeat_at, finished_at)
        select 'retention', 'p' || i, 'partial', 'row_budget', now(), now(), now()
        from generate_series(1, 500) as i, generate_series(1, 30);
        insert into pydb.retention_history
        select p.name, current_date - d, pydb_internal.retention_version(p), now() - d * interval '1 day', 10,
            5, now() - interval '40 days', 1, 10, 12, '1 day'
        from pydb.retention_policy as p, generate_series(0, 99) as d where not p.builtin;
        analyze pydb.job_run; analyze pydb.retention_history;"""
    )
    took = []
    for _ in range(3):
        begun = time.monotonic()
        assert lab.rows("select count(*), count(catches_up_at) from pydb.policy_outlook") == [(500, 500)]
        took.append(time.monotonic() - begun)
    assert min(took) < 0.3
