"""A policy that waits for others: no row goes that is not older than the watermark, and none without one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import pytest

from tests.retention.lab import CUTOFF, NOW, Lab, refused

if TYPE_CHECKING:
    from tests.conftest import Connect, RoleFactory

DONE: Final = {"watermark_table": "public.rollup", "watermark_column": "done"}


@pytest.fixture
def gated(lab: Lab) -> Lab:
    """``public.t``: ids 1 to 10, one a day from 2024-11-01 on; ``public.rollup``: nothing yet."""
    lab.do(
        """create table public.t (id int primary key, at timestamptz not null);
        insert into public.t select i, timestamptz '2024-11-01 00:00+00' + (i - 1) * interval '1 day'
            from generate_series(1, 10) as i;
        create table public.rollup (
            job text, done timestamptz, day date, local timestamp, ms bigint, f float8, note text
        );"""
    )
    return lab


def told(lab: Lab, **values: object) -> None:
    """What is summed up by now."""
    lab.do("truncate public.rollup")
    names = ", ".join(values)
    lab.rows(
        f"insert into public.rollup ({names}) values ({', '.join(['%s'] * len(values))}) returning 1",
        *values.values(),
    )


def blocked(lab: Lab) -> str:
    """Plan, run and batch refuse alike, nothing goes; returns the reason in the log."""
    before = lab.ids()
    with refused("YD119") as planned:
        lab.plan()
    (row,) = lab.plan(None)
    assert (row.rows, row.codes) == (0, ["watermark"])
    call = lab.call()
    assert (call.sqlstate, call.run.end, call.run.sqlstate) == ("YD111", ("blocked", "error"), "YD119")
    assert (call.run.error, call.run.detail["hint"]) == (planned.message, planned.hint)
    with refused("YD119"):
        lab.batch()
    assert lab.ids() == before
    assert aspect(lab, "watermark") == ("blocks", None)
    assert aspect(lab, "run")[0] == "blocks"
    assert planned.hint
    return planned.message


def aspect(lab: Lab, name: str) -> tuple[object, object]:
    """State and moment of one line of the explanation."""
    (row,) = lab.rows(
        "select state, at from pydb.retention_policy_explain('p', %s) where aspect = %s", NOW, name
    )
    return row[0], row[1]


def test_the_lesser_of_keep_and_watermark_is_the_cutoff(gated: Lab) -> None:
    mark = datetime(2024, 11, 4, tzinfo=UTC)
    told(gated, done=mark)
    gated.policy(**DONE)
    (row,) = gated.plan()
    assert (row.rows, row.cutoff, "watermark" in row.codes) == (3, mark, True)
    assert (aspect(gated, "keep"), aspect(gated, "watermark")) == (("ok", CUTOFF), ("holds", mark))
    run = gated.prune()
    assert (run.cutoff, run.end, gated.ids()) == (mark, ("completed", "exhausted"), [4, 5, 6, 7, 8, 9, 10])
    told(gated, done=mark + timedelta(days=2))
    assert (gated.batch()[0], gated.ids()) == (2, [6, 7, 8, 9, 10])
    told(gated, done=NOW)
    (row,) = gated.plan()
    assert (row.rows, row.cutoff, row.codes) == (5, CUTOFF, [])
    assert (aspect(gated, "keep"), aspect(gated, "watermark")) == (("holds", CUTOFF), ("ok", NOW))
    assert gated.prune().end == ("completed", "exhausted")
    assert gated.ids() == []


def test_it_is_blocked_where_there_is_no_watermark_or_none_that_can_be_meant(gated: Lab) -> None:
    gated.policy(**DONE)
    assert "null" in blocked(gated)
    for value in (None, "infinity", "-infinity", datetime.now(UTC) + timedelta(minutes=5)):
        told(gated, done=value)
        blocked(gated)
    told(gated, done=datetime(2024, 11, 4, tzinfo=UTC))
    assert gated.planned() == 3
    gated.do("alter table public.rollup rename column done to undone")
    assert "done" in blocked(gated)
    gated.do("alter table public.rollup add column done text default '2024-11-04'")
    blocked(gated)
    gated.do(
        "alter table public.rollup drop done; alter table public.rollup add done timestamptz default now()"
    )
    assert "another has its name" in blocked(gated)
    gated.do("drop table public.rollup; create table public.rollup (done timestamptz default '2024-11-04')")
    assert "gone" in blocked(gated)


@pytest.mark.parametrize(
    ("column", "value", "mark"),
    [
        ("day", "2024-11-04", "2024-11-03 23:00+00"),
        ("local", "2024-11-04 00:30", "2024-11-03 23:30+00"),
        ("done", "2024-11-04 00:30+00", "2024-11-04 00:30+00"),
    ],
)
def test_a_time_without_a_zone_is_of_the_zone_of_the_policy(
    gated: Lab, column: str, value: str, mark: str
) -> None:
    told(gated, **{column: value})
    gated.do("set timezone = 'Pacific/Kiritimati'")
    gated.policy(timezone="Europe/Berlin", watermark_table="public.rollup", watermark_column=column)
    (row,) = gated.plan()
    assert (row.cutoff, row.rows) == (datetime.fromisoformat(mark), 3 if column != "done" else 4)
    assert gated.prune().cutoff == row.cutoff


@pytest.mark.parametrize("column", ["ms", "f"])
def test_a_number_is_of_the_unit_of_the_policy(gated: Lab, column: str) -> None:
    gated.do(
        "create table public.n (id int primary key, at bigint);insert into public.n values (1, 1730764800000)"
    )
    told(gated, **{column: 1730764800001})
    gated.policy(table="public.n", time_unit="ms", watermark_table="public.rollup", watermark_column=column)
    assert gated.planned() == 1
    told(gated, **{column: 1730764800000})
    assert gated.planned() == 0
    told(gated, **{column: 1730764800000000})  # microseconds would lie in the far future
    with refused("YD119"):
        gated.plan()
    # and for a policy of another kind of time a number is no time
    with refused("YD118"):
        gated.policy(watermark_table="public.rollup", watermark_column=column)


def test_of_several_rows_the_least_or_those_of_one_job(gated: Lab) -> None:
    gated.do(
        "insert into public.rollup (job, done)"
        " values ('a', '2024-11-04 00:00+00'), ('b', '2024-11-08 00:00+00')"
    )
    assert gated.policy(**DONE)["watermark_pick"] == "max"
    assert gated.planned() == 7
    gated.policy(**DONE, watermark_pick="min")
    assert gated.planned() == 3
    assert gated.policy(**DONE, watermark_filter="job = 'b'")["watermark_filter"] == "(job = 'b'::text)"
    assert gated.planned() == 7
    gated.policy(**DONE, watermark_filter="job = 'c'")
    assert "null" in blocked(gated)


def test_a_function_finds_what_it_names_as_in_the_application(gated: Lab) -> None:
    gated.do(
        """create schema if not exists app; alter table public.rollup set schema app;
        create function app.upto() returns timestamptz language plpgsql stable as
            $$ begin return (select max(done) from rollup); end $$;"""
    )
    assert gated.policy(watermark_function="app.upto")["watermark_function"] == "app.upto()"
    assert "42P01" in blocked(gated)
    database = gated.one("select current_database()")
    gated.do(
        f"alter database {database} set search_path = app;"
        "insert into app.rollup (done) values ('2024-11-04 00:00+00')"
    )
    assert (gated.planned(), gated.prune().rows_done) == (3, 3)
    gated.do("alter function app.upto() volatile")
    assert "volatile" in blocked(gated)
    gated.do("drop function app.upto()")
    blocked(gated)


@pytest.mark.parametrize(
    "arguments",
    [
        {"watermark_table": "public.rollup"},
        {"watermark_column": "done"},
        {**DONE, "watermark_function": "pg_catalog.now()"},
        {**DONE, "watermark_pick": "avg"},
        {"watermark_filter": "true"},
        {"watermark_table": "public.rollup", "watermark_column": "note"},
        {"watermark_table": "public.rollup", "watermark_column": "no such"},
        {"watermark_table": "public.rollup", "watermark_column": "xmin"},
        {"watermark_table": "public.v", "watermark_column": "done"},
        {"watermark_function": "public.nothing()"},
        {"watermark_function": "nothing"},
        {"watermark_function": 'public."'},
        {"watermark_function": "pg_catalog.clock_timestamp()"},
        {"watermark_function": "public.many()"},
        {"watermark_function": "public.word()"},
        {"watermark_function": "public.argued()"},
    ],
)
def test_what_tells_no_watermark_is_refused(gated: Lab, arguments: dict[str, object]) -> None:
    gated.do(
        """create view public.v as select done from public.rollup;
        create function public.many() returns setof timestamptz language sql stable as 'select now()';
        create function public.word() returns text language sql stable as 'select now()::text';
        create function public.argued(int default 1) returns timestamptz language sql stable
            as 'select now()';"""
    )
    with refused("YD118") as refusal:
        gated.policy(**arguments)
    assert refusal.hint
    assert gated.number("select count(*) from pydb.retention_policy where not builtin") == 0


def test_a_filter_that_could_run_code_is_refused(gated: Lab) -> None:
    for given in ("random() < 1", "exists (select 1)", "1 = 1; drop table public.t"):
        with refused("YD103"):
            gated.policy(**DONE, watermark_filter=given)


def test_names_that_meet_those_of_the_query(gated: Lab) -> None:
    gated.do(
        """create table public."Ro ll""up ü" (t timestamptz, "as" timestamptz, "ma""x" timestamptz, job text);
        insert into public."Ro ll""up ü" values ('2024-11-04', '2024-11-04', '2024-11-04', 'a');
        create function public."Ti ""me"() returns timestamptz language sql stable as
            'select timestamptz ''2024-11-04''';"""
    )
    for column in ("t", "as", 'ma"x'):
        gated.policy(
            watermark_table='public."Ro ll""up ü"', watermark_column=column, watermark_filter="job = 'a'"
        )
        assert gated.planned() == 3, column
    gated.policy(watermark_function='public."Ti ""me"()')
    assert gated.prune().rows_done == 3


def test_a_materialized_view_and_partitions_may_tell_it_and_a_foreign_table_may_not(gated: Lab) -> None:
    told(gated, done="2024-11-04 00:00+00")
    gated.do(
        """create materialized view public.m as select done from public.rollup;
        create table public.parted (done timestamptz) partition by range (done);
        create table public.part1 partition of public.parted for values from ('2024-01-01') to ('2025-01-01');
        insert into public.parted values ('2024-11-05 00:00+00');
        create extension file_fdw; create server files foreign data wrapper file_fdw;"""
    )
    gated.policy(watermark_table="public.m", watermark_column="done")
    assert gated.planned() == 3
    gated.policy(watermark_table="public.parted", watermark_column="done")
    assert gated.planned() == 4
    gated.do(
        """create foreign table public.far partition of public.parted
            for values from ('2025-01-01') to ('2026-01-01') server files options (program 'false')"""
    )
    assert "foreign" in blocked(gated)


def test_rights_are_those_of_whoever_runs(gated: Lab, connect: Connect, role: RoleFactory) -> None:
    told(gated, done="2024-11-04 00:00+00")
    runner = role("runner")
    gated.do(
        f"""grant usage on schema pydb, pydb_internal, public to {runner};
        grant execute on all routines in schema pydb, pydb_internal to {runner};
        grant select, update, delete on public.t to {runner};"""
    )
    gated.policy(**DONE)
    his = Lab(connect(runner))
    with refused("YD119") as refusal:
        his.plan()
    assert refusal.hint == f"grant select on public.rollup to {runner};"
    assert gated.rows(
        "select h.code, h.hint from pydb.retention_policy as p,"
        " pydb_internal.retention_hurdles(p, %s::regrole) as h where p.name = 'p'",
        runner,
    ) == [("watermark", refusal.hint)]
    gated.do(refusal.hint)
    assert his.planned() == 3
    # rows that he cannot see could tell another moment
    gated.do(
        "alter table public.rollup enable row level security;"
        "create policy q on public.rollup using (job = 'a')"
    )
    with refused("YD119"):
        his.plan()


def test_nobodys_function_runs_as_somebody_whom_he_could_not_become(
    gated: Lab, connect: Connect, role: RoleFactory
) -> None:
    mal = role("mal")
    gated.do(
        f"""grant usage on schema pydb, pydb_internal to {mal};
        grant usage, create on schema public to {mal};
        grant execute on all routines in schema pydb, pydb_internal to {mal};
        grant insert, select (id) on pydb_internal.draft to {mal};
        grant select, update, delete on public.t to {mal};
        create table public.trace (who text); grant insert on public.trace to public;"""
    )
    his = Lab(connect(mal))
    his.do(
        """create function public.spy() returns boolean language plpgsql as
            $$ begin insert into public.trace values (current_user); return true; end $$;
        create function public.upto() returns timestamptz language plpgsql stable as
            $$ begin perform public.spy(); return '2024-11-04 00:00+00'; end $$;"""
    )
    his.policy(watermark_function="public.upto()")
    assert his.planned() == 3
    gated.do("truncate public.trace")
    with refused("YD118"):  # not for a superuser, who would run it
        gated.policy(watermark_function="public.upto()")
    blocked(gated)
    gated.rows("select * from pydb.retention_policy_explain('p')")
    # nor by a name that was a superuser's
    his.do("drop function public.upto()")
    gated.do(
        """create function public.upto() returns timestamptz language sql stable as
            'select timestamptz ''2024-11-04 00:00+00'''"""
    )
    gated.policy(watermark_function="public.upto()")
    assert gated.planned() == 3
    gated.do(f"alter function public.upto() owner to {mal}")
    blocked(gated)
    # nor a superuser's, where he did not choose it
    gated.do("alter function public.upto() owner to postgres")
    his.policy(watermark_function="public.upto()")
    with refused("YD119"):
        gated.plan()
    assert gated.rows("select * from public.trace") == []


def test_a_built_in_policy_has_none(gated: Lab) -> None:
    name, target, column = gated.rows(
        "select name, target::oid, time_column from pydb.retention_policy where builtin order by name limit 1"
    )[0]
    with refused("YD001"):
        gated.policy(name, target, column, "90 days", **DONE)


def test_a_lock_on_the_watermark_is_waited_for_and_not_taken_for_its_absence(
    gated: Lab, connect: Connect
) -> None:
    told(gated, done="2024-11-04 00:00+00")
    gated.policy(**DONE)
    other = connect()
    gated.do("select pydb.setting_set('retry_limit', '1')")
    with other.transaction():
        other.execute("lock table public.rollup in access exclusive mode")
        call = gated.call()
        assert (call.run.end, call.run.sqlstate) == (("blocked", "locked"), "55P03")
    assert gated.prune().rows_done == 3


def test_explain_says_what_stops_a_policy(gated: Lab) -> None:
    told(gated, done="2024-11-04 00:00+00")
    gated.policy(**DONE, filter="id > 1", schedule="15 3 * * *", fuse_rows=100)
    assert aspect(gated, "run") == ("ok", None)
    assert aspect(gated, "schedule") == ("ok", datetime(2025, 1, 2, 3, 15, tzinfo=UTC))
    states: dict[str, str] = dict(gated.rows("select aspect, state from pydb.retention_policy_explain('p')"))
    assert {name for name, state in states.items() if state == "holds"} == {"watermark"}
    assert {"run", "min_keep", "filter", "action", "max_rows", "fuse_rows", "fuse_share", "paused"} <= set(
        states
    )
    for stop, name in (
        ("select pydb.retention_pause('p')", "paused"),
        ("select pydb.retention_pause()", "kill_switch"),
        ("drop table public.t", "target"),
    ):
        gated.do(stop)
        assert (aspect(gated, "run")[0], aspect(gated, name)[0]) == ("blocks", "blocks"), stop
    with refused("YD002"):
        gated.rows("select * from pydb.retention_policy_explain('q')")


def test_a_policy_without_one_is_as_before(table: Lab) -> None:
    policy = table.policy()
    assert (policy["watermark_table"], policy["watermark_pick"]) == (None, "max")
    assert aspect(table, "watermark") == ("off", None)
    assert aspect(table, "keep") == ("holds", CUTOFF)
    assert table.prune().cutoff == CUTOFF
    with refused("YD118"):
        table.policy(watermark_column="x")
