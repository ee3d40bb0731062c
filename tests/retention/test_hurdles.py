"""What would make the server refuse a run: the plan says it, a run is blocked with the line that cures it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import psycopg
import pytest

from tests.retention.lab import OLD, Lab

if TYPE_CHECKING:
    from tests.conftest import Connect, RoleFactory

# tables whose deletes a publication is in the way of, or not: script, and whether it is
PUBLISHED: Final = {
    "no key": ("create table t (id int, at timestamptz); create publication p for table t", True),
    "key": ("create table t (id int primary key, at timestamptz); create publication p for table t", False),
    "only inserts": (
        "create table t (id int, at timestamptz); create publication p for table t with (publish = 'insert')",
        False,
    ),
    "all tables": ("create table t (id int, at timestamptz); create publication p for all tables", True),
    "schema": (
        "create table t (id int, at timestamptz); create publication p for tables in schema public",
        True,
    ),
    "nothing": (
        (
            "create table t (id int primary key, at timestamptz); alter table t replica identity nothing;"
            "create publication p for table t"
        ),
        True,
    ),
    "full": (
        (
            "create table t (id int, at timestamptz); alter table t replica identity full;"
            "create publication p for table t where (id > 0)"
        ),
        False,
    ),
    "deferrable": (
        "create table t (id int primary key deferrable, at timestamptz); create publication p for table t",
        True,
    ),
    "dropped index": (
        (
            "create table t (id int not null, at timestamptz); create unique index i on t (id);"
            "alter table t replica identity using index i; create publication p for table t; drop index i"
        ),
        True,
    ),
    "filter outside": (
        (
            "create table t (id int primary key, at timestamptz); create publication p for table t"
            " where (at > '2020-01-01')"
        ),
        True,
    ),
    "filter inside": (
        (
            "create table t (id int primary key, at timestamptz);"
            "create publication p for table t where (id > 0)"
        ),
        False,
    ),
    "columns without": (
        "create table t (id int primary key, at timestamptz); create publication p for table t (at)",
        True,
    ),
    "columns with": (
        "create table t (id int primary key, at timestamptz); create publication p for table t (id)",
        False,
    ),
    "through the root": (
        (
            "create table t (id int, at timestamptz) partition by range (at);"
            "create table t1 partition of t for values from (minvalue) to (maxvalue);"
            "create publication p for table t with (publish_via_partition_root)"
        ),
        True,
    ),
    "a filter through the root": (
        (
            "create table t (id int, at timestamptz, primary key (id, at)) partition by range (at);"
            "create table t1 (at timestamptz not null, gone int, id int not null);"
            "alter table t1 drop column gone;"
            "alter table t attach partition t1 for values from (minvalue) to (maxvalue);"
            "create publication p for table t where (id > 0) with (publish_via_partition_root)"
        ),
        False,
    ),
    "child that goes along": (
        (
            "create table t (id int primary key, at timestamptz);"
            "create table c (t int references t on delete cascade); insert into t values (9, now());"
            "create publication p for table c"
        ),
        True,
    ),
    "child that is set": (
        (
            "create table t (id int primary key, at timestamptz);"
            "create table c (t int references t on delete set null); create publication p for table c"
        ),
        True,
    ),
    "child that stays": (
        (
            "create table t (id int primary key, at timestamptz); create table c (t int references t);"
            "create publication p for table c"
        ),
        False,
    ),
}


def codes(lab: Lab) -> list[str]:
    """What the plan says of the policy and its first relation."""
    (found, *_) = lab.rows("select codes from pydb.retention_plan('p') limit 1")[0]
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("case", PUBLISHED)
def test_publications_that_refuse_a_delete(lab: Lab, case: str) -> None:
    script, refused = PUBLISHED[case]
    lab.do(f"set search_path = public; {script}; insert into t values (1, '{OLD}'); reset search_path")
    if case.startswith("child"):
        lab.do("insert into public.c values (1)" if case != "child that stays" else "select 1")
    lab.policy(fuse_share=1)
    # the server itself is the judge
    lab.do("begin")
    try:
        lab.do("delete from public.t where id = 1")
        judged = False
    except psycopg.Error as error:
        judged = error.sqlstate in ("55000", "42P10")
    lab.do("rollback")
    assert judged == refused
    assert ("publication" in codes(lab)) == refused
    run = lab.run()
    if not refused:
        assert (run.end, run.rows_done) == (("completed", "exhausted"), 1)
        return
    assert (run.end, run.rows_done) == (("blocked", "error"), 0)
    (sqlstate, cure) = lab.rows("select sqlstate, detail ->> 'hint' from pydb.job_run")[0]
    assert sqlstate == "YD014"
    for statement in str(cure).split(";")[:-1]:
        lab.do(statement)
    assert lab.run().end == ("completed", "exhausted")
    assert lab.number("select count(*) from public.t where id = 1") == 0


def test_a_role_of_the_schedule_is_asked_and_not_who_plans(lab: Lab, role: RoleFactory) -> None:
    nightly = role("nightly")
    lab.do(f"create table public.t (id int, at timestamptz); insert into public.t values (1, '{OLD}')")
    lab.policy(fuse_share=1, schedule="0 0 1 1 *")
    assert {"privilege", "statement_timeout"}.isdisjoint(codes(lab))
    lab.do(f"select pydb.setting_set('schedule_role', '{nightly}')")
    assert "privilege" in codes(lab)
    lab.do(
        f"grant select, delete on public.t to {nightly}; alter role {nightly} set statement_timeout = '5s'"
    )
    assert codes(lab) == ["statement_timeout", "no_key"]
    lab.do("alter table public.t enable row level security")
    assert codes(lab) == ["row_security", "statement_timeout", "no_key"]
    lab.do(f"alter role {nightly} bypassrls; alter role {nightly} reset statement_timeout")
    assert codes(lab) == ["no_key"]


def test_time_outs_of_a_session_do_not_end_it(lab: Lab, connect: Connect) -> None:
    lab.do(
        f"""create table public.t (id int, at timestamptz); insert into public.t values (1, '{OLD}');
        create function public.slow() returns trigger language plpgsql as $$ begin
            perform pg_sleep(0.6); return null; end $$;
        create trigger slow before delete on public.t for each statement execute function public.slow()"""
    )
    lab.policy()
    session = connect()
    session.execute("set idle_in_transaction_session_timeout = '50ms'")
    if session.info.server_version >= 170000:
        session.execute("set transaction_timeout = '1min'")
        (found, *_) = session.execute("select codes from pydb.retention_plan('p')").fetchall()
        assert "transaction_timeout" in found[0]
        session.execute("set transaction_timeout = '400ms'")
    session.execute("call pydb.retention_run('p')")
    assert lab.rows("select state, rows_done from pydb.job_run") == [("completed", 1)]


def test_the_detail_of_the_server_is_kept(lab: Lab) -> None:
    lab.do(
        f"""create table public.t (id int, at timestamptz); insert into public.t values (1, '{OLD}');
        create function public.refuse() returns trigger language plpgsql as $$ begin
            raise exception 'no' using errcode = '58030', detail = 'the disk', hint = 'call somebody';
        end $$;
        create trigger refuse before delete on public.t for each row execute function public.refuse()"""
    )
    lab.policy(fuse_share=1)
    lab.run()
    (detail, hint) = lab.rows("select detail ->> 'detail', detail ->> 'hint' from pydb.job_run")[0]
    assert detail == "the disk"
    assert str(hint).startswith("call somebody")


@pytest.mark.parametrize("check", ["not null", "check (at is not null)"])
def test_a_row_that_the_server_quotes_is_not_kept(lab: Lab, check: str) -> None:
    lab.do(
        f"""create table public.t (id int, at timestamptz, name text);
        insert into public.t values (1, '{OLD}', 'anna@example.org');
        create table public.gone (name text, at timestamptz {check});
        create function public.note() returns trigger language plpgsql as $$ begin
            insert into public.gone (name) values (old.name); return old;
        end $$;
        create trigger note before delete on public.t for each row execute function public.note()"""
    )
    lab.policy(fuse_share=1)
    run = lab.run()
    assert run.state == "blocked"
    assert "violates" in str(run.error)
    assert str(run.detail["detail"]).startswith("The values of the row are not kept.")
    for table in ("job_run", "audit_log"):
        assert lab.rows(f"select from pydb.{table} as r where r::text like '%anna%'") == []


@pytest.mark.parametrize("goes_along", ["set null", "cascade", "chosen"])
def test_without_the_servers_counts_nothing_is_deleted_that_takes_others_along(
    lab: Lab, goes_along: str
) -> None:
    key = "no action" if goes_along == "chosen" else goes_along
    lab.do(
        f"""create table public.t (id int primary key, at timestamptz);
        create table public.c (t int references public.t on delete {key});
        insert into public.t values (1, '{OLD}'), (2, '{OLD}'); insert into public.c values (1), (1)"""
    )
    lab.policy(fuse_share=1, on_referenced="cascade" if goes_along == "chosen" else "skip")
    lab.do("set track_counts = off")
    if goes_along == "set null":  # no other row goes
        assert "unfit_session" not in codes(lab)
        assert lab.run().rows_done == 2
        return
    assert "unfit_session" in codes(lab)
    run = lab.run()
    assert (run.end, run.sqlstate, run.rows_done) == (("blocked", "error"), "YD001", 0)
    lab.do(str(lab.one("select detail ->> 'hint' from pydb.job_run where sqlstate = 'YD001'")))
    assert sum(row.rows for row in lab.plan(None)) == 4
    assert lab.run().rows_done == 4
