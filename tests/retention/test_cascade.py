"""Policies with on_referenced = cascade: what references an expired row goes with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.retention.lab import OLD, YOUNG, Lab, refused

if TYPE_CHECKING:
    from psycopg.rows import TupleRow

    from tests.conftest import Connect

DONE = ("completed", "exhausted")
# three parents of each age, two children a parent, three grandchildren a child, all of them young
TREE = f"""
    create table public.t (id int primary key, at timestamptz);
    create table public.c (id int primary key, t_id int references public.t, at date default '{YOUNG}');
    create table public.g (id int primary key, c_id int references public.c on delete restrict);
    create table public.n (id int primary key, c_id int references public.c on delete set null);
    create table public.l (id int primary key, t int);
    insert into public.t select i, case when i <= 3 then timestamptz '{OLD}' else '{YOUNG}' end
        from generate_series(1, 6) as i;
    insert into public.c select i, 1 + i % 6 from generate_series(1, 12) as i;
    insert into public.g select i, 1 + i % 12 from generate_series(1, 36) as i;
    insert into public.n select i, i from generate_series(1, 12) as i;
    insert into public.l select i, i from generate_series(1, 9) as i;
    create index on public.c (t_id); create index on public.g (c_id); create index on public.n (c_id);
    select pydb.reference_set('public.l', '{{t}}', 'public.t', '{{id}}', 'cascade');"""


def counts(lab: Lab) -> dict[str, int]:
    return {name: lab.number(f"select count(*) from public.{name}") for name in ("t", "c", "g", "n", "l")}


def typed(lab: Lab, hint: str) -> list[TupleRow]:
    """The rows of a hint, which is a query."""
    return lab.db.execute(hint.encode()).fetchall()


def test_children_go_with_their_parents_and_the_plan_counts_them(lab: Lab) -> None:
    lab.do(TREE)
    lab.policy(on_referenced="cascade")
    before = counts(lab)
    plan = {row.relation: row for row in lab.plan() if row.action == "delete"}
    assert {name: row.rows for name, row in plan.items()} == {
        "public.t": 3,
        "public.c": 6,
        "public.g": 18,
        "public.l": 3,
    }
    assert "whatever their own age" in "\n".join(plan["public.c"].warnings)
    run = lab.run()
    assert (run.end, run.rows_planned, run.rows_done) == (DONE, 30, 30)
    assert run.detail["cascaded"] == {"public.t": 3, "public.c": 6, "public.g": 18, "public.l": 3}
    after = counts(lab)
    assert {name: before[name] - after[name] for name in before} == {"t": 3, "c": 6, "g": 18, "n": 0, "l": 3}
    assert lab.number("select count(*) from public.n where c_id is null") == 6


def test_batch_by_batch(lab: Lab) -> None:
    """Small batches: each commits its parents with all that is below them."""
    lab.do(TREE)
    lab.policy(on_referenced="cascade")
    run = lab.run(max_rows=8)
    assert (run.end, run.rows_planned) == (("partial", "row_budget"), 30)
    assert 8 <= run.rows_done < 30
    assert lab.number("select count(*) from public.c where t_id not in (select id from public.t)") == 0
    assert lab.run().rows_done == 30 - run.rows_done


def test_rows_that_cannot_go_stay_with_their_parents(lab: Lab) -> None:
    """SET NULL onto NOT NULL below one expired row: that one stays, the others go."""
    lab.do(f"{TREE} create table public.k (c_id int not null references public.c on delete set null);")
    lab.do("insert into public.k select id from public.c where t_id = 2 limit 1")
    lab.policy(on_referenced="cascade")
    blocked = [row for row in lab.plan() if row.action == "blocked"]
    assert [row.relation for row in blocked] == ["public.k"]
    run = lab.run()
    assert run.end == ("partial", "referenced")
    assert lab.ids() == [2, 4, 5, 6]
    assert lab.number("select count(*) from public.c where t_id = 2") == 2
    assert lab.number("select count(*) from public.c where t_id in (1, 3)") == 0


def test_a_key_that_is_not_valid_stops_the_rows_that_it_keeps_and_no_others(lab: Lab) -> None:
    """Its cure validates it, and lets nothing more go: a run does what it does for a valid one."""
    lab.do(f"{TREE} create table public.k (c_id int not null);")
    lab.do(
        "insert into public.k select id from public.c where t_id = 2 limit 1; create index on public.k (c_id)"
    )
    lab.do("alter table public.k add foreign key (c_id) references public.c on delete set null not valid")
    lab.policy(on_referenced="cascade")
    assert "orphan_close" in "\n".join(next(r for r in lab.plan() if r.action == "blocked").warnings)
    assert lab.run().end == ("partial", "referenced")
    assert lab.ids() == [2, 4, 5, 6]


def test_rows_of_the_same_table_below_an_expired_one(lab: Lab) -> None:
    """A tree in one table: young rows below an expired one go with it, NO ACTION or not."""
    lab.do(
        f"""create table public.t (id int primary key, up int references public.t, at timestamptz);
        insert into public.t values (1, null, '{OLD}'), (2, 1, '{YOUNG}'), (3, 2, '{OLD}'),
            (4, null, '{YOUNG}'), (5, 4, '{OLD}');
        create index on public.t (up);"""
    )
    lab.policy(on_referenced="cascade")
    assert sum(row.rows for row in lab.plan() if row.action == "delete") == 4
    run = lab.run()
    assert (run.end, run.rows_planned, run.rows_done) == (DONE, 4, 4)
    assert lab.ids() == [4]


def test_partitions(lab: Lab) -> None:
    lab.do(
        f"""create table public.t (id int, at timestamptz, primary key (id, at)) partition by range (at);
        create table public.t1 partition of public.t for values from (minvalue) to ('2024-07-01');
        create table public.t2 partition of public.t for values from ('2024-07-01') to (maxvalue);
        create table public.c (id int, at timestamptz, foreign key (id, at) references public.t);
        insert into public.t values (1, '{OLD}'), (2, '2024-08-01'), (3, '{YOUNG}');
        insert into public.c values (1, '{OLD}'), (2, '2024-08-01'), (3, '{YOUNG}');"""
    )
    lab.policy(on_referenced="cascade")
    assert {row.relation: row.rows for row in lab.plan()} == {"public.t1": 1, "public.t2": 1, "public.c": 2}
    run = lab.run()
    assert (run.end, run.rows_done) == (DONE, 4)
    assert lab.rows("select id from public.c") == [(3,)]


def test_a_role_that_may_not_delete_the_children(lab: Lab, connect: Connect) -> None:
    """Nothing goes, and the missing grant is named."""
    lab.do(f"{TREE} drop role if exists cascade_runner; create role cascade_runner login;")
    lab.do(
        """grant usage on schema pydb, pydb_internal to cascade_runner;
        grant execute on all routines in schema pydb, pydb_internal to cascade_runner;
        grant select on all tables in schema pydb, public to cascade_runner;
        grant delete, update on public.t to cascade_runner;"""
    )
    try:
        lab.policy(on_referenced="cascade")
        run = Lab(connect(user="cascade_runner")).call().run
        assert run.end == ("blocked", "referenced")
        assert "grant usage on schema public to cascade_runner; grant select, delete on" in str(run.error)
        assert counts(lab)["t"] == 6
    finally:
        lab.do("drop owned by cascade_runner; drop role cascade_runner;")


def test_the_hint_of_a_batch_that_fails_is_the_plan_of_its_policy(lab: Lab) -> None:
    """Rows below that cannot go, a trigger that keeps some, a wrong argument: each hint is typed."""
    lab.do(f"{TREE} create table public.k (c_id int not null references public.c on delete set null);")
    name = 'täg\\lich\'s "%s"'
    lab.policy(name, on_referenced="cascade")
    lab.do("insert into public.k select id from public.c where t_id = 2 limit 1")
    with refused("23503") as refusal:
        lab.one("select (pydb.retention_batch(%s)).rows_done", name)
    assert "blocked" in {row[1] for row in typed(lab, refusal.hint)}
    lab.do(
        """delete from public.k;
        create function public.keep() returns trigger language plpgsql as $$ begin return null; end $$;
        create trigger keep before delete on public.l for each row execute function public.keep()"""
    )
    with refused("YD304") as refusal:
        lab.one("select (pydb.retention_batch(%s)).rows_done", name)
    assert "trigger keep" in str(typed(lab, refusal.hint))
    lab.do("drop trigger keep on public.l")
    with refused("YD001") as refusal:
        lab.one("select (pydb.retention_batch(%s, 0)).rows_done", name)
    assert typed(lab, refusal.hint)[0][:2] == (60, 0)
