"""The engine: strategies agree, batches are bounded, budgets exact, the dry run is the effect."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.retention.lab import KEEP, NOW, OLD, YOUNG, Lab, large, refused

DONE = ("completed", "exhausted")


@pytest.mark.parametrize("strategy", ["heap", "index", "auto"])
@pytest.mark.parametrize("order", ["i", "-i", "md5(i::text)"])
def test_strategies_agree(lab: Lab, strategy: str, order: str) -> None:
    large(lab, order=order)
    lab.policy(strategy=strategy, filter="kind <> 3")
    want = lab.rows(
        "select id from public.t where not (kind <> 3 and at < '2024-12-02 12:00+00') order by id"
    )
    (plan,) = lab.plan()
    assert plan.strategy == ("heap" if strategy == "auto" else strategy)
    assert plan.strategy_reason
    assert lab.prune().end == DONE
    assert lab.rows("select id from public.t order by id") == want


def test_auto_chooses_by_what_is_expired(lab: Lab) -> None:
    large(lab, rows=25_000, every=1)  # none is expired but what follows
    lab.policy()
    lab.do(f"update public.t set at = '{OLD}' where id <= 100; analyze public.t")
    (few,) = lab.plan()
    assert (few.rows, few.strategy) == (100, "index")
    lab.do(f"update public.t set at = '{OLD}' where id % 3 > 0; analyze public.t")
    (many,) = lab.plan()
    assert many.strategy == "heap"
    lab.do("drop index public.t_at_idx")
    (none,) = lab.plan()
    assert (none.strategy, none.strategy_reason) == ("heap", "no index leads with at")


@pytest.mark.parametrize("index", ["on public.t (at) where at is not null", "on public.t using brin (at)",
    "on public.t (kind, at)", "on public.t (date_trunc('day', at at time zone 'UTC'))"])  # fmt: skip
def test_an_index_that_cannot_walk_is_not_taken(lab: Lab, index: str) -> None:
    large(lab, rows=1_000)
    lab.do(f"drop index public.t_at_idx; create index {index}")
    with refused("YD108"):
        lab.policy(strategy="index")
    lab.policy()
    assert lab.plan()[0].strategy == "heap"


@pytest.mark.parametrize("index", ["on public.t (at desc)", "on public.t (at desc nulls last, id)",
    "on public.t (at nulls first)"])  # fmt: skip
def test_an_index_in_any_order_walks(lab: Lab, index: str) -> None:
    large(lab)
    lab.do(f"drop index public.t_at_idx; create index {index}; update public.t set at = null where id < 20")
    lab.policy(strategy="index", batch_target="10 ms")
    assert lab.prune().end == DONE
    assert lab.number("select count(*) from public.t where at is null") == 19


def test_an_index_dropped_after_the_policy_was_set(lab: Lab) -> None:
    large(lab, rows=1_000)
    lab.policy(strategy="index")
    lab.do("drop index public.t_at_idx")
    assert "strategy index is set, but no index leads with at" in lab.warnings()
    assert lab.prune().end == DONE


@pytest.mark.parametrize("strategy", ["heap", "index"])
def test_one_timestamp_in_every_row_is_still_many_batches(lab: Lab, strategy: str) -> None:
    lab.do(
        f"""create table public.t (id int, at timestamptz);
        insert into public.t select i, '{OLD}' from generate_series(1, 200000) as i;
        create index on public.t (at); analyze public.t"""
    )
    lab.policy(strategy=strategy, batch_target="10 ms")
    run = lab.prune()
    assert run.end == DONE
    assert run.batches >= 8


@pytest.mark.parametrize("strategy", ["heap", "index"])
@pytest.mark.parametrize("budget", [1, 7, 290, 9_999])
def test_a_row_budget_is_exact_and_the_rest_goes_on(lab: Lab, strategy: str, budget: int) -> None:
    large(lab)
    lab.policy(strategy=strategy)
    whole = lab.planned()
    assert whole == 10_000
    run = lab.run(max_rows=budget)
    assert (run.end, run.rows_done, run.rows_planned) == (("partial", "row_budget"), budget, whole)
    assert lab.planned() == whole - budget
    assert lab.prune().rows_done == whole - budget
    assert lab.number("select count(*) from public.t") == 10_000


def test_a_row_budget_is_exact_for_ranges_of_the_index_too(lab: Lab) -> None:
    # a long target lets the ranges of the index outgrow those of the heap
    lab.do(
        f"""create table public.t (id int, at timestamptz);
        insert into public.t select i, timestamptz '{OLD}' + i * interval '1 s'
            from generate_series(1, 120000) as i;
        create index on public.t (at); analyze public.t"""
    )
    lab.policy(strategy="index", batch_target="60 s")
    run = lab.run(max_rows=60_000)
    assert (run.end, run.rows_done) == (("partial", "row_budget"), 60_000)
    assert lab.number("select count(*) from public.t") == 60_000
    assert lab.number("select min(id) from public.t") == 60_001


def test_a_row_budget_that_fits_is_no_reason_to_complain(table: Lab) -> None:
    table.policy(max_rows=4)
    assert table.prune().end == DONE
    assert table.planned() == 0


def test_the_smaller_of_two_budgets_holds(lab: Lab) -> None:
    large(lab, rows=2_000)
    lab.policy(max_rows=100)
    assert lab.run(max_rows=200).rows_done == 100
    assert lab.run(max_rows=50).rows_done == 50
    lab.policy(max_rows=None)
    assert lab.run(max_rows=50).rows_done == 50


def test_a_row_budget_is_shared_by_the_policies_of_a_call(lab: Lab) -> None:
    lab.do("".join(f"create table public.t{i} (id int, at timestamptz); insert into public.t{i} "
                   f"select i, '{OLD}' from generate_series(1, 10) as i;" for i in (1, 2, 3)))  # fmt: skip
    for i in (1, 2, 3):
        lab.policy(f"p{i}", table=f"public.t{i}")
    call = lab.call(None, max_rows=15)
    # a policy whose turn did not come is in the log as well
    assert [(run.subject, run.rows_done, run.end) for run in call.runs] == [
        ("p1", 10, DONE),
        ("p2", 5, ("partial", "row_budget")),
        ("p3", 0, ("skipped", "row_budget")),
    ]
    assert call.sqlstate is None


def test_a_time_budget_ends_the_run_between_batches(lab: Lab) -> None:
    large(lab)
    # one row a second: the first batches are done long before the rest could be
    lab.policy(rows_per_second=500, batch_target="10 ms")
    run = lab.run(max_runtime="400 ms")
    assert run.end == ("partial", "time_budget")
    assert 0 < run.rows_done < 10_000
    assert run.finished_at - run.started_at < timedelta(seconds=15)
    assert lab.number("select count(*) from public.t") == 20_000 - run.rows_done
    lab.policy(max_runtime="1 us")
    late = lab.run()
    assert (late.end, late.rows_done) == (("partial", "time_budget"), 0)


@pytest.mark.parametrize("strategy", ["heap", "index"])
def test_the_rate_is_kept(lab: Lab, strategy: str) -> None:
    large(lab, rows=4_000)
    lab.policy(rows_per_second=2_000, strategy=strategy)
    run = lab.prune()
    took = (run.finished_at - run.started_at).total_seconds()
    assert run.rows_done == 2_000
    # the pause after a batch pays for that batch; the one after the last need not be taken
    assert run.batches > 1
    assert took >= 0.3


def test_a_rate_of_one_row_a_second_takes_one_row_at_a_time(table: Lab) -> None:
    table.policy(rows_per_second=1)
    run = table.run(max_runtime="1500 ms")
    assert run.end in {("partial", "time_budget"), DONE}
    took = (run.finished_at - run.started_at).total_seconds()
    assert run.rows_done <= 1 + took or run.batches == 1


def test_fuse_rows(table: Lab) -> None:
    table.policy(fuse_rows=3)
    assert "the fuse would block the run: 4 rows would go, fuse_rows is 3" in table.warnings()
    call = table.call()
    assert (call.run.end, call.run.sqlstate, call.sqlstate) == (("blocked", "fuse"), "YD104", "YD111")
    with refused("YD104"):
        table.batch()
    assert table.number("select count(*) from public.t") == 7
    table.policy(fuse_rows=4)
    assert "fuse" not in table.warnings()
    assert table.prune().rows_done == 4


@pytest.mark.parametrize(
    ("share", "trips"), [("0.57", True), ("0.5714285714", True), ("0.5715", False), ("1", False)]
)
def test_fuse_share_is_exact(table: Lab, share: str, trips: bool) -> None:
    table.policy(fuse_share=share)  # 4 of 7 rows: 0.571428571428…
    assert ("fuse" in table.warnings()) is trips
    assert (table.call().run.end == ("blocked", "fuse")) is trips
    assert table.number("select count(*) from public.t") == (7 if trips else 3)


def test_fuse_share_is_of_the_whole_partitioned_table(lab: Lab) -> None:
    lab.do(
        f"""create table public.t (id int, at timestamptz) partition by range (at);
        create table public.t_old partition of public.t for values from (minvalue) to ('2024-07-01');
        create table public.t_new partition of public.t default;
        insert into public.t select i, '{OLD}' from generate_series(1, 10) as i;
        insert into public.t select i, '{YOUNG}' from generate_series(11, 30) as i;"""
    )
    lab.policy(fuse_share=0.4)
    assert lab.prune().rows_done == 10


def test_the_default_fuse_is_half_the_table(table: Lab) -> None:
    table.do("select pydb.retention_policy_set('p', 'public.t', 'at', '30 days')")
    assert table.run().end == ("blocked", "fuse")
    table.do("insert into public.t values (8, null)")
    assert table.prune().rows_done == 4


def test_a_dry_run_writes_nothing_but_its_log_row(lab: Lab) -> None:
    large(lab, rows=1_000)
    lab.policy()
    before = lab.audit()
    image = lab.rows("select ctid::text, xmin::text, xmax::text from public.t order by 1")
    run = lab.run(dry_run=True)
    assert (run.dry_run, run.end, run.rows_planned, run.rows_done, run.batches) == (True, DONE, 500, 0, 0)
    assert lab.rows("select ctid::text, xmin::text, xmax::text from public.t order by 1") == image
    assert lab.audit() == before
    assert len(lab.runs()) == 1
    assert lab.prune().rows_done == 500


def test_a_dry_run_says_what_would_block(table: Lab) -> None:
    table.policy(fuse_rows=1)
    call = table.call(dry_run=True)
    assert (call.run.end, call.sqlstate) == (("blocked", "fuse"), "YD111")


def test_a_plan_leaves_no_trace(table: Lab) -> None:
    table.policy(filter="kind = 'a'")
    table.db.execute("begin transaction read only")
    assert table.planned() == 4
    table.db.execute("rollback")
    assert table.runs() == []


def test_a_plan_of_all_policies_has_the_enabled_ones(lab: Lab) -> None:
    lab.do("create table public.t1 (at timestamptz); create table public.t2 (at timestamptz)")
    assert lab.plan(None) == []
    lab.policy("on", table="public.t1")
    lab.policy("off", table="public.t2", enabled=False)
    assert [row.policy for row in lab.plan(None)] == ["on"]
    assert "disabled" in lab.warnings("off")


def test_a_plan_of_all_policies_survives_one_that_cannot_run(table: Lab) -> None:
    table.do("create table public.u (at timestamptz)")
    table.policy()
    table.policy("broken", table="public.u")
    table.do("drop table public.u")
    broken, good = sorted(table.plan(None), key=lambda row: row.policy)
    assert (good.policy, good.rows) == ("p", 4)
    assert (broken.relation, broken.rows) == ("public.u", 0)
    assert "YD106" in broken.warnings[0]
    with refused("YD106"):
        table.plan("broken")


def test_a_run_of_no_policies_warns(lab: Lab) -> None:
    call = lab.call(None)
    assert (call.runs, call.sqlstate) == ([], None)
    assert [severity for severity, _ in call.messages] == ["WARNING"]


def test_the_log_tells_the_run(table: Lab) -> None:
    table.policy()
    run = table.prune()
    assert (run.state, run.rows_skipped, run.sqlstate, run.error) == ("completed", 0, None, None)
    assert run.cutoff == NOW - KEEP
    assert run.started_at <= run.heartbeat_at <= run.finished_at
    assert run.detail["relations"] == {"public.t": 4}
    assert table.rows("select * from pydb.retention_job_log") != []
    assert table.rows("select rows_done, state, actor from pydb.retention_job_log") == [
        (4, "completed", "postgres")
    ]
    assert table.rows(
        "select action, subject, run_id, arguments ->> 'rows_done' from pydb.audit_log order by id"
    )[1:] == [("retention_run", "p", run.id, "4")]
