"""Conditions about the column that a table is partitioned by see the rows of its default partition.

Below PostgreSQL 18 the planner leaves that out of "key is not null and (one or the other)", which is also
what it makes of a min() or max() of the key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.retention.lab import Lab

# a parent of whom rows 1 and 4 lie in its default partition; each has a child of its number, and 9 has none
PARTED = """create table public.p (id int, closed date, primary key (id, closed)) partition by range (closed);
create table public.p_1 partition of public.p for values from ('2020-01-01') to ('2022-01-01');
create table public.p_2 partition of public.p for values from ('2022-01-01') to ('2024-01-01');
create table public.p_rest partition of public.p default;
create index on public.p (closed); create index on public.p (id);
insert into public.p values (1, '2019-06-01'), (2, '2020-06-01'), (3, '2023-06-01'), (4, '2025-06-01');
create table public.t (id int primary key, at timestamptz, pid int);
create index on public.t (pid);
insert into public.t select i, '2024-06-01', i from unnest('{1,2,3,4,9}'::int[]) as i"""
ENDS = "closed is not null and (closed < '2020-01-01' or closed > '2024-12-31')"
SHAPES = (ENDS, "closed notnull and closed in ('2019-06-01', '2025-06-01')",
          "not (closed is null or closed >= '2020-01-01' and closed <= '2024-12-31')")  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_what_hangs_on_rows_held_by_a_filter_stays(lab: Lab, shape: str) -> None:
    lab.one("show server_version_num")
    lab.do(PARTED)
    lab.rows("select pydb.reference_set('public.t', '{pid}', 'public.p', '{id}', 'cascade')")
    lab.rows("select pydb.hold_place('court', 'public.p', p_filter => %s, p_reason => 'r')", shape)
    lab.policy()
    assert lab.prune().rows_done == 3
    assert lab.ids() == [1, 4]
    plan = "select codes from pydb.cascade_plan('public.p', %s) where 'held' = any(codes)"
    assert lab.rows(plan, '[{"id": 1, "closed": "2019-06-01"}]')


def test_a_partition_of_partitions_with_held_rows_stays(lab: Lab) -> None:
    lab.one("show server_version_num")
    lab.do(
        """create table public.t (id int, at timestamptz, closed date) partition by range (at);
        create table public.t_1 partition of public.t for values from ('2024-01-01') to ('2024-02-01')
            partition by range (closed);
        create table public.t_1_1 partition of public.t_1 for values from ('2020-01-01') to ('2022-01-01');
        create table public.t_1_rest partition of public.t_1 default;
        create table public.t_2 partition of public.t for values from ('2024-02-01') to ('2024-03-01');
        create table public.t_3 partition of public.t for values from ('2024-12-01') to ('2025-02-01');
        insert into public.t values (1, '2024-01-02', '2019-06-01'), (2, '2024-02-02', '2019-06-01')"""
    )
    lab.policy(action="drop_partition")
    lab.rows(
        "select pydb.hold_place('court', 'public.t', p_filter => %s, p_reason => 'r')", f"{ENDS} and id < 2"
    )
    lab.call()
    assert lab.ids() == [1]
    assert lab.rows("select to_regclass('public.t_1_rest') is null, to_regclass('public.t_2') is null") == [
        (False, True)
    ]


@pytest.mark.parametrize("shape", SHAPES)
def test_rows_that_a_conditional_reference_needs_are_found(lab: Lab, shape: str) -> None:
    lab.one("show server_version_num")
    lab.do(PARTED)
    # of the parent: a child whose parent meets the condition is no orphan
    call = (
        "select pydb.reference_set('public.t', '{pid}', 'public.p', '{id}', 'cascade', p_parent_filter => %s)"
    )
    lab.rows(call, shape)
    assert lab.one("select orphans from pydb.orphan_check('public.t.pid_ref')") == 3
    lab.do("call pydb.orphan_repair('public.t.pid_ref', 'delete', p_min_age => '0')")
    assert lab.ids() == [1, 4]


@pytest.mark.parametrize("shape", SHAPES)
def test_rows_that_are_referenced_under_a_condition_stay(lab: Lab, shape: str) -> None:
    lab.one("show server_version_num")
    lab.do(PARTED)
    lab.rows(
        "select pydb.reference_set('public.p', '{id}', 'public.t', '{id}', 'restrict', p_filter => %s)", shape
    )
    lab.policy()
    lab.call()
    assert lab.ids() == [1, 4]


@pytest.mark.parametrize(("pick", "at", "left"), [("min", "2022-01-01", 5), ("max", "2024-06-01", 0)])
def test_a_watermark_under_a_condition_is_read_from_all_partitions(
    lab: Lab, pick: str, at: str, left: int
) -> None:
    lab.one("show server_version_num")
    lab.do(PARTED)
    lab.do(f"update public.t set at = '{at}'; analyze public.p; set enable_seqscan = off")
    lab.policy(
        watermark_table="public.p",
        watermark_column="closed",
        watermark_pick=pick,
        watermark_filter="closed in ('2019-06-01', '2023-06-01', '2025-06-01')",
    )
    lab.call()
    assert len(lab.ids()) == left


@pytest.mark.parametrize("more", ["at is not null", "at is not null and id > 0"])
def test_the_last_of_groups_are_found_under_a_filter_about_their_time(lab: Lab, more: str) -> None:
    lab.one("show server_version_num")
    lab.do(
        """create table public.t (id int, at timestamptz, tenant int, primary key (id, at))
        partition by range (at);
        create index on public.t (tenant, at);
        create table public.t_1 partition of public.t for values from ('2024-01-01') to ('2024-03-01');
        create table public.t_rest partition of public.t default;
        insert into public.t values (1, '2020-01-01', 1), (2, '2020-01-02', 1), (3, '2024-02-01', 2),
            (4, '2024-02-02', 2), (5, '2024-05-01', 3), (6, '2024-05-02', 3)"""
    )
    lab.policy(keep_last=1, keep_last_by=["tenant"], combine="and", filter=more)
    assert lab.prune().rows_done == 3
    assert lab.ids() == [2, 4, 6]
    assert lab.planned() == 0
