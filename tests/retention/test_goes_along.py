"""Rows that go with an expired row, by whatever edge: in plan, log and fuse, or the run does not start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.retention.lab import NOW, OLD, YOUNG, Lab, refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Connect

DONE = ("completed", "exhausted")
NOTES = f"""insert into public.t select i, case when i <= 10 then null else 1 + i % 10 end,
    case when i <= 10 then timestamptz '{OLD}' else '{YOUNG}' end from generate_series(1, 100) as i;"""
# tables whose 10 expired rows take 90 young ones along, and how many rows of other tables with them
SHAPES: dict[str, tuple[str, int]] = {
    "to itself": (
        f"""create table public.t (id int primary key, up int references public.t on delete cascade,
            at timestamptz); {NOTES}""",
        0,
    ),
    "a chain": (
        f"""create table public.t (id int primary key, up int references public.t on delete cascade,
            at timestamptz);
        insert into public.t select i, nullif(i - 1, 0),
            case when i <= 10 then timestamptz '{OLD}' else '{YOUNG}' end
        from generate_series(1, 100) as i;""",
        0,
    ),
    "a circle": (
        f"""create table public.t (id int primary key, up int, at timestamptz); {NOTES}
        update public.t set up = 11 + id where id <= 10;
        alter table public.t add foreign key (up) references public.t on delete cascade""",
        0,
    ),
    "hash partitions": (
        f"""create table public.t (id int primary key, up int references public.t on delete cascade,
            at timestamptz) partition by hash (id);
        create table public.t0 partition of public.t for values with (modulus 2, remainder 0);
        create table public.t1 partition of public.t for values with (modulus 2, remainder 1); {NOTES}""",
        0,
    ),
    "over another table": (
        f"""create table public.thread (id int primary key, t_id int);
        create table public.t (id int primary key, up int references public.thread on delete cascade,
            at timestamptz);
        alter table public.thread add foreign key (t_id) references public.t on delete cascade;
        insert into public.thread select i, null from generate_series(1, 10) as i; {NOTES}
        update public.thread set t_id = id""",
        10,
    ),
    "logical": (
        f"""create table public.t (id int primary key, up int, at timestamptz); {NOTES}
        select pydb.reference_set('public.t', '{{up}}', 'public.t', '{{id}}', 'cascade')""",
        0,
    ),
    "triggers disabled": (
        f"""create table public.t (id int primary key, up int references public.t on delete cascade,
            at timestamptz); {NOTES} alter table public.t disable trigger all""",
        0,
    ),
}


# no row here is kept by a reference, so skip and error differ in nothing that a shape could change
@pytest.mark.parametrize(
    ("shape", "on_referenced"),
    [(shape, on) for i, shape in enumerate(SHAPES) for on in (("skip", "error")[i % 2], "cascade")],
)
def test_what_goes_along_is_planned_fused_and_logged(lab: Lab, shape: str, on_referenced: str) -> None:
    script, others = SHAPES[shape]
    lab.do(script)
    for fuse in ({"fuse_rows": 50 + others}, {"fuse_share": "0.5"}):
        lab.policy(on_referenced=on_referenced, **fuse)
        assert "fuse" in lab.one("select codes from pydb.retention_plan('p', '2025-01-01') limit 1")  # type: ignore[operator]
        call = lab.call()
        assert (call.sqlstate, call.run.end, call.run.rows_done) == ("YD111", ("blocked", "fuse"), 0)
    lab.policy(on_referenced=on_referenced)
    assert lab.planned() == 100 + others
    run = lab.prune()
    assert (run.end, lab.ids()) == (DONE, [])


@pytest.mark.parametrize("way", ["heap", "index", "batch"])
def test_children_that_go_along_are_counted(lab: Lab, way: str) -> None:
    lab.do(
        f"""create table public.t (id int primary key, at timestamptz); create index on public.t (at);
        create table public.c (id int primary key, t_id int references public.t on delete cascade);
        create table public.d (c_id int references public.c on delete cascade);
        insert into public.t select i, case i % 2 when 0 then timestamptz '{OLD}' else '{YOUNG}' end
            from generate_series(1, 20) as i;
        insert into public.c select i, 1 + i % 20 from generate_series(1, 40) as i;
        insert into public.d select 1 + i % 40 from generate_series(1, 80) as i;"""
    )
    lab.policy(strategy="auto" if way == "batch" else way)
    assert lab.planned() == 10 + 20 + 40
    if way == "batch":
        assert lab.batch(rows=100)[0] == 70
    else:
        assert lab.prune().detail["cascaded"] == {"public.t": 10, "public.c": 20, "public.d": 40}
    assert lab.number("select count(*) from public.d") == 40


# what a logical reference with this action does: rows that go, children left, children set to null
LOGICAL = {
    "no action": (4, 6, 0),
    "restrict": (4, 6, 0),
    "cascade": (10 + 6, 0, 0),
    "set null": (10, 6, 6),
    "set default": (10, 6, 0),
}


@pytest.mark.parametrize("action", LOGICAL)
@pytest.mark.parametrize("strategy", ["heap", "index"])
def test_a_logical_reference_acts_like_a_declared_one(lab: Lab, action: str, strategy: str) -> None:
    lab.do(
        f"""create table public.t (id int primary key, at timestamptz); create index on public.t (at);
        create table public.c (id int, t_id int default 99);
        insert into public.t select i, '{OLD}' from generate_series(1, 10) as i;
        insert into public.t values (99, '{YOUNG}');
        insert into public.c select i, i from generate_series(1, 6) as i;
        select pydb.reference_set('public.c', '{{t_id}}', 'public.t', '{{id}}', '{action}')"""
    )
    lab.policy(strategy=strategy)
    gone, children, nulls = LOGICAL[action]
    assert sum(row.blocked_rows for row in lab.plan()) == (6 if gone == 4 else 0)
    run = lab.prune()
    assert run.end == (("partial", "referenced") if gone == 4 else DONE)
    assert (run.rows_done, run.rows_skipped) == (gone, 6 if gone == 4 else 0)
    assert lab.number("select count(*) from public.c") == children
    assert lab.number("select count(*) from public.c where t_id is null") == nulls
    assert lab.number("select count(*) from public.c where t_id not in (select id from public.t)") == 0


def test_a_logical_reference_blocks_a_policy_that_tolerates_none(lab: Lab) -> None:
    lab.do(
        f"""create table public.t (id int primary key, at timestamptz); create table public.c (t_id int);
        insert into public.t values (1, '{OLD}'), (2, '{OLD}'); insert into public.c values (1);
        select pydb.reference_set('public.c', '{{t_id}}', 'public.t', '{{id}}', 'restrict')"""
    )
    lab.policy(on_referenced="error")
    assert lab.call().run.end == ("blocked", "referenced")
    assert lab.ids() == [1, 2]
    lab.policy(on_referenced="cascade")
    assert lab.prune().rows_done == 3


def test_rows_that_cannot_be_counted_keep_the_run_from_starting(
    lab: Lab, connect: Connect, role: Callable[..., str]
) -> None:
    runner = role("runner")
    lab.do(
        f"""create table public.t (id int primary key, at timestamptz);
        create table public.c (id int primary key, t_id int references public.t on delete cascade);
        create table public.d (c_id int references public.c on delete cascade);
        insert into public.t values (1, '{OLD}'); insert into public.c values (1, 1);
        insert into public.d values (1); alter table public.d enable row level security;
        grant usage on schema pydb, pydb_internal to {runner};
        grant execute on all routines in schema pydb, pydb_internal to {runner};
        grant select, delete on all tables in schema public to {runner};"""
    )
    lab.policy()
    with refused("YD302", "YD111"):
        connect(runner).execute("call pydb.retention_run('p')")
    state = lab.rows(
        "select state, stop_reason, sqlstate, rows_done, error like '%public.d%' from pydb.job_run"
    )
    assert state == [("blocked", "error", "42501", 0, True)]
    assert lab.ids() == [1]


@pytest.mark.parametrize("rule", [False, True])
def test_what_a_key_takes_along_counts_whatever_the_runner_may_do_there(
    lab: Lab, connect: Connect, role: Callable[..., str], rule: bool
) -> None:
    """The server acts as the owner of the child: no right of the runner stops it, and no rule beside it."""
    runner = role("runner")
    lab.do(
        f"""create table public.t (id int primary key, at timestamptz);
        create table public.c (id int primary key, t_id int references public.t on delete cascade);
        create table public.d (c_id int references public.c on delete cascade);
        insert into public.t select i, case i when 1 then timestamptz '{OLD}' else '{YOUNG}' end
            from generate_series(1, 9) as i;
        insert into public.c select i, 1 from generate_series(1, 40) as i;
        insert into public.d select i from generate_series(1, 40) as i;
        grant usage on schema pydb, pydb_internal to {runner};
        grant execute on all routines in schema pydb, pydb_internal to {runner};
        grant select on all tables in schema public, pydb to {runner}; grant delete on public.t to {runner}"""
    )
    if rule:
        lab.do("create rule also as on delete to public.c do also notify somebody")
    lab.policy(fuse_rows=50)
    his = Lab(connect(runner))
    assert his.planned() == 81
    with refused("YD111"):
        his.do(f"call pydb.retention_run('p', p_now => '{NOW}')")
    found = lab.rows("select state, stop_reason, rows_planned, rows_done from pydb.job_run")
    assert found == [("blocked", "fuse", 81, 0)]
    assert lab.number("select count(*) from public.d") == 40


@pytest.mark.parametrize("whose", ["public.t", "public.c", "public.t, public.c"])
def test_a_key_whose_triggers_are_off_leaves_no_orphans(lab: Lab, whose: str) -> None:
    """What the server does not do then is done as for a logical reference."""
    lab.do(
        f"""create table public.t (id int primary key, at timestamptz);
        create table public.c (id int primary key, t_id int references public.t on delete cascade);
        create table public.n (t_id int references public.t on delete set null);
        insert into public.t select i, '{OLD}' from generate_series(1, 4) as i;
        insert into public.c select i, 1 + i % 2 from generate_series(1, 40) as i;
        insert into public.n values (3);"""
    )
    for table in whose.split(", "):
        lab.do(f"alter table {table} disable trigger all")
    lab.policy()
    assert lab.planned() == 44
    run = lab.prune()
    assert (run.end, run.rows_done) == (DONE, 44)
    assert lab.number("select count(*) from public.c") == 0
    assert lab.rows("select t_id from public.n") == [(None,)]


def test_a_key_whose_triggers_are_off_for_one_partition_leaves_no_orphans(lab: Lab) -> None:
    lab.do(
        f"""create table public.t (id int primary key, at timestamptz) partition by range (id);
        create table public.t0 partition of public.t for values from (0) to (5);
        create table public.t1 partition of public.t for values from (5) to (9);
        create table public.c (t_id int references public.t on delete cascade);
        insert into public.t select i, '{OLD}' from generate_series(1, 8) as i;
        insert into public.c select i from generate_series(1, 8) as i;
        alter table public.t1 disable trigger all"""
    )
    lab.policy()
    assert lab.planned() == 16
    assert (lab.prune().rows_done, lab.number("select count(*) from public.c")) == (16, 0)


@pytest.mark.parametrize("on_referenced", ["skip", "cascade"])
def test_what_references_a_table_that_inherits_counts(lab: Lab, on_referenced: str) -> None:
    lab.do(
        f"""create table public.t (id int primary key, at timestamptz);
        create table public.heir (primary key (id)) inherits (public.t);
        create table public.below (primary key (id)) inherits (public.heir);
        create table public.c (id int primary key, t_id int references public.below on delete cascade);
        create table public.d (c_id int references public.c on delete cascade);
        insert into public.t values (1, '{OLD}'); insert into public.heir values (2, '{OLD}');
        insert into public.below values (3, '{OLD}'), (4, '{YOUNG}'), (5, '{YOUNG}'), (6, '{YOUNG}');
        insert into public.c select i, 3 from generate_series(1, 40) as i;
        insert into public.d select i from generate_series(1, 40) as i"""
    )
    lab.policy(fuse_rows=50, on_referenced=on_referenced)
    assert lab.planned() == 83
    assert lab.call().run.end == ("blocked", "fuse")
    assert lab.number("select count(*) from public.d") == 40
    lab.policy(on_referenced=on_referenced)
    run = lab.prune()
    assert (run.end, run.rows_done, lab.ids()) == (DONE, 83, [4, 5, 6])


@pytest.mark.parametrize(
    "keeper",
    [
        """create function public.f() returns trigger language plpgsql as $$ begin return null; end $$;
        create trigger keeps before delete on public.c for each row execute function public.f()""",
        "create rule keeps as on delete to public.c where old.id = 1 do instead nothing",
    ],
)
def test_what_somebody_kept_of_what_was_to_go_along_is_no_success(lab: Lab, keeper: str) -> None:
    lab.do(
        f"""create table public.t (id int primary key, at timestamptz);
        create table public.c (id int primary key, t_id int references public.t on delete cascade);
        insert into public.t values (1, '{OLD}'), (2, '{YOUNG}'); insert into public.c values (1, 1)"""
    )
    lab.do(keeper)
    lab.policy()
    assert lab.planned() == 2
    run = lab.call().run
    assert (run.end, run.rows_done, run.rows_skipped) == (("partial", "no_progress"), 1, 1)
    assert "keeps of public.c" in str(run.error)
    assert lab.rows("select orphans from pydb.orphan_scan(p_min_age => '0')") == [(1,)]


def test_a_partition_without_the_key_of_its_siblings_is_named(lab: Lab) -> None:
    lab.do(
        f"""create table public.t (id int primary key, at timestamptz);
        create table public.c (id int, t_id int) partition by list (id);
        create table public.c1 partition of public.c for values in (1);
        create table public.c2 partition of public.c for values in (2);
        alter table public.c1 add constraint keep foreign key (t_id) references public.t;
        insert into public.t values (1, '{OLD}')"""
    )
    lab.policy()
    assert "uncovered" in lab.one("select codes from pydb.retention_plan('p', '2025-01-01')")  # type: ignore[operator]
    assert "the key keep is on public.c1 only, not on public.c2" in lab.warnings()


def test_a_cascade_begins_with_a_range_in_which_nothing_is_due(lab: Lab) -> None:
    lab.do(
        f"""create table public.t (id int primary key, at timestamptz, fat text);
        create table public.c (id int, t_id int references public.t);
        insert into public.t select i, '{YOUNG}', repeat('x', 500) from generate_series(1, 3000) as i;
        insert into public.t values (5001, '{OLD}', null), (5002, '{OLD}', null);
        insert into public.c values (1, 5001)"""
    )
    lab.policy(on_referenced="cascade", strategy="heap")
    run = lab.prune()
    assert (run.end, run.rows_done) == (DONE, 3)


def test_what_triggers_delete_beyond_the_plan_is_in_the_log(lab: Lab) -> None:
    """No plan can count them; whoever reads the log in the morning finds them."""
    lab.do(
        f"""create table public.t (id int primary key, at timestamptz);
        create table public.used (id int primary key);
        insert into public.t select i, case when i <= 20 then timestamptz '{OLD}' else '{YOUNG}' end
        from generate_series(1, 100) as i;
        insert into public.used select i from generate_series(1, 100) as i;
        create function public.more() returns trigger language plpgsql as $$begin
            delete from public.t where id = old.id + 50 and id % 2 = 0;
            delete from public.used where id = old.id;
            return old;
        end$$;
        create trigger more after delete on public.t for each row when (old.id <= 20)
        execute function public.more()"""
    )
    lab.policy()
    run = lab.run()
    assert (run.end, run.rows_done) == (DONE, 20)
    assert run.detail["cascaded"] == {"public.t": 10, "public.used": 20}
    assert (lab.number("select count(*) from public.t"), lab.number("select count(*) from public.used")) == (
        70,
        80,
    )
