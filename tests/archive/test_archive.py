"""Rows that a policy archives: in the archive or in the table, whatever they are made of."""

from __future__ import annotations

import pytest

from tests.archive.lab import OLD, YOUNG, Lab, refused

KITCHEN = """
create extension if not exists citext;
create domain public.small as int not null check (value < 1000);
create type public.mood as enum ('sad', 'it''s "fine"');
create type public.pair as (a int, b text);
create collation public.plain (provider = libc, locale = 'C');
create table public.t (
    id bigint generated always as identity primary key, at timestamptz,
    twice bigint generated always as (id * 2) stored, small public.small, moods public.mood[],
    span tstzrange, spans int4multirange, bytes bytea, doc jsonb, raw json, big text, amount numeric,
    short numeric(7, 2), fixed char(7), name citext, sorted text collate public.plain, f float8, r real,
    day date, whole interval, pairs public.pair[], bits bit varying(9), addr inet, number uuid,
    "at time" time with time zone, nothing text, dropped int, vector tsvector, path path
);
alter table public.t drop column dropped;
"""
VALUES = """
insert into public.t (
    at, small, moods, span, spans, bytes, doc, raw, big, amount, short, fixed, name, sorted, f, r, day,
    whole, pairs, bits, addr, number, "at time", vector, path
)
select {at}, 7, array['sad', 'it''s "fine"', null]::public.mood[], '[2020-01-01,infinity)', '{{[1,3),[7,9)}}',
    decode('00ff5c27', 'hex'), '{{"a": [1.50, null, "\\u00e9"]}}', '{{"b":  1, "b": 2}}',
    (select string_agg(md5(i::text || {n}::text), '') from generate_series(1, 4000) as i),
    v.amount::numeric, 12345.6, 'a', 'MiXeD', 'Zürich "x" \\', v.f::float8, 'nan', v.day::date,
    '1 mon -3 days 00:00:01', array[row(1, 'x,"')::public.pair, null], b'101', '10.0.0.1/8',
    '00000000-0000-0000-0000-000000000001', '04:05:06.789-08', 'a:1 b:2A', '[(0,0),(1,1)]'
from (values {rows}) as v (amount, f, day);
"""
ROWS = """('NaN', '-0', 'infinity'), ('Infinity', 'infinity', '-infinity'),
    ('-Infinity', '1e-310', '4713-01-01 BC'),
    ('0.00000000000000000000000000000000000000000000001', '0.1', '5874897-12-31'), ('1.500', null, null)"""


def test_every_type_comes_back_byte_for_byte(lab: Lab) -> None:
    lab.do(KITCHEN)
    lab.do(VALUES.format(at=f"timestamptz '{OLD}'", n=1, rows=ROWS))
    lab.do(VALUES.format(at=f"timestamptz '{YOUNG}'", n=2, rows="('1', '1', null)"))
    before = lab.bytes()
    lab.archives()
    assert lab.prune_into_archive() == 5
    assert lab.ids() == [6]
    assert lab.archived() == 5
    (step,) = lab.restore().values()
    assert (step.rows, step.restored, step.conflicts, step.codes) == (5, 5, 0, [])
    assert lab.bytes() == before
    assert (lab.archived(), lab.books()) == (0, [("public.t", 5, 5, 0)])


SHAPES = {
    "partitions with columns in another order": f"""
        create table public.t (id int, at timestamptz, note text, primary key (id, at))
        partition by range (at);
        create table public.t_old (note text, at timestamptz not null, id int not null);
        alter table public.t attach partition public.t_old for values from ('2000-01-01') to ('2024-12-01');
        create table public.t_new partition of public.t default;
        insert into public.t select i, case when i <= 20 then timestamptz '{OLD}' else '{YOUNG}' end, 'x' || i
        from generate_series(1, 30) as i""",
    "columns that are called as ours are": f"""
        create table public.t (
            id int primary key, at timestamptz, t text, g text, gone text, k text, rows int, new int, a int,
            "A ""b"" %s %I" text, "ü" text, "select" text, ctid2 tid, oid oid
        );
        insert into public.t select i, case when i <= 20 then timestamptz '{OLD}' else '{YOUNG}' end, 'x',
            'y', 'z', 'k', 1, 2, i, 'q', 'é', 's', '(0,1)', 7 from generate_series(1, 30) as i""",
    "no key": f"""
        create table public.t (id int, at timestamptz);
        insert into public.t select i % 3, case when i <= 20 then timestamptz '{OLD}' else '{YOUNG}' end
        from generate_series(1, 30) as i""",
    "code that looks on": f"""
        create table public.t (id int primary key, at timestamptz);
        create sequence public.seen;
        create function public.see() returns trigger language plpgsql as
            'begin perform nextval(''seen''); return old; end';
        create trigger see after delete on public.t for each row execute function public.see();
        insert into public.t select i, case when i <= 20 then timestamptz '{OLD}' else '{YOUNG}' end
        from generate_series(1, 30) as i""",
    "unlogged, with a key that is deferred": f"""
        create unlogged table public.t (id int primary key deferrable initially deferred, at timestamptz);
        insert into public.t select i, case when i <= 20 then timestamptz '{OLD}' else '{YOUNG}' end
        from generate_series(1, 30) as i""",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_whatever_the_table_is_like(lab: Lab, shape: str) -> None:
    lab.do(SHAPES[shape])
    before = lab.bytes(key="id, at")
    lab.archives()
    assert lab.prune_into_archive() == 20
    assert lab.archived() == 20
    assert sum(step.restored for step in lab.restore().values()) == 20
    assert lab.bytes(key="id, at") == before


def test_tables_that_inherit_have_archives_of_their_own(lab: Lab) -> None:
    lab.do(
        f"""create table public.t (id int, at timestamptz);
        create table public.more (extra text) inherits (public.t);
        insert into public.t select i, '{OLD}' from generate_series(1, 3) as i;
        insert into public.more select i, '{OLD}', 'e' || i from generate_series(4, 8) as i"""
    )
    before = lab.bytes(), lab.bytes("public.more")
    lab.archives()
    assert lab.prune_into_archive() == 8
    assert (lab.archived(), lab.archived("public.more")) == (3, 5)
    assert sum(step.restored for step in lab.restore().values()) == 8
    assert (lab.bytes(), lab.bytes("public.more")) == before


@pytest.mark.parametrize("schema", ["public", "Ein Schäma"])
@pytest.mark.parametrize("name", ["x" * 63, "ü" * 31, 'a"b', "%s"])
def test_names_that_are_long_or_strange(lab: Lab, schema: str, name: str) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    table = f'"{schema}".{quoted}'
    lab.do(
        f"""create schema if not exists "{schema}"; create type "{schema}".kind as enum ('old');
        create table {table} (id int, at timestamptz, kind "{schema}".kind default 'old');
        insert into {table} values (1, '{OLD}'), (2, '{YOUNG}')"""
    )
    lab.archives(table)
    assert lab.prune_into_archive() == 1
    assert (lab.archived(table), sum(step.restored for step in lab.restore().values())) == (1, 1)


def test_a_table_of_the_name_of_another_one_has_its_own_archive(lab: Lab) -> None:
    lab.do(f"create table public.t (id int, at timestamptz); insert into public.t values (1, '{OLD}')")
    lab.archives()
    lab.prune_into_archive()
    first = lab.last()
    lab.do(
        f"""drop table public.t; create table public.t (id text, at timestamptz);
        insert into public.t values ('one', '{OLD}')"""
    )
    lab.archives()
    assert lab.prune_into_archive() == 1
    assert lab.number("select count(distinct archive) from pydb.archive_run") == 2
    (step,) = lab.restore(first, dry_run=True).values()
    assert (step.restored, step.codes) == (0, ["table_gone"])
    assert lab.one("select string_agg(state, ',' order by state) from pydb.archive_status") == "ok,table_gone"


def test_what_goes_along_goes_in_sight(lab: Lab) -> None:
    lab.do(
        f"""create table public.t (id int primary key, at timestamptz);
        create table public.child (id int primary key, t_id int references public.t on delete cascade);
        create table public.leaf (child_id int references public.child on delete cascade, x text);
        create table public.stays (t_id int references public.t on delete set null);
        create index on public.child (t_id); create index on public.leaf (child_id);
        create index on public.stays (t_id);
        insert into public.t select i, case when i <= 10 then timestamptz '{OLD}' else '{YOUNG}' end
        from generate_series(1, 20) as i;
        insert into public.child select i, 1 + i % 20 from generate_series(1, 100) as i;
        insert into public.leaf select 1 + i % 100, 'x' from generate_series(1, 300) as i;
        insert into public.stays select i from generate_series(1, 20) as i"""
    )
    tables = ("public.t", "public.child", "public.leaf")
    before = [lab.bytes(table, "1, 2") for table in tables]
    lab.archives()
    assert any("unlinked" in row.codes for row in lab.plan())
    assert lab.prune_into_archive() == 10 + 50 + 150
    assert [lab.archived(table) for table in tables] == [10, 50, 150]
    assert lab.number("select count(*) from public.stays where t_id is null") == 10
    assert list(lab.restore()) == ["public.t", "public.child", "public.leaf"]
    assert [lab.bytes(table, "1, 2") for table in tables] == before


def test_columns_that_come_and_go_are_followed(lab: Lab) -> None:
    lab.do(
        f"""create table public.t (id int, at timestamptz, v text);
        insert into public.t values (1, '{OLD}', 'a')"""
    )
    lab.archives()
    lab.prune_into_archive()
    first = lab.last()
    lab.do(
        f"""create domain public.filled as int not null default 5;
        alter table public.t add column n public.filled; alter table public.t drop column v;
        alter table public.t add column w text; insert into public.t values (2, '{OLD}', 6, 'b')"""
    )
    assert lab.prune_into_archive() == 1
    assert lab.rows("select id, v, n, w from pydb_archive.public__t order by id") == [
        (1, "a", None, None),
        (2, None, 6, "b"),
    ]
    assert lab.restore()["public.t"].restored == 1
    lost = lab.restore(first, dry_run=True)["public.t"]
    assert (lost.restored, lost.codes) == (0, ["column_gone"])


@pytest.mark.parametrize(
    ("change", "cure"),
    [
        ("rename column v to w", "alter table pydb_archive.public__t rename column v to w;"),
        ("alter column v type bigint", "alter table pydb_archive.public__t alter column v type bigint;"),
    ],
)
def test_columns_that_become_others_block_the_run_until_somebody_says_so(
    lab: Lab, change: str, cure: str
) -> None:
    lab.do(
        f"create table public.t (id int, at timestamptz, v int); insert into public.t values (1, '{OLD}', 1)"
    )
    lab.archives()
    lab.prune_into_archive()
    lab.do(f"alter table public.t {change}; insert into public.t values (2, '{OLD}', 2)")
    assert any("archive" in row.codes for row in lab.plan())
    call = lab.call()
    assert (call.run.end, call.run.rows_done, call.run.sqlstate) == (("blocked", "error"), 0, "YD602")
    assert lab.ids() == [2]
    assert lab.one("select cure from pydb_internal.archive_drift('public.t'::regclass)") == cure
    lab.do(cure)
    assert lab.prune_into_archive() == 1


@pytest.mark.parametrize(
    "spoilt",
    [
        "create rule r as on delete to public.t do instead nothing",
        "create rule r as on delete to public.t do also select 1",
        "alter table public.t add column pydb_run_id int",
    ],
)
def test_what_cannot_be_archived_is_refused_and_never_only_deleted(lab: Lab, spoilt: str) -> None:
    lab.do(f"create table public.t (id int, at timestamptz); insert into public.t values (1, '{OLD}')")
    lab.archives()
    lab.do(spoilt)
    call = lab.call()
    assert (call.run.end, call.run.rows_done, lab.ids()) == (("blocked", "error"), 0, [1])
    with refused("YD601"):
        lab.archives(max_rows=3)


def test_what_a_trigger_deletes_beside_is_in_no_archive_so_it_stays(lab: Lab) -> None:
    lab.do(
        f"""create table public.t (id int primary key, at timestamptz); create table public.side (t_id int);
        create function public.also() returns trigger language plpgsql as
            'begin delete from side where t_id = old.id; return old; end';
        create trigger also after delete on public.t for each row execute function public.also();
        insert into public.t select i, '{OLD}' from generate_series(1, 20) as i;
        insert into public.side select i from generate_series(5, 6) as i"""
    )
    lab.archives()
    call = lab.call()
    assert (call.run.state, call.run.rows_done) == ("partial", 18)
    assert (lab.ids(), lab.archived(), lab.number("select count(*) from public.side")) == ([5, 6], 18, 2)
    # told of it, the run sees it go
    lab.do(
        """drop trigger also on public.t;
        select pydb.reference_set('public.side', '{t_id}', 'public.t', '{id}', 'cascade')"""
    )
    assert lab.prune_into_archive() == 4


def test_rows_that_a_trigger_keeps_are_not_archived(lab: Lab) -> None:
    lab.do(
        f"""create table public.t (id int primary key, at timestamptz);
        create function public.keep() returns trigger language plpgsql as 'begin return null; end';
        create trigger keep before delete on public.t for each row when (old.id % 2 = 0)
        execute function public.keep();
        insert into public.t select i, '{OLD}' from generate_series(1, 20) as i"""
    )
    lab.archives()
    assert lab.call().run.rows_done == 10
    assert (lab.archived(), len(lab.ids()), lab.books()) == (10, 10, [("public.t", 10, 0, 0)])


def test_batches_of_the_caller_archive_under_a_run_of_their_own(lab: Lab) -> None:
    lab.do(
        f"""create table public.t (id int primary key, at timestamptz);
        insert into public.t select i, '{OLD}' from generate_series(1, 25) as i"""
    )
    lab.archives()
    cursor = None
    taken = []
    for _ in range(3):
        done, _, cursor = lab.batch(rows=10, cursor=cursor)
        taken.append(done)
    assert taken == [10, 10, 5]
    assert [rows for _, rows, _, _ in lab.books()] == [10, 10, 5]
    assert lab.rows("select kind, state, rows_done from pydb.job_run order by id") == [
        ("retention", "completed", 10),
        ("retention", "completed", 10),
        ("retention", "completed", 5),
    ]
    with lab.db.transaction(force_rollback=True):
        lab.do(f"insert into public.t values (99, '{OLD}')")
        lab.batch()
        assert lab.archived() == 26
    assert (lab.archived(), lab.number("select count(*) from pydb.job_run")) == (25, 3)


def test_nobody_else_writes_an_archive(lab: Lab) -> None:
    lab.do(f"create table public.t (id int, at timestamptz); insert into public.t values (1, '{OLD}')")
    lab.archives()
    lab.prune_into_archive()
    for statement in (
        "insert into pydb_archive.public__t values (2, now(), 1, now())",
        "update pydb_archive.public__t set id = 2",
        "delete from pydb_archive.public__t",
        "truncate pydb_archive.public__t",
        "set session_replication_role = replica; delete from pydb_archive.public__t",
    ):
        with refused("YD005", what=statement):
            lab.do(statement)
        lab.do("reset session_replication_role")
    with refused("YD003"):
        lab.policy("q", "pydb_archive.public__t", "at")
    assert lab.archived() == 1


def test_a_policy_may_archive_or_delete_as_it_is_set(lab: Lab) -> None:
    lab.do(f"create table public.t (id int, at timestamptz); insert into public.t values (1, '{OLD}')")
    lab.archives()
    assert [row.action for row in lab.plan()] == ["archive"]
    lab.policy(action="delete")
    assert (lab.prune().rows_done, lab.archived()) == (1, 0)
