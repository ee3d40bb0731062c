"""Trees within one table: rows that reference others of their own table go leaves first, or stay together."""

from __future__ import annotations

import pytest

from tests.retention.lab import OLD, YOUNG, Lab

BLOCKED = ("partial", "referenced")
DONE = ("completed", "exhausted")


TREE = f"""create table public.t (id int primary key, up int, at timestamptz default '{OLD}');
    insert into public.t select i, nullif(i / 2, 0) from generate_series(1, 31) as i;
    alter table public.t add foreign key (up) references public.t on delete {{action}};"""


@pytest.mark.parametrize("action", ["no action", "restrict", "cascade", "set null"])
@pytest.mark.parametrize("strategy", ["heap", "index"])
@pytest.mark.parametrize("order", ["id", "-id", "id % 7"])
def test_a_tree_of_five_levels_goes_whole(lab: Lab, action: str, strategy: str, order: str) -> None:
    lab.do(
        f"""{TREE.format(action=action)}
        create table public.x as select * from public.t order by {order};
        truncate public.t; insert into public.t select * from public.x; create index on public.t (at)"""
    )
    lab.policy(strategy=strategy)
    assert lab.planned() == 31
    run = lab.prune()
    assert (run.end, run.rows_skipped) == (DONE, 0)
    assert lab.ids() == []


@pytest.mark.parametrize("action", ["no action", "restrict"])
def test_leaves_that_stay_keep_their_whole_line(lab: Lab, action: str) -> None:
    lab.do(f"{TREE.format(action=action)} update public.t set at = '{YOUNG}' where id in (16, 31)")
    lab.policy()
    assert lab.plan()[0].blocked_rows == 7
    run = lab.prune()
    assert (run.end, run.rows_skipped) == (BLOCKED, 7)
    assert lab.ids() == [1, 2, 3, 4, 7, 8, 15, 16, 31]


@pytest.mark.parametrize("action", ["no action", "restrict"])
def test_a_row_kept_by_another_table_keeps_its_line_too(lab: Lab, action: str) -> None:
    lab.do(
        f"""{TREE.format(action=action)}
        create table public.c (t_id int references public.t); insert into public.c values (10)"""
    )
    lab.policy()
    run = lab.prune()
    assert (run.end, run.rows_skipped, lab.ids()) == (BLOCKED, 4, [1, 2, 5, 10])


def test_a_cascade_within_one_table_takes_younger_rows_and_says_so(lab: Lab) -> None:
    lab.do(f"{TREE.format(action='cascade')} update public.t set at = '{YOUNG}' where id = 16 or id = 7")
    lab.policy(filter="id <> 1 and id <> 3")
    assert "younger rows below an expired one go with it" in lab.warnings()
    assert lab.planned() == 28
    run = lab.prune()
    # below row 8 a young row goes along; below row 7, which stays, the expired ones go
    assert lab.ids() == [1, 3, 7]
    assert (run.end, run.rows_done, run.rows_skipped) == (DONE, 28, 0)


def test_a_cascade_within_one_table_counts_expired_rows_below_young_ones(lab: Lab) -> None:
    lab.do(
        f"""create table public.t (id int primary key, at timestamptz,
            up int references public.t on delete cascade);
        insert into public.t values (1, '{OLD}', null), (2, '{YOUNG}', 1), (3, '{OLD}', 2)"""
    )
    lab.policy()
    assert lab.planned() == 3
    run = lab.prune()
    assert (run.end, run.rows_done, lab.ids()) == (DONE, 3, [])


def test_a_cascade_within_one_table_stops_at_what_another_table_keeps(lab: Lab) -> None:
    lab.do(
        f"""{TREE.format(action="cascade")}
        create table public.c (t_id int references public.t); insert into public.c values (10)"""
    )
    lab.policy()
    run = lab.prune()
    assert (run.end, run.rows_skipped, lab.ids()) == (BLOCKED, 4, [1, 2, 5, 10])


@pytest.mark.parametrize("key", ["foreign key (t_id) references public.t", "logical"])
@pytest.mark.parametrize("way", ["run", "batch"])
def test_what_keeps_a_young_row_far_below_keeps_the_whole_line(lab: Lab, key: str, way: str) -> None:
    """The young rows 5, 10 and 20 would go along with the expired rows above; a row of c needs 20."""
    lab.do(
        f"""{TREE.format(action="cascade")} update public.t set at = '{YOUNG}' where id in (5, 10, 20, 6, 13);
        create table public.c (t_id int); insert into public.c values (20); create index on public.t (up)"""
    )
    lab.do(
        "select pydb.reference_set('public.c', '{t_id}', 'public.t', '{id}')"
        if key == "logical"
        else f"alter table public.c add {key}"
    )
    lab.policy()
    assert lab.planned() == 26
    if way == "run":
        assert (lab.prune().end, lab.ids()) == (BLOCKED, [1, 2, 5, 10, 20])
        return
    done, cursor = 0, None
    while done == 0 or cursor is not None:
        rows, _, cursor = lab.batch(rows=3, cursor=cursor)
        done += rows
    assert (done, lab.ids()) == (26, [1, 2, 5, 10, 20])


def test_a_row_that_references_itself_goes(lab: Lab) -> None:
    lab.do(
        f"""create table public.t (id int primary key, up int references public.t, at timestamptz);
        insert into public.t values (1, 1, '{OLD}'), (2, 2, '{YOUNG}'), (3, 2, '{OLD}')"""
    )
    lab.policy()
    assert lab.prune().rows_done == 2
    assert lab.ids() == [2]


@pytest.mark.parametrize("action", ["no action", "restrict"])
def test_rows_that_reference_each_other_in_a_ring_go_together(lab: Lab, action: str) -> None:
    lab.do(
        f"""create table public.t (id int primary key, at timestamptz,
            up int references public.t on delete {action});
        insert into public.t select i, '{OLD}' from generate_series(1, 4) as i;
        update public.t set up = case id when 1 then 2 when 4 then 1 else 1 end where id <> 3;"""
    )
    lab.policy()
    run = lab.run()
    assert lab.ids() == []
    assert (run.end, run.rows_done, run.rows_skipped) == (DONE, 4, 0)


def test_a_ring_that_a_young_row_needs_stays(lab: Lab) -> None:
    lab.do(
        f"""create table public.t (id int primary key, up int references public.t, at timestamptz);
        insert into public.t select i, null, '{OLD}' from generate_series(1, 4) as i;
        insert into public.t values (5, 1, '{YOUNG}');
        update public.t set up = case id when 1 then 2 when 2 then 1 when 3 then 4 else 3 end
        where id < 5"""
    )
    lab.policy()
    run = lab.prune()
    assert (run.end, run.rows_done, run.rows_skipped, lab.ids()) == (BLOCKED, 2, 2, [1, 2, 5])


def test_two_keys_within_one_table(lab: Lab) -> None:
    lab.do(
        f"""create table public.t (id int primary key, up int references public.t,
            peer int references public.t, at timestamptz default '{OLD}');
        insert into public.t (id, up, peer) select i, nullif(i - 1, 0), nullif(i / 2, 0)
            from generate_series(1, 5) as i;
        insert into public.t (id, up, peer) select i, null, case when i > 6 then i - 1 end
            from generate_series(6, 10) as i;
        update public.t set at = '{YOUNG}' where id = 8;"""
    )
    lab.policy()
    run = lab.prune()
    assert (run.rows_done, run.rows_skipped, lab.ids()) == (7, 2, [6, 7, 8])


def test_a_key_that_cascades_beside_one_that_refuses_within_one_table(lab: Lab) -> None:
    lab.do(
        f"""create table public.t (id int primary key, at timestamptz,
            up int references public.t on delete cascade, peer int references public.t);
        insert into public.t values (1, '{OLD}', null, null), (2, '{YOUNG}', 1, null),
            (3, '{OLD}', null, null), (4, '{YOUNG}', null, 3), (5, '{OLD}', 4, null), (6, '{OLD}', 5, null),
            (7, '{OLD}', null, null)"""
    )
    lab.policy()
    lab.prune()
    assert lab.ids() == [1, 2, 3, 4]


def test_a_tree_in_small_batches(lab: Lab) -> None:
    lab.do(TREE.format(action="no action"))
    lab.policy()
    cursor, total, calls = None, 0, 0
    while True:
        done, left, cursor = lab.batch(rows=5, cursor=cursor)
        assert done <= 5
        total += done
        calls += 1
        assert left == 31 - total
        if cursor is None:
            break
        assert calls < 40
    assert (total, lab.ids()) == (31, [])


@pytest.mark.parametrize("key", ["no action", "restrict", "cascade"])
@pytest.mark.parametrize("whole", [True, False])
def test_rings_whose_rows_lie_in_several_partitions(lab: Lab, key: str, whole: bool) -> None:
    """They go together, but for the ring that a young row keeps; of one partition alone none can."""
    lab.do(
        f"""create table public.ring (id int primary key, at timestamptz, up int) partition by hash (id);
        create table public.r0 partition of public.ring for values with (modulus 2, remainder 0);
        create table public.r1 partition of public.ring for values with (modulus 2, remainder 1);
        insert into public.ring select i, '{OLD}', case when i % 10 = 0 then i - 9 else i + 1 end
        from generate_series(1, 40) as i;
        insert into public.ring values (100, '{YOUNG}', 7);
        alter table public.ring add foreign key (up) references public.ring on delete {key}"""
    )
    lab.policy(table="public.ring" if whole else "public.r0")
    plan = lab.plan(None)
    run = lab.run()
    left = lab.ids("public.ring")
    assert sum(row.rows for row in plan) == run.rows_done == 41 - len(left)
    if key == "cascade":  # the server itself takes what is below, of whatever partition and age
        assert left == []
    else:
        assert left == ([*range(1, 11), 100] if whole else [*range(1, 41), 100])
        assert run.end == ("partial", "referenced")
