"""A row whose child cannot have null, because a constraint refuses it, stays: in the plan and in the run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from tests.conftest import Connection

CHILDREN: Final = {
    "check": """create table public.c (r int references public.r on delete set null, q int,
        check (r is not null or q is not null)); insert into public.c values (1, null), (2, 1)""",
    "domain": """create domain public.d as int check (value is not null);
        create table public.c (
            r public.d references public.r on delete set null);
        insert into public.c values (1)""",
    "unique": """create table public.c (
            r int unique nulls not distinct references public.r on delete set null);
        insert into public.c values (1), (null)""",
    "partition": """create table public.c (r int references public.r on delete set null)
        partition by list (r);
        create table public.c1 partition of public.c for values in (1, 2);
        insert into public.c values (1)""",
    "default without a parent": """create table public.c (
            r int default 9 references public.r on delete set default);
        insert into public.c values (1)""",
    "default that is taken": """insert into public.r values (9, now());
        create table public.c (r int default 9 unique references public.r on delete set default);
        insert into public.c values (1), (9)""",
    "default, a check": """insert into public.r values (9, now());
        create table public.c (r int default 9 check (r < 9) references public.r on delete set default);
        insert into public.c values (1)""",
    "default, none": """create table public.c (r int not null references public.r on delete set default);
        insert into public.c values (1)""",
    "default, below a cascade": """create table public.c (
            id int primary key references public.r on delete cascade);
        create table public.d (c int default 9 references public.c on delete set default);
        insert into public.c values (1); insert into public.d values (1)""",
    "match full": """alter table public.r add k int default 1, add unique (id, k);
        create table public.c (r int, k int, foreign key (r, k) references public.r (id, k)
            match full on delete set null (r));
        insert into public.c values (1, 1)""",
}
# only doing it shows what comes of these: a plan says so, and a run leaves that row alone
UNTRIED: Final = {
    "computed, not null": """create table public.c (r int references public.r on delete set null,
        g int generated always as (r + 1) stored not null); insert into public.c values (1)""",
    "computed, a check": """create table public.c (r int references public.r on delete set null,
        g int generated always as (r + 1) stored, check (g is not null)); insert into public.c values (1)""",
    "computed by zero": """create table public.c (r int references public.r on delete set null,
        g int generated always as (1 / coalesce(r, 0)) stored); insert into public.c values (1)""",
    "a check that divides": """create table public.c (r int references public.r on delete set null, q int,
        check (r is not null or 1 / q > 0)); insert into public.c values (1, 0), (2, 1)""",
    "a key that others use": """create table public.c (r int unique references public.r on delete set null);
        create table public.d (c int references public.c (r)); insert into public.c values (1);
        insert into public.d values (1)""",
    "a default that expires too": """create table public.c (
            r int default 1 references public.r on delete set default);
        insert into public.c values (2)""",
    "its own table": """alter table public.r add up int references public.r on delete set null,
        add check (up is not null or id <> 9);
        insert into public.r values (9, now(), 1)""",
}


@pytest.mark.parametrize("what", CHILDREN)
def test_a_set_null_that_a_constraint_refuses_is_not_promised(db: Connection, what: str) -> None:
    for script in (
        "create table public.r (id int primary key, t timestamptz)",
        "insert into public.r select i, now() - interval '60 days' from generate_series(1, 3) as i",
        CHILDREN[what],
        "select pydb.retention_policy_set('r', 'public.r', 't', '30 days', p_fuse_share => 1)",
    ):
        db.execute(script.encode())
    plan = db.execute("select sum(rows), sum(blocked_rows) from pydb.retention_plan('r')").fetchone()
    assert plan == (2, 1)
    db.execute("call pydb.retention_run('r')")
    run = db.execute(
        "select state, stop_reason, rows_planned, rows_done, rows_skipped from pydb.job_run"
    ).fetchone()
    assert run == ("partial", "referenced", 2, 2, 1)
    assert db.execute("select id from public.r where id < 9").fetchall() == [(1,)]


@pytest.mark.parametrize("what", UNTRIED)
def test_what_only_doing_it_shows_is_said_by_the_plan_and_keeps_one_row(db: Connection, what: str) -> None:
    for script in (
        "create table public.r (id int primary key, t timestamptz)",
        "insert into public.r select i, now() - interval '60 days' from generate_series(1, 3) as i",
        UNTRIED[what],
        "select pydb.retention_policy_set('r', 'public.r', 't', '30 days', p_fuse_share => 1)",
    ):
        db.execute(script.encode())
    plan = db.execute(
        "select 'untried' = any(codes) from pydb.retention_plan('r') order by 1 desc"
    ).fetchone()
    assert plan == (True,)
    db.execute("call pydb.retention_run('r')")
    run = db.execute("select state, rows_done, rows_skipped from pydb.job_run").fetchone()
    assert run == ("partial", 2, 1)
    left = db.execute("select count(*) from public.r where t < now() - interval '30 days'").fetchone()
    assert left == (1,)


def test_what_older_rows_need_not_meet_keeps_a_row_that_would_be_set(db: Connection) -> None:
    # PostgreSQL 18 has NOT NULL that is not valid yet; a CHECK says the same everywhere
    what = "constraint n not null q" if db.info.server_version >= 180000 else "check (q is not null)"
    for script in (
        "create table public.r (id int primary key, t timestamptz)",
        "insert into public.r select i, now() - interval '60 days' from generate_series(1, 3) as i",
        "create table public.c (r int references public.r on delete set null, q int)",
        "insert into public.c values (1, null), (2, 1)",
        f"alter table public.c add {what} not valid",
        "select pydb.retention_policy_set('r', 'public.r', 't', '30 days', p_fuse_share => 1)",
    ):
        db.execute(script.encode())
    plan = db.execute("select sum(rows), sum(blocked_rows) from pydb.retention_plan('r')").fetchone()
    assert plan == (2, 1)
    db.execute("call pydb.retention_run('r')")
    assert db.execute("select id from public.r").fetchall() == [(1,)]
