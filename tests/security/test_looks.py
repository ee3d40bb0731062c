"""What a plan, a scan or any other look must never do: run what somebody wrote as whoever looks.

``mal`` may log in and create in schema public; what he wrote leaves a trace when it runs as somebody else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import psycopg
import pytest

from tests.retention.lab import Lab, refused

if TYPE_CHECKING:
    from tests.conftest import Connect, Connection, RoleFactory
    from tests.servers import Database

HIS: Final = """
    create function public.spy() returns boolean language plpgsql as $$
    begin insert into public.trace select session_user where current_user <> '{mal}'; return true; end $$;
    create domain public.dom as int check (public.spy());
    create domain public.short as text check (length(value) < 10);
    create domain public.shorter as public.short;
    create type public.comp as (a public.dom);
    create type public.span as range (subtype = public.dom);
    create type public.mood as enum ('ok', 'bad');
    create domain public.dmood as public.mood;
    create type public.cast_mood as enum ('ok', 'bad');
    create function public.spy_cast(public.cast_mood) returns text language plpgsql as
        $$ begin perform public.spy(); return 'ok'; end $$;
    create cast (public.cast_mood as text) with function public.spy_cast(public.cast_mood) as implicit;
    create type public.key_mood as enum ('ok', 'bad');
    create function public.spy_key(public.key_mood) returns bigint language plpgsql as
        $$ begin perform public.spy(); return 1; end $$;
    create cast (public.key_mood as bigint) with function public.spy_key(public.key_mood) as implicit;
    create type public.json_mood as enum ('ok', 'bad');
    create function public.spy_json(public.json_mood) returns json language plpgsql as
        $$ begin perform public.spy(); return '1'; end $$;
    create cast (public.json_mood as json) with function public.spy_json(public.json_mood);
    create function public.spy_immutable() returns bigint language plpgsql immutable as
        $$ begin perform public.spy(); return 2; end $$;
    create function public.abs(int) returns int language plpgsql immutable as
        $$ begin perform public.spy(); return 1; end $$;
    create function public."\u00a0abs"(int) returns int language plpgsql immutable as
        $$ begin perform public.spy(); return 1; end $$;
    create function public.same(text, text) returns boolean language plpgsql immutable as
        $$ begin perform public.spy(); return true; end $$;
    create operator public.= (leftarg = text, rightarg = text, function = public.same);
    create table public.t (
        id bigint primary key, at timestamptz not null, status public.mood, moods public.mood[],
        evil public.cast_mood, name text, label public.short, labels public.shorter, dm public.dmood,
        doms public.dom[], c public.comp, s public.span, j jsonb, tags text[], amount numeric, n int
    );
    insert into public.t select i, '2020-01-01', 'ok', '{{ok}}', 'ok', 'a', 'x', 'y', 'ok', null, null, null,
        '{{"k": "v"}}', '{{a,b}}', 1.5, i from generate_series(1, 4) as i;
"""
# filters that lead to what their author wrote: by a literal's input, a cast, a function, an operator, text
EVIL: Final = (
    "'{1}'::public.dom[] is not null",
    "'{1}'::public._dom is not null",
    "'1'::public.dom > 0",
    "public.dom '1' > 0",
    "cast(n as public.dom) > 0",
    "n::public.dom > 0",
    "public.dom(n) > 0",
    "'(1)'::public.comp is not null",
    "row(1)::public.comp is not null",
    "'[1,2]'::public.span is not null",
    "doms = '{1}'",
    "doms is null",
    "c = '(1)'",
    "(c).a = 1",
    "s @> 1",
    "evil = 'ok'",
    "evil::text = 'ok'",
    "to_json(evil) is null",
    "status::text = 'ok'",
    "CAST(status AS text) = 'ok'",
    "public.\u00a0abs(n) = 1",
    "public. \u00a0abs(n) = 1",
    "dm = 'ok'",
    "domain_in('1', 1, 1) is null",
    "record_in('(1)', 1, 1) is null",
    "array_in('{1}', 1, 1) is null",
    "range_in('[1,2]', 1, 1) is null",
    "json_populate_record(null::public.comp, '{\"a\": 1}') is null",
    "jsonb_populate_record(t, '{\"label\": 1}') is null",
    "pg_input_is_valid('1', 'public.dom')",
    "query_to_xml('select public.spy()', true, true, '') is null",
    "table_to_xml('public.t', true, true, '') is null",
    "json_value('1', '$' returning public.dom) = 1",
    "xmlserialize(content '1' as public.dom) is null",
    "treat(n as public.dom) = 1",
    "t is null",
    "t.label = '1'",
    "public.spy()",
    "public.abs(n) = 1",
    "name operator(public.=) 'a'",
    "numeric(3) '1' = 1",
    "exists (select public.spy())",
    "array(select public.spy()) is null",
)
# what people need
GOOD: Final = (
    "status = 'ok'",
    "status in ('ok', 'bad') and status <> 'bad'::public.mood",
    "moods @> '{ok}' and 'ok' = any(moods)",
    "label = 'x' and labels like 'y%'",
    "array[label, labels] = '{x,y}'",
    "coalesce(label, 'q') = 'x'",
    "abs(n) > 0 and name = 'a' and lower(name) in ('a', 'b')",
    "j ->> 'k' = 'v' and j @> '{\"k\": \"v\"}'",
    "tags && array['a'] and tags[1] = 'a' and tags[1:2] is not null",
    "amount::int = 2 and cast(amount as numeric(10, 2)) > 1.0",
    "at < now() - interval '1' day and extract(year from at) = 2020 and at at time zone 'UTC' > '2019-01-01'",
    "substring(name from 1 for 1) = 'a' and trim(both ' ' from name) = 'a' and position('a' in name) = 1",
    "case n when 99 then false else true end",
    "(status, n) >= ('ok', 1) and n between 1 and 9",
    "name collate \"C\" = 'a' and name ~ '^a$' and \"left\"(name, 1) = 'a'",
)


@pytest.fixture
def mal(role: RoleFactory) -> str:
    return role("mal")


@pytest.fixture
def victim(db: Connection, connect: Connect, mal: str) -> Lab:
    """The superuser's session in a database where ``mal`` has made what he could."""
    lab = Lab(db)
    lab.do(
        "create table public.trace (who text); grant insert on public.trace to public;"
        f"grant all on schema public to {mal}"
    )
    connect(mal).execute(HIS.format(mal=mal).encode())
    return lab


def traces(victim: Lab) -> list[object]:
    return [row[0] for row in victim.rows("select who from public.trace")]


def plant(victim: Lab, text: str) -> None:
    """Store a filter as if it had got past every check."""
    victim.do(
        f"update pydb.retention_policy set filter = $f${text}$f$, version = version + 1 where not builtin"
    )


def test_a_filter_that_leads_to_its_authors_code_is_refused_before_it_is_read(victim: Lab) -> None:
    for given in EVIL:
        with refused("YD103", what=given):
            victim.policy(filter=given)
        assert traces(victim) == [], given


def test_a_stored_filter_is_judged_again_by_every_plan_and_run(victim: Lab) -> None:
    victim.policy(filter="n > 0")
    victim.policy("other", filter="n > 2")
    for given in EVIL:
        plant(victim, given)
        with refused("YD103", what=given):
            victim.plan()
        rows = victim.rows("select distinct codes[1], cutoff from pydb.retention_plan() where rows = 0")
        assert rows == [("fails", None)], given
        assert traces(victim) == [], given
    call = victim.call()
    assert call.sqlstate in ("YD110", "YD111")
    assert (call.run.sqlstate, call.run.rows_done) == ("YD103", 0)
    with refused("YD103"):
        victim.batch()
    assert traces(victim) == []
    assert victim.ids() == [1, 2, 3, 4]


def test_filters_that_people_need_are_accepted_and_mean_what_they_say(victim: Lab) -> None:
    for given in GOOD:
        want = victim.number(f"select count(*) from public.t where {given}")
        first = victim.policy(filter=given)
        assert victim.planned() == want == 4, given
        # what is stored is read again as what it is
        again = victim.policy(filter=first["filter"])
        assert (again["filter"], again["version"]) == (first["filter"], first["version"]), given
    assert victim.run().rows_done == 4
    assert traces(victim) == []


def test_what_was_made_after_a_filter_was_set_ends_it(victim: Lab, connect: Connect, mal: str) -> None:
    victim.policy(filter="status = 'ok'")
    his = connect(mal)
    cursor = victim.rows("select cursor from pydb.retention_batch('p', 1, p_now => '2025-01-01')")[0][0]
    his.execute(
        "create function public.late(public.mood) returns text language plpgsql as"
        " $$ begin perform public.spy(); return 'ok'; end $$;"
        "create cast (public.mood as text) with function public.late(public.mood) as implicit"
    )
    with refused("YD103"):
        victim.plan()
    with refused("YD103"):
        victim.db.execute(
            "select * from pydb.retention_batch('p', 1, %s)", [psycopg.types.json.Jsonb(cursor)]
        )
    assert victim.call().run.sqlstate == "YD103"
    his.execute("drop cast (public.mood as text)")
    assert victim.planned() == 3
    his.execute("alter table public.t alter status type public.cast_mood using null")
    with refused("YD103"):
        victim.plan()
    assert traces(victim) == []


@pytest.mark.parametrize("extension", ["citext"])
def test_an_extensions_member_counts_if_a_superuser_owns_it(
    victim: Lab, connect: Connect, mal: str, extension: str
) -> None:
    """What the owner of a trusted extension adds to it is his own."""
    victim.do(f"grant create on database {victim.db.info.dbname} to {mal}")
    his = connect(mal)
    his.execute(
        f"create extension {extension}; alter table public.t add ci public.citext default 'X';"
        "drop operator public.= (text, text); create domain public.dci as public.citext;"
        "alter table public.t add dci public.dci default 'Y'"
    )
    for given in (
        "ci = 'X' and ci operator(public.=) 'x'",
        "dci = 'Y'",
        "ci::text = 'X' and 'x'::public.citext is not null",
    ):
        victim.policy(filter=given)
        assert victim.planned() == 4, given
    victim.policy(filter="ci operator(public.=) 'x'")
    his.execute(
        "create operator public.= (leftarg = text, rightarg = text, function = public.same);"
        f"alter extension {extension} add function public.same(text, text);"
        f"alter extension {extension} add operator public.= (text, text);"
        f"alter extension {extension} add function public.spy_immutable()"
    )
    for given in ("ci operator(public.=) 'x'", "public.spy_immutable() = 2"):
        with refused("YD103", what=given):
            victim.policy(filter=given)
    assert traces(victim) == []


def test_a_plan_runs_no_filter_that_a_run_would_not(
    victim: Lab, database: Database, connect: Connect, mal: str, role: RoleFactory
) -> None:
    victim.do(
        f"grant usage on schema pydb, pydb_internal to {mal};"
        f"grant execute on all routines in schema pydb, pydb_internal to {mal};"
        f"grant insert, select (id) on pydb_internal.draft to {mal}"
    )
    his = Lab(connect(mal))
    his.policy(filter="status = 'ok'")
    assert his.planned() == 4
    with refused("YD114"):
        victim.plan()
    (row,) = victim.plan(None)
    assert (row.rows, row.policy) == (0, "p")
    assert victim.rows("select codes, warnings[1] like '%%YD114%%' from pydb.retention_plan()") == [
        (["fails"], True)
    ]
    assert victim.call().run.sqlstate == "YD114"

    # the author is a role, not a name: he keeps his policy under another one, and nobody inherits it by his
    other, renamed = role("other"), f"{mal}_new"
    database.roles.append(renamed)
    victim.do(f"alter role {mal} rename to {renamed}; alter role {other} rename to {mal}")
    victim.do(f"grant {renamed} to {mal}")
    renamed_lab = Lab(connect(renamed))
    assert renamed_lab.planned() == 4
    victim.do(f"alter role {mal} superuser")
    with refused("YD114"):
        victim.plan()
    victim.do("update pydb.retention_policy set author_role = 1 where not builtin")
    with refused("YD114") as refusal:
        renamed_lab.plan()
    assert "gone" in refusal.detail


def test_a_filter_needs_neither_temporary_tables_nor_ddl(victim: Lab, connect: Connect, mal: str) -> None:
    name = victim.db.info.dbname
    victim.do(
        f"""grant usage on schema pydb, pydb_internal to {mal};
        grant execute on all routines in schema pydb, pydb_internal to {mal};
        grant insert, select (id) on pydb_internal.draft to {mal};
        revoke temporary on database {name} from public;
        create function public.no_ddl() returns event_trigger language plpgsql as
            $$ begin raise exception 'no DDL here'; end $$;
        create event trigger no_ddl on ddl_command_start execute function public.no_ddl()"""
    )
    his = Lab(connect(mal))
    assert his.policy(filter="status = 'ok' and n > 1")["filter"] is not None
    assert his.planned() == 3


SCHEMAS: Final = (
    "_timescaledb_catalog hypertable schema_name table_name",
    "_timescaledb_catalog chunk schema_name table_name",
    "timescaledb_information chunks chunk_schema chunk_name",
    "cron job jobname command",
    "cron job_run_details jobname command",
    "citus pg_dist_partition logicalrelid partmethod",
    "partman part_config parent_table control",
    "pgagent pga_job jobname jobenabled",
)


def test_a_table_of_an_extension_is_not_known_by_its_name(victim: Lab, connect: Connect, mal: str) -> None:
    """Neither views that run functions nor harmless tables in schemas of such names are read."""
    victim.do(f"grant create on database {victim.db.info.dbname} to {mal}")
    his = connect(mal)
    for line in SCHEMAS:
        schema, view, *names = line.split()
        columns = ", ".join(f"case when public.spy() then 'x' end::name as {name}" for name in names)
        his.execute(
            f"""create schema if not exists {schema}; grant usage on schema {schema} to public;
            create view {schema}.{view} as
                select {columns} offset 0;
            grant select on {schema}.{view} to public""".encode()
        )
    victim.policy()
    assert victim.planned() == 4
    victim.do(
        "create table public.child (id int, t_id bigint); insert into public.child values (1, 1), (2, 9)"
    )
    for statement in (
        "select pydb.reference_set('public.child', '{t_id}', 'public.t', '{id}', 'cascade')",
        "select * from pydb.cascade_plan('public.t', '[{\"id\": 1}]')",
        "select * from pydb.orphan_scan(p_min_age => '0')",
        "select * from pydb.reference_suggest()",
        "select * from pydb.schedule_status",
        "select * from pydb.doctor()",
    ):
        victim.do(statement)
    assert victim.run().rows_done == 5  # and a row of the child
    assert traces(victim) == []


HIS_KEYS: Final = """
    create table public.kid (id int primary key, p bigint default public.spy_immutable()
        references public.number on delete set default);
    insert into public.kid values (1, 1);
    create table public.kid2 (id int primary key, p bigint default ('{7}'::public.dom[])[1]
        references public.number on delete set default);
    insert into public.kid2 values (1, 1);
    create table public.kid3 (id int primary key, p bigint default 1 + abs(1)
        references public.number on delete set default);
    insert into public.kid3 values (1, 1);
    create table public.kid4 (id int primary key, p public.key_mood references public.big on delete cascade);
    insert into public.kid4 values (1, null);
    create table public.by_domain (id public.dom primary key); insert into public.by_domain values (1), (2);
    create table public.by_array (id public.dom[] primary key); insert into public.by_array values ('{1}');
    create table public.up (id public.json_mood primary key); insert into public.up values ('ok');
    create table public.down (id public.json_mood primary key, up public.json_mood, d public.dom);
    alter table public.down add constraint up foreign key (up) references public.up not valid;
"""


def test_looks_at_keys_and_defaults_run_nothing_of_their_owners(
    victim: Lab, connect: Connect, mal: str
) -> None:
    victim.do(
        f"""create table public.number (id bigint primary key);
        insert into public.number values (1), (2), (3);
        create table public.big (id bigint primary key); insert into public.big values (1);
        grant select, references on public.number, public.big to {mal}"""
    )
    connect(mal).execute(HIS_KEYS.encode())
    victim.do(
        "truncate public.trace; set session_replication_role = replica; set session authorization default"
    )
    victim.do(f"set role {mal}; insert into public.down values ('ok', 'bad', 1); reset role")
    victim.do("set session_replication_role = origin; truncate public.trace")
    plan = victim.rows(
        "select relation, action, codes from pydb.cascade_plan('public.number', '[{\"id\": 1}]') order by 1"
    )
    assert plan == [
        ("public.kid", "default", ["order", "unindexed"]),
        ("public.kid2", "default", ["order", "unindexed"]),
        ("public.kid3", "default", ["unindexed"]),
        ("public.number", "delete", []),
    ]
    assert victim.rows("select rows from pydb.cascade_plan('public.by_domain', '[{\"id\": 1}]')") == [(1,)]
    with refused("YD301"):
        victim.rows("select * from pydb.cascade_plan('public.by_array', '[{\"id\": [1]}]')")
    with refused("YD005") as refusal:
        victim.rows("select * from pydb.cascade_plan('public.big', '[{\"id\": 1}]')")
    assert "spy_key" in refusal.detail
    scanned = victim.rows("select reference, status, orphans, sample from pydb.orphan_scan() order by 1")
    assert [row[:3] for row in scanned] == [
        ("public.down.up", "complete", 1),
        ("public.kid.kid_p_fkey", "complete", 0),
        ("public.kid2.kid2_p_fkey", "complete", 0),
        ("public.kid3.kid3_p_fkey", "complete", 0),
        ("public.kid4.kid4_p_fkey", "error", None),
    ]
    assert scanned[0][3] == [{"id": "ok", "up": "bad"}]
    victim.rows("select * from pydb.reference_suggest()")
    assert traces(victim) == []
    # who wrote it may look at it
    victim.do(
        f"grant usage on schema pydb, pydb_internal to {mal};"
        f"grant select on all tables in schema pydb to {mal};"
        f"grant execute on all routines in schema pydb, pydb_internal to {mal};"
        f"grant insert, select (id) on pydb_internal.draft to {mal}"
    )
    his = connect(mal)
    assert len(his.execute("select * from pydb.cascade_plan('public.big', '[{\"id\": 1}]')").fetchall()) == 2


# constraints of tables that reference somebody else's: what a plan asks before rows are set, and must not run
HIS_CHECKS: Final = """
    create table public.kid1 (p bigint references public.number on delete set null,
        check (p is not null or '{1}'::public.dom[] is not null));
    create table public.kid2 (p bigint references public.number on delete set null,
        check (p is not null or '(1)'::public.comp is not null));
    create table public.kid3 (p bigint references public.number on delete set null, q public.dom[],
        check (p is not null or q = '{1}'));
    create table public.kid4 (p bigint references public.number on delete set null, q public.cast_mood,
        check (p is not null or q = 'ok'));
    create table public.kid5 (p bigint references public.number on delete set null, q text,
        check (p is not null or q operator(public.=) 'x'));
    create table public.kid6 (p bigint references public.number on delete set null, q public.dom[])
        partition by range (p, q);
    create table public.kid61 partition of public.kid6 for values from (1, '{1}') to (9, '{9}');
    create table public.kid7 (p bigint references public.number on delete set null, q public.comp,
        check (p is not null or q is not null));
    insert into public.kid1 values (1); insert into public.kid2 values (1);
    insert into public.kid3 values (1); insert into public.kid4 values (1);
    insert into public.kid5 values (1); insert into public.kid6 values (1, '{2}');
    insert into public.kid7 values (1);
"""


def test_looks_at_constraints_run_nothing_of_their_owners(victim: Lab, connect: Connect, mal: str) -> None:
    victim.do(
        f"""create table public.number (id bigint primary key, at timestamptz not null default '2020-01-01');
        insert into public.number values (1), (2), (3);
        grant select, references on public.number to {mal}"""
    )
    connect(mal).execute(HIS_CHECKS.encode())
    victim.do("truncate public.trace")
    plan = "select relation, action from pydb.cascade_plan('public.number', '[{\"id\": 1}]') where "
    untried = victim.rows(plan + "'untried' = any(codes) order by 1")
    assert untried == [(f"public.kid{i}", "nullify") for i in range(1, 6)]
    # to be null or not is no secret of a type
    assert victim.rows(plan + "action = 'blocked'") == [("public.kid7", "blocked")]
    victim.policy(table="public.number")
    assert [(row.rows, row.blocked_rows) for row in victim.plan()] == [(2, 1)]
    for i in range(1, 8):
        victim.do(f"call pydb.orphan_repair('public.kid{i}.kid{i}_p_fkey', 'nullify', p_dry_run => true)")
    assert traces(victim) == []


def test_a_table_that_became_a_view_is_not_read(victim: Lab, connect: Connect, mal: str) -> None:
    """What was a table when a reference or a policy was set need not be one for ever."""
    his = connect(mal)
    his.execute("create table public.then_table (t_id bigint, at timestamptz)")
    victim.do("select pydb.reference_set('public.then_table', '{t_id}', 'public.t', '{id}', 'cascade', 'l')")
    victim.policy(table="public.then_table")
    his.execute(
        "drop table public.then_table; create view public.then_table as"
        " select case when public.spy() then 1::bigint end as t_id, now() as at"
    )
    victim.do(
        "update pydb.reference set child = 'public.then_table'::regclass;"
        "update pydb.retention_policy set target = 'public.then_table'::regclass where not builtin"
    )
    assert victim.rows(
        "select relation, action, codes from pydb.cascade_plan('public.t', '[{\"id\": 1}]') order by 1"
    ) == [
        ("public.t", "delete", []),
        ("public.then_table", "blocked", ["foreign_table", "unindexed"]),
    ]
    assert victim.rows("select status from pydb.orphan_scan(p_min_age => '0')") == [("skipped",)]
    with refused("YD003"):
        victim.plan()
    assert traces(victim) == []


def test_who_runs_as_a_superuser_is_told_whose_triggers_run_with_him(
    victim: Lab, connect: Connect, mal: str
) -> None:
    his = connect(mal)
    his.execute(
        "create table public.note (t_id bigint references public.t on delete cascade);"
        "create function public.quiet() returns trigger language plpgsql as $$ begin return old; end $$"
    )
    victim.policy()
    assert not any("superuser" in row[0] for row in victim.rows("select codes from pydb.retention_plan('p')"))
    his.execute(
        "create trigger quiet before delete on public.note for each row execute function public.quiet()"
    )
    (codes,) = victim.rows("select codes from pydb.retention_plan('p')")[0]
    assert "superuser" in codes
    victim.do("create table public.kid (t_id bigint references public.t)")
    victim.do(f"grant select on public.kid to {mal}")
    steps = victim.rows(
        "select relation, codes from pydb.cascade_plan('public.t', '[{\"id\": 1}]') order by 1"
    )
    assert [row for row in steps if "superuser" in row[1]] == [("public.t", ["superuser"])]
    call = victim.call()
    assert (
        "WARNING",
        "runs as a superuser: triggers of 1 table of other owners run as superuser",
    ) in call.messages
    assert "superuser" in call.run.detail
    # a role that is none has nothing to tell
    victim.do(
        f"grant usage on schema pydb, pydb_internal to {mal};"
        f"grant execute on all routines in schema pydb, pydb_internal to {mal};"
        f"grant insert, select (id) on pydb_internal.draft to {mal}"
    )
    assert Lab(connect(mal)).rows("select codes @> '{superuser}' from pydb.retention_plan('p')") == [(False,)]
