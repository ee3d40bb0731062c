"""Who comes first in a call for all policies, and how large their batches are."""

from __future__ import annotations

from typing import cast

import pytest

from tests.retention.lab import OLD, YOUNG, Lab, large


@pytest.mark.parametrize("bound", [{"max_rows": 50}, {"max_runtime": "1 microsecond"}])
def test_who_was_left_out_comes_first_next_time(lab: Lab, bound: dict[str, object]) -> None:
    for name in ("a", "b", "c"):
        lab.do(
            f"create table public.{name} (id int, at timestamptz);"
            f"insert into public.{name} select i, '{OLD}' from generate_series(1, 1000) as i"
        )
        lab.policy(name, f"public.{name}")
    if "max_rows" not in bound:
        assert [run.subject for run in lab.call(None, **bound).runs] == ["a", "b", "c"]
        return
    firsts = [lab.call(None, **bound).runs[0].subject for _ in range(6)]
    assert firsts == ["a", "b", "c", "a", "b", "c"]
    assert [lab.number(f"select count(*) from public.{name}") for name in ("a", "b", "c")] == [900] * 3


def learned(lab: Lab) -> dict[str, float]:
    return cast("dict[str, float]", lab.runs()[-1].detail["learned"])


def test_what_was_learned_without_an_index_is_forgotten_with_one(lab: Lab) -> None:
    lab.do(
        f"""create table public.t (id int primary key, at timestamptz);
        create table public.c (id int, t_id int references public.t);
        insert into public.t select i, case i % 40 when 0 then timestamptz '{OLD}' else '{YOUNG}' end
            from generate_series(1, 40000) as i;
        insert into public.c select i, 1 from generate_series(1, 5000) as i; analyze public.t;"""
    )
    lab.policy(strategy="heap", batch_target="20 ms")
    assert lab.run().rows_done == 1_000
    slow = learned(lab)
    lab.do(f"insert into public.t values (50001, '{OLD}'), (50002, '{OLD}')")
    lab.run()
    assert learned(lab)["cost"] < slow["cost"] + 1e-9
    lab.do(f"create index on public.c (t_id); insert into public.t values (50003, '{OLD}')")
    run = lab.run()
    assert (run.rows_done, learned(lab)["print"] != slow["print"]) == (1, True)
    assert run.batches <= 12


def test_a_run_begins_small_where_rows_are_large_or_a_key_has_no_index(lab: Lab) -> None:
    lab.do(
        f"""create table public.t (id int primary key, at timestamptz, body text);
        alter table public.t alter body set storage external;
        insert into public.t select i, '{OLD}', repeat('x', 1000000) from generate_series(1, 60) as i;"""
    )
    lab.policy(batch_target="20 ms")
    run = lab.run()
    assert (run.rows_done, run.batches > 1) == (60, True)
    lab.do(
        f"""drop table public.t; create table public.t (id int primary key, at timestamptz);
        insert into public.t select i, '{OLD}' from generate_series(1, 300) as i;
        create table public.c (id int, t_id int references public.t);
        insert into public.c select i, null from generate_series(1, 50000) as i;"""
    )
    lab.policy(batch_target="20 ms")
    run = lab.run()
    assert (run.rows_done, run.batches > 2) == (300, True)


def test_a_run_that_archives_begins_smaller_still(lab: Lab) -> None:
    lab.do(
        f"""create table public.t (id int primary key, at timestamptz, body text);
        alter table public.t alter body set storage external;
        insert into public.t select i, '{OLD}', repeat('x', 1000000) from generate_series(1, 12) as i;"""
    )
    lab.policy(action="archive", batch_target="60 ms")
    # 20 ms for each of a megabyte, before any was timed: as deletes alone all would fit
    run = lab.run()
    assert (run.rows_done, run.batches > 1) == (12, True)


def test_a_batch_is_planned_without_a_look_at_the_time_index(lab: Lab) -> None:
    """The planner would look for its least value among all that the batches before have deleted."""
    large(lab)
    lab.policy(strategy="heap")
    condition = lab.one(
        "select pydb_internal.retention_deletable_condition(p, p.target, %s::timestamptz + '60 days')"
        " from pydb.retention_policy as p where p.name = 'p'",
        OLD,
    )
    scans = "select pg_stat_get_xact_numscans('public.t_at_idx'::regclass)"
    looks = []
    for seen in (condition, "t.at >= '1980-01-01'"):
        with lab.db.transaction():
            before = lab.number(scans)
            lab.do(f"explain delete from only public.t as t where t.ctid < '(4,0)' and {seen}")
            looks.append(lab.number(scans) - before)
    assert looks == [0, 1]


ORDERED_PAGES = 4200


def ordered(lab: Lab) -> None:
    """A table of wide rows, two a page, one in the last, in the order of time: the first 45 % expired."""
    lab.do(
        f"""create table public.t (id int primary key, at timestamptz, body text, moved int default 0)
            with (fillfactor = 100);
        alter table public.t alter body set storage plain;
        insert into public.t select i, timestamptz '{OLD}' + i * interval '1 s'
            + case when i > 3780 then interval '200 days' else '0' end, repeat('x', 3900)
            from generate_series(1, {2 * ORDERED_PAGES - 1}) as i;
        create index on public.t (at); analyze public.t"""
    )
    lab.policy()


def position(lab: Lab) -> object:
    return cast("dict[str, object]", lab.runs()[-1].detail["position"])["at"]


def test_a_walk_in_the_order_of_time_ends_behind_the_last_row_due(lab: Lab) -> None:
    ordered(lab)
    run = lab.run()
    assert (run.end, run.rows_done) == (("completed", "exhausted"), 3_780)
    assert position(lab) == 1_890


def test_rows_that_move_behind_the_end_of_a_walk_are_found_there(lab: Lab) -> None:
    ordered(lab)
    # the first batch has the last row due moved to the only page with room, the last one
    lab.do(
        """create function public.move() returns trigger language plpgsql as $$
        begin
            update public.t set moved = 1 where id = 3780 and moved = 0;
            return null;
        end $$;
        create trigger move after delete on public.t for each statement execute function public.move()"""
    )
    run = lab.run()
    assert (run.end, run.rows_done, position(lab)) == (("completed", "exhausted"), 3_780, ORDERED_PAGES)
    assert lab.number("select count(*) from public.t where id <= 3780") == 0


def test_rows_out_of_order_behind_the_newest_one_go_too(lab: Lab) -> None:
    """Where the newest row due lies is a guess of where they all end: what lies behind is walked too."""
    ordered(lab)
    lab.do(f"insert into public.t select -i, '{OLD}', 'x' from generate_series(1, 3) as i")
    run = lab.run()
    assert (run.end, run.rows_done, run.rows_planned) == (("completed", "exhausted"), 3_783, 3_783)
    assert lab.number("select count(*) from public.t where id <= 3780") == 0
