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
    assert db.execute("select id from public.r").fetchall() == [(1,)]
