"""When a run may work, and how much WAL it may take: windows, budgets, and limits for catching up."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.retention.lab import KEEP, NOW, refused

if TYPE_CHECKING:
    from tests.retention.lab import Lab

CLOSED = "select pydb.window_set({}, (t + interval '2 h')::time, (t + interval '3 h')::time{})"
OPEN = "select pydb.window_set({}, (t - interval '1 h')::time, (t + interval '{}')::time{})"
CLOCK = " from (select clock_timestamp() at time zone 'UTC' as t) as c"


def closed(lab: Lab, name: str = "w", more: str = "") -> None:
    """A window that opens in two hours."""
    lab.do(CLOSED.format(f"'{name}'", more) + CLOCK)


def opened(lab: Lab, name: str = "w", left: str = "2 h", more: str = "") -> None:
    """A window that has been open for an hour."""
    lab.do(OPEN.format(f"'{name}'", left, more) + CLOCK)


def test_a_run_outside_of_its_window_is_skipped_and_says_when_it_opens(table: Lab) -> None:
    closed(table)
    table.policy(windows=["w"])
    call = table.call(now=None)
    assert (call.run.end, call.run.rows_done, call.sqlstate) == (("skipped", "window"), 0, None)
    assert "opens at" in call.messages[-1][1]
    # a rehearsal counts, and says so; of another hour too
    rehearsed = table.call(now=None, dry_run=True)
    assert (rehearsed.run.end, rehearsed.run.rows_planned) == (("completed", "exhausted"), 6)
    assert [text for kind, text in rehearsed.messages if "would be skipped" in text and kind == "NOTICE"]
    later = table.one("select clock_timestamp() + interval '150 min'")
    assert "would be skipped" not in str(table.call(now=later, dry_run=True).messages)
    with refused("YD111") as refusal:
        table.rows("select * from pydb.retention_batch('p')")
    assert "window" in refusal.message
    assert table.rows(
        "select state from pydb.retention_policy_explain('p') where aspect in ('run', 'window')"
    ) == [
        ("blocks",),
        ("blocks",),
    ]
    opened(table)
    assert table.call(now=None).run.end == ("completed", "exhausted")
    assert table.one("select state from pydb.retention_policy_explain('p') where aspect = 'window'") == "ok"


def test_a_policy_without_windows_follows_those_of_its_kind(table: Lab) -> None:
    closed(table, more=", p_kinds => '{retention}'")
    table.policy()
    assert table.call(now=None).run.end == ("skipped", "window")
    table.policy(windows=[])
    assert table.call(now=None).run.end == ("completed", "exhausted")


def test_a_run_that_meets_the_end_of_its_window_stops_after_the_batch(lab: Lab) -> None:
    lab.do("create table public.t (id int primary key, at timestamptz)")
    lab.do("insert into public.t select i, timestamptz '2024-06-01Z' from generate_series(1, 40000) as i")
    opened(lab, left="900 ms")
    lab.policy(windows=["w"], rows_per_second=5000, batch_target="50 ms")
    run = lab.call(now=None).run
    assert (run.end, run.batches > 0) == (("partial", "window"), True)
    assert 0 < run.rows_done < 40_000
    closes = lab.one(
        "select (r.finished_at at time zone 'UTC')::time - w.closes"
        " from pydb.job_run as r, pydb.run_window as w order by r.id desc limit 1"
    )
    assert isinstance(closes, timedelta)
    assert timedelta(milliseconds=-100) < closes < timedelta(milliseconds=500)
    opened(lab)
    lab.policy(windows=["w"])
    assert lab.call(now=None).run.rows_done == 40_000 - run.rows_done


def test_a_batch_that_would_end_beyond_the_window_is_not_begun(lab: Lab) -> None:
    opened(lab, left="2 s")
    look = """select (pydb_internal.window_stop(
        jsonb_populate_record(null::pydb_internal.run_state,
            '{"kind": "retention", "subject": "p", "dry_run": false, "turn_ms": %s}'),
        jsonb_populate_record(null::pydb_internal.run_terms, '{"windows": ["w"], "batch_target": "1 s"}')
    )).reason"""
    assert [lab.one(look % ms) for ms in ("null", "100", "1000", "2900", "60000")] == [None] * 3 + [
        lab.one(look % 2900),
        "window",
    ]
    lab.do("select pydb.window_set('w', (t - interval '1 h')::time, (t + interval '1 ms')::time)" + CLOCK)
    assert lab.one(look % "null") == "window"


def test_a_window_that_is_gone_blocks(table: Lab) -> None:
    opened(table)
    with refused("YD822"):
        table.policy(windows=["nope"])
    with refused("YD822"):
        table.policy(catch_up_windows=["w", "nope"])
    table.policy(windows=["w"])
    table.do("delete from pydb.run_window")
    call = table.call(now=None)
    assert (call.run.end, call.run.sqlstate, call.sqlstate) == (("blocked", "error"), "YD822", "YD111")
    assert (
        table.one("select state from pydb.retention_policy_explain('p') where aspect = 'window'") == "blocks"
    )


def test_other_kinds_keep_to_their_windows(lab: Lab) -> None:
    lab.do(
        """create table parent (id int primary key);
        create table child (id int primary key, parent_id int references parent on delete cascade);
        create index on child (parent_id);
        insert into parent values (1);
        select pydb.cascade_request('parent', '[{"id": 1}]');"""
    )
    closed(lab, more=", p_kinds => '{cascade,orphan_scan,archive_purge}'")
    lab.do("call pydb.cascade_run()")
    lab.do("call pydb.orphan_scan_run()")
    lab.do("call pydb.archive_purge()")
    ends = lab.rows("select run_kind, state, stop_reason from pydb.job_run order by id")
    assert {end[1:] for end in ends} <= {("skipped", "window")}
    assert len(ends) >= 2
    opened(lab, more=", p_kinds => '{all}'")
    lab.do("call pydb.cascade_run()")
    assert lab.rows("select count(*) from parent") == [(0,)]
    lab.do("delete from pydb.job_run")
    lab.do("call pydb.orphan_scan_run()")
    lab.do("call pydb.archive_purge()")
    assert {end for (end,) in lab.rows("select stop_reason from pydb.job_run")} == {"exhausted"}


def test_a_wal_budget_ends_a_run_and_the_next_goes_on(lab: Lab) -> None:
    lab.do("create table public.t (id int primary key, at timestamptz)")
    lab.do("insert into public.t select i, timestamptz '2024-06-01Z' from generate_series(1, 50000) as i")
    lab.policy(max_wal="1 MB", batch_target="10 ms")
    run = lab.call().run
    assert run.end == ("partial", "wal_budget")
    taken = lab.number("select wal_bytes from pydb.job_run where id = %s", run.id)
    # its last batch is the one that used it up
    assert 1024**2 <= taken < 4 * 1024**2
    assert lab.one("select next_step from pydb.run_list where id = %s", run.id) == (
        "more is due; to go on: pydb retention run p"
    )
    rest = lab.call(max_wal="1 GB", catch_up=False)
    assert rest.run.end in {("partial", "wal_budget"), ("completed", "exhausted")}
    lab.policy()
    done = lab.call(max_wal="1 GB").run
    assert done.end == ("completed", "exhausted")
    assert lab.number("select sum(rows_done)::int from pydb.job_run") == 50_000


def test_a_wal_budget_is_shared_by_the_policies_of_a_call_and_who_is_left_out_is_next(lab: Lab) -> None:
    for name in ("a", "b", "c"):
        lab.do(f"create table public.{name} (id int primary key, at timestamptz)")
        lab.do(
            f"insert into public.{name}"
            " select i, timestamptz '2024-06-01Z' from generate_series(1, 5000) as i"
        )
        lab.policy(name, f"public.{name}", max_rows=4000)
    first = lab.call(None, max_wal="1")
    assert [(run.subject, *run.end) for run in first.runs] == [
        ("a", "partial", "row_budget")
        if first.runs[0].stop_reason == "row_budget"
        else ("a", "partial", "wal_budget"),
        ("b", "skipped", "wal_budget"),
        ("c", "skipped", "wal_budget"),
    ]
    second = lab.call(None, max_wal="1")
    assert [run.subject for run in second.runs] == ["b", "c", "a"]
    third = lab.call(None, max_wal="1")
    assert [run.subject for run in third.runs] == ["c", "a", "b"]


@pytest.mark.parametrize(
    "more",
    [
        {"max_wal": "0"},
        {"max_wal": "-1 MB"},
        {"max_wal": "1 furlong"},
        {"max_wal": ""},
        {"catch_up_max_wal": "none"},
        {"catch_up_after": timedelta(0)},
        {"catch_up_max_rows": 0},
        {"catch_up_max_runtime": timedelta(seconds=-1)},
        {"catch_up_rows_per_second": 0},
        {"windows": [None]},
        {"catch_up_windows": [None]},
    ],
)
def test_what_is_no_limit_is_refused(table: Lab, more: dict[str, object]) -> None:
    with refused("YD109", what=more) as refusal:
        table.policy(**more)
    assert next(iter(more)) in refusal.message + refusal.detail
    assert refusal.hint


def test_limits_for_catching_up_hold_once_it_is_overdue_or_by_hand(lab: Lab) -> None:
    lab.do("create table public.t (id int primary key, at timestamptz)")
    lab.do("insert into public.t select i, timestamptz '2024-06-01Z' from generate_series(1, 100) as i")
    lab.policy(max_rows=10, catch_up_after=timedelta(days=2), catch_up_max_rows=25)
    days = [lab.call(now=NOW + timedelta(days=day)).run for day in range(4)]
    assert [run.rows_done for run in days] == [10, 10, 25, 25]
    assert [run.detail.get("catch_up") for run in days] == [None, None, True, True]
    assert lab.call(now=NOW + timedelta(days=4), catch_up=False).run.rows_done == 10
    assert lab.call(now=NOW + timedelta(days=4)).run.end == ("completed", "exhausted")
    # it is through, and begins anew
    lab.do("insert into public.t select i, timestamptz '2024-06-01Z' from generate_series(1, 100) as i")
    assert lab.call(now=NOW + timedelta(days=5)).run.rows_done == 10
    assert lab.call(now=NOW + timedelta(days=5), catch_up=True).run.rows_done == 25


def test_catching_up_has_windows_of_its_own(table: Lab) -> None:
    closed(table)
    table.policy(windows=["w"], catch_up_windows=[], keep=KEEP)
    assert table.call(now=None).run.end == ("skipped", "window")
    assert table.call(now=None, catch_up=True).run.end == ("completed", "exhausted")


def test_a_limit_that_is_edited_holds_from_the_next_batch_on(lab: Lab) -> None:
    """The rate of catching up is the rate of the run."""
    lab.do("create table public.t (id int primary key, at timestamptz)")
    lab.do("insert into public.t select i, timestamptz '2024-06-01Z' from generate_series(1, 3000) as i")
    lab.policy(rows_per_second=1, catch_up_rows_per_second=1_000_000, max_runtime=timedelta(seconds=20))
    assert lab.call(catch_up=True).run.end == ("completed", "exhausted")
